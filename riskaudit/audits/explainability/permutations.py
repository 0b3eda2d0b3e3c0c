"""Permutations: Shapley values of any model by antithetic permutations over a balanced background."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import CHUNK, Bench, Table
from riskaudit.audits.explainability.estimate import Estimate, joined

BATCH = 20_000  # mixtures that the model is asked about in one call: many models dislike small calls
SPLITS = 8  # of the background into halves, to tell how much noise adds to sizes
BLOCK = 2_048  # mixtures laid out at a time, so that they stay in the processor's cache


def permutation_values(bench: Bench, rng: np.random.Generator, *, passes: int = 1) -> Estimate:
    """Interventional Shapley values of the bench's rows over the user's columns.

    Each row meets each background row `passes` times, each time with one permutation of the columns and its
    reverse. So for this background, effects of single columns and of pairs are exact; only
    interactions of three and more are sampled. Columns in which row and background agree change nothing and
    are not asked about.

    Notes
    -----
    phi_j = mean over backgrounds b and over both orders of f(S with j) - f(S), S the columns that were
    turned from b to the row before j; the mean is weighted where the background is. The marginal effects of
    one order telescope, so that sum phi = f(row) - mean f(background) to rounding.

    References
    ----------
    Strumbelj, E. and Kononenko, I. (2014). Explaining prediction models and individual predictions with
    feature contributions. Knowledge and Information Systems 41, 647-665.
    Mitchell, R. et al. (2022). Sampling permutations for Shapley value estimation. JMLR 23 (43).
    """
    at_background, at_rows = bench.see(bench.background), bench.see(bench.rows)
    at_once = max(1, BATCH // (2 * passes * len(bench.background) * len(bench.columns)))
    ends = (np.tile(at_background, (passes, 1)), at_rows)
    return joined(
        [
            _batch(bench, np.arange(start, min(start + at_once, len(bench.rows))), ends, rng, passes=passes)
            for start in range(0, len(bench.rows), at_once)
        ]
    )


def _batch(
    bench: Bench,
    rows: NDArray[np.intp],
    ends: tuple[Table, Table],
    rng: np.random.Generator,
    *,
    passes: int,
) -> Estimate:
    """Values of some rows, asked about together.

    A walk is one row's way from one background row: there are rows x passes x backgrounds of them.
    """
    walks, d = len(ends[0]), len(bench.columns)
    unlike = np.concatenate([np.tile(differs(bench, bench.rows[row]), (passes, 1)) for row in rows])
    rank, length = _orders(unlike, rng)
    walk, turned = _steps(length)
    first, last = np.tile(ends[0], (len(rows), 1)), np.repeat(ends[1][rows], walks, axis=0)
    asked = _asked(bench, rows, rank, walk, turned, walks=walks)
    there = _chain(asked[: len(walk)], walk, turned, length, start=first, end=last, d=d)
    back = _chain(asked[len(walk) :], walk, turned, length, start=last, end=first, d=d)
    effects = (_turns(there, rank) - _turns(back, rank)) / 2
    effects = effects.reshape(len(rows), passes, len(bench.background), d, -1).mean(axis=1)
    return _summed(effects, bench, base=bench.weighting @ ends[0][: len(bench.background)], rng=rng)


def _summed(effects: Table, bench: Bench, *, base: Table, rng: np.random.Generator) -> Estimate:
    """Means of the effects (rows, b, d, m) over background rows, their sizes and errors, and each one's pull.

    Noise of mean zero makes |values| too large, twice as much so with half of the background rows. So
    2 |mean over all| - mean of |mean over either half| is free of that to first order (the jackknife of
    Quenouille 1956, Biometrika 43, 353-360), here over several splits into halves.
    """
    weights, b = bench.weighting, len(bench.weighting)
    values = np.einsum("b,nbdm->ndm", weights, effects)
    off = effects - values[:, None]
    spread = np.einsum("b,nbdm->ndm", weights**2, off**2) * (b / max(1, b - 1))
    pulls = (np.sign(values)[:, None] * off).mean(axis=3).sum(axis=0) * (weights * b)[:, None]
    signs = np.stack([rng.permutation(np.arange(b) % 2 * 2.0 - 1.0) for _ in range(SPLITS)])
    halves = np.einsum("rb,nbdm->rndm", signs * weights, off) if b > 1 else np.zeros((1, *values.shape))
    noisy = (np.abs(values + halves) + np.abs(values - halves)).mean(axis=0) / 2
    sizes = (2 * np.abs(values) - noisy).mean(axis=2)
    return Estimate(values=values, base=base, errors=np.sqrt(spread), pulls=pulls, sizes=sizes)


def _asked(
    bench: Bench,
    rows: NDArray[np.intp],
    rank: NDArray[Any],
    walk: NDArray[np.intp],
    turned: NDArray[Any],
    *,
    walks: int,
) -> Table:
    """The model's output of every mixture, and of every opposite one (2 x mixtures, m); made in bounded pieces."""
    p = bench.rows.shape[1]
    plain = np.array_equal(bench.owner, np.arange(rank.shape[1]))
    size = max(1, min(BATCH, CHUNK // max(1, p)) // 2)
    told = np.empty((2 * len(walk), bench.output.shape[1]))
    kind = np.float32 if bench.single else np.float64
    from_rows, from_background = bench.rows.astype(kind), bench.background.astype(kind)
    for start in range(0, len(walk), size):
        stop = min(start + size, len(walk))
        table = np.empty((2 * (stop - start), p), dtype=kind)
        for low in range(start, stop, BLOCK):
            one = slice(low, min(low + BLOCK, stop))
            mask = rank[walk[one]] < turned[one, None]
            mask = mask if plain else mask[:, bench.owner]
            row = from_rows[rows[walk[one] // walks]]
            other = from_background[walk[one] % len(bench.background)]
            there = slice(one.start - start, one.stop - start)
            back = slice(there.start + stop - start, there.stop + stop - start)
            table[there], table[back] = other, row
            np.copyto(table[there], row, where=mask)
            np.copyto(table[back], other, where=mask)
        said = bench.see(table)
        told[start:stop], told[len(walk) + start : len(walk) + stop] = np.split(said, 2)
    return told


def _turns(chain: Table, rank: NDArray[Any]) -> Table:
    """By how much the output moves at each column's turn (walks, d, m); not at all for columns that agree."""
    steps = np.diff(chain, axis=1, append=chain[:, -1:])
    moved: Table = np.take_along_axis(steps, rank[:, :, None].astype(np.intp), axis=1)
    return moved


def differs(bench: Bench, row: Table) -> NDArray[np.bool_]:
    """Where the row and each background row differ in a column (b, d)."""
    unlike: NDArray[np.bool_] = (bench.background != row) & ~(np.isnan(bench.background) & np.isnan(row))
    if np.array_equal(bench.owner, np.arange(len(bench.columns))):
        return unlike
    found = np.zeros((len(unlike), len(bench.columns)), dtype=bool)
    for column in range(len(bench.columns)):
        found[:, column] = unlike[:, bench.owner == column].any(axis=1)
    return found


def _orders(unlike: NDArray[np.bool_], rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    """A random order of the differing columns of each walk: ranks (walks, d), and how many (walks,).

    Columns that agree have the rank d: they are never turned. Ranks are of the smallest type, for speed.
    """
    d = unlike.shape[1]
    small = np.uint8 if d < 256 else np.uint16 if d < 65_536 else np.int64
    keys = np.where(unlike, rng.random(unlike.shape), 2.0)
    order = keys.argsort(axis=1)
    rank = np.empty(unlike.shape, dtype=small)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(d, dtype=small), rank.shape), axis=1)
    rank[~unlike] = d
    return rank, unlike.sum(axis=1)


def _steps(length: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """The mixtures strictly between both ends: of which walk, and after how many turns (1 .. length - 1)."""
    inner = np.maximum(length - 1, 0)
    walk = np.repeat(np.arange(len(length)), inner)
    turned = np.arange(len(walk)) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    most = int(turned.max(initial=0))
    return walk, turned.astype(np.uint8 if most < 256 else np.uint16 if most < 65_536 else np.int64)


def _chain(
    told: Table,
    walk: NDArray[np.intp],
    turned: NDArray[Any],
    length: NDArray[np.intp],
    *,
    start: Table,
    end: Table,
    d: int,
) -> Table:
    """Outputs along each walk (walks, d + 1, m): its start, the mixtures, then its end for the rest."""
    chain = np.repeat(end[:, None, :], d + 1, axis=1)
    chain[:, 0] = np.where(length[:, None] > 0, start, end)
    chain[walk, turned] = told
    return chain
