"""Strata: a difference of two rates, pooled over the strata of a third thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """A risk difference pooled over strata, its standard error, and what it rests on."""

    value: float
    error: float
    strata: int
    rows: float


def mantel_haenszel(hits_a: Vector, n_a: Vector, hits_b: Vector, n_b: Vector) -> Pooled | None:
    """The pooled difference of rates a - b over strata, None where no stratum has both groups.

    sum W (p_a - p_b) / sum W with W = n_a n_b / (n_a + n_b), and Sato's variance, which holds for few
    large strata and for many small ones alike.

    Parameters
    ----------
    hits_a, n_a, hits_b, n_b : arrays of shape (strata,)

    References
    ----------
    Mantel, N. and Haenszel, W. (1959). J. Natl. Cancer Inst. 22, 719-748.
    Sato, T. (1989). On the variance estimator for the Mantel-Haenszel risk difference.
    Biometrics 45, 1323-1324.
    """
    both = (n_a > 0) & (n_b > 0)
    if not both.any():
        return None
    x, y, m, n = hits_a[both], hits_b[both], n_a[both], n_b[both]
    total = m + n
    weight = float((m * n / total).sum())
    value = float(((x * n - y * m) / total).sum()) / weight
    p = ((m**2 * y - n**2 * x + m * n * (n - m) / 2) / total**2).sum()
    q = ((x * (n - y) + y * (m - x)) / (2 * total)).sum()
    variance = max(float(value * p + q), 0.0) / weight**2
    return Pooled(value=value, error=variance**0.5, strata=int(both.sum()), rows=float(total.sum()))
