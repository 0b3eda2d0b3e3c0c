"""Isolation: rows far from all others, and people alone in what outsiders know of them; both are learnt by heart first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.blind import numbers
from riskaudit.audits.privacy.pool import joined, row_codes, thinned
from riskaudit.evidence import Evidence

FAR, NEAR = "far from all others (farthest quarter)", "near others"
ALONE, SHARED = "alone in them", "shared"
BESIDE = 4_000  # rows among which the nearest is sought
QUARTER = 0.75

Words = NDArray[np.str_]


def kinds(
    evidence: Evidence, inside: NDArray[np.int64], outside: NDArray[np.int64]
) -> Iterator[tuple[str, Words, Words]]:
    """Rows by their distance to the nearest other, and with --quasi by whether another shares those columns.

    Distance is Euclidean over standardised columns (a category by how common it is), to the nearest of up to
    4,000 pooled rows; both sides are measured against the same rows, so that the split knows nothing of membership.
    """
    at = np.concatenate([inside, len(evidence.rows("train")) + outside])
    far = distances(evidence, at)
    if far is not None:
        words = np.where(far > np.quantile(far, QUARTER), FAR, NEAR)
        yield "rows", words[: len(inside)], words[len(inside) :]
    if evidence.quasi:
        import pandas as pd

        names = list(evidence.quasi)
        both = pd.concat([evidence.rows(role).frame[names] for role in ("train", "test")], ignore_index=True)
        codes = row_codes(both.iloc[at])
        words = np.where(np.bincount(codes)[codes] == 1, ALONE, SHARED)
        yield ", ".join(names), words[: len(inside)], words[len(inside) :]


def distances(evidence: Evidence, at: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Of each row, the distance to its nearest other (n,); None where nearly all have the same."""
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    values, _ = numbers(joined(evidence).iloc[at].drop(columns="(outcome)"))
    values = values[:, np.isfinite(values).any(axis=0)]
    if not values.shape[1]:
        return None
    middle = np.nanmedian(np.where(np.isfinite(values), values, np.nan), axis=0)
    values = np.where(np.isfinite(values), values, middle)
    values = values[:, values.std(axis=0) > 0]
    if not values.shape[1]:
        return None
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    beside = thinned(np.arange(len(values)), BESIDE, evidence.rng("privacy isolation"))
    with threadpool_limits(1):
        given, _ = NearestNeighbors(n_neighbors=2).fit(values[beside]).kneighbors(values)
    itself = np.isin(np.arange(len(values)), beside)
    nearest: NDArray[np.float64] = np.where(itself, given[:, 1], given[:, 0])
    return nearest if (nearest > np.quantile(nearest, QUARTER)).mean() > 0.1 else None
