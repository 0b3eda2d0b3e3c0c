"""Arrows: what was, and what it became: one row a thing, an arrow from before to after, their intervals behind."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, measure, pixel
from riskaudit.writers.svg.columns import Number, axis, mark, numbers, texts
from riskaudit.writers.svg.scales import Scale, linear

MOST = 60
ROW = 36
BEFORE, AFTER = "edge", "s0"


@dataclass(frozen=True)
class Move:
    """One thing before and after."""

    label: str
    before: Number
    after: Number
    before_low: Number
    before_high: Number
    after_low: Number
    after_high: Number

    @property
    def told(self) -> str:
        """Both numbers, `0.62 → 0.83`."""
        return " \u2192 ".join(
            "n/a" if v is None else words.shown(v).value for v in (self.before, self.after)
        )


def arrows(exhibit: Exhibit, name: str, desc: str) -> str:
    """Arrows between a hollow point (before) and a full one (after)."""
    every = moves(exhibit)[:MOST]
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    at = mark(exhibit, "x_mark")
    top = _key(sheet) + (20 if at is not None and axis(exhibit, "mark_label") else 4)
    floor = top + ROW * len(every)
    left = min(max((measure(m.label) for m in every), default=40) + 14, 150)
    right = sheet.width - 14 - max((measure(m.told) for m in every), default=60)
    found = [
        v for m in every
        for v in (m.before, m.after, m.before_low, m.before_high, m.after_low, m.after_high, at) if v is not None
    ]  # fmt: skip
    scale = linear(found, left, right, most=3)
    foot = axes.bottom(sheet, scale, top, floor, axis(exhibit, "x"))
    if at is not None:
        axes.reference(sheet, scale.at(at), top, floor, axis(exhibit, "mark_label"))
    for i, move in enumerate(every):
        y = top + ROW * (i + 0.5)
        sheet.label(left - 10, y, move.label, room=left - 12)
        sheet.text(sheet.width - 2, y + 4, move.told, text_anchor="end")
        _draw(sheet, move, scale, y)
    return sheet.render(foot)


def moves(exhibit: Exhibit) -> list[Move]:
    """The rows."""
    names = ("before", "after", "before_low", "before_high", "after_low", "after_high")
    return [
        Move(*parts)
        for parts in zip(texts(exhibit, "label"), *(numbers(exhibit, n) for n in names), strict=True)
    ]


def _draw(sheet: Canvas, move: Move, scale: Scale, y: float) -> None:
    """One row: the intervals above and below the line, so that neither hides the other; then the arrow."""
    if move.before_low is not None and move.before_high is not None:
        sheet.whisker(scale.at(move.before_low), scale.at(move.before_high), y - 9, BEFORE, cap=2.5, wide=1.2)
    if move.after_low is not None and move.after_high is not None:
        sheet.whisker(scale.at(move.after_low), scale.at(move.after_high), y + 9, AFTER, cap=2.5, wide=1.2)
    if move.before is not None and move.after is not None:
        _arrow(sheet, scale.at(move.before), scale.at(move.after), y)
    if move.before is not None:
        sheet.add("circle", cx=scale.at(move.before), cy=y, r=4, fill="ground", stroke=BEFORE, stroke_width=2)
    if move.after is not None:
        sheet.add("circle", cx=scale.at(move.after), cy=y, r=4.5, fill=AFTER)


def _arrow(sheet: Canvas, start: float, end: float, y: float) -> None:
    """The line, and a head where there is room for one."""
    way = 1 if end > start else -1
    tip = end - way * 5
    if abs(end - start) < 10:
        return
    sheet.line(start + way * 5, y, tip, y, "ink", stroke_width=1.6)
    if abs(end - start) >= 18:
        sheet.add("path", d=f"M{pixel(tip)} {pixel(y)}l{-way * 6}-4v8z", fill="ink")


def _key(sheet: Canvas) -> float:
    """Which sign is before, and which after; gives the y below."""
    sheet.add("circle", cx=8, cy=8, r=4, fill="ground", stroke=BEFORE, stroke_width=2)
    sheet.text(18, 12, "before")
    sheet.add("circle", cx=74, cy=8, r=4.5, fill=AFTER)
    sheet.text(84, 12, "after")
    return 20
