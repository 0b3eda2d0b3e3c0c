"""Paired: two models judged on the same rows, where only the rows on which they differ speak."""

from __future__ import annotations

import math

from riskaudit.measure import Interval
from riskaudit.statistics.terms import critical, span

_STEPS = 80  # halvings of the range: the bound is exact to the last digit of a float


def paired_difference(lost: int, gained: int, n: int, *, level: float = 0.95) -> Interval:
    """Tango's score interval of a paired difference of proportions, (lost - gained) / n.

    All d with (lost - gained - n d)² <= z² n (2 q + d (1 - d)), where q is the share of gained rows that is
    most likely given d: the root of 2n q² + (d (2n - lost + gained) - lost - gained) q - gained d (1 - d). At
    d = 0 its test is McNemar's, without continuity correction.

    Parameters
    ----------
    lost, gained : int
        Rows that only the first, or only the second, got right.
    n : int
        All rows, those on which the two agree among them.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    ValueError
        Where the counts are none of n rows.

    References
    ----------
    Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design. Statistics in Medicine 17, 891-908.
    """
    if min(lost, gained) < 0 or n < 1 or lost + gained > n:
        raise ValueError(f"{lost} lost and {gained} gained are no part of {n} rows")
    z, value = critical(level), (lost - gained) / n
    low = _root(lost, gained, n, z, (-1.0, value))
    high = _root(lost, gained, n, -z, (value, 1.0))
    return span(low, high, level=level, method="Tango paired score", value=value)


def _root(lost: int, gained: int, n: int, z: float, within: tuple[float, float]) -> float:
    """The difference at which the score statistic, which falls in it, is z."""
    low, high = within
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _score(lost, gained, n, middle) > z else (low, middle)
    return (low + high) / 2


def _score(lost: int, gained: int, n: int, d: float) -> float:
    """Tango's statistic at a difference d."""
    a, b, c = 2 * n, d * (2 * n - lost + gained) - lost - gained, -gained * d * (1 - d)
    q = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    spread = n * (2 * q + d * (1 - d))
    over = lost - gained - n * d
    if spread <= 0:
        return math.copysign(math.inf, over) if over else 0.0
    return over / math.sqrt(spread)


def mcnemar(lost: int, gained: int) -> float:
    """The exact two-sided p-value that rows are lost and gained alike: a sign test of the rows that differ.

    References
    ----------
    McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions.
    Psychometrika 12, 153-157.
    """
    from scipy.stats import binomtest

    if min(lost, gained) < 0:
        raise ValueError("counts are not negative")
    return float(binomtest(lost, lost + gained).pvalue) if lost + gained else 1.0


def difference_of_paired(
    one: tuple[int, int, int], other: tuple[int, int, int], *, level: float = 0.95
) -> tuple[float, Interval]:
    """One group's paired difference less that of other people: (lost, gained, n) of either.

    Square-and-add of the two Tango intervals; the groups share no row, so they are independent.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures.
    Statistics in Medicine 27, 1693-1702.
    """
    a, b = ((x - y) / n for x, y, n in (one, other))
    of_a, of_b = paired_difference(*one, level=level), paired_difference(*other, level=level)
    low = a - b - math.hypot(a - of_a.low, of_b.high - b)
    high = a - b + math.hypot(of_a.high - a, b - of_b.low)
    return a - b, span(low, high, level=level, method="square-and-add of Tango paired scores", value=a - b)
