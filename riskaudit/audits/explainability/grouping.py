"""Grouping: correlated columns as one, because credit between them is arbitrary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table

LEVELS = 20  # most frequent words of a column that count in its correlation


def groups_of(frame: Any, columns: Sequence[str], threshold: float) -> tuple[tuple[str, ...], ...]:
    """Columns in groups whose mean |Spearman| correlation is at least the threshold; singles stay alone.

    Words count as indicators of their most frequent values; two columns correlate as their closest
    indicators do. Groups come from average-linkage clustering at the distance 1 - |rho|.

    References
    ----------
    Sokal, R. R. and Michener, C. D. (1958). A statistical method for evaluating systematic relationships.
    University of Kansas Science Bulletin 38, 1409-1438.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(columns) < 2:
        return tuple((name,) for name in columns)
    distance = 1.0 - correlations(frame, columns)
    np.fill_diagonal(distance, 0.0)
    merges = linkage(squareform(distance, checks=False), method="average")
    cluster = fcluster(merges, t=1.0 - threshold + 1e-12, criterion="distance")
    found: dict[int, list[str]] = {}
    for name, at in zip(columns, cluster, strict=True):
        found.setdefault(int(at), []).append(name)
    return tuple(tuple(names) for names in found.values())


def correlations(frame: Any, columns: Sequence[str]) -> Table:
    """|Spearman| of each two columns (d, d); 0 for a constant one."""
    blocks = [_ranks(frame[name]) for name in columns]
    owner = np.repeat(np.arange(len(blocks)), [block.shape[1] for block in blocks])
    table = np.concatenate(blocks, axis=1)
    table = table - table.mean(axis=0)
    norm = np.linalg.norm(table, axis=0)
    table = table / np.where(norm > 1e-12, norm, 1.0)
    between = np.abs(table.T @ table)
    found = np.zeros((len(blocks), len(blocks)))
    np.maximum.at(found, (owner[:, None], owner[None, :]), between)
    return np.minimum(found, 1.0)


def _ranks(column: Any) -> Table:
    """A number's ranks (n, 1), or indicators of words (n, k); ranks of 0 and 1 are 0 and 1 up to scale."""
    import pandas as pd
    from scipy.stats import rankdata

    if pd.api.types.is_numeric_dtype(column):
        numbers = np.asarray(column, dtype=np.float64)
        filled = np.where(np.isnan(numbers), np.nanmedian(numbers) if len(numbers) else 0.0, numbers)
        return np.asarray(rankdata(filled), dtype=np.float64)[:, None]
    words = column.astype(str)
    levels = words.value_counts().index[:LEVELS]
    return np.column_stack([(words == level).to_numpy(dtype=np.float64) for level in levels])


def grouped(bench: Bench, groups: Sequence[Sequence[str]]) -> Bench:
    """The bench with each group as one player, named by all its columns."""
    place = {name: at for at, names in enumerate(groups) for name in names}
    turn = np.array([place[name] for name in bench.columns], dtype=np.intp)
    alone = {names[0]: bench.columns.index(names[0]) for names in groups if len(names) == 1}
    return replace(
        bench,
        owner=turn[bench.owner],
        columns=tuple(" + ".join(names) for names in groups),
        members=tuple(tuple(names) for names in groups),
        numbers=[bench.numbers[alone[names[0]]] if len(names) == 1 else None for names in groups],
    )
