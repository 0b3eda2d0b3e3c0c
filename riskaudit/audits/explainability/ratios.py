"""Ratios: the quotient of two means over rows, and how sure it is."""

from __future__ import annotations

import numpy as np

from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import mean_measure
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import Undefined, mean_t


def ratio_measure(
    name: str, parts: Table, wholes: Table, *, unit: str, where: dict[str, str], note: str, of: int | None = None,
    complement: bool = False,
) -> Measure:  # fmt: skip
    """mean(parts) / mean(wholes) over rows (n,), or 1 minus it, with the t interval of its linearised form.

    Not assessed where the denominator is not above 0.
    """
    n = len(parts) if of is None else of
    middle = float(wholes.mean()) if len(wholes) else 0.0
    if not middle > 0:
        why = "the model says the same of every row: there is nothing to compare with"
        return Measure(name=name, value=None, n=n, unit=unit, where=where, note=why)
    ratio = float(parts.mean()) / middle
    sign, base = (-1.0, 1.0) if complement else (1.0, 0.0)
    value = base + sign * ratio
    try:
        found = mean_t(value + sign * (parts - ratio * wholes) / middle)
    except Undefined as why:
        return Measure(name=name, value=None, n=n, unit=unit, where=where, note=f"{why}; needs 2 rows")
    interval = Interval(
        low=min(found.low, value), high=max(found.high, value), method="Student t, linearised ratio"
    )
    return Measure(name=name, value=value, interval=interval, n=n, unit=unit, where=where, note=note)


def mean_correlation(name: str, found: Table, *, where: dict[str, str], note: str) -> Measure:
    """The mean of correlations (n,) with its t interval, kept between -1 and 1."""
    made = mean_measure(name, found, unit="correlation", where=where, note=note)
    if made.interval is None:
        return made
    low, high = max(made.interval.low, -1.0), min(made.interval.high, 1.0)
    return made.model_copy(update={"interval": Interval(low=low, high=high, method=made.interval.method)})


def spread_out(total: int, most: int) -> np.typing.NDArray[np.intp]:
    """At most `most` positions of `total`, evenly spread: the same for the same numbers."""
    return np.unique(np.linspace(0, total - 1, min(most, total)).round().astype(np.intp))
