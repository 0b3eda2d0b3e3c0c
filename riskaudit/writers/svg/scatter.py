"""Scatter: a point a thing in a plane, with its error bar, its name, its series or its shade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, measure
from riskaudit.writers.svg.columns import Number, axis, numbers, texts, thin
from riskaudit.writers.svg.field import Field, field, holds
from riskaudit.writers.svg.palette import series
from riskaudit.writers.svg.shades import cloud, key, shade

MOST = 1000
FEW = 40  # up to here each point has its own sign, error bar and name


@dataclass(frozen=True)
class Spot:
    """One point."""

    x: float
    y: float
    low: Number
    high: Number
    series: str
    label: str
    shade: Number


def scatter(exhibit: Exhibit, name: str, desc: str) -> str:
    """A few points with signs, error bars and names, or a cloud of at most 1,000 in shades or series."""
    spots = _spots(exhibit)
    spots = [spots[i] for i in thin(len(spots), MOST)]
    names = list(dict.fromkeys(s.series for s in spots))
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    shaded = any(s.shade is not None for s in spots)
    head = key(sheet, axis(exhibit, "shade") or "value") if shaded else axes.legend(sheet, names, lines=False)
    few = len(spots) <= FEW
    ys = [v for s in spots for v in ((s.y, s.low, s.high) if few else (s.y,)) if v is not None]
    plane = field(sheet, exhibit, [s.x for s in spots], ys, head + 16)
    if few:
        _signs(sheet, spots, plane, names, shaded=shaded)
    else:
        _clouds(sheet, spots, plane, names)
    if few:
        _names(sheet, spots, plane)
    return sheet.render(plane.foot)


def drawn(exhibit: Exhibit) -> tuple[int, int]:
    """How many points are drawn, of how many."""
    known = len(_spots(exhibit))
    return min(known, MOST), sum(x is not None for x in numbers(exhibit, "x"))


def _spots(exhibit: Exhibit) -> list[Spot]:
    """The points that can be drawn."""
    return [
        Spot(x, y, low, high, s, label, shade)
        for x, y, low, high, s, label, shade in zip(
            *(numbers(exhibit, c) for c in ("x", "y", "low", "high")),
            texts(exhibit, "series"), texts(exhibit, "label"), numbers(exhibit, "shade"), strict=True,
        )
        if x is not None and y is not None and holds(exhibit, x, y)
    ]  # fmt: skip


def _signs(sheet: Canvas, spots: Sequence[Spot], plane: Field, names: list[str], *, shaded: bool) -> None:
    """Each point as its series' sign, in its shade where there is one, on its error bar; all bars first."""
    for spot in (s for s in spots if s.low is not None and s.high is not None):
        colour = shade(spot.shade) if shaded else series(names.index(spot.series))
        low, high = (plane.y.at(v) for v in (spot.low, spot.high) if v is not None)
        sheet.pole(plane.x.at(spot.x), low, high, colour)
    for spot in spots:
        at, fill = (0, shade(spot.shade)) if shaded else (names.index(spot.series), "")
        sheet.marker(plane.x.at(spot.x), plane.y.at(spot.y), at, fill=fill)


def _clouds(sheet: Canvas, spots: Sequence[Spot], plane: Field, names: list[str]) -> None:
    """Many points as one path a colour, those on the same pixel once."""
    groups: dict[str, list[tuple[float, float]]] = {}
    shaded = any(s.shade is not None for s in spots)
    for spot in spots:
        colour = shade(spot.shade) if shaded else series(names.index(spot.series))
        groups.setdefault(colour, []).append((plane.x.at(spot.x), plane.y.at(spot.y)))
    for colour in sorted(groups):
        cloud(sheet, groups[colour], colour)


def _names(sheet: Canvas, spots: Sequence[Spot], plane: Field) -> None:
    """The points' names beside them, where there is room; the table has all."""
    taken = [
        (plane.x.at(s.x) - 6, plane.y.at(s.y) - 6, plane.x.at(s.x) + 6, plane.y.at(s.y) + 6) for s in spots
    ]
    for spot in spots:
        wide = min(measure(spot.label), 150.0)
        x, y = plane.x.at(spot.x), plane.y.at(spot.y)
        for left, base in (
            (x + 8, y + 4),
            (x - 8 - wide, y + 4),
            (x - wide / 2, y - 9),
            (x - wide / 2, y + 18),
        ):
            box = (left, base - 10, left + wide, base + 3)
            if (
                not spot.label
                or left < plane.x.start
                or left + wide > sheet.width
                or any(_touch(box, t) for t in taken)
            ):
                continue
            sheet.text(left, base, spot.label, room=wide + 6)
            taken.append(box)
            break


def _touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
