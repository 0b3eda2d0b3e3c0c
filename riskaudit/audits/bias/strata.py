"""Strata: the selection-rate difference within the strata of a legitimate column, pooled (Mantel-Haenszel)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.bias.cells import Question
from riskaudit.evidence import Evidence, Tally
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import Pooled, bonferroni, critical, mantel_haenszel

NAME = "bias.stratified_selection_rate_difference"
Vector = NDArray[np.float64]


def stratified_difference(evidence: Evidence, column: str, question: Question) -> Iterator[Measure]:
    """The widest pooled difference among the groups of a column, within the strata of `--control`."""
    control = evidence.test.control
    tally = evidence.tally(column, control)
    groups, hits, n, rows = _by_stratum(tally, column, control, question)
    large = [at for at in range(len(groups)) if rows[at].sum() >= evidence.min_group]
    for at in sorted(set(range(len(groups))) - set(large)):
        few = int(rows[at].sum())
        where = {"attribute": column, "group": groups[at]}
        why = f"{few} rows; needs {evidence.min_group}"
        yield Measure(name=NAME, value=None, n=few, unit="difference", where=where, note=why)
    pairs = {(a, b): mantel_haenszel(hits[a], n[a], hits[b], n[b]) for a, b in combinations(large, 2)}
    known = {pair: pooled for pair, pooled in pairs.items() if pooled is not None}
    if not known:
        why = f"no stratum of '{control}' has rows of two groups of {evidence.min_group} rows; needs one that has"
        where = {"attribute": column}
        yield Measure(name=NAME, value=None, n=int(rows.sum()), unit="difference", where=where, note=why)
        return
    yield _widest(known, groups, column, control, strata=hits.shape[1])


def _by_stratum(
    tally: Tally, column: str, control: str, question: Question
) -> tuple[list[str], Vector, Vector, NDArray[np.int64]]:
    """Group names, then hits, effective n and rows as (groups, strata)."""
    groups = sorted({where[column] for where in tally.groups})
    strata = sorted({where[control] for where in tally.groups})
    shape = (len(groups), len(strata))
    hits, n, rows = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    chosen = np.isin(np.arange(question.k), question.favourable)
    for at, where in enumerate(tally.groups):
        cell = groups.index(where[column]), strata.index(where[control])
        weight, square = float(tally.weights[at].sum()), float(tally.squares[at].sum())
        rows[cell] = tally.counts[at].sum()
        if weight > 0 and square > 0:
            n[cell] = weight**2 / square
            hits[cell] = n[cell] * float(tally.weights[at][:, chosen].sum()) / weight
    return groups, hits, n, rows


def _widest(
    known: dict[tuple[int, int], Pooled], groups: list[str], column: str, control: str, *, strata: int
) -> Measure:
    """The pair with the largest pooled difference, with bounds that hold for all pairs at once."""
    z = critical(bonferroni(0.95, len(known)))
    pair = max(known, key=lambda one: abs(known[one].value))
    best = known[pair]
    low = max(max(abs(p.value) - z * p.error, 0.0) for p in known.values())
    high = min(max(abs(p.value) + z * p.error for p in known.values()), 1.0)
    lower, upper = pair if best.value <= 0 else pair[::-1]
    pooled = f"simultaneous Mantel-Haenszel (Sato), {len(known)} pairs"
    method = "Mantel-Haenszel (Sato)" if len(known) == 1 else pooled
    value = abs(best.value)
    flat = "; every stratum is decided one way, so there is no interval" if high == low else ""
    return Measure(
        name=NAME,
        value=value,
        interval=None if flat else Interval(low=min(low, value), high=max(high, value), method=method),
        n=round(best.rows),
        unit="difference",
        where={"attribute": column, "group": groups[lower], "reference": groups[upper]},
        note=f"within '{control}' and pooled: {groups[upper]} is selected more often than {groups[lower]}; "
        f"{best.strata} of {strata} strata have both groups{flat}",
    )
