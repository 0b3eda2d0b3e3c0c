"""Regression: errors and predictions by group, and their gaps in standard deviations of the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.bias.cells import GroupRate
from riskaudit.audits.bias.coverage import CONSTANT, coverage, distinct
from riskaudit.audits.bias.derived import Estimate, GroupNumber, own, widest
from riskaudit.audits.bias.headlines import difference, ratio
from riskaudit.audits.bias.pictures import error_dots
from riskaudit.datasets.dataset import label_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import (
    Undefined,
    bonferroni,
    kish,
    kolmogorov_smirnov,
    largest_mean_difference,
    mean_t,
    wilson,
)

Vector = NDArray[np.float64]
MOST_COMPARED = 12  # groups whose predictions are compared pair by pair
SIGN = "prediction minus outcome: above 0 the model says too much"


@dataclass(frozen=True, kw_only=True)
class GroupValues:
    """One group's rows of one quantity, ready for the t intervals; `reason` where there are too few."""

    where: dict[str, str]
    values: Vector
    rows: int
    note: str = ""
    reason: str = ""


def quantities(evidence: Evidence) -> dict[str, tuple[Vector, str]]:
    """What is averaged, by name, with its reading."""
    predicted = np.asarray(evidence.decisions(), dtype=np.float64)
    error = predicted - np.asarray(evidence.outcome(), dtype=np.float64)
    return {
        "mean_error": (error, SIGN),
        "mean_absolute_error": (np.abs(error), "distance of prediction and outcome"),
        "mean_prediction": (predicted, "what the model says on average"),
    }


def by_group(evidence: Evidence, values: Vector, *by: str) -> list[GroupValues]:
    """The rows of each group; survey weights enter by linearisation."""
    grouping, weights = evidence.test.groups(*by), evidence.test.weights
    found = []
    for at, where in enumerate(grouping.names):
        mine = np.flatnonzero(grouping.codes == at)
        few = f"{len(mine)} rows; needs {evidence.min_group}" if len(mine) < evidence.min_group else ""
        part = values[mine]
        note = ""
        if weights is not None and not few:
            few, part, note = _weighted(part, weights[mine])
        if evidence.test.unit and not few:
            few, part, note = _people(evidence, part, mine, note)
        found.append(GroupValues(where=where, values=part, rows=len(mine), note=note, reason=few))
    return found


def _weighted(values: Vector, weights: Vector) -> tuple[str, Vector, str]:
    """Values whose plain mean is the weighted one and whose spread gives its design-based variance."""
    if not weights.sum() > 0:
        return "the survey weights of its rows sum to 0; it needs weighted rows", values, ""
    mean = float(np.average(values, weights=weights))
    linear = mean + (values - mean) * weights / weights.mean()
    return "", linear, f"survey weights, linearised; effective n {kish(weights):.1f}"


def _people(
    evidence: Evidence, values: Vector, mine: np.typing.NDArray[np.intp], note: str
) -> tuple[str, Vector, str]:
    """One value a person, whose plain mean is that of the rows and whose spread gives its cluster-robust variance."""
    units, _ = evidence.factors(evidence.test.unit)
    _, place = np.unique(units[mine], return_inverse=True)
    people = int(place.max()) + 1
    if people < evidence.min_group:
        return f"{people} people; needs {evidence.min_group}", values, note
    mean = float(values.mean())
    own = mean + np.bincount(place, values - mean) * people / len(values)
    return "", own, "; ".join(filter(None, (note, f"repeated people, {people:,} of them")))


def group_measures(name: str, groups: list[GroupValues], *, reading: str) -> Iterator[Measure]:
    """A group's own numbers, in the units of the target."""
    for one in groups:
        if one.reason:
            yield Measure(
                name=name, value=None, n=one.rows, unit="target units", where=one.where, note=one.reason
            )
            continue
        yield Measure(
            name=name,
            value=float(one.values.mean()),
            interval=mean_t(one.values),
            n=one.rows,
            unit="target units",
            where=one.where,
            note="; ".join(filter(None, (reading, one.note))),
        )


