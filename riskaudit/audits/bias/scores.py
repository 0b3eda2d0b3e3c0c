"""Scores: do they rank, and mean, the same in every group; a binary classifier's probabilities or score column."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.bias.derived import Estimate, GroupNumber, own, widest
from riskaudit.audits.bias.rates import WIDE, farthest
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import (
    Undefined,
    abroca,
    auc,
    bonferroni,
    calibration_error,
    calibration_slope,
    kolmogorov_smirnov,
    largest_mean_difference,
    mean_t,
    reliability,
    wasserstein,
    wilson,
)

MOST_ROWS = 200_000
SMALLEST = 10  # people under one point of a calibration curve, at least
DRAWN = 6  # groups whose curves are drawn
PAIRED = 12  # groups whose score distributions are compared pair by pair
Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One attribute's groups: which rows each has, their scores and outcomes."""

    column: str
    names: list[str]
    rows: list[NDArray[Any]]
    scores: Vector
    positive: NDArray[np.bool_]
    least: int
    events: int

    def where(self, at: int) -> dict[str, str]:
        """The slice of a group."""
        return {self.column: self.names[at]}

    def few(self, at: int, *, classes: bool = True) -> str:
        """Why a group cannot be assessed; empty where it can."""
        mine = self.positive[self.rows[at]]
        if len(mine) < self.least:
            return f"{len(mine)} rows; needs {self.least}"
        for what, found in (("positives", int(mine.sum())), ("negatives", int((~mine).sum()))):
            if classes and found < self.events:
                return f"{found} actual {what} among {len(mine):,} rows; needs {self.events}"
        return ""


def score_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """Ranking, calibration and distance of scores by each attribute."""
    scores = evidence.positive_scores()
    if scores is None or evidence.task != "binary":
        return
    why = _unlike_rows(evidence)
    if why:
        where = {"attribute": ", ".join(evidence.test.sensitive)}
        yield Measure(
            name="bias.auc_difference", value=None, n=len(scores), unit="difference", where=where, note=why
        )
        return
    taken = evidence.sample(MOST_ROWS, "bias scores")
    likely = _probabilities(evidence, scores)
    for number, column in enumerate(evidence.test.sensitive, 1):
        found = _scored(evidence, column, scores[taken], taken)
        yield from _ranking(evidence, found, number)
        yield from _distances(evidence, found)
        if likely:
            yield from _calibration(evidence, found, number)


def _unlike_rows(evidence: Evidence) -> str:
    """Why scores are not compared: their intervals take each row for one, and all for alike."""
    weights = evidence.test.weights
    if weights is not None and np.ptp(weights) > 0:
        return (
            "scores are not compared under survey weights; leave --weight out to compare the rows as they are"
        )
    if evidence.test.unit and len(evidence.factors(evidence.test.unit)[1]) < len(evidence.test):
        return "scores are not compared where people come more than once; give one row a person"
    return ""


def _probabilities(evidence: Evidence, scores: Vector) -> bool:
    """Whether scores can be read as probabilities: a model says so, a column must lie in 0..1 with fractions."""
    if evidence.subject.can_predict:
        return evidence.probabilistic
    return bool(scores.min() >= 0 and scores.max() <= 1 and (np.mod(scores, 1) > 0).any())


def _scored(evidence: Evidence, column: str, scores: Vector, taken: NDArray[Any]) -> Scored:
    codes, names = evidence.factors(column)
    mine = codes[taken]
    order = np.argsort(mine, kind="stable")
    ends = np.searchsorted(mine[order], np.arange(len(names) + 1))
    return Scored(
        column=column,
        names=names,
        rows=[order[a:b] for a, b in itertools.pairwise(ends)],
        scores=scores,
        positive=evidence.outcome()[taken] == evidence.test.positive_code,
        least=evidence.min_group,
        events=evidence.min_events,
    )


