"""Rates: each group's own, with how sure they are, and the families that headlines compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from riskaudit.audits.bias.cells import GroupRate, Question, opportunity, rates_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import wilson

Rates = Mapping[str, list[GroupRate]]
WIDE = 16  # groups of one attribute; beyond that the finer numbers are listed for the farthest only
FARTHEST = 4
FIRST = ("selection_rate", "true_positive_rate", "false_positive_rate")


def farthest(measures: Sequence[Measure]) -> Iterator[Measure]:
    """All groups' numbers where groups are few; else the lowest and the highest, so that a report stays readable.

    Headlines compare all groups all the same, and the rates of `FIRST` are given for each.
    """
    if len(measures) <= WIDE:
        yield from measures
        return
    known = [at for at, one in enumerate(measures) if one.value is not None]
    order = sorted(known, key=lambda at: (measures[at].value or 0.0, at))
    kept = set(order[: FARTHEST // 2]) | set(order[max(FARTHEST // 2, len(order) - FARTHEST // 2) :])
    told = f"the {len(kept)} farthest apart of {len(measures)} groups are listed"
    for at in sorted(kept):
        one = measures[at]
        yield one.model_copy(update={"note": "; ".join(filter(None, (one.note, told)))})


def own_numbers(rates: Rates, question: Question, evidence: Evidence) -> Iterator[Measure]:
    """Each group's rates with Wilson intervals."""
    words = {rate.name: rate.words for rate in (*rates_of(question), opportunity(question))}
    for name, groups in rates.items():
        told = [_own(name, one, words[name], evidence) for one in groups]
        yield from told if name in FIRST else farthest(told)


def _own(name: str, one: GroupRate, words: str, evidence: Evidence) -> Measure:
    """One group's rate."""
    kept = worth(one, evidence) if not one.reason else ""
    return Measure(
        name=f"bias.{name}",
        value=one.value,
        interval=None if one.value is None else wilson(one.hits, one.n),
        n=one.rows,
        unit="fraction",
        where=one.where,
        note="; ".join(filter(None, (one.reason, words, kept))),
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
