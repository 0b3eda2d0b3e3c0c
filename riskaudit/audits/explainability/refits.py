"""Refits: the recipe fitted again to other rows, without a column, or to shuffled labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.agreement import agreement, weighted_tau
from riskaudit.audits.explainability.attribution import Attribution, attribute
from riskaudit.audits.explainability.bench import Table, lay_out
from riskaudit.audits.explainability.importance import by_row, mean_measure, order, unit_of
from riskaudit.audits.explainability.ratios import mean_correlation, ratio_measure, spread_out
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.subjects.subject import Subject

STABLE, DROPPED, AGREES, SHUFFLED = (
    "explainability.stability",
    "explainability.drop_column_importance",
    "explainability.drop_column_agreement",
    "explainability.randomised_labels_share",
)
AGAIN = {"quick": 0, "normal": 5, "deep": 8}
COLUMNS, ROWS = 20, 400
CHEAP_ROWS = 50_000  # a linear recipe on more rows is no longer cheap


def refits(evidence: Evidence, attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """Stability across refits to resampled members, drop-column importance, and the check by shuffled labels."""
    why = _impossible(evidence, attribution)
    if why:
        yield _none(STABLE, why, where={"across": "refits"})
        for name in (DROPPED, AGREES, SHUFFLED):
            yield _none(name, why)
        return
    evidence.progress("explainability: refits")
    yield _across(evidence, attribution, sizes)
    yield from _without(evidence, attribution, sizes)
    yield _by_shuffled_labels(evidence, attribution)


def _none(name: str, why: str, where: dict[str, str] | None = None) -> Measure:
    """Not assessed."""
    unit = "fraction" if name == SHUFFLED else "correlation"
    return Measure(name=name, value=None, n=0, unit=unit, where=where or {}, note=why)


def _impossible(evidence: Evidence, attribution: Attribution) -> str:
    """Why the recipe is not fitted again; empty where it is."""
    members, subject = evidence.train, evidence.subject
    if members is None:
        return "the rows it was trained on are not known: pass --train"
    if len(attribution.bench.columns) < 2:
        return "there is one column, so there is one order"
    cheap = attribution.bench.family == "linear" and len(members) <= CHEAP_ROWS
    if evidence.effort == "quick" or not (cheap or evidence.effort == "deep"):
        return "the recipe is fitted again only at --effort deep, or at normal where it is linear"
    try:
        from sklearn.base import clone

        clone(subject.estimator)
    except (TypeError, RuntimeError):
        return "a model of this kind cannot be fitted again"
    return ""


def _again(evidence: Evidence, frame: Any, labels: Any, seed: int) -> Subject | None:
    """The recipe fitted to these rows; None where a class got lost on the way."""
    made = evidence.subject.retrained(frame, labels, seed=seed)
    return made if made.classes == evidence.subject.classes else None


def _across(evidence: Evidence, attribution: Attribution, sizes: Table) -> Measure:
    """The mean correlation of the order with that of refits to members drawn with replacement."""
    where = {"across": "refits"}
    members = _members(evidence)
    rng, whole, taus = evidence.rng("explainability refits"), sizes.mean(axis=0), []
    for number in range(AGAIN[evidence.effort]):
        drawn = rng.integers(len(members), size=len(members))
        rows = members.frame.iloc[drawn].reset_index(drop=True)
        made = _again(evidence, rows, members.labels[drawn], seed=evidence.seed + 1 + number)
        if made is None:
            continue
        found = _importance(evidence, attribution, made)
        if np.ptp(whole) > 0 and np.ptp(found) > 0:
            taus.append(weighted_tau(whole, found))
    if len(taus) < 2:
        return _none(STABLE, "fewer than two refits have an order of columns to compare", where)
    caution = evidence.subject.refits_are
    note = f"weighted Kendall tau with each of {len(taus)} refits to as many members drawn with replacement, their mean; {caution}".rstrip("; ")  # fmt: skip
    return mean_correlation(STABLE, np.array(taus), where=where, note=note)


def _importance(evidence: Evidence, attribution: Attribution, made: Subject) -> Table:
    """Mean |SHAP| of a refit (d,), on a part of the same rows."""
    twin = replace(evidence, subject=made, effort="quick", _kept={})
    found: Table = by_row(attribute(twin, attribution.rows[_some(attribution)])).mean(axis=0)
    return found


def _without(evidence: Evidence, attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """How far the output moves when the recipe learns again with one column shuffled, and the agreement with SHAP.

    Against a refit to all columns with the same seed, so that only the column differs.

    References
    ----------
    Hooker, G., Mentch, L. and Zhou, S. (2021). Unrestricted permutation forces extrapolation. Statistics and
    Computing 31, 82 (permute and relearn).
    """
    members, bench = _members(evidence), attribution.bench
    first = order(sizes)[:COLUMNS]
    some = _some(attribution)
    rows = attribution.rows[some]
    plain = _again(evidence, members.frame, members.labels, seed=evidence.seed)
    rng = evidence.rng("explainability drop column")
    changes = np.zeros((len(rows), len(first)))
    if plain is None:
        yield _none(DROPPED, "the refit lost a class")
        yield _none(AGREES, "the refit lost a class")
        return
    told = _output(evidence, plain, rows)
    for at, column in enumerate(first):
        names = list(bench.members_of(column))
        mixed = members.frame[names].iloc[rng.permutation(len(members))].reset_index(drop=True)
        frame = members.frame.assign(**{name: mixed[name].to_numpy() for name in names})
        made = evidence.subject.retrained(frame, members.labels, seed=evidence.seed)
        changes[:, at] = np.abs(_output(evidence, made, rows) - told).mean(axis=1)
    for at in np.argsort(-changes.mean(axis=0), kind="stable"):
        where = {"column": bench.columns[first[at]]}
        note = "the column shuffled among the members before the fit, against a refit with it; same seed"
        yield mean_measure(DROPPED, changes[:, at], unit=unit_of(attribution), where=where, note=note)
    agreed = agreement(sizes[some][:, first], changes, rng=evidence.rng("explainability drop agreement"))
    yield agreed.model_copy(update={"name": AGREES})


def _by_shuffled_labels(evidence: Evidence, attribution: Attribution) -> Measure:
    """What is left of all importance where the labels were shuffled before the fit.

    References
    ----------
    Adebayo, J. et al. (2018). Sanity checks for saliency maps. NeurIPS 31, section 3 (data randomisation).
    """
    members, some = _members(evidence), _some(attribution)
    rng = evidence.rng("explainability shuffled labels")
    labels = np.asarray(members.labels)[rng.permutation(len(members))]
    made = _again(evidence, members.frame, labels, seed=evidence.seed)
    if made is None:
        return _none(SHUFFLED, "the refit lost a class")
    twin = replace(evidence, subject=made, effort="quick", _kept={})
    left = by_row(attribute(twin, attribution.rows[some])).sum(axis=1)
    ours = by_row(attribution)[some].sum(axis=1)
    note = (
        "mean |SHAP| of all columns after a fit to shuffled labels, over that of the model: the values answer to what "
        "was learnt where it is far below 1; a recipe that learns noise by heart keeps much of it"
    )
    return ratio_measure(SHUFFLED, left, ours, unit="ratio", where={}, note=note)


def _output(evidence: Evidence, made: Subject, rows: NDArray[np.int64]) -> Table:
    """What a refit says of the rows, on the audit's own scale (n, m)."""
    twin = replace(evidence, subject=made, _kept={})
    return lay_out(twin, rows, rows[:1]).output


def _some(attribution: Attribution) -> NDArray[np.intp]:
    """Which of the explained rows are explained again."""
    return spread_out(len(attribution.rows), ROWS)


def _members(evidence: Evidence) -> Dataset:
    """The rows that the model learned from."""
    return evidence.rows("train")
