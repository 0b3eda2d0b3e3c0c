"""Columns: an exhibit's cells as a drawing needs them, whatever a plugin has put there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskaudit.measure import Exhibit

Number = float | None


@dataclass(frozen=True)
class Row:
    """One bar or dot."""

    label: str
    series: str
    value: Number
    low: Number
    high: Number


def numbers(exhibit: Exhibit, name: str) -> list[Number]:
    """A column's numbers; None for what is none."""
    size = len(next(iter(exhibit.columns.values()), []))
    found = exhibit.columns.get(name, [None] * size)
    return [float(v) if isinstance(v, int | float) and math.isfinite(v) else None for v in found]


def texts(exhibit: Exhibit, name: str) -> list[str]:
    """A column's texts; empty for an empty cell."""
    size = len(next(iter(exhibit.columns.values()), []))
    return ["" if v is None else str(v) for v in exhibit.columns.get(name, [None] * size)]


def rows(exhibit: Exhibit) -> list[Row]:
    """The rows of bars and dots."""
    return [
        Row(*parts)
        for parts in zip(
            texts(exhibit, "label"), texts(exhibit, "series"), numbers(exhibit, "value"),
            numbers(exhibit, "low"), numbers(exhibit, "high"), strict=True,
        )
    ]  # fmt: skip


def axis(exhibit: Exhibit, name: str) -> str:
    """An axis' text; empty where there is none."""
    return str(exhibit.axes.get(name, ""))


def mark(exhibit: Exhibit, name: str) -> Number:
    """Where a reference line belongs."""
    value = exhibit.axes.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def thin(count: int, most: int) -> list[int]:
    """Which of `count` things to draw, evenly, if at most `most` can be."""
    return list(range(count)) if count <= most else sorted({i * count // most for i in range(most)})


def spaced(count: int, most: int) -> list[int]:
    """Which of `count` points of a line to show: the first, the last, and evenly between; `most` of 2 or more."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
