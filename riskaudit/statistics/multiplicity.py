"""Multiplicity: many looks at the same data, honestly counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.statistics.terms import Vector, vector


def bonferroni(level: float, k: int) -> float:
    """The level 1 - (1 - level) / k that each of k intervals needs for all to hold together at `level`.

    Parameters
    ----------
    level : float
        The joint confidence, strictly between 0 and 1.
    k : int
        How many intervals, at least 1.

    Raises
    ------
    ValueError
        Where `level` or `k` is outside its range.

    References
    ----------
    Dunn, O. J. (1961). Multiple comparisons among means. JASA 56, 52-64.
    """
    if not 0 < level < 1 or k < 1:
        raise ValueError(f"needs a level in (0, 1) and at least one interval, not {level} and {k}")
    return 1 - (1 - level) / k


def benjamini_hochberg(p: ArrayLike) -> Vector:
    """Adjusted p-values: keeping those <= q holds the false discovery rate at q.

    adjusted_(i) = min over j >= i of p_(j) m / j, capped at 1; ties and order are kept.

    Parameters
    ----------
    p : array of shape (m,)
        P-values in [0, 1], independent or positively dependent.

    Returns
    -------
    array of shape (m,)
        In the order of `p`; empty for an empty `p`.

    Raises
    ------
    ValueError
        Where a p-value is NaN or outside [0, 1].

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
    """
    if np.size(p) == 0:
        return np.empty(0)
    raw = vector(p, "p-values")
    if raw.min() < 0 or raw.max() > 1:
        raise ValueError("p-values lie between 0 and 1")
    order = np.argsort(raw)[::-1]
    steps = raw[order] * (raw.size / np.arange(raw.size, 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return adjusted
