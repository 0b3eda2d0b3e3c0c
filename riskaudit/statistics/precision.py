"""Precision: of those whom an attack names, how many are what it says, at a stated prior."""

from __future__ import annotations

import numpy as np

from riskaudit.measure import Interval
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.proportions import wilson
from riskaudit.statistics.terms import counts, span


def precision_at_prior(
    hits: float, members: float, alarms: float, others: float, *, prior: float, level: float = 0.95
) -> tuple[float, Interval]:
    """The positive predictive value q TPR / (q TPR + (1 - q) FPR) at prior q, and how sure it is.

    Rises with TPR and falls with FPR, so Wilson's bounds of the two rates, each at half the error,
    give bounds that hold jointly (Bonferroni; conservative). Where nobody is accused the value is the prior:
    an attack that names nobody has taught nothing.

    Parameters
    ----------
    hits, members, alarms, others : float
        Members accused of how many, non-members accused of how many.
    prior : float
        The share of members among those whom the attacker asks about, strictly between 0 and 1.
    level : float
        Joint confidence.

    Raises
    ------
    ValueError
        Where counts are no proportion, or the prior or the level is out of range.

    References
    ----------
    Jayaraman, B. et al. (2021). Revisiting membership inference under realistic assumptions. PoPETs.
    """
    if not 0 < prior < 1:
        raise ValueError(f"a prior lies strictly between 0 and 1, not {prior}")
    hits, members = counts(hits, members)
    alarms, others = counts(alarms, others)
    each = bonferroni(level, 2)
    tpr, fpr = wilson(hits, members, level=each), wilson(alarms, others, level=each)
    value = _precision(hits / members, alarms / others, prior)
    low, high = _precision(tpr.low, fpr.high, prior), _precision(tpr.high, fpr.low, prior)
    return value, span(low, high, level=level, method="Wilson scores of TPR and FPR, Bonferroni", value=value)


def _precision(tpr: float, fpr: float, prior: float) -> float:
    named = prior * tpr + (1 - prior) * fpr
    return float(np.divide(prior * tpr, named)) if named > 0 else prior
