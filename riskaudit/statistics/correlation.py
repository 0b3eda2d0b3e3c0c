"""Correlation: how far two orders agree."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.ranking import midranks
from riskaudit.statistics.terms import Undefined, critical, span, vector


def spearman(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> tuple[float, Interval]:
    """Spearman's rank correlation, with a Fisher-z interval.

    tanh(artanh(r) -+ z sqrt((1 + r²/2) / (n - 3))); r is Pearson's correlation of midranks.

    At r = -+1 artanh is infinite; the bound inside is then taken from the next lower agreement,
    one swap of neighbours away, and the other is r. For n below 10, many ties, or |r| above 0.95,
    `bootstrap` is the better interval.

    Parameters
    ----------
    x, y : arrays of shape (n,)
        At least four pairs; no NaN; neither constant.
    level : float
        Confidence, strictly between 0 and 1.

    Returns
    -------
    value, interval : float, Interval

    Raises
    ------
    Undefined
        With fewer than four pairs, or where a side is constant: no order, no agreement.
    ValueError
        Where lengths differ, values are NaN, or the level is none.

    References
    ----------
    Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for estimating Pearson,
    Kendall and Spearman correlations. Psychometrika 65, 23-28.
    """
    a, b = vector(x, "x"), vector(y, "y")
    if a.size != b.size:
        raise ValueError(f"x has {a.size} values and y has {b.size}: they must be pairs")
    n, z = a.size, critical(level)
    if n < 4:
        raise Undefined(f"the interval of a rank correlation needs four pairs, not {n}")
    a, b = (ranks - (n + 1) / 2 for ranks in (midranks(a), midranks(b)))
    scale = math.sqrt(float(a @ a) * float(b @ b))
    if scale == 0:
        raise Undefined("one side is constant: it has no order to agree with")
    value = float(np.clip(a @ b / scale, -1, 1))
    inner = math.copysign(min(abs(value), 1 - 12 / (n * (n * n - 1))), value)
    half = z * math.sqrt((1 + inner**2 / 2) / (n - 3))
    low, high = math.tanh(math.atanh(inner) - half), math.tanh(math.atanh(inner) + half)
    return value, span(low, high, level=level, method="Fisher z, Bonett-Wright", value=value)
