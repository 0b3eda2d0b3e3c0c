"""Distances: how far two groups' scores lie apart, point by point and on average."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.terms import Vector, critical, span, vector


def kolmogorov_smirnov(a: ArrayLike, b: ArrayLike, *, level: float = 0.95) -> tuple[float, Interval]:
    """The largest vertical distance of two distribution functions, with a distribution-free interval.

    Each empirical function lies within sqrt(log(2 / alpha') / (2 n)) of its own at 1 - alpha', so the true
    distance within the sum of both; alpha' = alpha / 2. Holds at any n and for any shape; conservative.

    References
    ----------
    Massart, P. (1990). The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality. Ann. Probability 18.
    """
    critical(level)
    a, b = np.sort(vector(a, "a")), np.sort(vector(b, "b"))
    every = np.concatenate([a, b])
    above = (
        np.searchsorted(a, every, side="right") / a.size - np.searchsorted(b, every, side="right") / b.size
    )
    value = float(np.abs(above).max())
    reach = sum(math.sqrt(math.log(4 / (1 - level)) / (2 * n)) for n in (a.size, b.size))
    return value, span(
        max(0.0, value - reach),
        min(1.0, value + reach),
        level=level,
        method="Dvoretzky-Kiefer-Wolfowitz",
        value=value,
    )


def wasserstein(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    resamples: int = 400,
    points: int = 512,
    level: float = 0.95,
) -> tuple[float, Interval]:
    """The mean distance that scores of one group would have to move to be distributed as the other's.

    The area between the two distribution functions, exactly. The bootstrap (of counts between at most `points`
    pooled quantiles) is reflected about the estimate: resampling adds to a distance, and what it
    adds is taken off; cut at 0.

    References
    ----------
    Vallender, S. S. (1974). Theory of Probability and its Applications 18, 784-786.
    Davison, A. C. and Hinkley, D. V. (1997), section 5.2 (the basic interval).
    """
    critical(level)
    a, b = vector(a, "a"), vector(b, "b")
    every = np.unique(np.concatenate([a, b]))
    if every.size < 2:
        return 0.0, span(0.0, 0.0, level=level, method="all values are the same", value=0.0)
    grid = every if every.size <= points else np.unique(np.quantile(every, np.linspace(0, 1, points)))
    widths = np.diff(grid)

    def counted(x: Vector) -> np.typing.NDArray[np.int64]:
        return np.bincount(np.searchsorted(grid, x, side="left"), minlength=grid.size)

    sides = counted(a), counted(b)

    def area(one: np.typing.NDArray[np.int64], two: np.typing.NDArray[np.int64]) -> Vector:
        gap = np.cumsum(one, axis=-1) / a.size - np.cumsum(two, axis=-1) / b.size
        found: Vector = np.abs(gap[..., :-1]) @ widths
        return found

    coarse, value = float(area(*sides)), _area(a, b, every)
    drawn = [rng.multinomial(int(side.sum()), side / side.sum(), size=resamples) for side in sides]
    draws = area(drawn[0], drawn[1])
    ends = np.quantile(draws, [(1 + level) / 2, (1 - level) / 2])
    low, high = (value + coarse - float(end) for end in ends)
    return value, span(max(0.0, low), max(high, 0.0), level=level, method="bootstrap, reflected", value=value)


def _area(a: Vector, b: Vector, every: Vector) -> float:
    """The area between two distribution functions; `every` holds all values once, ascending."""
    a, b = np.sort(a), np.sort(b)
    left = every[:-1]
    gap = np.searchsorted(a, left, side="right") / a.size - np.searchsorted(b, left, side="right") / b.size
    return float(np.abs(gap) @ np.diff(every))


def abroca(
    scores: tuple[ArrayLike, ArrayLike],
    positive: tuple[ArrayLike, ArrayLike],
    *,
    rng: np.random.Generator,
    draws: int = 400,
    bins: int = 256,
    level: float = 0.95,
) -> tuple[float, Interval, float]:
    """The area between two groups' ROC curves, with its bootstrap interval and what chance alone would give.

    The area itself is exact. For the interval scores are cut into at most `bins` bins at pooled quantiles, and rows are
    drawn as counts of bin and outcome.
    An area between curves is never below 0 and seldom 0 by chance: the third number is the 95 % point of
    the areas that come from dealing the rows of each outcome to the two groups anew.

    Returns
    -------
    value, interval, chance : float, Interval, float

    References
    ----------
    Gardner, J., Brooks, C. and Baker, R. (2019). Evaluating the fairness of predictive student models through
    slicing analysis. LAK, section 3.
    """
    critical(level)
    a, b = (vector(part, "scores") for part in scores)
    labels = [np.asarray(part, dtype=bool) for part in positive]
    pooled_scores = np.concatenate([a, b])
    edges = np.unique(np.quantile(pooled_scores, np.linspace(0, 1, bins + 1)[1:-1]))
    cells = _cells((a, b), labels, edges)
    coarse = _between(cells)
    value = _between(_cells((a, b), labels, np.unique(pooled_scores)))
    totals = cells.sum(axis=2)
    found, chance = np.empty(draws), np.empty(draws)
    pooled = cells.sum(axis=0)
    for at in range(draws):
        again = np.stack(
            [[rng.multinomial(totals[g, k], cells[g, k] / totals[g, k]) for k in (0, 1)] for g in (0, 1)]
        )
        found[at] = _between(again)
        dealt = np.stack(
            [rng.multivariate_hypergeometric(pooled[k], totals[0, k], method="marginals") for k in (0, 1)]
        )
        chance[at] = _between(np.stack([dealt, pooled - dealt]))
    ends = np.quantile(found, [(1 + level) / 2, (1 - level) / 2])
    low, high = (value + coarse - float(end) for end in ends)
    interval = span(
        max(0.0, low), max(high, 0.0), level=level, method="bootstrap of cells, reflected", value=value
    )
    return value, interval, float(np.quantile(chance, level))


def _cells(
    scores: tuple[Vector, Vector], positive: list[np.typing.NDArray[np.bool_]], edges: Vector
) -> np.typing.NDArray[np.int64]:
    """Counts (group, outcome, bin) of scores between edges, ascending."""
    size = edges.size + 1
    cells = np.zeros((2, 2, size), dtype=np.int64)
    for group, (part, label) in enumerate(zip(scores, positive, strict=True)):
        for kind in (0, 1):
            at = np.searchsorted(edges, part[label == bool(kind)], side="right")
            cells[group, kind] = np.bincount(at, minlength=size)
    return cells


def _between(cells: np.typing.NDArray[np.int64]) -> float:
    """The area between two ROC curves given as counts (group, outcome, bin), bins ascending in score."""
    curves = []
    for negative, positive in cells:
        fpr = np.concatenate([[0.0], np.cumsum(negative[::-1]) / max(negative.sum(), 1)])
        tpr = np.concatenate([[0.0], np.cumsum(positive[::-1]) / max(positive.sum(), 1)])
        curves.append((fpr, tpr))
    grid = np.union1d(curves[0][0], curves[1][0])
    widths = np.diff(grid)
    # Both curves are straight between grid points and may jump at them: two points inside tell the line.
    inner, outer = (
        np.interp(at, *curves[0]) - np.interp(at, *curves[1])
        for at in (grid[:-1] + widths / 4, grid[:-1] + widths * 3 / 4)
    )
    left, right = 1.5 * inner - 0.5 * outer, 1.5 * outer - 0.5 * inner
    height = np.abs(left) + np.abs(right)
    crossing = left * right < 0
    mean = np.where(crossing, (left**2 + right**2) / np.where(height > 0, 2 * height, 1.0), height / 2)
    return float(mean @ widths)
