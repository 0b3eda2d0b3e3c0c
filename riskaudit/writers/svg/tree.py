"""Tree: a surrogate's or a search's branches, one row a node, indented under its parent."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg.canvas import Canvas, pixel
from riskaudit.writers.svg.columns import Number, axis, numbers, texts
from riskaudit.writers.svg.palette import STEPS, step

MOST = 60
ROW, INDENT, DEEPEST = 40, 18, 8
BOX = 46  # the value's box at the right
SHARE = 60


@dataclass(frozen=True)
class Node:
    """One node in the order drawn."""

    depth: int
    parent: int
    branch: str
    label: str
    value: Number
    share: Number


def tree(exhibit: Exhibit, name: str, desc: str) -> str:
    """Rows with the branch's words above the node's; its value shaded, its share of the rows as a bar."""
    every = nodes(exhibit)[:MOST]
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    known = [n.value for n in every if n.value is not None]
    shared = any(n.share is not None for n in every)
    right = sheet.width - (BOX if known else 0) - (SHARE + 10 if shared else 0) - 8
    top = _heads(sheet, exhibit, right, valued=bool(known), shared=shared)
    spots = [(node, 8 + INDENT * min(node.depth, DEEPEST), top + ROW * at) for at, node in enumerate(every)]
    for node, x, y in spots:
        if node.parent >= 0:
            up, above = spots[node.parent][1:]
            sheet.add(
                "path", d=f"M{up} {pixel(above + 28)}V{pixel(y + 20)}H{x - 5}", fill="none", stroke="edge"
            )
    for _, x, y in spots:
        sheet.add("circle", cx=x, cy=y + 20, r=3.5, fill="edge")
    for node, x, y in spots:
        if node.branch:
            sheet.text(x + 10, y + 14, node.branch, room=right - x - 12, fill="muted")
    for node, x, y in spots:
        down = 30 if node.branch else 24
        sheet.text(x + 10, y + down, node.label, room=right - x - 12, font_weight="600")
    _shares(sheet, right + 6, [(node.share, y + 20) for node, _, y in spots if node.share is not None])
    _boxes(sheet, [(node.value, y) for node, _, y in spots if node.value is not None])
    return sheet.render(top + ROW * len(every) + 4)


def nodes(exhibit: Exhibit) -> list[Node]:
    """Every node under a root, parents first and children in their order; a ring or an orphan is no tree."""
    ids, parents = texts(exhibit, "node"), texts(exhibit, "parent")
    branches, labels = texts(exhibit, "branch"), texts(exhibit, "label")
    values, shares = numbers(exhibit, "value"), numbers(exhibit, "share")
    children: dict[str, list[int]] = {}
    for i, parent in enumerate(parents):
        children.setdefault(parent, []).append(i)
    found: list[Node] = []
    waiting, seen = [(i, 0, -1) for i in reversed(children.get("", []))], set[int]()
    while waiting:
        i, depth, parent_row = waiting.pop()
        if i in seen:
            continue
        seen.add(i)
        found.append(Node(depth, parent_row, branches[i], labels[i], values[i], shares[i]))
        row = len(found) - 1
        waiting += [(c, depth + 1, row) for c in reversed(children.get(ids[i], []) if ids[i] else [])]
    return found


def _heads(sheet: Canvas, exhibit: Exhibit, right: float, *, valued: bool, shared: bool) -> float:
    """What the columns at the right are; gives the y below."""
    if shared:
        sheet.text(right + 6, 12, "share", fill="muted")
    if valued:
        sheet.text(sheet.width - 2, 12, axis(exhibit, "value") or axis(exhibit, "x") or "value", fill="muted",
                   text_anchor="end", room=130 if not shared else BOX + 8)  # fmt: skip
    return 18.0 if valued or shared else 2.0


def _shares(sheet: Canvas, x: float, shares: list[tuple[float, float]]) -> None:
    """How many of the rows come to each node."""
    parts = [(min(max(share, 0.0), 1.0), y) for share, y in shares]
    for colour in ("line", "edge"):
        for part, y in parts:
            wide = SHARE if colour == "line" else max(part * SHARE, 0.8)
            sheet.add("path", d=f"M{pixel(x)} {pixel(y + 2)}h{pixel(wide)}v5h{pixel(-wide)}z", fill=colour)
    for part, y in parts:
        told = f"{100 * part:.0f}%" if part >= 0.01 or not part else "<1%"
        sheet.text(x, y - 2, told, fill="muted")


def _boxes(sheet: Canvas, values: list[tuple[float, float]]) -> None:
    """Each value on its shade."""
    known = [value for value, _ in values]
    low, high = min(known, default=0.0), max(known, default=0.0)
    x = sheet.width - BOX
    deeps = [step((value - low) / (high - low) if high > low else 0.0) for value in known]
    for deep, (_, y) in sorted(zip(deeps, values, strict=True)):
        sheet.add("rect", x=x, y=y + 8, width=BOX, height=24, rx=3, fill=f"h{deep}")
    for deep, (value, y) in sorted(zip(deeps, values, strict=True)):
        ink = "on-deep" if deep >= STEPS // 2 else "on-pale"
        told = words.shorten(words.shown(value).value, int(BOX / 6.4))
        sheet.text(x + BOX / 2, y + 24, told, fill=ink, text_anchor="middle")
