"""Axes: grid, ticks, titles, reference lines and legends around a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from riskaudit.writers.svg.canvas import Canvas, measure
from riskaudit.writers.svg.palette import DASHES, series
from riskaudit.writers.svg.scales import Scale


def bottom(sheet: Canvas, scale: Scale, top: float, floor: float, title: str) -> float:
    """Vertical grid lines, their labels and the axis' title; gives the y below all of it."""
    ticks = [(scale.at(value), label) for value, label in _sparse(scale)]
    for x, _ in ticks:
        sheet.line(x, top, x, floor, "grid")
    for x, label in ticks:
        inside = min(x, sheet.width - 1 - measure(label) / 2)  # the last of long labels stays on the sheet
        sheet.text(inside, floor + 16, label, fill="muted", text_anchor="middle")
    sheet.line(scale.start, floor, scale.end, floor, "edge")
    if title:
        sheet.text(scale.end, floor + 33, title, room=scale.end, fill="muted", text_anchor="end")
    return floor + (40 if title else 22)


def side(sheet: Canvas, scale: Scale, left: float, right: float) -> None:
    """Horizontal grid lines and their labels."""
    ticks = [(scale.at(value), label) for value, label in scale.ticks()]
    for y, _ in ticks:
        sheet.line(left, y, right, y, "grid")
    for y, label in ticks:
        sheet.text(left - 6, y + 4, label, fill="muted", text_anchor="end")


def reference(sheet: Canvas, x: float, top: float, floor: float, label: str) -> None:
    """A vertical reference line with its name above it."""
    sheet.line(x, top - 2, x, floor, "ink", stroke_dasharray="3 3")
    if label:
        half = measure(label) / 2
        room = sheet.width - 4.0
        sheet.text(
            min(max(x, half + 2), max(sheet.width - half - 2, half)),
            top - 7,
            label,
            room=room,
            text_anchor="middle",
        )


def legend(sheet: Canvas, names: Sequence[str], *, lines: bool) -> float:
    """The series' names with their signs; gives the y below them. Nothing where there is only one."""
    if len(names) < 2:
        return 4
    x, y = 2.0, 12.0
    for at, name in enumerate(names):
        wide = 26 + min(measure(name), 190)
        if x + wide > sheet.width and x > 2:
            x, y = 2.0, y + 18
        if lines:
            sheet.line(x, y - 4, x + 16, y - 4, series(at), stroke_width=2.5, stroke_dasharray=DASHES[at % 4])
        else:
            sheet.marker(x + 8, y - 4, at)
        sheet.text(x + 22, y, name, room=192)
        x += wide + 14
    return y + 10


def _sparse(scale: Scale) -> list[tuple[float, str]]:
    """The ticks whose labels have room."""
    kept: list[tuple[float, str]] = []
    edge = float("-inf")
    for value, label in scale.ticks():
        half = measure(label) / 2
        if scale.at(value) - half >= edge + 6:
            kept.append((value, label))
            edge = scale.at(value) + half
    return kept
