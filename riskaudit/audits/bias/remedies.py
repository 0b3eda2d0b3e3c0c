"""Remedies: where a gap is shown beyond doubt, what would mend it and at what price, measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import Undefined, largest_difference
from riskaudit.statistics.remedied import Remedied, by_thresholds

SHOWN = 0.1  # a gap whose whole interval lies beyond this is worth a remedy: the margin of equivalence
# Rows of the recorded training up to which it is done again: rows, not seconds, so that equal runs do equal work.
AFFORDABLE = {"quick": 0, "normal": 20_000, "deep": sys.maxsize}


def remedy_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """For each attribute with a gap shown beyond 0.1: thresholds by group; refits where they are affordable."""
    if evidence.task == "regression" or evidence.test.weight or evidence.test.unit:
        return
    for number, column in enumerate(evidence.test.sensitive, 1):
        if not _gap_shown(evidence, column):
            continue
        measured, skipped = _tried(evidence, column)
        yield from _told(column, measured, skipped, rows=len(evidence.test))
        if measured:
            yield _pareto(column, measured, number)


def _gap_shown(evidence: Evidence, column: str) -> bool:
    """Whether the whole interval of the widest selection gap lies beyond the default margin."""
    tally = evidence.tally(column)
    favourable = np.isin(np.arange(len(evidence.test.classes)), evidence.test.favourable_codes)
    rows = tally.counts.sum(axis=(1, 2))
    hits = tally.counts[:, :, favourable].sum(axis=(1, 2))
    groups = {
        str(at): (float(hits[at]), float(rows[at]))
        for at in range(len(rows))
        if rows[at] >= evidence.min_group
    }
    try:
        return largest_difference(groups).interval.low > SHOWN
    except Undefined:
        return False


def _tried(evidence: Evidence, column: str) -> tuple[list[Remedied], list[tuple[str, str]]]:
    """What the training core can do where it was handed in and is affordable, else thresholds alone."""
    record = evidence.subject.training
    rows = record.rows if record else 0
    if evidence.mend is not None and evidence.subject.can_predict and rows <= AFFORDABLE[evidence.effort]:
        evidence.progress(f"bias: remedies for {column}")
        return evidence.mend(evidence, column)
    try:
        return [_thresholds(evidence, column)], []
    except Undefined as why:
        return [], [("group-thresholds", str(why))]


def _thresholds(evidence: Evidence, column: str) -> Remedied:
    """Thresholds by group, tuned on one half of the rows and measured on the other."""
    scores, data = evidence.positive_scores(), evidence.test
    if scores is None or evidence.task != "binary":
        raise Undefined("thresholds need the score of an outcome of two values")
    scores = scores if data.positive_code in data.favourable_codes else -scores
    deserving = np.isin(evidence.outcome(), data.favourable_codes)
    chosen = np.isin(evidence.decisions(), data.favourable_codes)
    codes, names = evidence.factors(column)
    return by_thresholds(
        scores,
        deserving=deserving,
        chosen=chosen,
        groups=codes,
        names=names,
        measured=evidence.rng("remedies halves").permutation(len(data)) < len(data) // 2,
        least=evidence.min_group,
    )


def _told(
    column: str, measured: list[Remedied], skipped: list[tuple[str, str]], *, rows: int
) -> Iterator[Measure]:
    """The gap that each remedy leaves, and its price."""
    for one in measured:
        where = {"attribute": column, "remedy": one.name}
        was = one.before.interval
        yield Measure(
            name="bias.remedy_gap", value=one.after.value, interval=one.after.interval, n=one.rows, unit="difference", where=where,
            note="; ".join(filter(None, (
                f"{one.words}; before {one.before.value:.3f} ({was.low:.3f} to {was.high:.3f}) on the same rows", one.caution,
            ))),
        )  # fmt: skip
        yield Measure(
            name="bias.remedy_accuracy_price", value=one.price, interval=one.price_interval, n=one.rows, unit="difference", where=where,
            note=f"accuracy given up, paired by row; {one.accuracy:.3f} with the remedy, against the labels as recorded",
        )  # fmt: skip
    for name, why in skipped:
        yield Measure(
            name="bias.remedy_gap",
            value=None,
            n=rows,
            unit="difference",
            where={"attribute": column, "remedy": name},
            note=why,
        )


def _pareto(column: str, measured: list[Remedied], number: int) -> Exhibit:
    """The gap before, and after each remedy, with what it costs in the label: the picture of the trade."""
    before = measured[0].before
    rows = [("as it is", before, 0.0), *((one.name, one.after, one.price) for one in measured)]
    best = min(measured, key=lambda one: one.after.value)
    return Exhibit(
        name=f"bias.remedies-{number}",
        kind="dots",
        title=f"Remedies for the gap by {column}",
        caption=f"'{best.name}' leaves a gap of {best.after.value:.3f} of {before.value:.3f}, for {best.price:.3f} of accuracy, on {best.rows:,} rows that no remedy was tuned on. {_dominated(measured)}",
        axes={"x": "gap in selection rates", "y": "remedy (accuracy given up)", "x_mark": 0.0},
        columns={
            "label": [f"{name} ({price:+.3f})" if name != "as it is" else name for name, _, price in rows],
            "value": [gap.value for _, gap, _ in rows],
            "low": [gap.interval.low for _, gap, _ in rows],
            "high": [gap.interval.high for _, gap, _ in rows],
        },
    )


def _dominated(measured: list[Remedied]) -> str:
    """Which remedies no other beats in both gap and price (the Pareto front)."""
    front = [
        one.name
        for one in measured
        if not any(
            other.after.value <= one.after.value
            and other.price <= one.price
            and (other.after.value, other.price) != (one.after.value, one.price)
            for other in measured
        )
    ]
    return f"No other remedy beats in both: {', '.join(front)}."
