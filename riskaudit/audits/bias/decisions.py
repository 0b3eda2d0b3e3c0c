"""Decisions: a classifier's rates by group and intersection, and the headlines over them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from riskaudit.audits.bias.cells import (
    GroupRate,
    Question,
    count,
    group_rates,
    opportunity,
    question_of,
    rates_of,
)
from riskaudit.audits.bias.coverage import CONSTANT, coverage, distinct
from riskaudit.audits.bias.headlines import difference, left_out, ratio
from riskaudit.audits.bias.pictures import dots, heatmap
from riskaudit.audits.bias.strata import stratified_difference
from riskaudit.datasets.dataset import label_of
from riskaudit.errors import InputError
from riskaudit.evidence import Evidence, Tally
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import wilson

Rates = dict[str, list[GroupRate]]


def decision_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """All of a classifier: each attribute, each pair of them."""
    _refuse_unknown_labels(evidence)
    question = question_of(evidence.test)
    whole = evidence.tally()
    yield distinct(int((whole.counts.sum(axis=(0, 1)) > 0).sum()), len(evidence.test))
    note = _doubt(whole)
    for number, column in enumerate(evidence.test.sensitive, 1):
        evidence.progress(f"bias: {column}")
        tally = evidence.tally(column)
        rates = group_rates(evidence, tally, question)
        told = list(own_numbers(rates, question, weighted=bool(evidence.test.weight)))
        yield from told
        deserving = [count(tally, opportunity(question), g, evidence) for g in range(len(tally.groups))]
        earned = {opportunity(question).name: deserving}
        yield from own_numbers(earned, question, weighted=bool(evidence.test.weight))
        yield from headlines(rates, deserving, attribute=column, note=note)
        if evidence.test.control and evidence.test.control != column:
            yield from stratified_difference(evidence, column, question)
        yield from dots(told, column, number, positive=question.positive_words)
    for number, pair in enumerate(combinations(evidence.test.sensitive, 2), 1):
        evidence.progress(f"bias: {' x '.join(pair)}")
        yield from intersection(evidence, pair, question, number=number, note=note)


def own_numbers(rates: Rates, question: Question, *, weighted: bool) -> Iterator[Measure]:
    """Each group's rates with Wilson intervals."""
    words = {rate.name: rate.words for rate in (*rates_of(question), opportunity(question))}
    for name, groups in rates.items():
        for one in groups:
            kept = f"survey weights; effective n {one.n:.1f}" if weighted and not one.reason else ""
            note = "; ".join(filter(None, (one.reason, words[name], kept)))
            yield Measure(
                name=f"bias.{name}",
                value=one.value,
                interval=None if one.value is None else wilson(one.hits, one.n),
                n=one.rows,
                unit="fraction",
                where=one.where,
                note=note,
            )


def headlines(rates: Rates, deserving: list[GroupRate], *, attribute: str, note: str) -> Iterator[Measure]:
    """The largest disparity of each kind, and every group that is left out of it."""
    selection = rates["selection_rate"]
    yield from ratio("bias.selection_rate_ratio", selection, attribute=attribute, note=note)
    yield from left_out("bias.selection_rate_ratio", {"": selection}, attribute=attribute, unit="ratio")
    for name, families in (
        ("bias.selection_rate_difference", {"": selection}),
        ("bias.equalized_odds_difference", _odds(rates)),
        ("bias.equal_opportunity_difference", {"": deserving}),
        ("bias.accuracy_difference", {"": rates["accuracy"]}),
    ):
        yield from difference(name, families, attribute=attribute, note=note)
        yield from left_out(name, families, attribute=attribute, unit="difference")


def _odds(rates: Rates) -> Rates:
    """The two families of equalized odds."""
    return {
        "true positive rate": rates["true_positive_rate"],
        "false positive rate": rates["false_positive_rate"],
    }


def intersection(
    evidence: Evidence, pair: tuple[str, str], question: Question, *, number: int, note: str
) -> Iterator[Measure | Exhibit]:
    """A pair of columns: every cell's rates, the headlines over cells that are large enough."""
    attribute = " x ".join(pair)
    tally = evidence.tally(*pair)
    rates = group_rates(evidence, tally, question)
    told = list(own_numbers(rates, question, weighted=bool(evidence.test.weight)))
    yield from told
    selection = rates["selection_rate"]
    yield from ratio("bias.intersection_selection_rate_ratio", selection, attribute=attribute, note=note)
    for name, families in (("selection_rate", {"": selection}), ("equalized_odds", _odds(rates))):
        full = f"bias.intersection_{name}_difference"
        yield from difference(full, families, attribute=attribute, note=note)
    sizes = tally.counts.sum(axis=(1, 2)).tolist()
    small = [
        label_of(where) for where, size in zip(tally.groups, sizes, strict=True) if size < evidence.min_group
    ]
    yield coverage(sizes, evidence.min_group, attribute, small)
    yield heatmap(told, pair, number)


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
