"""Terms: what all intervals of this room share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskaudit.measure import Interval

Vector = NDArray[np.float64]
Counts = Mapping[str, tuple[float, float]]
Bounds = tuple[Vector, Vector]


class Undefined(ValueError):
    """These data do not define the number asked for; the message says why, fit for a measure's note."""


def critical(level: float) -> float:
    """The standard normal quantile that a two-sided interval at `level` reaches to: 1.96 at 0.95.

    Raises
    ------
    ValueError
        Where `level` is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies strictly between 0 and 1, not {level}")
    # From the lower tail: 1 - level keeps its digits there, (1 + level) / 2 would lose them.
    return -NormalDist().inv_cdf((1 - level) / 2)


def vector(values: ArrayLike, name: str = "values") -> Vector:
    """The values as a flat float array, refused where empty, not flat, or holding NaN."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} must be a flat array with at least one entry, not of shape {array.shape}")
    if np.isnan(array).any():
        raise ValueError(f"{name} hold NaN in {int(np.isnan(array).sum())} of {array.size} entries")
    return array


def counts(hits: float, n: float) -> tuple[float, float]:
    """The counts as floats, refused unless 0 <= hits <= n and n > 0 (whole numbers are not asked for).

    What sums of weights leave beside 0 and n, up to one part in 10⁹ of n, is rounded away.
    """
    hits, n = float(hits), float(n)
    dust = 1e-9 * n
    if not (math.isfinite(n) and n > 0 and -dust <= hits <= n + dust):
        raise ValueError(f"{hits:g} hits of {n:g} is no proportion: 0 <= hits <= n and n > 0 must hold")
    return (0.0 if hits < min(dust, 1e-6) else min(hits, n)), n


def span(low: float, high: float, *, level: float, method: str, value: float | None = None) -> Interval:
    """An interval in plain floats, stretched over `value` where rounding left it just outside."""
    low, high = float(low), float(high)
    if value is not None:
        low, high = min(low, float(value)), max(high, float(value))
    return Interval(low=low, high=high, level=level, method=method)
