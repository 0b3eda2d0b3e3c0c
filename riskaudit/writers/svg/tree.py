"""Tree: a surrogate's or a search's branches, one row a node, indented under its parent."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg.canvas import Canvas
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
    for at, node in enumerate(every):
        y, x = top + ROW * at, 8 + INDENT * min(node.depth, DEEPEST)
        if node.parent >= 0:
            up = 8 + INDENT * min(every[node.parent].depth, DEEPEST)
            sheet.add(
                "path", d=f"M{up} {top + ROW * node.parent + 28}V{y + 20}H{x - 5}", fill="none", stroke="edge"
            )
        sheet.add("circle", cx=x, cy=y + 20, r=3.5, fill="edge")
        room = right - x - 12
        if node.branch:
            sheet.text(x + 10, y + 14, node.branch, room=room, fill="muted")
        sheet.text(x + 10, y + (30 if node.branch else 24), node.label, room=room, font_weight="600")
        if shared and node.share is not None:
            _share(sheet, right + 6, y + 20, node.share)
        if node.value is not None:
            _box(sheet, node.value, (min(known), max(known)), y)
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


def _share(sheet: Canvas, x: float, y: float, share: float) -> None:
    """How many of the rows come here."""
    part = min(max(share, 0.0), 1.0)
    sheet.add("rect", x=x, y=y + 2, width=SHARE, height=5, fill="line")
    sheet.add("rect", x=x, y=y + 2, width=max(part * SHARE, 0.8), height=5, fill="edge")
    sheet.text(x, y - 2, f"{100 * part:.0f}%" if part >= 0.01 or not part else "<1%", fill="muted")


def _box(sheet: Canvas, value: float, ends: tuple[float, float], y: float) -> None:
    """The value on its shade."""
    low, high = ends
    deep = step((value - low) / (high - low) if high > low else 0.0)
    x = sheet.width - BOX
    sheet.add("rect", x=x, y=y + 8, width=BOX, height=24, rx=3, fill=f"h{deep}")
    ink = "on-deep" if deep >= STEPS // 2 else "on-pale"
    sheet.text(
        x + BOX / 2,
        y + 24,
        words.shorten(words.shown(value).value, int(BOX / 6.4)),
        fill=ink,
        text_anchor="middle",
    )
