"""Derived: what two kinds of error together say of a group: balanced accuracy, their balance, their cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from riskaudit.audits.bias.cells import GroupRate, Question
from riskaudit.datasets.dataset import label_of
from riskaudit.evidence import Evidence, Tally
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import Undefined, bounded_mean, largest_spread
from riskaudit.statistics.proportions import wilson_bounds
from riskaudit.statistics.terms import critical

Estimate = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class GroupNumber:
    """A group's number as a function of the confidence level; `reason` says why there is none."""

    where: dict[str, str]
    rows: int
    at: Callable[[float], Estimate] | None = None
    reason: str = ""
    note: str = ""


def own(
    name: str, groups: list[GroupNumber], *, method: str, unit: str = "fraction", words: str = ""
) -> Iterator[Measure]:
    """Each group's number with its interval, or why there is none."""
    for one in groups:
        if one.at is None:
            yield Measure(name=name, value=None, n=one.rows, unit=unit, where=one.where, note=one.reason)
            continue
        value, low, high = one.at(0.95)
        interval = Interval(low=min(low, value), high=max(high, value), method=method)
        note = "; ".join(filter(None, (words, one.note)))
        yield Measure(
            name=name, value=value, interval=interval, n=one.rows, unit=unit, where=one.where, note=note
        )


def widest(
    name: str, groups: list[GroupNumber], *, attribute: str, method: str, note: str, unit: str = "difference"
) -> Iterator[Measure]:
    """The widest gap of such a number, and which groups are left out of it."""
    kept = {f"{at:06d}": one for at, one in enumerate(groups) if one.at is not None}
    rows = sum(one.rows for one in kept.values())
    left = "; ".join(f"{label_of(g.where)}: {g.reason}" for g in groups if g.at is None)
    try:
        gap = largest_spread({key: one.at for key, one in kept.items() if one.at is not None}, method=method)
    except Undefined:
        lacking = f"{len(kept)} of {len(groups)} groups can be assessed; a comparison needs 2"
        where = {"attribute": attribute}
        yield Measure(
            name=name,
            value=None,
            n=rows,
            unit=unit,
            where=where,
            note="; ".join(filter(None, (lacking, left))),
        )
        return
    low, high = kept[gap.group], kept[gap.reference]
    where = {"attribute": attribute, "group": label_of(low.where), "reference": label_of(high.where)}
    told = f"left out: {left}" if left else ""
    yield Measure(
        name=name,
        value=gap.value,
        interval=gap.interval,
        n=rows,
        unit=unit,
        where=where,
        note="; ".join(filter(None, (note, told))),
    )


def derived_measures(
    evidence: Evidence,
    tally: Tally,
    rates: Mapping[str, list[GroupRate]],
    question: Question,
    *,
    attribute: str,
    note: str,
) -> Iterator[Measure]:
    """Balanced accuracy and the balance of errors of each attribute; the cost of errors where it is known."""
    balanced = [
        _balanced(*pair)
        for pair in zip(rates["true_positive_rate"], rates["false_positive_rate"], strict=True)
    ]
    yield from widest(
        "bias.balanced_accuracy_difference", balanced, attribute=attribute, method="Wilson score", note=note
    )
    balance = [_balance(evidence, tally, question, group) for group in range(len(tally.groups))]
    yield from widest(
        "bias.error_balance_difference",
        balance,
        attribute=attribute,
        method="Wilson score",
        note="; ".join(filter(None, ("share of errors that are false negatives (treatment equality)", note))),
    )
    if evidence.comparing.cost:
        costs = [_cost(evidence, tally, question, group) for group in range(len(tally.groups))]
        method, prices = "Wilson score at the costs' own variance", evidence.comparing.cost
        told = f"a false positive costs {prices.get('fp', 0):g}, a false negative {prices.get('fn', 0):g}"
        yield from own("bias.error_cost", costs, method=method, unit="cost per row", words=told)
        yield from widest(
            "bias.error_cost_difference",
            costs,
            attribute=attribute,
            method=method,
            note="; ".join(filter(None, (told, note))),
        )


def _balanced(true: GroupRate, false: GroupRate) -> GroupNumber:
    """(TPR + TNR) / 2 of a group, the two sides squared and added."""
    reason = true.reason or false.reason
    if reason:
        return GroupNumber(where=true.where, rows=true.rows + false.rows, reason=reason)

    def at(level: float) -> Estimate:
        z = critical(level)
        tpr, tnr = true.hits / true.n, 1 - false.hits / false.n
        low_t, high_t = (float(b) for b in wilson_bounds(true.hits, true.n, z))
        low_f, high_f = (float(b) for b in wilson_bounds(false.n - false.hits, false.n, z))
        value = (tpr + tnr) / 2
        low = value - math.hypot(tpr - low_t, tnr - low_f) / 2
        return value, low, value + math.hypot(high_t - tpr, high_f - tnr) / 2

    return GroupNumber(where=true.where, rows=true.rows + false.rows, at=at)


def _errors(tally: Tally, question: Question, group: int) -> tuple[float, float, float, float, int]:
    """Weighted false positives, false negatives, rows; effective n; counted errors."""
    positive = np.isin(np.arange(question.k), question.positive)
    weights, counts = tally.weights[group], tally.counts[group]
    fp, fn = float(weights[~positive][:, positive].sum()), float(weights[positive][:, ~positive].sum())
    total, square = float(weights.sum()), float(tally.squares[group].sum())
    found = int(counts[~positive][:, positive].sum() + counts[positive][:, ~positive].sum())
    return fp, fn, total, total * total / square if square else 0.0, found


def _balance(evidence: Evidence, tally: Tally, question: Question, group: int) -> GroupNumber:
    """The share of a group's errors that are false negatives."""
    fp, fn, _, worth, found = _errors(tally, question, group)
    rows, where = int(tally.counts[group].sum()), tally.groups[group]
    if rows < evidence.min_group:
        return GroupNumber(where=where, rows=rows, reason=f"{rows} rows; needs {evidence.min_group}")
    if found < evidence.min_events or not fp + fn > 0:
        return GroupNumber(where=where, rows=found, reason=f"{found} errors; needs {evidence.min_events}")
    n = found * min(worth / rows, 1.0)

    def at(level: float) -> Estimate:
        share = fn / (fp + fn)
        low, high = wilson_bounds(share * n, n, critical(level))
        return share, float(low), float(high)

    return GroupNumber(where=where, rows=found, at=at)


def _cost(evidence: Evidence, tally: Tally, question: Question, group: int) -> GroupNumber:
    """What errors cost a group, by row."""
    fp, fn, total, worth, _ = _errors(tally, question, group)
    rows, where = int(tally.counts[group].sum()), tally.groups[group]
    if rows < evidence.min_group or not total > 0:
        return GroupNumber(where=where, rows=rows, reason=f"{rows} rows; needs {evidence.min_group}")
    a, b = evidence.comparing.cost.get("fp", 0.0), evidence.comparing.cost.get("fn", 0.0)
    mean, second = (a * fp + b * fn) / total, (a * a * fp + b * b * fn) / total
    top = max(a, b) or 1.0
    return GroupNumber(
        where=where,
        rows=rows,
        at=lambda level: bounded_mean(mean, second - mean**2, worth, top=top, level=level),
    )
