"""Concentration: how many columns the importance is spread over."""

from __future__ import annotations

import numpy as np

from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import mean_measure
from riskaudit.measure import Interval, Measure

NAME = "explainability.effective_features"


def effective_features(sizes: Table, pulls: Table | None = None) -> Measure:
    """The exponential of the entropy of importance shares, from |SHAP| by row and column (n, d).

    1 where one column holds all, d where all hold the same. The interval linearises it: row i counts
    with -N sum_j log p_j (s_ij - p_j s_i) / mean s.

    References
    ----------
    Hill, M. O. (1973). Diversity and evenness: a unifying notation and its consequences. Ecology 54, 427-432.
    """
    n, d = sizes.shape
    whole = sizes.sum(axis=1)
    if not whole.mean() > 0:
        why = "no column moves the output: the model says the same of every row"
        return Measure(name=NAME, value=None, n=n, unit="count", note=why)
    share = sizes.mean(axis=0) / whole.mean()
    logs = np.log(np.where(share > 0, share, 1.0))
    value = float(np.exp(-(share * logs).sum()))
    pull = _pull(sizes, share, logs, value, whole)
    note = f"of {d} columns; the exponential of the entropy of their shares (Hill 1973)"
    drawn = None if pulls is None else _pull(pulls, share, logs, value, whole)
    found = mean_measure(NAME, value + pull, pulls=drawn, unit="count", where={}, note=note)
    if found.interval is None:
        return found
    interval = Interval(
        low=min(max(found.interval.low, 1.0), value),
        high=max(min(found.interval.high, float(d)), value),
        method=f"{found.interval.method}, linearised entropy",
    )
    return found.model_copy(update={"value": value, "interval": interval})


def _pull(parts: Table, share: Table, logs: Table, value: float, whole: Table) -> Table:
    """How far each row of parts (n, d), of rows or of background rows, moves the number (n,)."""
    moved = parts - share * parts.sum(axis=1, keepdims=True)
    found: Table = -value * (moved * logs).sum(axis=1) / whole.mean()
    return found