def gap(
    name: str, groups: list[GroupValues], *, attribute: str, scale: float, note: str
) -> Iterator[Measure]:
    """The widest gap of means in standard deviations of the target, and each group left out of it."""
    kept = {f"{at:06d}": one for at, one in enumerate(groups) if not one.reason}
    for one in groups:
        if one.reason:
            where = {"attribute": attribute, "group": label_of(one.where)}
            yield Measure(
                name=name, value=None, n=one.rows, unit="SD of target", where=where, note=one.reason
            )
    rows = sum(one.rows for one in kept.values())
    try:
        if not scale > 0:
            raise Undefined("the target is constant over the held-out rows: there is no SD to measure by")
        widest = largest_mean_difference({key: one.values / scale for key, one in kept.items()})
    except Undefined as why:
        where = {"attribute": attribute}
        yield Measure(name=name, value=None, n=rows, unit="SD of target", where=where, note=str(why))
        return
    low, high = kept[widest.group], kept[widest.reference]
    means = f"{label_of(low.where)} {low.values.mean():.4g} against {label_of(high.where)} {high.values.mean():.4g}"
    yield Measure(
        name=name,
        value=widest.value,
        interval=widest.interval,
        n=rows,
        unit="SD of target",
        where={
            "attribute": attribute,
            "group": label_of(low.where),
            "reference": label_of(high.where),
        },
        note="; ".join(filter(None, (means, f"in SD of the target over held-out rows ({scale:.4g})", note))),
    )


def value_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """All of a regression: each attribute's groups and gaps, then each pair's cells."""
    asked = quantities(evidence)
    predicted, _ = asked["mean_prediction"]
    found = len(np.unique(predicted))
    yield distinct(found, len(predicted))
    scale = _spread(np.asarray(evidence.outcome(), dtype=np.float64), evidence.test.weights)
    note = CONSTANT if found < 2 else ""
    for number, column in enumerate(evidence.test.sensitive, 1):
        evidence.progress(f"bias: {column}")
        told: list[Measure] = []
        for name, (values, reading) in asked.items():
            groups = by_group(evidence, values, column)
            told += group_measures(f"bias.{name}", groups, reading=reading)
            yield from gap(f"bias.{name}_gap", groups, attribute=column, scale=scale, note=note)
        spread = _root_squares(evidence, asked["mean_error"][0], column)
        told += own(
            "bias.root_mean_squared_error", spread, method="Student t of squares", unit="target units"
        )
        yield from told
        yield from _spread_gap(spread, attribute=column, scale=scale, note=note)
        yield from _parity(evidence, predicted, column)
        if evidence.comparing.threshold is not None:
            yield from _selected(evidence, predicted, column, evidence.comparing.threshold)
        yield error_dots(told, column, number)
    for pair in combinations(evidence.test.sensitive, 2):
        for name, (values, reading) in asked.items():
            yield from group_measures(f"bias.{name}", by_group(evidence, values, *pair), reading=reading)
        yield _coverage(evidence, pair)


def _root_squares(evidence: Evidence, error: Vector, column: str) -> list[GroupNumber]:
    """Each group's root mean squared error as a function of the level."""

    def number(one: GroupValues) -> GroupNumber:
        if one.reason:
            return GroupNumber(where=one.where, rows=one.rows, reason=one.reason)

        def at(level: float) -> Estimate:
            told = mean_t(one.values, level=level)
            value, low, high = (float(np.sqrt(max(v, 0.0))) for v in (one.values.mean(), told.low, told.high))
            return value, low, high

        return GroupNumber(where=one.where, rows=one.rows, at=at, note=one.note)

    return [number(one) for one in by_group(evidence, error**2, column)]


