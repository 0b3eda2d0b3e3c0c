"""Rates: each group's own, with how sure they are, and the families that headlines compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskaudit.audits.bias.cells import GroupRate, Question, opportunity, rates_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import wilson

Rates = Mapping[str, list[GroupRate]]


def own_numbers(rates: Rates, question: Question, evidence: Evidence) -> Iterator[Measure]:
    """Each group's rates with Wilson intervals."""
    words = {rate.name: rate.words for rate in (*rates_of(question), opportunity(question))}
    for name, groups in rates.items():
        for one in groups:
            kept = worth(one, evidence) if not one.reason else ""
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


def worth(one: GroupRate, evidence: Evidence) -> str:
    """How many independent rows the weights, or repeated people, leave."""
    why = "repeated people" if evidence.test.unit else "survey weights" if evidence.test.weight else ""
    return f"{why}; effective n {one.n:.1f}" if why else ""


def odds(rates: Rates) -> Rates:
    """The two families of equalized odds."""
    return {
        "true positive rate": rates["true_positive_rate"],
        "false positive rate": rates["false_positive_rate"],
    }


def predictions(rates: Rates) -> Rates:
    """The two families of predictive parity."""
    return {
        "precision": rates["precision"],
        "negative predictive value": rates["negative_predictive_value"],
    }
