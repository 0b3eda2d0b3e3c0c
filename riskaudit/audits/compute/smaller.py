"""Smaller: what a smaller model would lose and what it would save, measured on rows that made none of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.compute.batch import THOUSAND
from riskaudit.audits.compute.memory import Hidden, bytes_in
from riskaudit.datasets.labels import factors
from riskaudit.energy import measure as metered
from riskaudit.errors import RiskAuditError
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval
from riskaudit.statistics import (
    Comparison,
    Undefined,
    auc,
    largest_difference,
    largest_mean_difference,
    mean_t,
    paired_difference,
    wilson,
)
from riskaudit.subjects.rung import Rung

AS_IT_IS = "as it is"
MOST_ROWS = {"normal": 20_000, "deep": 200_000}  # held-out rows that all models are measured on
MOST_MEMBERS = 20_000
REPEATS = {"normal": 6, "deep": 15}
SECONDS = 0.03  # of each metering
SLOW = 0.5  # seconds of 1,000 rows from which on three meterings must do

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One model of the ladder, measured on the same held-out rows as all others.

    Attributes
    ----------
    quality : float
        Accuracy, or a regression's mean absolute error.
    quality_interval, price_interval : Interval or None
        None where rows are not of equal standing, `unlike` says why.
    price : float
        How much worse than the audited model, paired by row: accuracy given up, or error added.
    gaps : dict
        By sensitive column, the widest gap in selection rates (a regression's: in mean values).
    told : (float, Interval) or None
        AUC of an attack that tells members by their loss; None without scores or members.
    watts : list of float or None
        Wh of 1,000 predictions at each metering; None where the arithmetic is simulated or no meter reads.
    size : int or None
        Bytes in memory.
    """

    name: str
    words: str
    quality: float
    quality_interval: Interval | None
    price: float
    price_interval: Interval | None
    gaps: dict[str, Comparison]
    told: tuple[float, Interval] | None
    told_n: int
    watts: list[float] | None
    size: int | None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The audited model first, then the smaller ones; what could not be had, and how many rows all this rests on."""

    steps: tuple[Step, ...]
    skipped: tuple[tuple[str, str], ...]
    rows: int
    unlike: str
    regression: bool


def climb(evidence: Evidence) -> Ladder:
    """Fit the ladder, then measure every model on the same held-out rows, all of it on one thread.

    Threads that wait for one another draw power in a loop; on one thread small models and large are told alike.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _climbed(evidence)


def _climbed(evidence: Evidence) -> Ladder:
    """The ladder, measured."""
    if evidence.smaller is None:
        skipped = [("smaller models", "nothing that could fit one was handed in")]
        return Ladder(steps=(), skipped=tuple(skipped), rows=0, unlike="", regression=False)
    try:
        rungs, skipped = evidence.smaller(evidence)
    except RiskAuditError as why:
        rungs, skipped = [], [("smaller models", why.problem)]
    base = _bounded(evidence)
    if not rungs:
        return Ladder(steps=(), skipped=tuple(skipped), rows=len(base.test), unlike="", regression=False)
    own = Rung(name=AS_IT_IS, words="the audited model", subject=evidence.subject)
    views = [(own, base), *((rung, _view(base, rung)) for rung in rungs)]
    drawn = energies(evidence, [rung for rung in (own, *rungs) if not rung.simulated])
    unlike = _unlike(evidence)
    first = _right(views[0][1])
    steps = [_step(rung, view, first, drawn.get(rung.name), unlike) for rung, view in views]
    return Ladder(
        steps=tuple(steps),
        skipped=tuple(skipped),
        rows=len(base.test),
        unlike=unlike,
        regression=evidence.task == "regression",
    )


def _bounded(evidence: Evidence) -> Evidence:
    """The evidence on as many rows as all models are measured on; what is known of them is kept."""
    test = evidence.sample(MOST_ROWS[evidence.effort], "compute ladder")
    if evidence.train is None:
        return evidence.narrowed(test=test)
    return evidence.narrowed(
        test=test, train=evidence.sample(MOST_MEMBERS, "compute ladder members", "train")
    )


def _unlike(evidence: Evidence) -> str:
    """Why rows are not of equal standing; empty where they are."""
    if evidence.test.weight:
        return "each row counts alike, survey weights do not enter, so there is no interval"
    return "people come more than once, so there is no interval" if evidence.test.unit else ""


