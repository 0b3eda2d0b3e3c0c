"""Field: the plane that curves and scatters are drawn in, with both axes, their marks and the diagonal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, measure, pixel
from riskaudit.writers.svg.columns import axis, mark
from riskaudit.writers.svg.scales import Scale, logarithmic, tight

TALL = 230


@dataclass(frozen=True, kw_only=True)
class Field:
    """Both scales, and the y below everything."""

    x: Scale
    y: Scale
    foot: float


def field(
    sheet: Canvas, exhibit: Exhibit, xs: Sequence[float], ys: Sequence[float], top: float, *, tall: int = TALL
) -> Field:
    """Grid, ticks, titles and marks around the values; whatever is drawn next lies on top of them."""
    if axis(exhibit, "y"):
        sheet.text(2, top - 2, axis(exhibit, "y"), room=sheet.width, fill="muted")
        top += 24 if axis(exhibit, "mark_label") else 10
    elif axis(exhibit, "mark_label"):
        top += 12
    y = _axis(exhibit, "y", ys, top + tall, top)
    left = max((measure(label) for _, label in y.ticks()), default=20) + 10
    x = _axis(exhibit, "x", xs, left, sheet.width - 12)
    foot = axes.bottom(sheet, x, top, top + tall, axis(exhibit, "x"))
    axes.side(sheet, y, x.start, x.end)
    _marks(sheet, exhibit, x, y)
    return Field(x=x, y=y, foot=foot)


def holds(exhibit: Exhibit, x: float | None, y: float | None) -> bool:
    """Whether both numbers are known and can stand on their axes: a logarithmic one holds none of zero or less."""
    log = [axis(exhibit, f"{name}_scale") == "log" for name in "xy"]
    return all(v is not None and (v > 0 or not is_log) for v, is_log in zip((x, y), log, strict=True))


def path(points: Iterable[tuple[float, float]]) -> str:
    """A line through points, repeated pixels left out."""
    told = list(dict.fromkeys(f"{pixel(x)} {pixel(y)}" for x, y in points))
    return "M" + "L".join(told) if told else "M0 0"


def _axis(exhibit: Exhibit, name: str, values: Sequence[float], start: float, end: float) -> Scale:
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
        straight = x.log == y.log
        count = 1 if straight else 60
        steps = [low + (high - low) * i / count for i in range(count + 1)] if low < high else []
        line = path((x.at(v), y.at(v)) for v in steps)
        sheet.add("path", d=line, fill="none", stroke="edge", stroke_dasharray="2 4")
    if (at := mark(exhibit, "y_mark")) is not None:
        sheet.line(x.start, y.at(at), x.end, y.at(at), "ink", stroke_dasharray="3 3")
        if mark(exhibit, "x_mark") is None and (label := axis(exhibit, "mark_label")):
            sheet.text(x.end - 2, y.at(at) - 5, label, room=x.end - x.start, text_anchor="end")
    if (at := mark(exhibit, "x_mark")) is not None:
        axes.reference(sheet, x.at(at), y.end, y.start, axis(exhibit, "mark_label"))
