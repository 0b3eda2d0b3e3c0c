"""Curves: lines over a linear or logarithmic field, with bands where bounds are known."""

from __future__ import annotations

from riskaudit.measure import Exhibit
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas
from riskaudit.writers.svg.columns import Number, numbers, spaced, texts
from riskaudit.writers.svg.field import field, holds, path
from riskaudit.writers.svg.palette import DASHES, series
from riskaudit.writers.svg.scales import Scale

POINTS = 120
Point = tuple[float, float, Number, Number]


def curve(exhibit: Exhibit, name: str, desc: str) -> str:
    """One line a series; points that a logarithmic axis cannot hold are left out."""
    lines = _lines(exhibit)
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    top = axes.legend(sheet, list(lines), lines=True) + 16
    ys = [v for ps in lines.values() for p in ps for v in p[1:] if v is not None]
    plane = field(sheet, exhibit, [p[0] for ps in lines.values() for p in ps], ys, top)
    for at, points in enumerate(lines.values()):
        _band(sheet, points, plane.x, plane.y, series(at))
        sheet.add(
            "path",
            d=path((plane.x.at(p[0]), plane.y.at(p[1])) for p in points),
            fill="none",
            stroke=series(at),
            stroke_width=2.2,
            stroke_linejoin="round",
            stroke_dasharray=DASHES[at % 4],
        )
    return sheet.render(plane.foot)


def _lines(exhibit: Exhibit) -> dict[str, list[Point]]:
    """The points of each series that can be drawn, thinned to what an eye can tell apart."""
    lines: dict[str, list[Point]] = {}
    for s, x, y, low, high in zip(
        texts(exhibit, "series"), *(numbers(exhibit, c) for c in ("x", "y", "low", "high")), strict=True
    ):
        if x is not None and y is not None and holds(exhibit, x, y):
            lines.setdefault(s, []).append((x, y, low, high))
    return {s: [points[i] for i in spaced(len(points), POINTS)] for s, points in lines.items()}


def _band(sheet: Canvas, points: list[Point], x: Scale, y: Scale, colour: str) -> None:
    """The area between the bounds."""
    known = [(p[0], p[2], p[3]) for p in points if p[2] is not None and p[3] is not None]
    if len(known) > 1:
        edge = [(x.at(a), y.at(low)) for a, low, _ in known] + [
            (x.at(a), y.at(high)) for a, _, high in reversed(known)
        ]
        sheet.add("path", d=path(edge) + "z", fill=colour, fill_opacity="0.16")
