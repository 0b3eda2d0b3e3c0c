"""Enough: rows are explained in batches until the ranking is known well enough, or the budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.estimate import Estimate, joined
from riskaudit.statistics import mean_t

TOLERANCE = {"quick": 0.02, "normal": 0.01, "deep": 0.005}  # of all importance: half an interval's width
FIRST = 3  # so many columns at the top must be in a certain order, or as good as equal
OVERRUN = 4.0  # times the planned seconds, from which on the clock ends what the plan thought cheap

Explain = Callable[[Bench], Estimate | None]


def in_batches(
    bench: Bench, explain: Explain, *, fewest: int, tolerance: float, seconds: float
) -> tuple[Estimate, str] | None:
    """The first rows of the bench that are enough, twice as many at each turn; None where `explain` cannot.

    Gives the estimate and why it ended: "settled", "all" rows of the bench, or the "clock". The clock is a fuse
    for models whose cost was planned wrongly; where the plan is about right it never speaks, so that equal
    runs explain equal rows.
    """
    parts: list[Estimate] = []
    done, stop, began = 0, min(fewest, len(bench.rows)), time.process_time()
    while True:
        found = explain(bench.part(slice(done, stop)))
        if found is None:
            return None
        parts, done = [*parts, found], stop
        if done == len(bench.rows):
            return joined(parts), "all"
        if settled(joined(parts).values, tolerance):
            return joined(parts), "settled"
        stop = min(2 * done, len(bench.rows))
        spent = time.process_time() - began
        if spent * stop / done > OVERRUN * seconds:
            return joined(parts), "clock"


def settled(values: Table, tolerance: float) -> bool:
    """Whether each column's share of importance is known to the tolerance, and the first few are in order.

    Two neighbours at the top are in order where the interval of their difference leaves out zero, or is
    itself within the tolerance: then they are as good as equal.
    """
    sizes = np.abs(values).mean(axis=2)
    whole = sizes.sum(axis=1)
    if not whole.mean() > 0:
        return True
    share = sizes.mean(axis=0) / whole.mean()
    linear = share + (sizes - share * whole[:, None]) / whole.mean()
    if max(_half(linear[:, column]) for column in range(sizes.shape[1])) > tolerance:
        return False
    top = np.argsort(-share, kind="stable")[: FIRST + 1]
    gaps = [linear[:, one] - linear[:, other] for one, other in pairwise(top)]
    return all(_half(gap) <= max(tolerance, abs(float(gap.mean()))) for gap in gaps)


def _half(values: Table) -> float:
    """Half the width of a mean's interval."""
    interval = mean_t(values)
    return (interval.high - interval.low) / 2
