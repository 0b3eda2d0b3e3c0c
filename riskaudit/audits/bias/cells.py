"""Cells: the counts of each group, and the rates that fairlearn reads from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence, Tally

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
    survey weights, else Kish's effective number. `value` is None where `reason` says why.
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
    """The six rates by group, as masks over the (k, k) cells."""
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


def group_rates(evidence: Evidence, tally: Tally, question: Question) -> dict[str, list[GroupRate]]:
    """Each rate of each group, by fairlearn; groups that are too small have a reason instead of a value."""
    large = np.flatnonzero(tally.counts.sum(axis=(1, 2)) >= evidence.min_group)
    told = by_fairlearn(tally, question, large) if len(large) else {}
    found = {}
    for rate in rates_of(question):
        counted = [count(tally, rate, group, evidence) for group in range(len(tally.groups))]
        values = told.get(rate.name, {})
        found[rate.name] = [_with_value(one, values.get(group)) for group, one in enumerate(counted)]
    return found


def count(tally: Tally, rate: Rate, group: int, evidence: Evidence) -> GroupRate:
    """A group's counts for a rate, its value by plain division, and whether they suffice."""
    rows = int(tally.counts[group][rate.among].sum())
    row_hits = int(tally.counts[group][rate.hits].sum())
    weight = float(tally.weights[group][rate.among].sum())
    square = float(tally.squares[group][rate.among].sum())
    reason = _too_little(int(tally.counts[group].sum()), rows, rate, evidence)
    if not reason and not (weight > 0 and square > 0):
        reason = "the survey weights of its rows sum to 0; it needs weighted rows"
    unweighted = weight == rows == square
    share = 0.0 if reason else float(tally.weights[group][rate.hits].sum()) / weight
    n = 0.0 if reason else float(rows) if unweighted else min(weight * weight / square, float(rows))
    return GroupRate(
        where=tally.groups[group],
        value=None if reason else share,
        hits=float(row_hits) if unweighted else min(share, 1.0) * n,
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

    of_positive = {
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "precision": precision,
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
