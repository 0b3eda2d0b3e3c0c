"""Scaling: how time grows with size, as the slope of a line through logarithms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.means import median_order
from riskaudit.statistics.terms import Undefined, vector


def exponent(sizes: ArrayLike, rounds: Sequence[ArrayLike]) -> tuple[float, Interval]:
    """The exponent b of time ~ size^b over these sizes: the median of one least-squares slope a round.

    A round times every size once, one after the other, so that a slow spell of the machine tilts few rounds. The
    line is drawn through logarithms; where a fixed cost bends it, b is the mean steepness over these sizes and no law
    beyond them. Interval: order statistics of the rounds' slopes.

    Parameters
    ----------
    sizes : array (s,)
        At least two sizes above 0, not all equal.
    rounds : sequence of arrays (s,)
        Times above 0, at least two rounds.

    Raises
    ------
    Undefined
        With fewer than two rounds or sizes, or a time of 0.
    """
    at, times = np.log(vector(sizes, "sizes")), np.asarray(rounds, dtype=np.float64)
    if times.ndim != 2 or times.shape[0] < 2 or at.size < 2 or np.ptp(at) == 0:
        raise Undefined("an exponent needs two rounds over two sizes or more")
    if not (times > 0).all():
        raise Undefined("a call was too short for the clock")
    centred = at - at.mean()
    slopes = np.log(times) @ centred / (centred @ centred)
    return median(slopes), median_order(slopes)


def gain(slow: ArrayLike, fast: ArrayLike) -> tuple[float, Interval]:
    """How many times more the first takes than the second, measured in turns: median of the rounds' ratios.

    Parameters
    ----------
    slow, fast : arrays (r,)
        Times or energies above 0 of the same rounds, at least two.
    """
    ratios = vector(slow, "times") / vector(fast, "times")
    return median(ratios), median_order(ratios)


def median(values: ArrayLike) -> float:
    """The middle value, or the mean of the two in the middle."""
    return float(np.median(np.asarray(values, dtype=np.float64)))
