"""Resampling: the bootstrap, for numbers that have no formula of their own."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskaudit.measure import Interval
from riskaudit.statistics.terms import Undefined, Vector, critical, span

Statistic = Callable[..., Any]
Rows = NDArray[np.intp]
Columns = list[NDArray[Any]]

_BLOCK = 2_000_000  # entries of one vectorised draw, so that memory stays below some tens of megabytes
_JACKKNIFE = 200  # leave-out groups: enough for an acceleration exact to about 0.003


def bootstrap(
    statistic: Statistic,
    *arrays: ArrayLike,
    rng: np.random.Generator,
    resamples: int = 1000,
    unit: ArrayLike | None = None,
    method: Literal["bca", "percentile"] = "bca",
    level: float = 0.95,
) -> Interval:
    """The bootstrap interval of `statistic(*arrays)`, drawing rows (or whole units) with replacement.

    `percentile` takes the quantiles of the resampled statistic. `bca` moves those
    quantiles for median bias z0 and acceleration a:
    Phi(z0 + (z0 + z) / (1 - a (z0 + z))), with a from leaving out rows or units (in 200 random
    groups where there are more). In either, z is sqrt(k / (k - 1)) t_(k-1) for k rows or units: draws of
    a small sample vary too little (Hesterberg's expanded percentiles). Either is stretched to hold
    the statistic itself. Of skewed data with fewer than about 50 rows it still covers some
    points below its level.

    A statistic with a keyword `axis` is called on blocks of shape (draws, rows) with `axis=-1`: hundreds
    of times faster. Others are called once for each draw.

    Parameters
    ----------
    statistic : callable
        Takes the arrays, gives one number.
    *arrays : arrays of shape (rows, ...)
        Drawn together, so that rows stay whole.
    rng : numpy.random.Generator
        The only source of chance.
    resamples : int
        How many draws, at least 50; 1,000 and more for a published number.
    unit : array of shape (rows,), optional
        Whom each row belongs to. Units (people, clusters) are drawn with all their rows.
    method : {"bca", "percentile"}
    level : float
        Confidence, strictly between 0 and 1.

    Returns
    -------
    Interval
        Of no width where the statistic never varied; the method then says so.

    Raises
    ------
    Undefined
        With fewer than two rows or units, where the statistic is not finite on the data, or on more
        than 5 % of draws (fewer are left out).
    ValueError
        Where lengths differ or an argument is out of range.

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and Their Application, section 3.8.
    Hesterberg, T. C. (2015). What teachers should know about the bootstrap. American Statistician
    69, 371-386, section 3.3.
    """
    if resamples < 50 or method not in ("bca", "percentile"):
        raise ValueError(f"needs 50 resamples and a known method, not {resamples} and {method!r}")
    critical(level)
    columns = [np.asarray(array) for array in arrays]
    units = _units(columns, unit)
    value = float(statistic(*columns))
    if not math.isfinite(value):
        raise Undefined(f"the statistic is {value} on the data itself")
    draws = _finite(np.concatenate(list(_resampled(statistic, columns, units, rng=rng, resamples=resamples))))
    name = f"{'BCa' if method == 'bca' else 'percentile'} bootstrap" + (
        " of units" if unit is not None else ""
    )
    if np.ptp(draws) <= 1e-12 * max(1.0, abs(value)):
        return span(draws.min(), draws.max(), level=level, method=f"{name}, constant", value=value)
    z0 = a = 0.0
    if method == "bca":
        z0, a = _bias(draws, value), _acceleration(_jackknife(statistic, columns, units, rng))
    low, high = np.quantile(draws, _tails(level, len(units), z0, a))
    return span(low, high, level=level, method=name, value=value)


def _units(columns: Columns, unit: ArrayLike | None) -> list[Rows] | Rows:
    """Rows of each unit: one table where all units are of a size, else a list."""
    if not columns or any(c.ndim == 0 or len(c) != len(columns[0]) for c in columns):
        raise ValueError("needs arrays with one length: rows are drawn together")
    n = len(columns[0])
    labels = np.arange(n) if unit is None else np.asarray(unit)
    if labels.shape != (n,):
        raise ValueError(f"unit has shape {labels.shape}; it must name the unit of each of {n} rows")
    _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if sizes.size < 2:
        raise Undefined(f"resampling needs two units or rows, not {sizes.size}")
    order = np.argsort(place, kind="stable")
    if (sizes == sizes[0]).all():
        return order.reshape(sizes.size, -1)
    return np.split(order, np.cumsum(sizes)[:-1])


def _resampled(
    statistic: Statistic,
    columns: Columns,
    units: list[Rows] | Rows,
    *,
    rng: np.random.Generator,
    resamples: int,
) -> Iterator[Vector]:
    """The statistic of each draw, in blocks."""
    at_once = _takes_axis(statistic) and isinstance(units, np.ndarray) and all(c.ndim == 1 for c in columns)
    k, n = len(units), len(columns[0])
    size = min(resamples, max(1, _BLOCK // max(k, n)))
    for start in range(0, resamples, size):
        picks = rng.integers(k, size=(min(size, resamples - start), k))
        if at_once and isinstance(units, np.ndarray):
            rows = units[picks].reshape(len(picks), -1)
            yield np.asarray(statistic(*(c[rows] for c in columns), axis=-1), dtype=np.float64)
        else:
            yield np.array([_one(statistic, columns, [units[i] for i in pick]) for pick in picks])


def _one(statistic: Statistic, columns: Columns, chosen: list[Rows]) -> float:
    rows = np.concatenate(chosen)
    return float(statistic(*(c[rows] for c in columns)))


def _takes_axis(statistic: Statistic) -> bool:
    try:
        return "axis" in inspect.signature(statistic).parameters
    except (TypeError, ValueError):  # some built-ins have no signature to look at
        return False


def _finite(draws: Vector) -> Vector:
    kept = draws[np.isfinite(draws)]
    if kept.size < 0.95 * draws.size:
        raise Undefined(f"the statistic was not finite on {draws.size - kept.size} of {draws.size} draws")
    return kept


def _jackknife(
    statistic: Statistic, columns: Columns, units: list[Rows] | Rows, rng: np.random.Generator
) -> Vector:
    """The statistic with each group of units left out."""
    n, values = len(columns[0]), []
    for group in np.array_split(rng.permutation(len(units)), min(len(units), _JACKKNIFE)):
        keep = np.ones(n, dtype=bool)
        keep[np.concatenate([units[i] for i in group])] = False
        values.append(float(statistic(*(c[keep] for c in columns))))
    return np.array(values)


def _acceleration(left_out: Vector) -> float:
    """Sixth of the skewness of the influence: sum d³ / (6 (sum d²)^1.5)."""
    d = left_out.mean() - left_out
    widest = float(np.abs(d).max())
    if not (math.isfinite(widest) and widest > 0):
        return 0.0
    d = d / widest  # a skewness has no scale; without one tiny values cannot underflow
    square = float(np.sum(d**2))
    if not (math.isfinite(square) and square > 0):
        return 0.0
    return float(np.sum(d**3)) / (6 * math.sqrt(square) ** 3)


def _bias(draws: Vector, value: float) -> float:
    """Median bias on the normal scale: where among the draws the statistic stands."""
    below = float(((draws < value) + 0.5 * (draws == value)).mean())
    edge = 0.5 / draws.size  # a statistic that no draw exceeds has no finite bias
    return NormalDist().inv_cdf(min(max(below, edge), 1 - edge))


def _tails(level: float, k: int, z0: float, acceleration: float) -> list[float]:
    """The two shares of draws to read the bounds at, from k rows or units."""
    from scipy.special import stdtrit

    reach = math.sqrt(k / (k - 1)) * float(stdtrit(k - 1, (1 - level) / 2))
    shifted = [z0 + reach, z0 - reach]
    return [NormalDist().cdf(z0 + z / max(1 - acceleration * z, 1e-3)) for z in shifted]
