"""Waterfall: signed steps from a start to an end, each bar where the one above it ended."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, fold, measure, pixel
from riskaudit.writers.svg.columns import axis, mark, numbers, texts
from riskaudit.writers.svg.scales import linear

MOST = 20
ROW, TALL = 24, 32  # TALL where a name takes two lines
UP, DOWN = "b4", "b0"  # orange raises, blue lowers, as in the shades


@dataclass(frozen=True)
class Step:
    """One bar: from where to where."""

    label: str
    begin: float
    end: float

    @property
    def size(self) -> float:
        """The step itself."""
        return self.end - self.begin


def waterfall(exhibit: Exhibit, name: str, desc: str) -> str:
    """Bars that hang on one another; the start above and the end below them, each with its number."""
    start, steps, end = levels(exhibit)
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    ends = [("start", start), ("end", end)]
    left = min(max(*(measure(s.label) for s in steps), 34) + 14, 158)
    right = sheet.width - 12 - max(measure(_signed(s.size)) for s in steps)
    found = [start, end, *(v for s in steps for v in (s.begin, s.end))]
    at = mark(exhibit, "x_mark")
    scale = linear([*found, *([at] if at is not None else [])], left, right, most=4)
    top = 20.0 if axis(exhibit, "mark_label") else 4.0
    row = TALL if any(len(fold(s.label, left - 10)) > 1 for s in steps) else ROW
    floor = top + row * (len(steps) + 2)
    foot = axes.bottom(sheet, scale, top, floor, axis(exhibit, "x"))
    if at is not None:
        axes.reference(sheet, scale.at(at), top, floor, axis(exhibit, "mark_label"))
    for (word, value), middle in zip(ends, (top + row / 2, floor - row / 2), strict=True):
        sheet.text(left - 8, middle + 4, word, fill="muted", text_anchor="end")
        sheet.line(scale.at(value), middle - 8, scale.at(value), middle + 8, "ink", stroke_width=2.5)
        sheet.text(
            sheet.width - 2, middle + 4, words.shown(value).value, text_anchor="end", font_weight="600"
        )
    spots = [(step, top + row * (i + 1.5)) for i, step in enumerate(steps)]
    for step, middle in spots:
        sheet.label(left - 8, middle, step.label, room=left - 10)
    for step, middle in spots:
        sheet.text(sheet.width - 2, middle + 4, _signed(step.size), text_anchor="end")
    for step, middle in sorted(spots, key=lambda spot: spot[0].size > 0):
        a, b = sorted((scale.at(step.begin), scale.at(step.end)))
        wide = max(b - a, 0.8)
        d = f"M{pixel(a)} {pixel(middle - 7)}h{pixel(wide)}v14h{pixel(-wide)}z"
        sheet.add("path", d=d, fill=UP if step.size > 0 else DOWN)
    for step, middle in spots:
        sheet.line(scale.at(step.begin), middle - row / 2 - 5, scale.at(step.begin), middle + 7, "edge")
    sheet.line(scale.at(end), floor - row - 5, scale.at(end), floor - row / 2, "edge")
    return sheet.render(foot)


def levels(exhibit: Exhibit) -> tuple[float, list[Step], float]:
    """Start, steps and end; beyond 20 the smallest steps are one, so that the sum stays what it is."""
    start = level = mark(exhibit, "start") or 0.0
    known = [
        (t, v)
        for t, v in zip(texts(exhibit, "label"), numbers(exhibit, "value"), strict=True)
        if v is not None
    ]
    if len(known) > MOST:
        large = sorted(range(len(known)), key=lambda i: -abs(known[i][1]))[: MOST - 1]
        rest = [v for i, (_, v) in enumerate(known) if i not in set(large)]
        known = [known[i] for i in sorted(large)] + [(f"{len(rest)} smaller steps", sum(rest))]
    steps = []
    for label, value in known:
        steps.append(Step(label, level, level + value))
        level += value
    end = mark(exhibit, "end")
    return start, steps, level if end is None else end


def _signed(value: float) -> str:
    """A step with its sign."""
    return ("+" if value > 0 else "") + words.shown(value).value
