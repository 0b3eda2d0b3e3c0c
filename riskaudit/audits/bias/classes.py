"""Classes: more than two outcomes, each against the rest, and their mean."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from riskaudit.audits.bias.cells import GroupRate, Rate, counted
from riskaudit.audits.bias.derived import Estimate, GroupNumber, own, widest
from riskaudit.audits.bias.headlines import difference
from riskaudit.evidence import Evidence, Tally
from riskaudit.measure import Measure
from riskaudit.statistics.proportions import wilson_bounds
from riskaudit.statistics.terms import critical

MOST = 12  # classes that are looked at one by one


def class_measures(evidence: Evidence, tally: Tally, *, attribute: str, note: str) -> Iterator[Measure]:
    """For each class: the widest gaps in how often it is said and how often it is recognised; macro recall."""
    k = len(evidence.test.classes)
    recalls = []
    for code, name in enumerate(evidence.test.classes):
        actual = np.zeros((k, k), dtype=bool)
        actual[code] = True
        said = actual.T
        recall = Rate(
            name="recall", words="", among=actual, hits=actual & said, conditions_on=f"rows of class '{name}'"
        )
        predicted = Rate(name="predicted", words="", among=np.ones((k, k), dtype=bool), hits=said)
        recalls.append(counted(evidence, tally, recall))
        if code >= MOST:
            continue
        told = "; ".join(filter(None, (f"class '{name}' against the rest", note)))
        for full, groups in (
            ("bias.class_prediction_difference", counted(evidence, tally, predicted)),
            ("bias.class_recall_difference", recalls[-1]),
        ):
            for one in difference(full, {"": groups}, attribute=attribute, note=told):
                yield one.model_copy(update={"where": {**one.where, "class": name}})
    macro = [_macro([recall[group] for recall in recalls]) for group in range(len(tally.groups))]
    yield from own("bias.macro_recall", macro, method="square-and-add Wilson score")
    yield from widest(
        "bias.macro_recall_difference", macro, attribute=attribute, method="Wilson score", note=note
    )


def _macro(recalls: list[GroupRate]) -> GroupNumber:
    """The mean of a group's recalls over the classes (its balanced accuracy)."""
    rows = sum(one.rows for one in recalls)
    reason = next((one.reason for one in recalls if one.reason), "")
    if reason:
        return GroupNumber(where=recalls[0].where, rows=rows, reason=reason)

    def at(level: float) -> Estimate:
        z, k = critical(level), len(recalls)
        values = [one.hits / one.n for one in recalls]
        bounds = [wilson_bounds(one.hits, one.n, z) for one in recalls]
        mean = sum(values) / k
        down = math.sqrt(sum((v - float(low)) ** 2 for v, (low, _) in zip(values, bounds, strict=True))) / k
        up = math.sqrt(sum((float(high) - v) ** 2 for v, (_, high) in zip(values, bounds, strict=True))) / k
        return mean, mean - down, mean + up

    return GroupNumber(where=recalls[0].where, rows=rows, at=at)
