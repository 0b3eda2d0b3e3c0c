"""Proportions: how sure a rate is, and a difference of two rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.terms import Bounds, Vector, counts, critical, span


def wilson(hits: float, n: float, *, level: float = 0.95) -> Interval:
    """The Wilson score interval of a proportion.

    All p with (hits/n - p)² <= z² p (1 - p) / n:
    (hits + z²/2 -+ z sqrt(hits (n - hits) / n + z²/4)) / (n + z²).

    Parameters
    ----------
    hits, n : float
        0 <= hits <= n, n > 0; not whole where n is an effective sample size (`kish`).
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    ValueError
        Where the counts are no proportion or the level is none.

    References
    ----------
    Wilson, E. B. (1927). Probable inference. JASA 22, 209-212.
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial
    proportion. Statistical Science 16, 101-133, section 3.1.1.
    """
    hits, n = counts(hits, n)
    low, high = wilson_bounds(hits, n, critical(level))
    return span(float(low), float(high), level=level, method="Wilson score", value=hits / n)


def wilson_bounds(hits: ArrayLike, n: ArrayLike, z: float) -> Bounds:
    """Wilson's two bounds for arrays of counts that broadcast; unchecked, for use in bulk."""
    x, n = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    middle, half = x + z * z / 2, z * np.sqrt(x * (n - x) / n + z * z / 4)
    # Each bound from its own side of zero: no cancellation where a rate is near 0 or 1.
    low = x * x / n / (middle + half)
    high = 1 - (n - x) ** 2 / n / (n - x + z * z / 2 + half)
    return low, high


def clopper_pearson(hits: float, n: float, *, level: float = 0.95) -> Interval:
    """The exact (tail) interval of a proportion: never below its level, so wider than Wilson's.

    The bounds are beta quantiles: B(alpha/2; hits, n - hits + 1) and B(1 - alpha/2; hits + 1, n - hits).

    Parameters
    ----------
    hits, n : float
        0 <= hits <= n, n > 0; where not whole, the beta quantiles interpolate.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    ValueError
        Where the counts are no proportion or the level is none.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits.
    Biometrika 26, 404-413.
    """
    from scipy.special import betaincinv

    hits, n = counts(hits, n)
    critical(level)
    tail = (1 - level) / 2
    low = betaincinv(hits, n - hits + 1, tail) if hits > 0 else 0.0
    high = 1 - betaincinv(n - hits, hits + 1, tail) if hits < n else 1.0
    return span(low, high, level=level, method="Clopper-Pearson", value=hits / n)


def newcombe(hits_a: float, n_a: float, hits_b: float, n_b: float, *, level: float = 0.95) -> Interval:
    """Newcombe's hybrid score interval of a difference of two independent proportions, a - b.

    With Wilson bounds (l_a, u_a), (l_b, u_b) and d = p_a - p_b:
    d - sqrt((p_a - l_a)² + (u_b - p_b)²) to d + sqrt((u_a - p_a)² + (p_b - l_b)²).

    Parameters
    ----------
    hits_a, n_a, hits_b, n_b : float
        The counts of either side; not whole where n is an effective sample size.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    ValueError
        Where the counts are no proportions or the level is none.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions. Statistics in Medicine 17, 873-890, method 10.
    """
    hits_a, n_a = counts(hits_a, n_a)
    hits_b, n_b = counts(hits_b, n_b)
    low, high = newcombe_bounds(hits_a, n_a, hits_b, n_b, z=critical(level))
    value = hits_a / n_a - hits_b / n_b
    return span(float(low), float(high), level=level, method="Newcombe hybrid score", value=value)


def newcombe_bounds(
    hits_a: ArrayLike, n_a: ArrayLike, hits_b: ArrayLike, n_b: ArrayLike, *, z: float
) -> Bounds:
    """Newcombe's two bounds of a - b for arrays of counts that broadcast; unchecked, for use in bulk."""
    p_a, p_b = np.divide(hits_a, n_a), np.divide(hits_b, n_b)
    low_a, high_a = wilson_bounds(hits_a, n_a, z)
    low_b, high_b = wilson_bounds(hits_b, n_b, z)
    return mover_bounds((p_a, low_a, high_a), (p_b, low_b, high_b))


def mover_bounds(a: tuple[Vector, Vector, Vector], b: tuple[Vector, Vector, Vector]) -> Bounds:
    """Square-and-add bounds of a - b from (value, low, high) of two independent estimates.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures:
    a general approach. Statistics in Medicine 27, 1693-1702.
    """
    (p_a, low_a, high_a), (p_b, low_b, high_b) = a, b
    difference = p_a - p_b
    low = difference - np.hypot(p_a - low_a, high_b - p_b)
    high = difference + np.hypot(high_a - p_a, p_b - low_b)
    return low, high
