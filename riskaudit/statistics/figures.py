"""Figures: numbers with bounds, added and divided so that the bounds go with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from riskaudit.measure import Interval
from riskaudit.statistics.means import median_order

EXACT = 1.0  # the level of a number that is taken as it is
METHOD = "square-and-add of independent intervals"


class Figure(NamedTuple):
    """A number that is not negative, and its bounds at a level; one that is taken as exact is its own bounds.

    Sums and quotients are by the method of variance estimates recovery: the squared distances from value to bound
    add up, of a quotient on the log scale.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures.
    Statistics in Medicine 27, 1693-1702.
    """

    value: float
    low: float
    high: float
    level: float = 0.95

    def times(self, factor: float) -> Figure:
        """The figure times an exact number that is not negative."""
        return Figure(self.value * factor, self.low * factor, self.high * factor, self.level)

    def plus(self, other: Figure) -> Figure:
        """The sum of two independent figures."""
        value = self.value + other.value
        down = math.hypot(self.value - self.low, other.value - other.low)
        up = math.hypot(self.high - self.value, other.high - other.value)
        return Figure(value, max(0.0, value - down), value + up, min(self.level, other.level))

    def over(self, other: Figure) -> Figure:
        """The quotient of two independent figures; `other` is above 0, and its low bound too."""
        value = self.value / other.value
        down = _ratio(self.value, self.low), _ratio(other.high, other.value)
        up = _ratio(self.high, self.value), _ratio(other.value, other.low)
        low, high = value * math.exp(-math.hypot(*down)), value * math.exp(math.hypot(*up))
        return Figure(value, low, high, min(self.level, other.level))

    @property
    def interval(self) -> Interval | None:
        """The bounds as an interval; None of a number that is taken as exact."""
        if self.low == self.high:
            return None
        return Interval(low=self.low, high=self.high, level=self.level, method=METHOD)


def exact(value: float) -> Figure:
    """A number that is taken as it is."""
    return Figure(value, value, value, EXACT)


def median(values: Sequence[float]) -> Figure:
    """The median of repeats (two or more) with its order-statistic bounds."""
    bounds = median_order(values)
    return Figure(sorted(values)[len(values) // 2], bounds.low, bounds.high, bounds.level)


def _ratio(upper: float, lower: float) -> float:
    """The log of a quotient of at least 1; endless where the lower one is 0."""
    if upper == lower:
        return 0.0
    return math.log(upper / lower) if lower > 0 else math.inf
