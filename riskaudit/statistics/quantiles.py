"""Quantiles: percentiles of repeats by their order alone, whatever the shape of the distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from riskaudit.measure import Interval


def least(q: float) -> int:
    """How many values an order-statistic interval of 95 % needs: the least n with 1 - q^n - (1 - q)^n >= 0.95."""
    n = 2
    while 1 - q**n - (1 - q) ** n < 0.95:
        n += 1
    return n


def quantile(waits: Sequence[float], q: float) -> tuple[float, Interval]:
    """The ceil(q n)-th smallest of sorted values, and the order-statistic interval of the q-quantile.

    From the l-th to the u-th smallest, 1 <= l < u <= n, with P(l <= Binomial(n, q) < u) >= 95 %: tails of 2.5 %
    where n allows, else all that lies beyond the smallest or the largest goes to the other side. n >= `least(q)`.

    References
    ----------
    David, H. A. and Nagaraja, H. N. (2003). Order Statistics, 3rd ed., section 7.1. Wiley.
    """
    from scipy.stats import binom

    n = len(waits)
    low, high = max(int(binom.ppf(0.025, n, q)), 1), min(int(binom.ppf(0.975, n, q)) + 1, n)
    while low > 1 and binom.cdf(high - 1, n, q) - binom.cdf(low - 1, n, q) < 0.95:
        low -= 1
    while high < n and binom.cdf(high - 1, n, q) - binom.cdf(low - 1, n, q) < 0.95:
        high += 1
    middle = min(max(math.ceil(q * n), low), high)
    interval = Interval(low=waits[low - 1], high=waits[high - 1], method="order statistics")
    return waits[middle - 1], interval
