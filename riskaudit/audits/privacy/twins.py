"""Twins: whether rows that stand more than once are given away more, and whether removing copies helps."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import Bench, Floats, answers, in_order
from riskaudit.audits.privacy.design import votes
from riskaudit.audits.privacy.pool import joined, row_codes
from riskaudit.audits.privacy.signals import of_probabilities, of_residuals
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence

FEWEST, MOST = 60, 600  # different rows that stand more than once
BACKGROUND = 600  # members beside them


def trials(evidence: Evidence, bench: Bench) -> tuple[Attack, Attack] | None:
    """The attack on repeated rows with their copies, and with one of each; None where they are too few.

    A coin halves the rows that stand more than once. One fit of the recipe has one half, another the other, both
    with the same members beside them; score = confidence of the first less that of the second. So
    membership is random and each row is its own control. Costs two fits with the copies and two without.

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
    found = []
    for at, copies in enumerate((times[several], np.ones(len(several), dtype=np.int64))):
        logits = [
            _confidence(
                own,
                np.concatenate([beside, np.repeat(first[several][half], copies[half])]),
                first[several],
                int(seeds[2 * at + which]),
            )
            for which, half in enumerate((inside, ~inside))
        ]
        score = logits[0] - logits[1]
        found.append(Attack(name="twins", members=score[inside], others=score[~inside], note="", needs=""))
    return found[0], found[1]


def _confidence(bench: Bench, rows: NDArray[np.int64], asked: NDArray[np.int64], seed: int) -> Floats:
    """Confidence in the asked rows' outcome of the recipe fitted to some rows (n,)."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shadow = bench.subject.retrained(
            bench.frame.iloc[rows].reset_index(drop=True), bench.labels[rows], seed=seed
        )
        scores = shadow.predict_scores(bench.frame.iloc[asked])
    if shadow.regression:
        error = answers(scores, bench.outcome[asked])[0]
        return of_residuals(error, float(np.std(bench.outcome)) or 1.0).logit
    given = answers(in_order(scores, shadow.classes, bench.classes), bench.outcome[asked])
    return of_probabilities(given[0], given[1], votes(bench.subject.estimator)).logit
