"""Twins: whether rows that stand more than once are given away more, and whether removing copies helps."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import Bench, Floats, answers, in_order
from riskaudit.audits.privacy.design import votes
from riskaudit.audits.privacy.people import people_of
from riskaudit.audits.privacy.pool import joined, row_codes
from riskaudit.audits.privacy.signals import of_probabilities, of_residuals
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import Subject

FEWEST, MOST = 60, 600  # different rows that stand more than once
BACKGROUND = 600  # members beside them


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The attack on repeated rows with their copies and without, and how held-out rows fare under either.

    Attributes
    ----------
    right_before, right_after : float arrays (n,)
        Of the pooled held-out rows: whether a fit with copies, and one without, is right, or the squared error.
    people : int array (n,) or None
        Whose row each is, where people have several.
    """

    before: Attack
    after: Attack
    right_before: Floats
    right_after: Floats
    people: NDArray[np.int64] | None


def trials(evidence: Evidence, bench: Bench, others: NDArray[np.int64]) -> Pair | None:
    """The attack on repeated rows with their copies, and with one of each; None where they are too few.

    A coin halves the rows that stand more than once. One fit of the recipe has one half, another the other, both
    with the same members beside them; score = confidence of the first less that of the second. So
    membership is random and each row is its own control. Costs two fits with the copies and two without; how the
    first of either answers the pooled held-out rows (positions `others`) is the price of removal.

    Raises
    ------
    Whatever the recipe raises.
    """
    rng = evidence.rng("privacy twins")
    table = joined(evidence).iloc[: len(evidence.rows("train"))]
    codes = row_codes(table)
    times = np.bincount(codes)
    first = np.full(len(times), -1)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    several = rng.permutation(np.flatnonzero(times > 1))[:MOST]
    if len(several) < FEWEST:
        return None
    beside = rng.permutation(np.flatnonzero(times[codes] == 1))[:BACKGROUND]
    inside = rng.permutation(len(several)) < len(several) // 2
    outcome = evidence.outcome("train")
    own = replace(
        bench,
        frame=table.drop(columns="(outcome)"),
        labels=table["(outcome)"].to_numpy(),
        outcome=outcome,
    )
    seeds = rng.integers(2**31, size=4)
    judged = evidence.subject.columns(evidence.test.frame).iloc[others]
    found, right = [], []
    for at, copies in enumerate((times[several], np.ones(len(several), dtype=np.int64))):
        logits = []
        for which, half in enumerate((inside, ~inside)):
            rows = np.concatenate([beside, np.repeat(first[several][half], copies[half])])
            shadow = _fitted(own, rows, int(seeds[2 * at + which]))
            logits.append(_confidence(shadow, own, first[several]))
            if which == 0:
                right.append(_right(shadow, bench, judged, evidence.outcome()[others]))
        score = logits[0] - logits[1]
        found.append(Attack(name="twins", members=score[inside], others=score[~inside], note="", needs=""))
    people = people_of(evidence)
    return Pair(
        before=found[0],
        after=found[1],
        right_before=right[0],
        right_after=right[1],
        people=None if people is None else people[1][others],
    )


def _fitted(bench: Bench, rows: NDArray[np.int64], seed: int) -> Subject:
    """The recipe fitted to some rows."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bench.subject.retrained(
            bench.frame.iloc[rows].reset_index(drop=True), bench.labels[rows], seed=seed
        )


def _right(shadow: Subject, bench: Bench, frame: Any, outcome: NDArray[Any]) -> Floats:
    """Whether it is right about the rows (n,), or its squared error."""
    scores = shadow.predict_scores(frame)
    if shadow.regression:
        return np.asarray(answers(scores, outcome)[0] ** 2)
    given = answers(in_order(scores, shadow.classes, bench.classes), outcome)
    return np.asarray(given[0] > given[2], dtype=np.float64)


def _confidence(shadow: Subject, bench: Bench, asked: NDArray[np.int64]) -> Floats:
    """Its confidence in the asked rows' outcome (n,)."""
    scores = shadow.predict_scores(bench.frame.iloc[asked])
    if shadow.regression:
        error = answers(scores, bench.outcome[asked])[0]
        return of_residuals(error, float(np.std(bench.outcome)) or 1.0).logit
    given = answers(in_order(scores, shadow.classes, bench.classes), bench.outcome[asked])
    return of_probabilities(given[0], given[1], votes(bench.subject.estimator)).logit
