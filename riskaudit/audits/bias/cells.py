"""Cells: the counts of each group, and the rates that fairlearn reads from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence, Tally
from riskaudit.statistics import cluster_sizes

Square = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate as two masks over (actual, predicted) cells: hits among the rows it conditions on."""

    name: str
    words: str
    among: Square
    hits: Square
    conditions_on: str = ""


@dataclass(frozen=True, kw_only=True)
class GroupRate:
    """One group's rate.

    `rows` and `row_hits` are counted rows; `n` and `hits` are what intervals are made of: the same without
    survey weights or repeated people, else the effective number. `value` is None where `reason` says why.
    """

    where: dict[str, str]
    value: float | None
    hits: float
    n: float
    rows: int
    row_hits: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of the counts: which outcome is selection, and which class the error rates speak of."""

    positive: tuple[int, ...]
    favourable: tuple[int, ...]
    positive_words: str
    favourable_words: str
    classes: tuple[str, ...]

    @property
    def k(self) -> int:
        """How many classes there are."""
        return len(self.classes)


def question_of(data: Dataset) -> Question:
    """The classes that the rates speak of: with more than two, the favourable ones against the rest."""
    favourable = data.favourable_codes
    positive = (data.positive_code,) if data.task == "binary" else favourable
    names = ", ".join(f"'{data.classes[code]}'" for code in positive)
    wanted = ", ".join(f"'{name}'" for name in data.favourable)
    return Question(
        positive=positive,
        favourable=favourable,
        positive_words=f"positive class: {names}" + ("" if data.task == "binary" else " against the rest"),
        favourable_words=f"selected: predicted {wanted}",
        classes=data.classes,
    )


def rates_of(question: Question) -> tuple[Rate, ...]:
    """The rates by group, as masks over the (k, k) cells; that of true negatives is 1 - false positive rate."""
    k = question.k
    actual, predicted = _side(question.positive, k, axis=0), _side(question.positive, k, axis=1)
    chosen = _side(question.favourable, k, axis=1)
    every, right = np.ones((k, k), dtype=bool), np.eye(k, dtype=bool)
    says = question.positive_words
    return (
        Rate(name="selection_rate", words=question.favourable_words, among=every, hits=chosen),
        _rate("true_positive_rate", says, actual, predicted, "actual positives"),
        _rate("false_positive_rate", says, ~actual, predicted, "actual negatives"),
        _rate("false_negative_rate", says, actual, ~predicted, "actual positives"),
        _rate("precision", says, predicted, actual, "predicted positives"),
        _rate("negative_predictive_value", says, ~predicted, ~actual, "predicted negatives"),
        Rate(name="accuracy", words=f"over all {k} classes", among=every, hits=right),
    )


def opportunity(question: Question) -> Rate:
    """The true positive rate of the favourable outcome: chosen among those who earned it."""
    k = question.k
    deserving, chosen = _side(question.favourable, k, axis=0), _side(question.favourable, k, axis=1)
    return _rate(
        "equal_opportunity_rate",
        question.favourable_words,
        deserving,
        chosen,
        "rows with the favourable outcome",
    )


def _rate(name: str, words: str, among: Square, hits: Square, conditions_on: str) -> Rate:
    """A rate that conditions on a class."""
    return Rate(name=name, words=words, among=among, hits=among & hits, conditions_on=conditions_on)


def _side(codes: tuple[int, ...], k: int, *, axis: int) -> Square:
    """Where the actual (0) or predicted (1) class is one of these."""
    line = np.isin(np.arange(k), codes)
    return np.repeat(line[:, None], k, axis=1) if axis == 0 else np.repeat(line[None, :], k, axis=0)


def group_rates(
    evidence: Evidence, tally: Tally, question: Question, *, listed: Sequence[int] | None = None
) -> dict[str, list[GroupRate]]:
    """Each rate of each group; groups that are too small have a reason instead of a value.

    The values of the `listed` groups (all, if left out) are fairlearn's own, and must agree with the counts.
    """
    large = np.flatnonzero(tally.counts.sum(axis=(1, 2)) >= evidence.min_group)
    shown = large if listed is None else np.intersect1d(large, np.asarray(listed, dtype=np.intp))
    told = by_fairlearn(tally, question, shown) if len(shown) else {}
    found = {}
    for rate in rates_of(question):
        values = told.get(rate.name, {})
        found[rate.name] = [
            _with_value(one, values.get(group)) if group in values else one
            for group, one in enumerate(counted(evidence, tally, rate))
        ]
    return found


def counted(evidence: Evidence, tally: Tally, rate: Rate) -> list[GroupRate]:
    """Every group's counts for a rate."""
    sizes = _unit_sizes(evidence, tally, rate) if evidence.test.unit else None
    return [
        count(tally, rate, group, evidence, size=None if sizes is None else float(sizes[group]))
        for group in range(len(tally.groups))
    ]


