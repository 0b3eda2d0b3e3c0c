"""Canaries: records with random outcomes, planted by the toss of a coin in one more training."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import REFUSALS, Bench, answers, in_order
from riskaudit.audits.privacy.design import votes
from riskaudit.audits.privacy.references import Fitted
from riskaudit.audits.privacy.signals import of_probabilities, of_residuals
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import auc, epsilon_one_run, mean_t

Floats = NDArray[np.float64]
MOST, SHARE, FEWEST = 2_000, 0.2, 40  # canaries, also as a share of the members


def measures(evidence: Evidence, made: Fitted | None) -> Iterator[Measure]:
    """How well a training gives away which canaries were in it, their exposure, and what epsilon that proves.

    A canary has the columns of a held-out row and an outcome drawn at random, so that only memory can know it. A
    coin puts each in or leaves it out; the recipe is fitted to the members and those that are in, and
    once more without any. Score = confidence with, less confidence without. Membership here is truly random,
    so Steinke's bound holds as it stands. Exposure of a canary is log2(R + 1) - log2(rank among the R left out),
    its mean 1.44 bits for a training that remembers nothing. Costs two fits.

    References
    ----------
    Steinke, T., Nasr, M. and Jagielski, M. (2023). Privacy auditing with one (1) training run. NeurIPS.
    Carlini, N. et al. (2019). The secret sharer. USENIX Security.
    """
    if made is None:
        return
    members = len(made.pooled.members)
    outsiders = len(made.bench) - members
    many = min(MOST, outsiders, int(SHARE * members))
    if many < FEWEST:
        return
    evidence.progress("privacy: planting canaries")
    rng = evidence.rng("privacy canaries")
    try:
        scores, inside = _planted(made.bench, members, many, rng)
    except REFUSALS:
        return
    yield from told(scores, inside, evidence)


def _planted(
    bench: Bench, members: int, many: int, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    """Scores (m,) of the canaries, and which of them were in."""
    import pandas as pd
    from threadpoolctl import threadpool_limits

    at = np.sort(rng.choice(np.arange(members, len(bench)), size=many, replace=False))
    frame, labels, outcome = bench.frame.iloc[at], *_other_outcomes(bench, at, rng)
    inside = rng.random(many) < 0.5
    rows = bench.frame.iloc[:members]
    given = []
    for keep in (inside, np.zeros(many, dtype=bool)):
        mine = pd.concat([rows, frame[keep]], ignore_index=True)
        truth = np.concatenate([bench.labels[:members], labels[keep]])
        order = rng.permutation(len(mine))
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shadow = bench.subject.retrained(
                mine.iloc[order].reset_index(drop=True), truth[order], seed=int(rng.integers(2**31))
            )
            scores = shadow.predict_scores(frame)
        if not shadow.regression:
            scores = in_order(scores, shadow.classes, bench.classes)
        given.append(answers(scores, outcome))
    if bench.subject.regression:
        scale = float(np.median(given[1][0])) or 1.0
        signals = [of_residuals(part[0], scale) for part in given]
    else:
        signals = [of_probabilities(part[0], part[1], votes(bench.subject.estimator)) for part in given]
    return signals[0].logit - signals[1].logit, inside


def _other_outcomes(
    bench: Bench, at: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Outcomes drawn at random: as labels, and as codes or values."""
    if bench.subject.regression:
        drawn = rng.choice(len(bench), size=len(at))
        return bench.labels[drawn], bench.outcome[drawn]
    known = np.unique(bench.outcome)
    codes = rng.choice(known, size=len(at))
    first = {int(code): bench.labels[int(np.argmax(bench.outcome == code))] for code in known}
    return np.array([first[int(code)] for code in codes], dtype=bench.labels.dtype), codes


def told(scores: Floats, inside: NDArray[np.bool_], evidence: Evidence) -> Iterator[Measure]:
    """AUC, exposure and epsilon of planted canaries."""
    record = evidence.subject.training
    delta = (record.delta or 0.0) if record else 0.0
    n, planted = len(scores), int(inside.sum())
    value, interval = auc(scores[inside], scores[~inside])
    made = f"{planted:,} canaries planted and {n - planted:,} left out, by a coin for each."
    yield Measure(name="privacy.canary_auc", value=value, interval=interval, n=n, unit="auc", note=made)
    left = np.sort(scores[~inside])
    above, ties = (left.size - np.searchsorted(left, scores[inside], side=side) for side in ("right", "left"))
    rank = (above + ties) / 2 + 1  # ties share the mean of their ranks
    exposure = np.log2(left.size + 1) - np.log2(rank)
    yield Measure(
        name="privacy.canary_exposure",
        value=float(exposure.mean()),
        interval=mean_t(exposure),
        n=n,
        unit="bits",
        note=f"{made} A training that remembers nothing gives 1.44 bits; at most {np.log2(left.size + 1):.1f} can be seen.",
    )
    yield Measure(
        name="privacy.epsilon_lower_bound",
        value=epsilon_one_run(scores[inside], scores[~inside], delta=delta),
        n=n,
        unit="epsilon",
        where={"by": "canaries"},
        note=f"A lower bound at 95 % confidence, so no interval (delta {delta:g}); {made} Holds as it stands, for each "
        "canary's membership was a coin toss (Steinke 2023).",
    )