def _ranking(evidence: Evidence, found: Scored, number: int) -> Iterator[Measure | Exhibit]:
    """AUC within each group and across groups, and the area between ROC curves."""
    told: dict[str, list[GroupNumber]] = {"auc": [], "bnsp_auc": [], "bpsn_auc": []}
    for at, mine in enumerate(found.rows):
        for name, groups in told.items():
            groups.append(_auc_of(found, at, mine, name))
    method = "DeLong, logit"
    words = {
        "auc": "within the group",
        "bnsp_auc": "the group's positives against other groups' negatives; low: its positives are scored too low",
        "bpsn_auc": "other groups' positives against the group's negatives; low: its negatives are scored too high",
    }
    several = len(found.names) > 1
    measures: list[Measure] = []
    for name, groups in told.items():
        if name == "auc" or several:
            measures += farthest(
                list(own(f"bias.{name}", groups, method=method, unit="auc", words=words[name]))
            )
    yield from measures
    yield from widest("bias.auc_difference", told["auc"], attribute=found.column, method="DeLong", note="")
    if evidence.effort != "quick":
        yield from _abroca(evidence, found)


def _auc_of(found: Scored, at: int, mine: NDArray[Any], name: str) -> GroupNumber:
    """One AUC of one group: its own rows, or its rows of one class against all others' of the other."""
    reason, rows = found.few(at), len(mine)
    inside = np.zeros(len(found.scores), dtype=bool)
    inside[mine] = True
    positives = found.positive & (inside if name != "bpsn_auc" else ~inside)
    negatives = ~found.positive & (inside if name != "bnsp_auc" else ~inside)
    if not reason and (positives.sum() < found.events or negatives.sum() < found.events):
        reason = f"too few rows of the other groups; needs {found.events} of each class"
    if reason:
        return GroupNumber(where=found.where(at), rows=rows, reason=reason)
    high, low = found.scores[positives], found.scores[negatives]
    kept: dict[float, Estimate] = {}

    def told(level: float) -> Estimate:
        if level not in kept:
            value, interval = auc(high, low, level=level)
            kept[level] = (value, interval.low, interval.high)
        return kept[level]

    return GroupNumber(where=found.where(at), rows=len(high) + len(low), at=told)


def _reference(evidence: Evidence, found: Scored) -> int:
    """The chosen group, else the largest."""
    chosen = evidence.comparing.reference.get(found.column)
    return (
        found.names.index(chosen)
        if chosen
        else max(range(len(found.names)), key=lambda at: len(found.rows[at]))
    )


def _abroca(evidence: Evidence, found: Scored) -> Iterator[Measure]:
    """The area between the ROC curves of the reference group and of the group farthest from it."""
    base = _reference(evidence, found)
    others = [at for at in range(len(found.names)) if at != base and not found.few(at)]
    where: dict[str, str] = {"attribute": found.column}
    if found.few(base) or not others:
        yield Measure(
            name="bias.abroca", value=None, n=len(found.scores), unit="area", where=where,
            note="fewer than two groups have rows enough of both classes; needs two",
        )  # fmt: skip
        return
    told = []
    for at in others[:PAIRED]:
        parts = found.rows[at], found.rows[base]
        value, interval, chance = abroca(
            (found.scores[parts[0]], found.scores[parts[1]]),
            (found.positive[parts[0]], found.positive[parts[1]]),
            rng=evidence.rng(f"bias abroca {found.column} {found.names[at]}"),
            draws=200,
            level=bonferroni(0.95, min(len(others), PAIRED)),
        )
        told.append((value, interval, chance, at))
    value, interval, chance, at = max(told, key=lambda one: one[0])
    several = f"largest of {len(told)} groups, simultaneous; " if len(told) > 1 else ""
    yield Measure(
        name="bias.abroca",
        value=value,
        interval=interval.model_copy(update={"level": 0.95}),
        n=len(found.rows[at]) + len(found.rows[base]),
        unit="area",
        where={**where, "group": found.names[at], "reference": found.names[base]},
        note=f"{several}area between the two ROC curves; chance alone gives up to {chance:.3f}",
    )


