"""Sentences: what a picture shows, made from its numbers, and what it leaves out."""

from __future__ import annotations

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg.arrows import MOST as MOST_ARROWS
from riskaudit.writers.svg.arrows import moves
from riskaudit.writers.svg.bars import MOST as MOST_BARS
from riskaudit.writers.svg.columns import axis, numbers, rows, texts
from riskaudit.writers.svg.scatter import drawn as spots_drawn
from riskaudit.writers.svg.swarm import drawn as dots_drawn
from riskaudit.writers.svg.tree import MOST as MOST_NODES
from riskaudit.writers.svg.tree import nodes
from riskaudit.writers.svg.waterfall import levels


def describe(exhibit: Exhibit) -> str:
    """What a picture shows, in a sentence made from its numbers."""
    return _TOLD[exhibit.kind](exhibit) if exhibit.kind in _TOLD else ""


def omitted(exhibit: Exhibit) -> str:
    """How much of an exhibit its picture leaves out; empty where it shows all."""
    if exhibit.kind in ("swarm", "scatter"):
        shown, whole = (dots_drawn if exhibit.kind == "swarm" else spots_drawn)(exhibit)
        return f"{shown:,} of {whole:,} points drawn." if shown < whole else ""
    if exhibit.kind in ("bars", "dots"):
        return _rest(len(dict.fromkeys(r.label for r in rows(exhibit))), MOST_BARS, "rows")
    if exhibit.kind == "arrows":
        return _rest(len(moves(exhibit)), MOST_ARROWS, "rows")
    if exhibit.kind == "tree":
        return _rest(len(nodes(exhibit)), MOST_NODES, "nodes")
    return ""


def _rest(whole: int, most: int, noun: str) -> str:
    """What the picture shows of the whole, where that is not all."""
    return f"{most} of {whole:,} {noun} drawn; the table has all." if whole > most else ""


def _bars(exhibit: Exhibit) -> str:
    """The lowest and the highest bar."""
    known = [(r.value, r) for r in rows(exhibit) if r.value is not None]
    ends = (min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0]))
    low, high = (f"{' '.join(filter(None, (r.label, r.series)))} {_number(v)}" for v, r in ends)
    return f"{words.plural(len(known), 'value')}: lowest {low}, highest {high}."


def _heatmap(exhibit: Exhibit) -> str:
    """The lowest and the highest cell."""
    cells = zip(numbers(exhibit, "value"), texts(exhibit, "row"), texts(exhibit, "column"), strict=True)
    found = sorted((v, f"{r}, {c}") for v, r, c in cells if v is not None)
    low, high = (f"{name} {_number(v)}" for v, name in (found[0], found[-1]))
    return f"{words.plural(len(found), 'cell')}: lowest {low}, highest {high}."


def _curve(exhibit: Exhibit) -> str:
    """Which lines there are."""
    names = [n for n in dict.fromkeys(texts(exhibit, "series")) if n]
    return f"{words.plural(max(1, len(names)), 'line')}{': ' + ', '.join(names) if names else ''}."


def _swarm(exhibit: Exhibit) -> str:
    """How many strips."""
    return f"{words.plural(len(dict.fromkeys(texts(exhibit, 'row'))), 'strip')}."


def _scatter(exhibit: Exhibit) -> str:
    """How many points, and how far they go."""
    known = [
        (x, y) for x, y in zip(numbers(exhibit, "x"), numbers(exhibit, "y"), strict=True)
        if x is not None and y is not None
    ]  # fmt: skip
    if not known:
        return ""
    spans = [
        f"{axis(exhibit, name) or name} {_number(min(vs))} to {_number(max(vs))}"
        for name, vs in zip("xy", zip(*known, strict=True), strict=True)
    ]
    return f"{words.plural(len(known), 'point')}: {', '.join(spans)}."


def _waterfall(exhibit: Exhibit) -> str:
    """From where to where, and the largest step."""
    start, steps, end = levels(exhibit)
    largest = max(steps, key=lambda s: abs(s.size))
    way = "up" if largest.size > 0 else "down"
    return (
        f"From {_number(start)} to {_number(end)} in {words.plural(len(steps), 'step')}; "
        f"largest: {largest.label}, {way} {_number(abs(largest.size))}."
    )


def _arrows(exhibit: Exhibit) -> str:
    """Each move, the first few of them."""
    every = moves(exhibit)
    told = "; ".join(f"{m.label} {m.told}" for m in every[:4])
    return f"{told}{f'; and {len(every) - 4:,} more' if len(every) > 4 else ''}."


def _tree(exhibit: Exhibit) -> str:
    """How many nodes, how deep."""
    every = nodes(exhibit)
    return f"{words.plural(len(every), 'node')}, {words.plural(max(n.depth for n in every) + 1, 'level')}."


def _number(value: float) -> str:
    return words.shown(value).value


_TOLD = {
    "bars": _bars, "dots": _bars, "heatmap": _heatmap, "curve": _curve, "swarm": _swarm,
    "scatter": _scatter, "waterfall": _waterfall, "arrows": _arrows, "tree": _tree,
}  # fmt: skip
