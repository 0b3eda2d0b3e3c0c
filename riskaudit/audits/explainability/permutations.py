"""Permutations: Shapley values of any model by antithetic permutations over a balanced background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import CHUNK, Bench, Table

BATCH = 20_000  # mixtures that the model is asked about in one call


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Shapley values (n, d, m), their standard errors from the spread over permutations, and the base (m,)."""

    values: Table
    errors: Table
    base: Table


def permutation_values(bench: Bench, rng: np.random.Generator) -> Estimate:
    """Interventional Shapley values of the bench's rows over the user's columns.

    Each row meets each background row once, with one permutation of the columns and its reverse. So for
    this background, effects of single columns and of pairs are exact; only
    interactions of three and more are sampled. Columns in which row and background agree change nothing and
    are not asked about.

    Notes
    -----
    phi_j = mean over backgrounds b and over both orders of f(S with j) - f(S), S the columns that were
    turned from b to the row before j. The marginal effects of one order telescope, so that
    sum phi = f(row) - mean f(background) to rounding.

    References
    ----------
    Strumbelj, E. and Kononenko, I. (2014). Explaining prediction models and individual predictions with
    feature contributions. Knowledge and Information Systems 41, 647-665.
    Mitchell, R. et al. (2022). Sampling permutations for Shapley value estimation. JMLR 23 (43).
    """
    at_background, at_rows = bench.see(bench.background), bench.see(bench.rows)
    at_once = max(1, BATCH // (2 * len(bench.background) * len(bench.columns)))
    found = [
        _batch(
            bench, np.arange(start, min(start + at_once, len(bench.rows))), at_rows, at_background, rng=rng
        )
        for start in range(0, len(bench.rows), at_once)
    ]
    return Estimate(
        values=np.concatenate([values for values, _ in found]),
        errors=np.concatenate([errors for _, errors in found]),
        base=at_background.mean(axis=0),
    )


def _batch(
    bench: Bench, rows: NDArray[np.intp], at_rows: Table, at_background: Table, *, rng: np.random.Generator
) -> tuple[Table, Table]:
    """Values and standard errors (rows, d, m) of some rows, asked about together: many models dislike small calls.

    A walk is one row's way from one background row: there are rows x backgrounds of them.
    """
    b = len(bench.background)
    rank, length = _orders(np.concatenate([differs(bench, bench.rows[row]) for row in rows]), rng)
    walk, turned = _steps(length)
    ends = np.tile(at_background, (len(rows), 1)), np.repeat(at_rows[rows], b, axis=0)
    asked = _asked(bench, rows, rank, walk, turned)
    there = _chain(asked[: len(walk)], walk, turned, length, start=ends[0], end=ends[1], d=rank.shape[1])
    back = _chain(asked[len(walk) :], walk, turned, length, start=ends[1], end=ends[0], d=rank.shape[1])
    effects = (_turns(there, rank) - _turns(back, rank)) / 2
    effects = effects.reshape(len(rows), b, *effects.shape[1:])
    spread = effects.std(axis=1, ddof=1) / np.sqrt(b) if b > 1 else np.zeros_like(effects[:, 0])
    return effects.mean(axis=1), spread


def _asked(
    bench: Bench,
    rows: NDArray[np.intp],
    rank: NDArray[np.intp],
    walk: NDArray[np.intp],
    turned: NDArray[np.intp],
) -> Table:
    """The model's output of every mixture, and of every opposite one (2 x mixtures, m); made in bounded pieces."""
    b = len(bench.background)
    walk, turned = np.concatenate([walk, walk]), np.concatenate([turned, turned])
    opposite = np.arange(len(walk)) >= len(walk) // 2
    step = max(1, CHUNK // max(1, bench.rows.shape[1]))
    told = [np.empty((0, bench.output.shape[1]))]  # where all rows agree nothing is asked
    for start in range(0, len(walk), step):
        one = slice(start, start + step)
        from_row = (rank[walk[one]] < turned[one, None]) != opposite[one, None]
        row, other = bench.rows[rows[walk[one] // b]], bench.background[walk[one] % b]
        told.append(bench.see(np.where(from_row[:, bench.owner], row, other)))
    return np.concatenate(told)


def _turns(chain: Table, rank: NDArray[np.intp]) -> Table:
    """By how much the output moves at each column's turn (walks, d, m); not at all for columns that agree."""
    steps = np.diff(chain, axis=1, append=chain[:, -1:])
    moved: Table = np.take_along_axis(steps, rank[:, :, None], axis=1)
    return moved


def differs(bench: Bench, row: Table) -> NDArray[np.bool_]:
    """Where the row and each background row differ in a column (b, d)."""
    same = (bench.background == row) | (np.isnan(bench.background) & np.isnan(row))
    found = np.zeros((len(same), len(bench.columns)), dtype=bool)
    for column in range(len(bench.columns)):
        found[:, column] = ~same[:, bench.owner == column].all(axis=1)
    return found


def _orders(unlike: NDArray[np.bool_], rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A random order of the differing columns of each walk: ranks (walks, d), and how many (walks,).

    Columns that agree have the rank d: they are never turned.
    """
    keys = np.where(unlike, rng.random(unlike.shape), 2.0)
    rank = keys.argsort(axis=1).argsort(axis=1)
    return np.where(unlike, rank, unlike.shape[1]), unlike.sum(axis=1)


def _steps(length: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The mixtures strictly between both ends: of which walk, and after how many turns (1 .. length - 1)."""
    inner = np.maximum(length - 1, 0)
    walk = np.repeat(np.arange(len(length)), inner)
    turned = np.arange(len(walk)) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    return walk, turned


def _chain(
    told: Table,
    walk: NDArray[np.intp],
    turned: NDArray[np.intp],
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
