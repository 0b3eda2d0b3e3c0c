"""Regression: errors and predictions by group, and their gaps in standard deviations of the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.bias.coverage import CONSTANT, coverage, distinct
from riskaudit.audits.bias.pictures import error_dots
from riskaudit.datasets.dataset import label_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import Undefined, kish, largest_mean_difference, mean_t

Vector = NDArray[np.float64]
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
        found.append(GroupValues(where=where, values=part, rows=len(mine), note=note, reason=few))
    return found


def _weighted(values: Vector, weights: Vector) -> tuple[str, Vector, str]:
    """Values whose plain mean is the weighted one and whose spread gives its design-based variance."""
    if not weights.sum() > 0:
        return "the survey weights of its rows sum to 0; it needs weighted rows", values, ""
    mean = float(np.average(values, weights=weights))
    linear = mean + (values - mean) * weights / weights.mean()
    return "", linear, f"survey weights, linearised; effective n {kish(weights):.1f}"


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
        yield from told
        yield error_dots(told, column, number)
    for pair in combinations(evidence.test.sensitive, 2):
        for name, (values, reading) in asked.items():
            yield from group_measures(f"bias.{name}", by_group(evidence, values, *pair), reading=reading)
        yield _coverage(evidence, pair)


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