def _distances(evidence: Evidence, found: Scored) -> Iterator[Measure]:
    """How far the scores of the two groups that differ most lie apart."""
    large = [at for at in range(len(found.names)) if not found.few(at, classes=False)]
    large = sorted(large, key=lambda at: -len(found.rows[at]))[:PAIRED]
    pairs = [(a, b) for i, a in enumerate(large) for b in large[i + 1 :]]
    if not pairs:
        return
    level = bonferroni(0.95, len(pairs))
    told = [
        (*kolmogorov_smirnov(found.scores[found.rows[a]], found.scores[found.rows[b]], level=level), a, b)
        for a, b in pairs
    ]
    value, interval, a, b = max(told, key=lambda one: one[0])
    low, high = (max(getattr(one[1], end) for one in told) for end in ("low", "high"))
    where = {"attribute": found.column, "group": found.names[a], "reference": found.names[b]}
    rows = len(found.rows[a]) + len(found.rows[b])
    many = f"widest of {len(pairs)} pairs, simultaneous; " if len(pairs) > 1 else ""
    yield Measure(
        name="bias.score_distance_ks",
        value=value,
        interval=interval.model_copy(update={"low": low, "high": high, "level": 0.95}),
        n=rows,
        unit="difference",
        where=where,
        note=f"{many}largest distance of the two groups' score distributions: the widest selection gap any threshold could make",
    )
    mean, moved = wasserstein(
        found.scores[found.rows[a]],
        found.scores[found.rows[b]],
        rng=evidence.rng(f"bias wasserstein {found.column}"),
    )
    yield Measure(
        name="bias.score_distance_wasserstein",
        value=mean,
        interval=moved,
        n=rows,
        unit="score",
        where=where,
        note="how far scores of one group would have to move on average, in units of the score; for the pair named, not simultaneous",
    )


def _calibration(evidence: Evidence, found: Scored, number: int) -> Iterator[Measure | Exhibit]:
    """Calibration within each group, and the widest gap of actual against promised."""
    outcome = found.positive.astype(np.float64)
    kept: dict[str, Vector] = {}
    told: dict[str, list[Measure]] = {}
    for at, mine in enumerate(found.rows):
        where, rows, reason = found.where(at), len(mine), found.few(at)
        if reason:
            for name, unit in (("calibration_error", "fraction"), ("calibration_in_the_large", "difference")):
                one = Measure(name=f"bias.{name}", value=None, n=rows, unit=unit, where=where, note=reason)
                told.setdefault(one.name, []).append(one)
            continue
        residual = outcome[mine] - found.scores[mine]
        kept[found.names[at]] = residual
        large = Measure(
            name="bias.calibration_in_the_large", value=float(residual.mean()), interval=mean_t(residual), n=rows,
            unit="difference", where=where, note="share of positives minus mean score: above 0 the model promises too little",
        )  # fmt: skip
        for one in (large, *_calibrated(evidence, found, at, outcome)):
            told.setdefault(one.name, []).append(one)
    for measures in told.values():
        yield from farthest(measures)
    yield from _calibration_gap(found, kept)
    yield from _curves(found, outcome, number, thresholds=evidence.effort == "deep")


