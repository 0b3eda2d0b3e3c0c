"""Curves: lines over a linear or logarithmic field, with bands where bounds are known."""

from __future__ import annotations

from collections.abc import Iterable

from riskaudit.measure import Exhibit
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, measure, pixel
from riskaudit.writers.svg.columns import Number, axis, mark, numbers, spaced, texts
from riskaudit.writers.svg.palette import DASHES, series
from riskaudit.writers.svg.scales import Scale, logarithmic, tight

TALL = 230
POINTS = 120
Point = tuple[float, float, Number, Number]


def curve(exhibit: Exhibit, name: str, desc: str) -> str:
    """One line a series; points that a logarithmic axis cannot hold are left out."""
    lines = _lines(exhibit)
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    top = axes.legend(sheet, list(lines), lines=True) + 16
    if axis(exhibit, "y"):
        sheet.text(2, top - 2, axis(exhibit, "y"), room=sheet.width, fill="muted")
        top += 24 if axis(exhibit, "mark_label") else 10
    elif axis(exhibit, "mark_label"):
        top += 12
    y = _axis(
        exhibit,
        "y",
        [v for ps in lines.values() for p in ps for v in p[1:] if v is not None],
        top + TALL,
        top,
    )
    left = max(measure(label) for _, label in y.ticks()) + 10
    x = _axis(exhibit, "x", [p[0] for ps in lines.values() for p in ps], left, sheet.width - 12)
    foot = axes.bottom(sheet, x, top, top + TALL, axis(exhibit, "x"))
    axes.side(sheet, y, x.start, x.end)
    _marks(sheet, exhibit, x, y)
    for at, points in enumerate(lines.values()):
        _band(sheet, points, x, y, series(at))
        d = _path((x.at(p[0]), y.at(p[1])) for p in points)
        sheet.add(
            "path",
            d=d,
            fill="none",
            stroke=series(at),
            stroke_width=2.2,
            stroke_linejoin="round",
            stroke_dasharray=DASHES[at % 4],
        )
    return sheet.render(foot)


def _lines(exhibit: Exhibit) -> dict[str, list[Point]]:
    """The points of each series that can be drawn, thinned to what an eye can tell apart."""
    lines: dict[str, list[Point]] = {}
    floor = {a: 0.0 if axis(exhibit, f"{a}_scale") == "log" else float("-inf") for a in "xy"}
    for s, x, y, low, high in zip(
        texts(exhibit, "series"), *(numbers(exhibit, c) for c in ("x", "y", "low", "high")), strict=True
    ):
        if x is not None and y is not None and x > floor["x"] and y > floor["y"]:
            lines.setdefault(s, []).append((x, y, low, high))
    return {s: [points[i] for i in spaced(len(points), POINTS)] for s, points in lines.items()}


def _axis(exhibit: Exhibit, name: str, values: list[float], start: float, end: float) -> Scale:
    """One axis: with the reference line in sight, and whole from 0 to 1 where the data nearly is."""
    at = mark(exhibit, f"{name}_mark")
    found = [*values, *([at] if at is not None else [])]
    if axis(exhibit, f"{name}_scale") == "log":
        return logarithmic(found, start, end)
    return tight(found, start, end)


def _marks(sheet: Canvas, exhibit: Exhibit, x: Scale, y: Scale) -> None:
    """The reference lines, and the diagonal where one is asked for."""
    if mark(exhibit, "diagonal"):
        low, high = max(x.low, y.low), min(x.high, y.high)
        steps = [low + (high - low) * i / 60 for i in range(61)] if low < high else []
        sheet.add(
            "path",
            d=_path((x.at(v), y.at(v)) for v in steps),
            fill="none",
            stroke="edge",
            stroke_dasharray="2 4",
        )
    if (at := mark(exhibit, "y_mark")) is not None:
        sheet.line(x.start, y.at(at), x.end, y.at(at), "ink", stroke_dasharray="3 3")
        if mark(exhibit, "x_mark") is None and (label := axis(exhibit, "mark_label")):
            sheet.text(x.end - 2, y.at(at) - 5, label, room=x.end - x.start, text_anchor="end")
    if (at := mark(exhibit, "x_mark")) is not None:
        axes.reference(sheet, x.at(at), y.end, y.start, axis(exhibit, "mark_label"))


def _band(sheet: Canvas, points: list[Point], x: Scale, y: Scale, colour: str) -> None:
    """The area between the bounds."""
    known = [(p[0], p[2], p[3]) for p in points if p[2] is not None and p[3] is not None]
    if len(known) > 1:
        edge = [(x.at(a), y.at(low)) for a, low, _ in known] + [
            (x.at(a), y.at(high)) for a, _, high in reversed(known)
        ]
        sheet.add("path", d=_path(edge) + "z", fill=colour, fill_opacity="0.16")


def _path(points: Iterable[tuple[float, float]]) -> str:
    """A line through points, repeated pixels left out."""
    told = list(dict.fromkeys(f"{pixel(x)} {pixel(y)}" for x, y in points))
    return "M" + "L".join(told) if told else "M0 0"