def _unit_sizes(evidence: Evidence, tally: Tally, rate: Rate) -> NDArray[np.float64]:
    """The effective number of rows of each group where rows of one person go together."""
    data, k = evidence.test, len(evidence.test.classes)
    cell = evidence.outcome() * k + evidence.decisions()
    weights = data.weights
    among = rate.among.ravel()[cell].astype(np.float64) * (1.0 if weights is None else weights)
    groups = data.groups(*tally.by).codes if tally.by else np.zeros(len(data), dtype=np.int64)
    units, _ = evidence.factors(data.unit)
    return cluster_sizes(
        among, among * rate.hits.ravel()[cell], groups=groups, units=units, k=len(tally.groups)
    )


def count(
    tally: Tally, rate: Rate, group: int, evidence: Evidence, *, size: float | None = None
) -> GroupRate:
    """A group's counts for a rate, its value by plain division, and whether they suffice.

    `size` is the effective number of rows, where it is not that of the weights alone.
    """
    rows = int(tally.counts[group][rate.among].sum())
    row_hits = int(tally.counts[group][rate.hits].sum())
    weight = float(tally.weights[group][rate.among].sum())
    square = float(tally.squares[group][rate.among].sum())
    reason = _too_little(int(tally.counts[group].sum()), rows, rate, evidence)
    if not reason and not (weight > 0 and square > 0):
        reason = "the survey weights of its rows sum to 0; it needs weighted rows"
    whole = weight == rows == square and size is None
    share = 0.0 if reason else float(tally.weights[group][rate.hits].sum()) / weight
    n = 0.0 if reason else float(rows) if whole else min(size or weight * weight / square, float(rows))
    return GroupRate(
        where=tally.groups[group],
        value=None if reason else share,
        hits=float(row_hits) if whole else min(share, 1.0) * n,
        n=n,
        rows=rows,
        row_hits=row_hits,
        reason=reason,
    )


def _too_little(size: int, rows: int, rate: Rate, evidence: Evidence) -> str:
    """Why a group cannot be assessed for a rate, with what it would need; empty where it can."""
    if size < evidence.min_group:
        return f"{size} rows; needs {evidence.min_group}"
    if rate.conditions_on and rows < evidence.min_events:
        needed = f"; about {-(-evidence.min_events * size // rows):,} rows at this share" if rows else ""
        return f"{rows} {rate.conditions_on} among {size:,} rows; needs {evidence.min_events}{needed}"
    return ""


def _with_value(one: GroupRate, told: float | None) -> GroupRate:
    """The group's rate with fairlearn's value; fairlearn fails open, so the two must agree."""
    from dataclasses import replace

    if one.value is None:
        return one
    if told is None or not abs(told - one.value) <= 1e-9:
        raise ValueError(f"fairlearn gives {told} where the counts of {one.where} give {one.value}")
    return replace(one, value=told)


def by_fairlearn(tally: Tally, question: Question, groups: NDArray[np.intp]) -> dict[str, dict[int, float]]:
    """fairlearn's rates by group, from the cells with their weights: as on the rows, at any size.

    fairlearn reads Yes/No labels and scores as perfect fairness, so that it is given 0/1 integers only.
    """
    from fairlearn.metrics import false_negative_rate, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score, precision_score

    def precision(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
        return float(precision_score(y_true, y_pred, sample_weight=sample_weight, zero_division=0))

    def of_negatives(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
        return precision(1 - np.asarray(y_true), 1 - np.asarray(y_pred), sample_weight=sample_weight)

    of_positive = {
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "precision": precision,
        "negative_predictive_value": of_negatives,
    }
    k = question.k
    group, actual, predicted = (axis.ravel() for axis in np.indices((len(groups), k, k)))
    weights = tally.weights[groups].ravel()

    def frame(metrics: Mapping[str, Callable[..., float]], codes: tuple[int, ...]) -> dict[str, Any]:
        true, said = np.isin(actual, codes).astype(int), np.isin(predicted, codes).astype(int)
        return _metric_frame(metrics, true, said, group=group, weights=weights)

    found = frame(of_positive, question.positive)
    found |= frame({"selection_rate": selection_rate}, question.favourable)
    found |= _metric_frame({"accuracy": accuracy_score}, actual, predicted, group=group, weights=weights)
    return {
        name: {int(groups[int(at)]): float(value) for at, value in column.items()}
        for name, column in found.items()
    }


def _metric_frame(
    metrics: Mapping[str, Callable[..., float]],
    actual: NDArray[np.int_],
    predicted: NDArray[np.int_],
    *,
    group: NDArray[np.int_],
    weights: NDArray[np.float64],
) -> dict[str, Any]:
    """Columns of fairlearn's `by_group`; empty cells are left out, they would only cost time."""
    from fairlearn.metrics import MetricFrame

    used = weights > 0
    frame = MetricFrame(
        metrics=dict(metrics),
        y_true=actual[used],
        y_pred=predicted[used],
        sensitive_features=group[used],
        sample_params={name: {"sample_weight": weights[used]} for name in metrics},
    )
    return {name: frame.by_group[name] for name in metrics}