def _spread_gap(groups: list[GroupNumber], *, attribute: str, scale: float, note: str) -> Iterator[Measure]:
    """The widest gap of root mean squared errors, in standard deviations of the target."""
    name, method = "bias.root_mean_squared_error_gap", "Student t of squares"
    for one in widest(name, groups, attribute=attribute, method=method, note=note, unit="SD of target"):
        if one.value is None or not scale > 0 or one.interval is None:
            why = one.note if one.value is None else "the target is constant: there is no SD to measure by"
            yield one.model_copy(update={"value": None, "interval": None, "note": why})
            continue
        ends = {"low": one.interval.low / scale, "high": one.interval.high / scale}
        told = "; ".join(filter(None, (f"in SD of the target over held-out rows ({scale:.4g})", one.note)))
        yield one.model_copy(
            update={
                "value": one.value / scale,
                "interval": one.interval.model_copy(update=ends),
                "note": told,
            }
        )


def _parity(evidence: Evidence, predicted: Vector, column: str) -> Iterator[Measure]:
    """Statistical parity of predictions: the largest distance of two groups' distributions of them."""
    groups = [one for one in by_group(evidence, predicted, column) if not one.reason]
    groups = sorted(groups, key=lambda one: -one.rows)[:MOST_COMPARED]
    pairs = list(combinations(groups, 2))
    if not pairs or evidence.test.weight or evidence.test.unit:
        return
    level = bonferroni(0.95, len(pairs))
    told = [(*kolmogorov_smirnov(a.values, b.values, level=level), a, b) for a, b in pairs]
    value, interval, a, b = max(told, key=lambda one: one[0])
    low, high = (max(getattr(one[1], end) for one in told) for end in ("low", "high"))
    yield Measure(
        name="bias.prediction_parity_distance",
        value=value,
        interval=interval.model_copy(update={"low": low, "high": high, "level": 0.95}),
        n=a.rows + b.rows,
        unit="difference",
        where={"attribute": column, "group": label_of(a.where), "reference": label_of(b.where)},
        note=f"widest of {len(pairs)} pairs: the largest selection gap that any threshold on the prediction could make",
    )


def _selected(evidence: Evidence, predicted: Vector, column: str, threshold: float) -> Iterator[Measure]:
    """Who is selected where a prediction from the threshold upwards is a yes."""
    groups = []
    for one in by_group(evidence, (predicted >= threshold).astype(np.float64), column):
        n = 0.0 if one.reason else float(one.rows)
        share = 0.0 if one.reason else float(np.clip(one.values.mean(), 0, 1))
        plain = not evidence.test.weight and not evidence.test.unit
        if not plain and not one.reason and 0 < share < 1:
            n = min(n, share * (1 - share) * len(one.values) / float(one.values.var(ddof=1)))
        groups.append(
            GroupRate(
                where=one.where,
                value=None if one.reason else share,
                hits=share * n,
                n=n,
                rows=one.rows,
                row_hits=round(share * one.rows),
                reason=one.reason,
            )
        )
    for chosen in groups:
        yield Measure(
            name="bias.selection_rate", value=chosen.value, interval=None if chosen.value is None else wilson(chosen.hits, chosen.n),
            n=chosen.rows, unit="fraction", where=chosen.where, note=chosen.reason or f"selected: predicted {threshold:g} or more",
        )  # fmt: skip
    reference = evidence.comparing.reference.get(column, "")
    yield from ratio("bias.selection_rate_ratio", groups, attribute=column, note="", reference=reference)
    yield from difference(
        "bias.selection_rate_difference", {"": groups}, attribute=column, note="", reference=reference
    )


def _coverage(evidence: Evidence, pair: tuple[str, str]) -> Measure:
    """The share of rows in cells that are large enough."""
    groups = evidence.test.groups(*pair)
    sizes = np.bincount(groups.codes).tolist()
    small = [
        label_of(where) for where, size in zip(groups.names, sizes, strict=True) if size < evidence.min_group
    ]
    return coverage(sizes, evidence.min_group, " x ".join(pair), small)


def _spread(outcome: Vector, weights: Vector | None) -> float:
    """The standard deviation of the target."""
    mean = np.average(outcome, weights=weights)
    return float(np.sqrt(np.average((outcome - mean) ** 2, weights=weights)))
