"""Permutations: Shapley values of any model by antithetic permutations over a balanced background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Bench, Table


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
    at_background = bench.see(bench.background)
    at_rows = bench.see(bench.rows)
    parts = [_one(bench, row, at_rows[i], at_background, rng=rng) for i, row in enumerate(bench.rows)]
    return Estimate(
        values=np.stack([value for value, _ in parts]),
        errors=np.stack([error for _, error in parts]),
        base=at_background.mean(axis=0),
    )


def _one(
    bench: Bench, row: Table, at_row: Table, at_background: Table, *, rng: np.random.Generator
) -> tuple[Table, Table]:
    """Values and standard errors (d, m) of one row."""
    d, b = len(bench.columns), len(bench.background)
    rank, length = _orders(_differs(bench, row), rng)
    pair, turned = _steps(length)
    before = rank[pair] < turned[:, None]  # columns that are the row's after `turned` turns
    asked = np.concatenate([before, ~before])
    mixed = np.where(asked[:, bench.owner], row, bench.background[np.concatenate([pair, pair])])
    told = bench.see(mixed) if len(mixed) else np.empty((0, at_row.size))
    ends = at_background, np.broadcast_to(at_row, at_background.shape)
    along = _chain(told[: len(pair)], pair, turned, length, d=d, start=ends[0], end=ends[1])
    back = _chain(told[len(pair) :], pair, turned, length, d=d, start=ends[1], end=ends[0])
    place = np.minimum(rank, d)[:, :, None]
    gained = np.take_along_axis(np.diff(along, axis=1, append=along[:, -1:]), place, axis=1)
    lost = np.take_along_axis(np.diff(back, axis=1, append=back[:, -1:]), place, axis=1)
    effects = (gained - lost) / 2
    spread = effects.std(axis=0, ddof=1) / np.sqrt(b) if b > 1 else np.zeros(effects.shape[1:])
    return effects.mean(axis=0), spread


def _differs(bench: Bench, row: Table) -> NDArray[np.bool_]:
    """Where the row and each background row differ in a column (b, d)."""
    same = (bench.background == row) | (np.isnan(bench.background) & np.isnan(row))
    differs = np.zeros((len(same), len(bench.columns)), dtype=bool)
    for column in range(len(bench.columns)):
        differs[:, column] = ~same[:, bench.owner == column].all(axis=1)
    return differs


def _orders(
    differs: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A random order of the differing columns for each background row: ranks (b, d), and how many (b,).

    Columns that agree come last; their turn changes nothing.
    """
    keys = np.where(differs, rng.random(differs.shape), 2.0)
    rank = keys.argsort(axis=1).argsort(axis=1)
    length = differs.sum(axis=1)
    return np.where(differs, rank, differs.shape[1]), length


def _steps(length: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The mixtures strictly between background and row: whose, and after how many turns (1 .. length - 1)."""
    inner = np.maximum(length - 1, 0)
    pair = np.repeat(np.arange(len(length)), inner)
    turned = np.arange(len(pair)) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    return pair, turned


def _chain(
    told: Table,
    pair: NDArray[np.intp],
    turned: NDArray[np.intp],
    length: NDArray[np.intp],
    *,
    d: int,
    start: Table,
    end: Table,
) -> Table:
    """Outputs along one order (b, d + 1, m): start, the mixtures, then the end for the rest."""
    chain = np.repeat(end[:, None, :], d + 1, axis=1)
    chain[:, 0] = np.where(length[:, None] > 0, start, end)
    chain[pair, turned] = told
    return chain
