"""Rows: the data themselves, before any model: who is in them, with what outcome, and what is missing of whom."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.audits.bias.cells import GroupRate, Question, Rate, counted
from riskaudit.audits.bias.headlines import difference
from riskaudit.audits.bias.rates import farthest
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import wilson

MOST_COLUMNS = 100


def row_measures(evidence: Evidence, question: Question | None) -> Iterator[Measure]:
    """Each attribute's shares, outcome rates (of a classifier) and gaps in missing values."""
    for column in evidence.test.sensitive:
        yield from _shares(evidence, column)
        if question is not None:
            yield from _label_rates(evidence, column, question)
        yield from _missing(evidence, column)


def _shares(evidence: Evidence, column: str) -> Iterator[Measure]:
    """Each group's share of the rows; with members at hand, also its share of those, and groups that only they have."""
    codes, names = evidence.factors(column)
    sizes, rows = np.bincount(codes, minlength=len(names)), len(codes)
    told = [
        Measure(
            name="bias.representation", value=size / rows, interval=wilson(size, rows), n=rows, unit="fraction",
            where={column: name}, note=f"{size:,} held-out rows" + (f", fewer than {evidence.min_group}" if size < evidence.min_group else ""),
        )
        for name, size in zip(names, sizes.tolist(), strict=True)
    ]  # fmt: skip
    yield from farthest(told)
    if evidence.train is None or column not in evidence.train.frame.columns:
        return
    known, words = evidence.factors(column, "train")
    members = dict(zip(words, np.bincount(known, minlength=len(words)).tolist(), strict=True))
    for name in sorted(set(members) - set(names)):
        yield Measure(
            name="bias.representation", value=0.0, interval=wilson(0, rows), n=rows, unit="fraction",
            where={column: name}, note=f"no held-out row, but {members[name]:,} of {len(known):,} rows it was trained on: how this group fares is not known",
        )  # fmt: skip


def _label_rates(evidence: Evidence, column: str, question: Question) -> Iterator[Measure]:
    """How often each group has the favourable outcome in the data, whatever the model says."""
    k = question.k
    side = np.repeat(np.isin(np.arange(k), question.favourable)[:, None], k, axis=1)
    rate = Rate(name="label_rate", words="", among=np.ones((k, k), dtype=bool), hits=side)
    groups = counted(evidence, evidence.tally(column), rate)
    told = [
        Measure(
            name="bias.label_rate",
            value=one.value,
            interval=None if one.value is None else wilson(one.hits, one.n),
            n=one.rows,
            unit="fraction",
            where=one.where,
            note=one.reason or "recorded outcomes, not predictions",
        )
        for one in groups
    ]
    yield from farthest(told)
    note = "a gap of the recorded outcomes: a model that is right about every row has it too"
    yield from difference("bias.label_rate_difference", {"": groups}, attribute=column, note=note)


def _missing(evidence: Evidence, column: str) -> Iterator[Measure]:
    """The widest gap in missing values over all columns that have some."""
    import pandas as pd

    data = evidence.test
    roles = {column, data.target, data.prediction, data.weight}
    asked = [c for c in (data.features or data.frame.columns) if c not in roles][:MOST_COLUMNS]
    codes, names = evidence.factors(column)
    sizes = np.bincount(codes, minlength=len(names))
    families: dict[str, list[GroupRate]] = {}
    for name in asked:
        gone = pd.isna(data.frame[name]).to_numpy()
        if not gone.any():
            continue
        hits = np.bincount(codes, gone, minlength=len(names))
        families[f"missing share of '{name}'"] = [
            GroupRate(
                where={column: group},
                value=float(hits[at] / sizes[at]) if sizes[at] >= evidence.min_group else None,
                hits=float(hits[at]),
                n=float(sizes[at]),
                rows=int(sizes[at]),
                row_hits=int(hits[at]),
                reason=""
                if sizes[at] >= evidence.min_group
                else f"{int(sizes[at])} rows; needs {evidence.min_group}",
            )
            for at, group in enumerate(names)
        ]
    if families:
        yield from difference("bias.missing_difference", families, attribute=column, note="")
        return
    where = {"attribute": column}
    yield Measure(
        name="bias.missing_difference", value=0.0, n=len(codes), unit="difference", where=where,
        note=f"no value is missing in {len(asked)} column{'s' if len(asked) != 1 else ''}: an exact count, so no interval",
    )  # fmt: skip
