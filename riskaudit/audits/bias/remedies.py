"""Remedies: where a gap is shown beyond doubt, what would mend it and at what price, measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import Comparison, Undefined, largest_difference_of
from riskaudit.statistics.remedied import EVENTS, Remedied, by_odds, by_thresholds

SHOWN = 0.1  # a gap whose whole interval lies beyond this is worth a remedy: the margin of equivalence
# The measures that such a remedy moves: a finding about one of them shows what it would change.
_SELECTION = "bias.selection_rate_ratio bias.selection_rate_difference"
_ODDS = "bias.equalized_odds_difference bias.equal_opportunity_difference"
# Rows of the recorded training up to which it is done again: rows, not seconds, so that equal runs do equal work.
AFFORDABLE = {"quick": 0, "normal": 20_000, "deep": sys.maxsize}


def remedy_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """For each attribute with a gap in selection or in error rates shown beyond 0.1: thresholds; refits where affordable."""
    if evidence.task == "regression":
        return
    unlike = evidence.test.weight or evidence.test.unit
    for number, column in enumerate(evidence.test.sensitive, 1):
        selection, odds = _gaps_shown(evidence, column)
        if not selection and not odds:
            continue
        if unlike:
            why = "remedies are measured on rows of equal standing only: not under survey weights, nor where people come more than once"
            yield Measure(
                name="bias.remedy_gap",
                value=None,
                n=len(evidence.test),
                unit="difference",
                where={"attribute": column},
                note=why,
            )
            continue
        measured, skipped = _tried(evidence, column)
        yield from _told(column, measured, skipped, rows=len(evidence.test))
        if measured and selection:
            yield _pareto(column, measured, number)
        judged = [one for one in measured if one.odds_before and one.odds_after]
        if judged and odds:
            yield _pareto(column, judged, number, odds=True)


def _gaps_shown(evidence: Evidence, column: str) -> tuple[bool, bool]:
    """Whether the whole interval of the selection gap, and of the equalized-odds gap, lies beyond the default margin.

    The gap of equal opportunity is one of the two of equalized odds.
    """
    counts = evidence.tally(column).counts
    favourable = np.isin(np.arange(len(evidence.test.classes)), evidence.test.favourable_codes)
    large = counts.sum(axis=(1, 2)) >= evidence.min_group

    def table(among: NDArray[np.bool_], least: int) -> dict[str, tuple[float, float]]:
        rows, hits = counts[:, among].sum(axis=(1, 2)), counts[:, among][:, :, favourable].sum(axis=(1, 2))
        kept = np.flatnonzero(large & (rows >= least))
        return {str(at): (float(hits[at]), float(rows[at])) for at in kept}

    def shown(*tables: dict[str, tuple[float, float]]) -> bool:
        try:
            gap = largest_difference_of({str(at): groups for at, groups in enumerate(tables)})
        except Undefined:
            return False
        return gap.interval.low > SHOWN

    selection = shown(table(np.ones_like(favourable), 0))
    return selection, shown(table(favourable, EVENTS), table(~favourable, EVENTS))


def _tried(evidence: Evidence, column: str) -> tuple[list[Remedied], list[tuple[str, str]]]:
    """What the training core can do where it was handed in and is affordable, else thresholds alone."""
    record = evidence.subject.training
    rows = record.rows if record else 0
    if evidence.mend is not None and evidence.subject.can_predict and rows <= AFFORDABLE[evidence.effort]:
        evidence.progress(f"bias: remedies for {column}")
        return evidence.mend(evidence, column)
    measured: list[Remedied] = []
    skipped: list[tuple[str, str]] = []
    for name, way in (("group-thresholds", by_thresholds), ("equalized-odds-thresholds", by_odds)):
        try:
            measured.append(_thresholds(evidence, column, way))
        except Undefined as why:
            skipped.append((name, str(why)))
    return measured, skipped


def _thresholds(evidence: Evidence, column: str, way: Callable[..., Remedied]) -> Remedied:
    """Thresholds by group, tuned on one half of the rows and measured on the other."""
    scores, data = evidence.positive_scores(), evidence.test
    if scores is None or evidence.task != "binary":
        raise Undefined("thresholds need the score of an outcome of two values")
    scores = scores if data.positive_code in data.favourable_codes else -scores
    deserving = np.isin(evidence.outcome(), data.favourable_codes)
    chosen = np.isin(evidence.decisions(), data.favourable_codes)
    codes, names = evidence.factors(column)
    return way(
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
        if one.odds_before and one.odds_after:
            then = one.odds_before.interval
            yield Measure(
                name="bias.remedy_odds_gap", value=one.odds_after.value, interval=one.odds_after.interval, n=one.rows, unit="difference", where=where,
                note=f"wider of the gaps in true and false positive rates; before {one.odds_before.value:.3f} ({then.low:.3f} to {then.high:.3f}) on the same rows",
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


def _pareto(column: str, measured: list[Remedied], number: int, *, odds: bool = False) -> Exhibit:
    """The gap before, and after each remedy, with what it costs in the label: the picture of the trade."""
    before, _ = _gap_of(measured[0], odds=odds)
    left = [(one, _gap_of(one, odds=odds)[1]) for one in measured]
    best, least = min(left, key=lambda one: one[1].value)
    what = "gap in error rates" if odds else "gap"
    helps = _ODDS if odds else _SELECTION
    ends = {"before": [before] * len(left), "after": [gap for _, gap in left]}
    return Exhibit(
        name=f"bias.remedies-odds-{number}" if odds else f"bias.remedies-{number}",
        kind="arrows",
        title=f"Remedies for the {what} by {column}",
        caption=f"'{best.name}' leaves a {what} of {least.value:.3f} of {before.value:.3f}, {_price(best.price)}, on {best.rows:,} rows that no remedy was tuned on. {_dominated([(one.name, gap.value, one.price) for one, gap in left])}",
        axes={"x": "gap in error rates" if odds else "gap in selection rates", "x_mark": 0.0, "helps": helps, "attribute": column},
        columns={
            "label": [one.name for one, _ in left],
            **{end: [gap.value for gap in gaps] for end, gaps in ends.items()},
            **{f"{end}_low": [gap.interval.low for gap in gaps] for end, gaps in ends.items()},
            **{f"{end}_high": [gap.interval.high for gap in gaps] for end, gaps in ends.items()},
            "accuracy given up": [one.price for one, _ in left],
        },
    )  # fmt: skip


def _price(given_up: float) -> str:
    """What a remedy costs in accuracy, in words: some give it back."""
    return f"for {given_up:.3f} of accuracy" if given_up >= 0 else f"and gains {-given_up:.3f} of accuracy"


def _gap_of(one: Remedied, *, odds: bool) -> tuple[Comparison, Comparison]:
    """Before and after, of the gap that is asked for."""
    if odds and one.odds_before and one.odds_after:
        return one.odds_before, one.odds_after
    return one.before, one.after


def _dominated(told: list[tuple[str, float, float]]) -> str:
    """Which remedies no other beats in both gap and price (the Pareto front)."""
    front = [
        name
        for name, gap, price in told
        if not any(g <= gap and p <= price and (g, p) != (gap, price) for _, g, p in told)
    ]
    return f"No other remedy beats in both: {', '.join(front)}."
