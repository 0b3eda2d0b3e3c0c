"""Agreement: whether SHAP and permutation importance put the columns in the same order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Table
from riskaudit.measure import Measure
from riskaudit.statistics import Undefined, bootstrap

NAME = "explainability.importance_agreement"
RESAMPLES = 1000
FEW = 40  # columns, up to which all pairs at once are faster than scipy's many checks


def weighted_tau(first: Table, second: Table) -> float:
    """Kendall's tau with hyperbolic weights: a swap among the top columns weighs most.

    The columns at the bottom differ by noise alone, so that a plain rank correlation would punish
    two methods for disagreeing about nothing.

    References
    ----------
    Vigna, S. (2015). A weighted correlation index for rankings with ties. WWW '15, 1166-1176.
    """
    if len(first) > FEW:
        from scipy.stats import weightedtau

        return float(weightedtau(first, second).statistic)
    one, other = np.sign(first[:, None] - first), np.sign(second[:, None] - second)
    found = [
        _weighted(one, other, order) for order in (np.lexsort((second, first)), np.lexsort((first, second)))
    ]
    return sum(found) / 2


def _weighted(one: Table, other: Table, order: NDArray[np.intp]) -> float:
    """tau of two tables of signs (d, d), each pair with 1 / rank + 1 / rank of its columns in an order from low to high."""
    each = np.empty(len(order))
    each[order[::-1]] = 1 / np.arange(1, len(order) + 1)
    weights = each[:, None] + each
    norm = float((weights * one**2).sum() * (weights * other**2).sum())
    return float((weights * one * other).sum()) / norm**0.5 if norm > 0 else float("nan")


def agreement(shap: Table, shuffled: Table, *, rng: np.random.Generator) -> Measure:
    """The weighted Kendall correlation of two importances from rows (n, d) of either, rows drawn together."""
    n, d = shap.shape
    if d == 1:
        why = "there is one column, so there is one order; exact, so no interval"
        return Measure(name=NAME, value=1.0, n=n, unit="correlation", note=why)
    if min(np.ptp(shap.mean(axis=0)), np.ptp(shuffled.mean(axis=0))) <= 0:
        return _none(n, "all columns are equally important, so there is no order to agree on")

    def statistic(one: Table, other: Table) -> float:
        return weighted_tau(one.mean(axis=0), other.mean(axis=0))

    try:
        interval = bootstrap(statistic, shap, shuffled, rng=rng, resamples=RESAMPLES, method="percentile")
    except Undefined as why:
        return _none(n, str(why))
    return Measure(
        name=NAME,
        value=statistic(shap, shuffled),
        interval=interval,
        n=n,
        unit="correlation",
        note=f"weighted Kendall tau over {d} columns: 1 is the same order, 0 none, -1 the reverse",
    )


def _none(n: int, why: str) -> Measure:
    return Measure(name=NAME, value=None, n=n, unit="correlation", note=why)
