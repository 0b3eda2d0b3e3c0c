"""Table: what the training rows give away by themselves, before any model is asked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.audits.privacy.pool import row_codes
from riskaudit.audits.privacy.table import identifying, quasi
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure

COUNTED = "Counted, not estimated"


def look(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """Duplicates, uniqueness, columns that name people; k-anonymity and its kin where --quasi names columns."""
    yield from duplicates(evidence)
    yield from identifying.look(evidence)
    if evidence.quasi:
        yield from quasi.look(evidence)


def duplicates(evidence: Evidence) -> Iterator[Measure]:
    """How many members stand more than once, and how many are alone in all their features."""
    data = evidence.rows("train")
    answers = () if evidence.subject.can_predict else (data.prediction, data.score)
    frame = evidence.subject.columns(data.frame).drop(columns=[data.target, *answers], errors="ignore")
    if not frame.shape[1]:
        return
    features = row_codes(frame)
    whole = row_codes(frame.assign(**{"(outcome)": data.labels}))
    repeated = int((np.bincount(whole)[whole] > 1).sum())
    alone = int((np.bincount(features)[features] == 1).sum())
    n = len(data)
    yield Measure(
        name="privacy.duplicate_share",
        value=repeated / n,
        n=n,
        unit="fraction",
        note=f"{COUNTED}: {repeated:,} of {n:,} members have an exact twin, outcome included. What stands often is "
        "learnt by heart more easily; and twins across the split hide leaks.",
    )
    yield Measure(
        name="privacy.unique_share",
        value=alone / n,
        n=n,
        unit="fraction",
        where={"columns": "all features"},
        note=f"{COUNTED}: {alone:,} of {n:,} members are alone in all {frame.shape[1]} features.",
    )
