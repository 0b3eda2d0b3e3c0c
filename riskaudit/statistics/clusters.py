"""Clusters: rows that belong together (a person seen twice) are not as many as they look."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.statistics.terms import Vector


def cluster_sizes(
    among: Vector, hits: Vector, *, groups: NDArray[Any], units: NDArray[Any], k: int
) -> Vector:
    """The effective number of rows behind each group's rate, where rows of one unit go together.

    The rate of group g is sum(hits) / sum(among). By linearisation its variance is
    C / (C - 1) sum over units of (sum of hits - rate * among)² / sum(among)², C units; the number of independent
    rows with the same variance is rate (1 - rate) / variance, at most the rows there are. A rate of 0 or 1, of
    which nothing is learnt about spread, counts its units.

    Parameters
    ----------
    among, hits : arrays (n,)
        Weight of each row in the rate's denominator and numerator (0 where it does not count).
    groups, units : int arrays (n,)
        Codes from 0.
    k : int
        How many groups.

    Returns
    -------
    array (k,)

    References
    ----------
    Kish, L. (1965). Survey Sampling, section 8.2. Binder, D. A. (1983). Int. Statistical Review 51, 279-292.
    Korn, E. L. and Graubard, B. I. (1998). Survey Methodology 24, 193-201.
    """
    counted = among > 0
    groups, units = groups[counted].astype(np.int64), units[counted].astype(np.int64)
    among, hits = among[counted], hits[counted]
    weight = np.bincount(groups, among, minlength=k)
    rows = np.bincount(groups, minlength=k).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.bincount(groups, hits, minlength=k) / weight
        pairs, place = np.unique(groups * (int(units.max(initial=0)) + 1) + units, return_inverse=True)
        owner = pairs // (int(units.max(initial=0)) + 1)
        error = np.bincount(place, hits - rate[groups] * among, minlength=len(pairs))
        many = np.bincount(owner, minlength=k).astype(np.float64)
        variance = np.bincount(owner, error**2, minlength=k) * (many / (many - 1)) / weight**2
        size = rate * (1 - rate) / variance
    return np.where(np.isfinite(size) & (variance > 1e-15), np.minimum(size, rows), many)
