"""Examination: the steps of the audit, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.explainability.agreement import agreement
from riskaudit.audits.explainability.attribution import Attribution, additivity_error, attribute
from riskaudit.audits.explainability.budget import REPEATS
from riskaudit.audits.explainability.further import further
from riskaudit.audits.explainability.importance import by_row, importances, permutation_importances, shares
from riskaudit.audits.explainability.pictures import bars, swarm, table
from riskaudit.audits.explainability.shuffling import shuffle_changes
from riskaudit.audits.explainability.tokens import token_effects
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


def explain(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """SHAP, its check, the second opinion, and the pictures."""
    evidence.progress("explainability: SHAP values")
    attribution = attribute(evidence)
    sizes = by_row(attribution)
    yield additivity(attribution)
    yield rows_explained(attribution)
    yield from importances(attribution, sizes)
    yield from shares(attribution, sizes, evidence.test.sensitive)
    output, of = _drawn(evidence, attribution)
    yield from token_effects(evidence, attribution, output)
    evidence.progress("explainability: permutation importance")
    repeats = REPEATS[evidence.effort]
    changes = shuffle_changes(attribution.bench, evidence.rng("explainability shuffling"), repeats=repeats)
    yield from permutation_importances(attribution, changes, repeats)
    yield agreement(sizes, changes, rng=evidence.rng("explainability agreement"))
    yield bars(attribution, sizes)
    yield swarm(attribution, sizes, evidence.rng("explainability swarm"), output=output, of=of)
    yield table(attribution, sizes, changes)
    yield from further(evidence, attribution, sizes, output=output, of=of)


def additivity(attribution: Attribution) -> Measure:
    """How far base + SHAP values are from what the whole model says."""
    name, n = "explainability.additivity_error", len(attribution.values)
    off = additivity_error(attribution.bench, attribution.values, attribution.base)
    if off is None:
        why = "the model says the same of every row: there is no spread to measure by, and nothing to explain"
        return Measure(name=name, value=None, n=n, unit="SD of output", note=why)
    of = f"the largest over rows, of the {attribution.bench.words}, against the whole model"
    note = f"{of}; a check of every row, so no interval; {attribution.method}"
    return Measure(name=name, value=off, n=n, unit="SD of output", note=note)


def rows_explained(attribution: Attribution) -> Measure:
    """How many rows were explained, and why so many."""
    n = len(attribution.rows)
    note = f"{attribution.rows_because}; a count, so no interval"
    return Measure(name="explainability.rows_explained", value=float(n), n=n, unit="rows", note=note)


def _drawn(evidence: Evidence, attribution: Attribution) -> tuple[int, str]:
    """Which output the swarm shows: of several classes, the first favourable one."""
    if attribution.values.shape[2] == 1:
        return 0, attribution.bench.words
    classes = evidence.subject.classes
    wanted = [label for label in evidence.test.favourable if label in classes] or [classes[0]]
    return classes.index(
        wanted[0]
    ), f"{attribution.bench.words.removesuffix(' of each class')} of '{wanted[0]}'"
