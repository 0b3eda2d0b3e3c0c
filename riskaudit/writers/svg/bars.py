"""Bars and dots: one row a group, its interval as a whisker, series side by side."""

from __future__ import annotations

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, measure
from riskaudit.writers.svg.columns import Row, axis, mark, rows
from riskaudit.writers.svg.palette import series
from riskaudit.writers.svg.scales import Scale, linear

MOST = 60
LANE = 16


def bars(exhibit: Exhibit, name: str, desc: str) -> str:
    """Horizontal bars from zero, or dots with whiskers; the height grows with the groups."""
    every = rows(exhibit)
    groups = list(dict.fromkeys(row.label for row in every))[:MOST]
    names = list(dict.fromkeys(row.series for row in every))
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    drawn = [row for row in every if row.label in set(groups)]
    top = axes.legend(sheet, names, lines=False) + (20 if mark(exhibit, "x_mark") is not None else 4)
    height = max(24, 8 + LANE * len(names))
    floor = top + height * len(groups)
    scale = _scale(exhibit, drawn, groups)
    foot = axes.bottom(sheet, scale, top, floor, axis(exhibit, "x"))
    for row in drawn:
        middle = top + height * (groups.index(row.label) + 0.5)
        _draw(
            sheet,
            exhibit,
            row,
            scale,
            middle + LANE * (names.index(row.series) - (len(names) - 1) / 2),
            names,
        )
    for at, group in enumerate(groups):
        sheet.text(
            scale.start - 8, top + height * (at + 0.5) + 4, group, room=scale.start - 10, text_anchor="end"
        )
    if (x := mark(exhibit, "x_mark")) is not None:
        axes.reference(sheet, scale.at(x), top, floor, axis(exhibit, "mark_label"))
    return sheet.render(foot)


def _scale(exhibit: Exhibit, drawn: list[Row], groups: list[str]) -> Scale:
    """The value axis, between the labels and the column of figures."""
    found = [
        v for row in drawn for v in (row.value, row.low, row.high, mark(exhibit, "x_mark")) if v is not None
    ]
    left = min(max((measure(g) for g in groups), default=40) + 14, 158)
    right = 420 - 10 - max((measure(_figure(row)) for row in drawn), default=30)
    return linear(found, left, right, zero=exhibit.kind == "bars", most=4)


def _figure(row: Row) -> str:
    """The value as written at the row's end."""
    return words.shown(row.value).value if row.value is not None else "n/a"


def _draw(sheet: Canvas, exhibit: Exhibit, row: Row, scale: Scale, y: float, names: list[str]) -> None:
    """One bar or dot with its whisker and figure."""
    at = names.index(row.series)
    sheet.text(
        sheet.width - 2,
        y + 4,
        _figure(row),
        fill="ink" if row.value is not None else "muted",
        text_anchor="end",
    )
    if row.value is None:
        return
    whisker = (
        (scale.at(row.low), scale.at(row.high)) if row.low is not None and row.high is not None else None
    )
    if exhibit.kind == "bars":
        ends = sorted((scale.at(0.0), scale.at(row.value)))
        thick = 14 if len(names) == 1 else LANE - 4
        sheet.add(
            "rect",
            x=ends[0],
            y=y - thick / 2,
            width=max(ends[1] - ends[0], 0.5),
            height=thick,
            fill=series(at),
        )
        if whisker:
            sheet.whisker(*whisker, y, "ground", wide=4)  # a halo, so that the whisker is seen on its bar
            sheet.whisker(*whisker, y, "ink")
        return
    if whisker:
        sheet.whisker(*whisker, y, series(at), cap=0)
    sheet.marker(scale.at(row.value), y, at)
