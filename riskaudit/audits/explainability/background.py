"""Background: the rows that a row is compared with, drawn or summed up by k-means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.evidence import Evidence

MOST = 100  # background rows, where nobody asked for more
SUMMED = 2_000  # rows that k-means sums up


@dataclass(frozen=True, kw_only=True)
class Background:
    """Positions among the held-out rows, in the order in which they are used, and what they are.

    `weights` (b,) add up to 1; None where all weigh the same.
    """

    rows: NDArray[np.int64]
    weights: Table | None = None
    words: str = "held-out background rows"

    def first(self, n: int) -> Background:
        """The first n of drawn rows; all of weighted ones, which are no sample."""
        return self if self.weights is not None else Background(rows=self.rows[:n], words=self.words)


def drawn_background(evidence: Evidence, n: int) -> Background:
    """A seeded sample of held-out rows."""
    rows = evidence.sample(n, "explainability background")
    return Background(rows=evidence.rng("explainability background order").permutation(rows))


def summed_background(evidence: Evidence, bench: Bench, n: int) -> Background:
    """The rows nearest to k-means centres of the bench's rows, weighted by how many rows each stands for.

    Real rows rather than centres: a centre may be half a clerk and half a cook, whom no model has seen.
    `bench` holds, as its rows, the sample `evidence.sample(SUMMED, "explainability k-means")`.

    References
    ----------
    Lloyd, S. (1982). Least squares quantization in PCM. IEEE Trans. Information Theory 28, 129-137.
    """
    from sklearn.cluster import KMeans

    rows = evidence.sample(SUMMED, "explainability k-means")
    spread = np.nanstd(bench.rows, axis=0)
    scaled = np.nan_to_num(bench.rows / np.where(spread > 0, spread, 1.0))
    seed = int(evidence.rng("explainability k-means").integers(2**31))
    n = min(n, len(np.unique(scaled, axis=0)))
    found = KMeans(n_clusters=n, n_init=1, random_state=seed).fit(scaled)
    near = found.transform(scaled).argmin(axis=0)
    weights = np.bincount(found.labels_, minlength=n) / len(rows)
    return Background(
        rows=rows[near],
        weights=weights,
        words=f"rows nearest to k-means centres of {len(rows):,} held-out rows, weighted by their clusters",
    )
