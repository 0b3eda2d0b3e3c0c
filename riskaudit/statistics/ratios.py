"""Ratios: how sure a ratio of two rates is."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.terms import Bounds, Undefined, Vector, counts, critical, span

UNBOUNDED = sys.float_info.max
"""Stands for an infinite upper bound: an `Interval` holds finite floats only."""


def koopman(hits_a: float, n_a: float, hits_b: float, n_b: float, *, level: float = 0.95) -> Interval:
    """Koopman's score interval of a ratio of two independent proportions, (hits_a/n_a) / (hits_b/n_b).

    All ratios whose score statistic, with both rates at their maximum likelihood under that
    ratio, is at most z². No correction N / (N - 1) (that would be Miettinen and Nurminen's).

    With no hits in a the low bound is 0. With no hits in b there is no finite upper bound: high is
    `UNBOUNDED`, the largest float, and the method says so; better to ask for b / a, which is
    0 with a finite upper bound.

    Parameters
    ----------
    hits_a, n_a, hits_b, n_b : float
        The counts of either side; not whole where n is an effective sample size.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        Where neither side has a hit: every ratio is then equally likely.
    ValueError
        Where the counts are no proportions or the level is none.

    References
    ----------
    Koopman, P. A. R. (1984). Confidence intervals for the ratio of two binomial proportions.
    Biometrics 40, 513-517.
    """
    hits_a, n_a = counts(hits_a, n_a)
    hits_b, n_b = counts(hits_b, n_b)
    if hits_a == 0 and hits_b == 0:
        raise Undefined("neither side has a hit, so their ratio is 0/0 and can be anything")
    low, high = koopman_bounds(hits_a, n_a, hits_b, n_b, z=critical(level))
    if hits_b == 0:
        return span(float(low), UNBOUNDED, level=level, method="Koopman score, no upper bound")
    value = hits_a * n_b / (n_a * hits_b)
    return span(float(low), float(high), level=level, method="Koopman score", value=value)


def koopman_bounds(
    hits_a: ArrayLike, n_a: ArrayLike, hits_b: ArrayLike, n_b: ArrayLike, *, z: float
) -> Bounds:
    """Koopman's two bounds of a / b for arrays of counts that broadcast; unchecked, for use in bulk.

    Bounds are 0 and infinity where neither side has a hit. The upper bound of a / b is the
    reciprocal of the lower bound of b / a, so one search serves both.
    """
    x, m, y, n = (v.astype(np.float64) for v in np.broadcast_arrays(*np.atleast_1d(hits_a, n_a, hits_b, n_b)))
    lower = _lower(np.stack([x, y]), np.stack([m, n]), np.stack([y, x]), np.stack([n, m]), z=z)
    with np.errstate(divide="ignore"):
        low, high = lower[0], 1 / lower[1]
    shape = np.broadcast_shapes(*map(np.shape, (hits_a, n_a, hits_b, n_b)))
    return low.reshape(shape), high.reshape(shape)


def _lower(x: Vector, m: Vector, y: Vector, n: Vector, *, z: float) -> Vector:
    """The root below the estimate, by halving on the log scale.

    The statistic falls without a turn from infinity at ratio 0 to zero at the estimate, so halving
    cannot go astray, whatever the counts. Nam's closed form (1995, a cubic) is what the
    tests compare with: it loses digits where its roots meet.
    """
    some = x > 0
    x_safe = np.where(some, x, 1.0)
    # Without hits in the denominator the estimate is infinite; there the statistic is about
    # n x / (m ratio), below any z² of use long before this end.
    top = np.log(np.where(y > 0, x_safe * n / (m * np.where(y > 0, y, 1.0)), 1e12 * n))
    bottom = top - 120.0
    for _ in range(54):
        middle = (bottom + top) / 2
        outside = score(np.exp(middle), (x_safe, m), (y, n)) > z * z
        bottom, top = np.where(outside, middle, bottom), np.where(outside, top, middle)
    return np.where(some, np.exp(bottom), 0.0)


def score(ratio: Vector, a: tuple[Vector, Vector], b: tuple[Vector, Vector]) -> Vector:
    """Koopman's chi-square of the hypothesis p_a = ratio p_b.

    With p, q the constrained maximum likelihood rates and s = (x - m p) / (1 - p), which equals
    -(y - n q) / (1 - q) there, it is s² ((1 - p) / (m p) + (1 - q) / (n q)). Of the two forms of s the
    one with the smaller rate is used: its denominator cannot vanish.
    """
    (x, m), (y, n) = a, b
    linear = ratio * (m + y) + x + n
    root = np.sqrt(np.maximum(linear**2 - 4 * (m + n) * ratio * (x + y), 0.0))
    q = 2 * (x + y) / (linear + root)
    p = ratio * q
    rest_p, rest_q = np.maximum(1 - p, 0.0), np.maximum(1 - q, 0.0)
    below = ratio < 1
    s = np.where(below, x - m * p, n * q - y) / np.where(below, rest_p, rest_q).clip(1e-300)
    statistic: Vector = s**2 * (rest_p / (m * p) + rest_q / (n * q))
    return statistic
