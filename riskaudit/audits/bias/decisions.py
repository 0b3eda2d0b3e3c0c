"""Decisions: a classifier's rates by group and intersection, and the headlines over them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.audits.bias.cells import GroupRate, Question, counted, group_rates, opportunity, question_of
from riskaudit.audits.bias.classes import class_measures
from riskaudit.audits.bias.coverage import CONSTANT, distinct
from riskaudit.audits.bias.crossings import crossing_measures
from riskaudit.audits.bias.derived import derived_measures
from riskaudit.audits.bias.headlines import difference, left_out, ratio
from riskaudit.audits.bias.pictures import dots
from riskaudit.audits.bias.rates import Rates, odds, own_numbers, predictions
from riskaudit.audits.bias.strata import stratified_difference
from riskaudit.errors import InputError
from riskaudit.evidence import Evidence, Tally
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import max_gap_p, wilson

DRAWS = 2000


def decision_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """All of a classifier: the rows themselves, each attribute, crossings of two and three of them."""
    _refuse_unknown_labels(evidence)
    question = question_of(evidence.test)
    whole = evidence.tally()
    yield distinct(int((whole.counts.sum(axis=(0, 1)) > 0).sum()), len(evidence.test))
    note = _doubt(whole)
    for number, column in enumerate(evidence.test.sensitive, 1):
        evidence.progress(f"bias: {column}")
        yield from _attribute(evidence, column, question, number=number, note=note)
    yield from crossing_measures(evidence, question, note=note)


def _attribute(
    evidence: Evidence, column: str, question: Question, *, number: int, note: str
) -> Iterator[Measure | Exhibit]:
    """One attribute: its groups, the rows behind them, the widest gaps, pictures."""
    tally = evidence.tally(column)
    rates = group_rates(evidence, tally, question)
    told = list(own_numbers(rates, question, evidence))
    yield from told
    deserving = counted(evidence, tally, opportunity(question))
    yield from own_numbers({opportunity(question).name: deserving}, question, evidence)
    yield from headlines(evidence, rates, deserving, attribute=column, note=note)
    yield from chance(evidence, rates["selection_rate"], attribute=column)
    yield from derived_measures(evidence, tally, rates, question, attribute=column, note=note)
    if question.k > 2:
        yield from class_measures(evidence, tally, attribute=column, note=note)
    if evidence.test.control and evidence.test.control != column:
        yield from stratified_difference(evidence, column, question)
    yield from dots(told, column, number, positive=question.positive_words)


def headlines(
    evidence: Evidence, rates: Rates, deserving: list[GroupRate], *, attribute: str, note: str
) -> Iterator[Measure]:
    """The largest disparity of each kind, and every group that is left out of it."""
    selection, reference = rates["selection_rate"], evidence.comparing.reference.get(attribute, "")
    yield from ratio(
        "bias.selection_rate_ratio", selection, attribute=attribute, note=note, reference=reference
    )
    yield from left_out("bias.selection_rate_ratio", {"": selection}, attribute=attribute, unit="ratio")
    for name, families in (
        ("bias.selection_rate_difference", {"": selection}),
        ("bias.equalized_odds_difference", odds(rates)),
        ("bias.equal_opportunity_difference", {"": deserving}),
        ("bias.predictive_parity_difference", predictions(rates)),
        ("bias.accuracy_difference", {"": rates["accuracy"]}),
    ):
        yield from difference(name, families, attribute=attribute, note=note, reference=reference)
        yield from left_out(name, families, attribute=attribute, unit="difference")


def chance(evidence: Evidence, selection: list[GroupRate], *, attribute: str) -> Iterator[Measure]:
    """How often chance alone would part these groups' selection rates as widely: one p-value for all pairs."""
    name, kept = "bias.selection_rate_gap_p", [one for one in selection if one.value is not None]
    where, rows = {"attribute": attribute}, sum(one.rows for one in kept)
    weights = evidence.test.weights
    uneven = weights is not None and bool(np.ptp(weights) > 0)
    if len(kept) < 2 or uneven or evidence.test.unit:
        why = "a permutation of rows needs two groups and rows of equal standing (no weights, no repeated people)"
        yield Measure(name=name, value=None, n=rows, unit="probability", where=where, note=why)
        return
    counts = {str(at): (float(one.row_hits), float(one.rows)) for at, one in enumerate(kept)}
    p = max_gap_p(counts, rng=evidence.rng(f"bias permutation {attribute}"), draws=DRAWS)
    told = f"share of {DRAWS:,} permutations whose widest of {len(kept)} groups' gaps is as wide (max-statistic); no interval: it is itself a probability"
    yield Measure(name=name, value=p, n=rows, unit="probability", where=where, note=told)


def _doubt(whole: Tally) -> str:
    """What makes every gap of this model doubtful: it is constant, or wrong more often than right."""
    counts = whole.counts[0]
    if (counts.sum(axis=0) > 0).sum() < 2:
        return CONSTANT
    right, rows = int(np.trace(counts)), int(counts.sum())
    if len(counts) == 2 and wilson(right, rows).high < 0.5:
        return (
            f"the model is wrong in {1 - right / rows:.0%} of rows: do labels and predictions mean the same?"
        )
    return ""


def _refuse_unknown_labels(evidence: Evidence) -> None:
    """A label that is no class has the code -1, which would be counted into a neighbouring cell."""
    for what, codes in (("outcomes", evidence.outcome()), ("predictions", evidence.decisions())):
        strange = int((codes < 0).sum())
        if strange:
            raise InputError(
                f"{strange:,} {what} are none of the classes {', '.join(evidence.test.classes)}",
                "use the same labels for the target and the predictions",
            )