def _calibrated(evidence: Evidence, found: Scored, at: int, outcome: Vector) -> Iterator[Measure]:
    """One group's calibration error and slope."""
    mine, where = found.rows[at], found.where(at)
    bins = min(15, max(2, len(mine) // 20))
    rng = evidence.rng(f"bias calibration {found.column} {found.names[at]}")
    try:
        value, interval = calibration_error(found.scores[mine], outcome[mine], rng=rng, bins=bins)
        yield Measure(
            name="bias.calibration_error", value=value, interval=interval, n=len(mine), unit="fraction", where=where,
            note=f"debiased root mean square over at most {bins} bins of equal mass",
        )  # fmt: skip
    except Undefined as why:
        yield Measure(
            name="bias.calibration_error",
            value=None,
            n=len(mine),
            unit="fraction",
            where=where,
            note=str(why),
        )
    try:
        slope, wald = calibration_slope(found.scores[mine], outcome[mine])
        yield Measure(
            name="bias.calibration_slope", value=slope, interval=wald, n=len(mine), unit="slope", where=where,
            note="1 is ideal; below 1 the scores are too sure of themselves",
        )  # fmt: skip
    except Undefined as why:
        yield Measure(
            name="bias.calibration_slope", value=None, n=len(mine), unit="slope", where=where, note=str(why)
        )


def _calibration_gap(found: Scored, residuals: dict[str, Vector]) -> Iterator[Measure]:
    """The widest gap between groups of what happens minus what was promised."""
    name, where = "bias.calibration_difference", {"attribute": found.column}
    rows = sum(len(part) for part in residuals.values())
    try:
        gap = largest_mean_difference(residuals)
    except Undefined:
        few = f"{len(residuals)} of {len(found.names)} groups can be assessed; a comparison needs 2"
        yield Measure(name=name, value=None, n=rows, unit="difference", where=where, note=few)
        return
    yield Measure(
        name=name, value=gap.value, interval=gap.interval, n=rows, unit="difference",
        where={**where, "group": gap.group, "reference": gap.reference},
        note=f"at the same score, {gap.reference} has the outcome more often than {gap.group} (calibration in the large)",
    )  # fmt: skip


def _curves(found: Scored, outcome: Vector, number: int, *, thresholds: bool) -> Iterator[Exhibit]:
    """Reliability of the largest groups, and how many each would select at any threshold."""
    large = [at for at in range(len(found.names)) if not found.few(at)]
    few = DRAWN if len(large) <= WIDE else 0  # so many lines nobody can tell apart
    large = sorted(large, key=lambda at: -len(found.rows[at]))[:few]
    if not large:
        return
    series: list[str | int | float | None] = []
    xs: list[str | int | float | None] = []
    ys: list[str | int | float | None] = []
    bands: dict[str, list[str | int | float | None]] = {"low": [], "high": [], "n": []}
    for at in sorted(large):
        bins = min(10, max(2, len(found.rows[at]) // SMALLEST))
        table = reliability(found.scores[found.rows[at]], outcome[found.rows[at]], bins=bins)
        shown = table.n >= SMALLEST  # ties can leave a bin with a few people, of whom nothing is told
        bounds = [
            wilson(round(rate * n), int(n)) for rate, n in zip(table.rate[shown], table.n[shown], strict=True)
        ]
        bands["low"] += [round(bound.low, 4) for bound in bounds]
        bands["high"] += [round(bound.high, 4) for bound in bounds]
        bands["n"] += [int(n) for n in table.n[shown]]
        series += [found.names[at]] * len(bounds)
        xs += [round(float(v), 4) for v in table.score[shown]]
        ys += [round(float(v), 4) for v in table.rate[shown]]
    left = f" The {len(large)} largest groups of {len(found.names)}." if len(large) < len(found.names) else ""
    yield Exhibit(
        name=f"bias.calibration-{number}",
        kind="curve",
        title=f"Calibration by {found.column}",
        caption=f"Share of actual positives against the mean score, in tenths of each group's rows, with 95% bands (Wilson). Below the line the model promises too much.{left}",
        axes={"x": "mean score", "y": "share of actual positives", "diagonal": 1.0},
        columns={"series": series, "x": xs, "y": ys, **bands},
    )
    if not thresholds:
        return
    grid = np.linspace(0.1, 0.9, 9)
    lines = [(found.names[at], 1 - np.searchsorted(np.sort(found.scores[found.rows[at]]), grid) / len(found.rows[at])) for at in sorted(large)]  # fmt: skip
    yield Exhibit(
        name=f"bias.thresholds-{number}",
        kind="curve",
        title=f"Share with a positive prediction by {found.column}, at any threshold",
        caption=f"Where the curves part, that threshold parts the groups.{left}",
        axes={"x": "threshold", "y": "share predicted positive"},
        columns={
            "series": [name for name, _ in lines for _ in grid],
            "x": [round(float(v), 2) for _ in lines for v in grid],
            "y": [round(float(v), 4) for _, rates in lines for v in rates],
        },
    )