def _view(base: Evidence, rung: Rung) -> Evidence:
    """The evidence as it would be of this model."""
    members = base.train if rung.members is None else rung.members
    return replace(base, subject=rung.subject, train=members, _kept={})


def _right(view: Evidence) -> Floats:
    """Whether each held-out row's decision is right (1 or 0), or its absolute error."""
    if view.task == "regression":
        return np.asarray(np.abs(view.decisions() - view.outcome()), dtype=np.float64)
    return np.asarray(view.decisions() == view.outcome(), dtype=np.float64)


def _step(rung: Rung, view: Evidence, first: Floats, watts: list[float] | None, unlike: str) -> Step:
    """One model's numbers."""
    mine = _right(view)
    worse = mine - first if view.task == "regression" else first - mine
    quality, price = _intervals(mine, worse, regression=view.task == "regression")
    told, n = _membership(view)
    return Step(
        name=rung.name,
        words=rung.words,
        quality=float(mine.mean()),
        quality_interval=None if unlike else quality,
        price=float(worse.mean()),
        price_interval=None if unlike else price,
        gaps=_gaps(view),
        told=told,
        told_n=n,
        watts=watts,
        size=_size(rung),
    )


def _intervals(mine: Floats, worse: Floats, *, regression: bool) -> tuple[Interval, Interval]:
    """Of the quality, and of the paired difference to the audited model."""
    if regression:
        return mean_t(mine), mean_t(worse)
    lost, gained = int((worse > 0).sum()), int((worse < 0).sum())
    return wilson(int(mine.sum()), mine.size), paired_difference(lost, gained, mine.size)


def _gaps(view: Evidence) -> dict[str, Comparison]:
    """The widest gap by each sensitive column that has two groups of rows enough."""
    found = {}
    for column in view.test.sensitive:
        try:
            found[column] = _value_gap(view, column) if view.task == "regression" else _gap(view, column)
        except Undefined:
            continue
    return found


def _gap(view: Evidence, column: str) -> Comparison:
    """In selection rates."""
    tally = view.tally(column)
    favourable = list(view.test.favourable_codes)
    hits, n = tally.counts[:, :, favourable].sum(axis=(1, 2)), tally.counts.sum(axis=(1, 2))
    return largest_difference(
        {
            group[column]: (float(hit), float(rows))
            for group, hit, rows in zip(tally.groups, hits, n, strict=True)
            if rows >= view.min_group
        }
    )


def _value_gap(view: Evidence, column: str) -> Comparison:
    """In mean predicted values."""
    codes, words = factors(view.test.frame[column])
    said = view.decisions()
    parts = {word: said[codes == at] for at, word in enumerate(words)}
    return largest_mean_difference({w: part for w, part in parts.items() if len(part) >= view.min_group})


def _membership(view: Evidence) -> tuple[tuple[float, Interval] | None, int]:
    """AUC of telling members by their lower loss (Yeom et al. 2018), and on how many rows."""
    if view.train is None or view.scores() is None:
        return None, 0
    members, others = view.losses("train"), view.losses("test")
    return auc(-members, -others), len(members) + len(others)


def _size(rung: Rung) -> int | None:
    """Bytes in memory, less what compact weights would save."""
    try:
        return bytes_in(rung.subject.estimator) - rung.saved
    except Hidden:
        return None


def energies(evidence: Evidence, rungs: Sequence[Rung]) -> dict[str, list[float]]:
    """Wh of 1,000 predictions of each model, metered in turns; models that no meter reads each time are left out."""
    at = evidence.rng("compute ladder batch").choice(len(evidence.test), size=THOUSAND)
    frame = evidence.test.frame.iloc[np.sort(at)].reset_index(drop=True)
    asks = {rung.name: _asking(rung, frame) for rung in rungs}
    repeats = REPEATS[evidence.effort]
    for ask in asks.values():
        began = time.perf_counter()
        ask()
        if time.perf_counter() - began > SLOW:
            repeats = 3
    found: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(repeats):
        for name, ask in asks.items():
            reading = metered(
                ask,
                country=evidence.country or None,
                intensity=evidence.intensity,
                least_seconds=SECONDS,
            )
            if reading.kwh is not None:
                found[name].append(1000 * reading.kwh)
    return {name: values for name, values in found.items() if len(values) == repeats}


def _asking(rung: Rung, frame: Any) -> Callable[[], Any]:
    subject = rung.subject
    return partial(subject.predict_scores if subject.gives_scores else subject.predict_labels, frame)
