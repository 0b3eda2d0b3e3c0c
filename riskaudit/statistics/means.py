"""Means and medians: how sure the middle of a sample is."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.gaps import Comparison, absolute, simultaneous
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.terms import Bounds, Undefined, Vector, critical, span, vector


def mean_t(x: ArrayLike, *, level: float = 0.95) -> Interval:
    """Student's interval of a mean: mean -+ t_(n-1) s / sqrt(n).

    A constant sample gives an interval of no width.

    Parameters
    ----------
    x : array of shape (n,)
        At least two finite values, independent of one another.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        With fewer than two values: one says nothing of its spread.
    ValueError
        Where values are not finite, or the level is none.

    References
    ----------
    Student (1908). The probable error of a mean. Biometrika 6, 1-25.
    """
    from scipy.special import stdtrit

    critical(level)
    mean, variance, n = _moments(x, "the sample")
    half = -stdtrit(n - 1, (1 - level) / 2) * math.sqrt(variance)
    return span(mean - half, mean + half, level=level, method="Student t")


def welch(a: ArrayLike, b: ArrayLike, *, level: float = 0.95) -> Interval:
    """Welch's interval of a difference of means, a - b, of independent samples of unlike spread.

    mean_a - mean_b -+ t_df sqrt(v_a + v_b), v = s²/n,
    df = (v_a + v_b)² / (v_a² / (n_a - 1) + v_b² / (n_b - 1)).

    Parameters
    ----------
    a, b : arrays of shape (n_a,) and (n_b,)
        At least two finite values each.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        Where a sample has fewer than two values.
    ValueError
        Where values are not finite, or the level is none.

    References
    ----------
    Welch, B. L. (1947). The generalization of 'Student's' problem. Biometrika 34, 28-35.
    """
    critical(level)
    one, two = (np.array(_moments(x, name)) for x, name in ((a, "a"), (b, "b")))
    low, high = _welch_bounds(one, two, level)
    return span(float(low), float(high), level=level, method="Welch t", value=float(one[0] - two[0]))


def largest_mean_difference(groups: Mapping[str, ArrayLike], *, level: float = 0.95) -> Comparison:
    """The largest difference of means between any two of k groups.

    Welch intervals of all pairs at the Bonferroni level, combined as in `largest_difference`.

    Parameters
    ----------
    groups : mapping of str to array of shape (n_group,)
        At least two groups of at least two finite values.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        With fewer than two groups, or a group of fewer than two values.
    ValueError
        Where values are not finite, or the level is none.
    """
    if len(groups) < 2:
        raise Undefined(f"a comparison needs two groups, not {len(groups)}")
    critical(level)
    moments = {name: _moments(values, name) for name, values in groups.items()}
    names = sorted(moments, key=lambda name: (moments[name][0], str(name)))
    table = np.array([moments[name] for name in names])
    lower, higher = np.triu_indices(len(names), 1)
    bounds = _welch_bounds(table[higher].T, table[lower].T, bonferroni(level, lower.size))
    low, high = (float(side.max()) for side in absolute(bounds))
    value = float(table[-1, 0] - table[0, 0])
    method = simultaneous("Welch t", lower.size)
    interval = span(low, high, level=level, method=method, value=value)
    return Comparison(value=value, interval=interval, group=names[0], reference=names[-1])


def median_order(x: ArrayLike, *, level: float = 0.95) -> Interval:
    """The order-statistic interval of a median: no assumption on the shape of the distribution.

    From the r-th smallest to the r-th largest value, with the largest r for which
    1 - 2 P(Binomial(n, 1/2) < r) >= level.

    Fewer than six values cannot reach 95 %: then it is smallest to largest, and the
    interval's own `level` says what that is worth, 1 - 2^(1 - n) (n = 3: 0.75).

    Parameters
    ----------
    x : array of shape (n,)
        At least two finite values, independent of one another.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        With fewer than two values.
    ValueError
        Where values are not finite, or the level is none.

    References
    ----------
    David, H. A. and Nagaraja, H. N. (2003). Order Statistics, 3rd ed., section 7.1. Wiley.
    """
    from scipy.special import bdtr

    critical(level)
    sample = np.sort(_finite(x, "the sample"))
    n = sample.size
    tails = bdtr(np.arange((n + 1) // 2), n, 0.5)  # P(Binomial < r) for r = 1, 2, ...
    r = max(int(np.searchsorted(tails, (1 - level) / 2 * (1 + 1e-12), side="right")), 1)
    reached = min(level, 1 - 2 * float(tails[r - 1]))
    method = "order statistics" if reached == level else f"smallest to largest of {n}"
    return span(float(sample[r - 1]), float(sample[n - r]), level=reached, method=method)


def _finite(x: ArrayLike, name: str) -> Vector:
    values = vector(x, name)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds infinite values")
    if values.size < 2:
        raise Undefined(f"{name} has one value, which says nothing of its spread")
    return values


def _moments(x: ArrayLike, name: str) -> tuple[float, float, int]:
    """Mean, its squared standard error, and how many values."""
    values = _finite(x, name)
    return float(values.mean()), float(values.var(ddof=1) / values.size), values.size


def _welch_bounds(a: Vector, b: Vector, level: float) -> Bounds:
    """Bounds of a - b from rows (mean, squared standard error, n) that broadcast."""
    from scipy.special import stdtrit

    (mean_a, v_a, n_a), (mean_b, v_b, n_b) = a, b
    v = v_a + v_b
    spread = v_a**2 / (n_a - 1) + v_b**2 / (n_b - 1)
    df = np.where(spread > 0, v**2 / np.where(spread > 0, spread, 1.0), 1.0)
    half = -stdtrit(df, (1 - level) / 2) * np.sqrt(v)
    return mean_a - mean_b - half, mean_a - mean_b + half
