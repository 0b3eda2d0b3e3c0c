"""Swarm: a strip a feature, a point a person, its shade the feature's own value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from riskaudit.measure import Exhibit
from riskaudit.writers.svg import axes
from riskaudit.writers.svg.canvas import Canvas, measure
from riskaudit.writers.svg.columns import Number, axis, mark, numbers, texts, thin
from riskaudit.writers.svg.scales import Scale, linear
from riskaudit.writers.svg.shades import cloud, key, shade

MOST = 2000
STRIPS = 20
STRIP = 34
Dot = tuple[str, float, Number]


def swarm(exhibit: Exhibit, name: str, desc: str) -> str:
    """Points as one path per strip and shade, at most 2,000; `drawn` says how many of how many."""
    dots = _dots(exhibit)
    strips = list(dict.fromkeys(d[0] for d in dots))
    sheet = Canvas(name, title=exhibit.title, desc=desc)
    top = key(sheet, axis(exhibit, "shade") or "value") if any(d[2] is not None for d in dots) else 8.0
    top += 16 if axis(exhibit, "mark_label") else 0
    floor = top + STRIP * len(strips)
    left = min(max((measure(s) for s in strips), default=40) + 12, 158)
    at = mark(exhibit, "x_mark")
    scale = linear([*(d[1] for d in dots), *([at] if at is not None else [])], left, sheet.width - 12)
    foot = axes.bottom(sheet, scale, top, floor, axis(exhibit, "x"))
    if at is not None:
        axes.reference(sheet, scale.at(at), top, floor, axis(exhibit, "mark_label"))
    for i, strip in enumerate(strips):
        y = top + STRIP * (i + 0.5)
        sheet.label(left - 10, y, strip, room=left - 12)
        _strip(sheet, [d for d in dots if d[0] == strip], scale, y)
    return sheet.render(foot)


def drawn(exhibit: Exhibit) -> tuple[int, int]:
    """How many points are drawn, of how many."""
    whole = sum(x is not None for x in numbers(exhibit, "x"))
    return len(_dots(exhibit)), whole


def _dots(exhibit: Exhibit) -> list[Dot]:
    """The points to draw: the first strips, thinned evenly within each."""
    by_strip: dict[str, list[Dot]] = {}
    for row, x, hue in zip(
        texts(exhibit, "row"), numbers(exhibit, "x"), numbers(exhibit, "shade"), strict=True
    ):
        if x is not None:
            by_strip.setdefault(row, []).append((row, x, hue))
    kept = list(by_strip.values())[:STRIPS]
    each = MOST // max(1, len(kept))
    return [dots[i] for dots in kept for i in thin(len(dots), each)]


def _strip(sheet: Canvas, dots: Sequence[Dot], scale: Scale, y: float) -> None:
    """One strip: points that fall on the same pixels are piled up to both sides of the middle."""
    heights = Counter(round(scale.at(value)) // 3 for _, value, _ in dots)
    apart = min(2.2, (STRIP / 2 - 3) / max(1, max(heights.values(), default=0) // 2))
    piles: dict[int, int] = {}
    paths: dict[str, list[tuple[float, float]]] = {}
    for _, value, hue in dots:
        x = round(scale.at(value))
        pile = piles[x // 3] = piles.get(x // 3, -1) + 1
        away = (pile + 1) // 2 * apart * (1 if pile % 2 else -1)
        paths.setdefault(shade(hue), []).append((x, y + away))
    for colour, points in sorted(paths.items()):
        cloud(sheet, points, colour)
