"""Shades: five colours from low to high, their key, and clouds of points drawn as one path a colour."""

from __future__ import annotations

from collections.abc import Iterable

from riskaudit.writers.svg.canvas import Canvas, measure
from riskaudit.writers.svg.columns import Number

SHADES = ("b0", "b1", "b2", "b3", "b4")  # low to high: blue to orange
NO_SHADE = "missing"


def shade(value: Number) -> str:
    """The colour of a share of the range, 0 to 1; its own where there is none."""
    return NO_SHADE if value is None else SHADES[min(len(SHADES) - 1, max(0, int(value * len(SHADES))))]


def key(sheet: Canvas, name: str) -> float:
    """The shades from low to high, named; gives the y below them."""
    sheet.text(2, 12, f"low {name}", room=150)
    x = 8 + min(measure(f"low {name}"), 150)
    for i, colour in enumerate(SHADES):
        sheet.add("rect", x=x + 16 * i, y=3, width=16, height=10, fill=colour)
    sheet.text(x + 16 * len(SHADES) + 6, 12, "high")
    return 24


def cloud(sheet: Canvas, points: Iterable[tuple[float, float]], colour: str) -> None:
    """Round dots of one colour as one path, each pixel once; steps from dot to dot are short to write."""
    d, last = "", (0, 0)
    for x, y in sorted({(round(x), round(y)) for x, y in points}):
        d += f"m{x - last[0]} {y - last[1]}h0"
        last = (x, y)
    d = d.replace(" -", "-")
    sheet.add("path", d=f"M0 0{d}", stroke=colour, stroke_width=3.6, stroke_linecap="round")
