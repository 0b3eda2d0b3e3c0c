"""Counting: rows become cells in one pass, and resampling draws cells instead of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.measure import Interval
from riskaudit.statistics.terms import Undefined, Vector, critical, span

CHUNK = 1 << 16  # rows: codes, cells and counts of one chunk stay in the cache
Codes = NDArray[Any]


def small_codes(codes: Codes, size: int) -> Codes:
    """Codes 0..size-1 in the smallest unsigned type: reading them is what counting costs."""
    return codes.astype(np.min_scalar_type(max(size - 1, 0)), copy=False)


def count_cells(
    columns: Sequence[Codes], sizes: Sequence[int], *, weights: Vector | None = None
) -> NDArray[Any]:
    """Rows (or sums of weights) by the cells of several coded columns, in one pass of chunks.

    A mixed-radix code and one bincount a chunk; integer counts do not depend on the chunks.

    Parameters
    ----------
    columns : sequence of int arrays (n,)
        Codes 0..size-1 each; at least one column.
    sizes : sequence of int
        How many codes each column has.
    weights : array (n,), optional

    Returns
    -------
    int64 array, or float64 with weights, of shape `sizes`
    """
    n, size = len(columns[0]), int(np.prod(sizes, dtype=np.int64))
    total = np.zeros(size, dtype=np.int64 if weights is None else np.float64)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        cell = columns[0][part].astype(np.intp)
        for codes, width in zip(columns[1:], sizes[1:], strict=True):
            cell *= width
            cell += codes[part]
        total += np.bincount(cell, None if weights is None else weights[part], minlength=size)
    return total.reshape(tuple(sizes))


def resampled_cells(
    counts: NDArray[np.int64], *, rng: np.random.Generator, resamples: int
) -> NDArray[np.int64]:
    """Cell counts of `resamples` bootstrap samples: shape (resamples, *counts.shape).

    Drawing n rows with replacement makes the cell counts exactly Multinomial(n, counts / n), so this is
    the bootstrap over rows for every number that depends on counts alone, at a cost independent of n.
    """
    total = int(counts.sum())
    if total == 0:
        raise Undefined("there are no rows to resample")
    drawn = rng.multinomial(total, (counts / total).ravel(), size=resamples)
    return drawn.reshape(resamples, *counts.shape)


def cell_bootstrap(
    statistic: Callable[[NDArray[Any]], Any],
    counts: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
) -> Interval:
    """The percentile bootstrap interval of a number that depends on cell counts alone.

    Parameters
    ----------
    statistic : callable
        Takes counts of shape (draws, *counts.shape), gives (draws,) numbers.
    counts : int array
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        Where the statistic is not finite on the data, or on more than 5 % of draws.

    References
    ----------
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7, 1-26, section 3
    (the multinomial form).
    """
    critical(level)
    value = float(np.asarray(statistic(counts[None]))[0])
    if not np.isfinite(value):
        raise Undefined(f"the statistic is {value} on the data itself")
    draws = np.asarray(statistic(resampled_cells(counts, rng=rng, resamples=resamples)), dtype=np.float64)
    kept = draws[np.isfinite(draws)]
    if len(kept) < 0.95 * len(draws):
        raise Undefined("the statistic is not defined on more than 5 % of resamples")
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return span(float(low), float(high), level=level, method="percentile bootstrap of cells", value=value)
