"""Bars and dots: one row a group, its interval as a whisker, series side by side."""

from __future__ import annotations

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import WIDTH, Canvas, fold, measure, pixel
from riskaudit.writers.svg.columns import Row, axis, mark, rows
from riskaudit.writers.svg.palette import series
from riskaudit.writers.svg.scales import Scale, linear, logarithmic

MOST = 60
LANE = 16


def bars(exhibit: Exhibit, name: str, desc: str) -> str:
    """Horizontal bars from zero, or dots with whiskers; the height grows with the groups.

    On a logarithmic axis there is no zero to start from: there a bar is a dot.
    """
    every = rows(exhibit)
    groups = list(dict.fromkeys(row.label for row in every))[:MOST]
    names = list(dict.fromkeys(row.series for row in every))
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    drawn = [row for row in every if row.label in set(groups)]
    at = mark(exhibit, "x_mark")
    top = axes.legend(sheet, names, lines=False)
    top += 20 if at is not None and axis(exhibit, "mark_label") else 4
    scale = _scale(exhibit, drawn, groups)
    folded = any(len(fold(group, scale.start - 10)) > 1 for group in groups)
    theirs = {
        group: [n for n in names if any(r.label == group and r.series == n for r in drawn)]
        for group in groups
    }
    height = max(32 if folded else 24, 8 + LANE * max(map(len, theirs.values()), default=1))
    floor = top + height * len(groups)
    foot = axes.bottom(sheet, scale, top, floor, axis(exhibit, "x"))
    place = {group: top + height * (i + 0.5) for i, group in enumerate(groups)}
    lanes = {
        (group, own): LANE * (i - (len(here) - 1) / 2)
        for group, here in theirs.items() for i, own in enumerate(here)
    }  # fmt: skip
    for group in groups:
        sheet.label(scale.start - 8, place[group], group, room=scale.start - 10)
    spots = [(row, place[row.label] + lanes[row.label, row.series]) for row in drawn]
    for row, y in spots:
        colour = "ink" if row.value is not None else "muted"
        sheet.text(sheet.width - 2, y + 4, _figure(row), fill=colour, text_anchor="end")
    if exhibit.kind == "bars" and not scale.log:
        _bars(sheet, spots, scale, names)
    else:
        _dots(sheet, spots, scale, names)
    if at is not None:
        axes.reference(sheet, scale.at(at), top, floor, axis(exhibit, "mark_label"))
    return sheet.render(foot)


def _scale(exhibit: Exhibit, drawn: list[Row], groups: list[str]) -> Scale:
    """The value axis, between the labels and the column of figures."""
    at = mark(exhibit, "x_mark")
    found = [v for row in drawn for v in (row.value, row.low, row.high, at) if v is not None]
    left = min(max((measure(g) for g in groups), default=40) + 14, 158)
    right = WIDTH - 10 - max((measure(_figure(row)) for row in drawn), default=30)
    if axis(exhibit, "x_scale") == "log" and any(row.value is not None and row.value > 0 for row in drawn):
        return logarithmic(found, left, right)
    return linear(found, left, right, zero=exhibit.kind == "bars", most=4)


def _figure(row: Row) -> str:
    """The value as written at the row's end."""
    return words.shown(row.value).value if row.value is not None else "n/a"


def _whisker(row: Row, scale: Scale) -> tuple[float, float] | None:
    """The ends of an interval in pixels."""
    known = row.low is not None and row.high is not None and row.value is not None
    return (scale.at(row.low), scale.at(row.high)) if known else None  # type: ignore[arg-type]


def _bars(sheet: Canvas, spots: list[tuple[Row, float]], scale: Scale, names: list[str]) -> None:
    """All bars, then the halos that make a whisker seen on its bar, then the whiskers."""
    thick = 14 if len(names) == 1 else LANE - 4
    for row, y in sorted(spots, key=lambda spot: names.index(spot[0].series)):
        if row.value is not None:
            start, end = sorted((scale.at(0.0), scale.at(row.value)))
            wide = max(end - start, 0.5)
            d = f"M{pixel(start)} {pixel(y - thick / 2)}h{pixel(wide)}v{thick}h{pixel(-wide)}z"
            sheet.add("path", d=d, fill=series(names.index(row.series)))
    for colour, width in (("ground", 4.0), ("ink", 1.5)):
        for row, y in spots:
            if ends := _whisker(row, scale):
                sheet.whisker(*ends, y, colour, wide=width)


def _dots(sheet: Canvas, spots: list[tuple[Row, float]], scale: Scale, names: list[str]) -> None:
    """Series by series: all whiskers, then all points."""
    for at, name in enumerate(names):
        mine = [(row, y) for row, y in spots if row.series == name]
        for row, y in mine:
            if ends := _whisker(row, scale):
                sheet.whisker(*ends, y, series(at), cap=0)
        for row, y in mine:
            if row.value is not None and (row.value > 0 or not scale.log):
                sheet.marker(scale.at(row.value), y, at)
