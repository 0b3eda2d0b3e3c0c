"""SVG: exhibits drawn with the standard library only, each with a title and a sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Callable

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg.bars import MOST, bars
from riskaudit.writers.svg.columns import numbers, rows, texts
from riskaudit.writers.svg.curve import curve
from riskaudit.writers.svg.heatmap import heatmap
from riskaudit.writers.svg.swarm import drawn, swarm

_DRAW: dict[str, tuple[Callable[[Exhibit, str, str], str], tuple[str, ...], str]] = {
    "bars": (bars, ("label", "value"), "value"),
    "dots": (bars, ("label", "value"), "value"),
    "curve": (curve, ("x", "y"), "y"),
    "swarm": (swarm, ("row", "x"), "x"),
    "heatmap": (heatmap, ("row", "column", "value"), "value"),
}


def draw(exhibit: Exhibit, name: str) -> str:
    """An exhibit as SVG, its ids starting with `name`; empty for a table or where there is nothing to draw."""
    if not drawable(exhibit):
        return ""
    return _DRAW[exhibit.kind][0](exhibit, name, " ".join(filter(None, (exhibit.caption, describe(exhibit)))))


def drawable(exhibit: Exhibit) -> bool:
    """Whether there is a picture in it: its kind is drawn, its columns are there, and one number at least."""
    if exhibit.kind not in _DRAW:
        return False
    _, needed, number = _DRAW[exhibit.kind]
    return set(needed) <= exhibit.columns.keys() and any(v is not None for v in numbers(exhibit, number))


def describe(exhibit: Exhibit) -> str:
    """What a picture shows, in a sentence made from its numbers."""
    if exhibit.kind in ("bars", "dots"):
        known = [(r.value, r) for r in rows(exhibit) if r.value is not None]
        ends = (min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0]))
        low, high = (f"{' '.join(filter(None, (r.label, r.series)))} {words.shown(v).value}" for v, r in ends)
        return f"{words.plural(len(known), 'value')}: lowest {low}, highest {high}."
    if exhibit.kind == "heatmap":
        cells = zip(numbers(exhibit, "value"), texts(exhibit, "row"), texts(exhibit, "column"), strict=True)
        found = sorted((v, f"{r}, {c}") for v, r, c in cells if v is not None)
        low, high = (f"{name} {words.shown(v).value}" for v, name in (found[0], found[-1]))
        return f"{words.plural(len(found), 'cell')}: lowest {low}, highest {high}."
    if exhibit.kind == "curve":
        names = [n for n in dict.fromkeys(texts(exhibit, "series")) if n]
        return f"{words.plural(max(1, len(names)), 'line')}{': ' + ', '.join(names) if names else ''}."
    return f"{words.plural(len(dict.fromkeys(texts(exhibit, 'row'))), 'strip')}."


def omitted(exhibit: Exhibit) -> str:
    """How much of an exhibit its picture leaves out; empty where it shows all."""
    if exhibit.kind == "swarm":
        shown, whole = drawn(exhibit)
        return f"{shown:,} of {whole:,} points drawn." if shown < whole else ""
    if exhibit.kind in ("bars", "dots"):
        groups = len(dict.fromkeys(r.label for r in rows(exhibit)))
        return f"{MOST} of {groups:,} rows drawn; the table has all." if groups > MOST else ""
    return ""
