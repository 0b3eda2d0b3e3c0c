"""Measured: every remedy that the evidence allows, on one half of the held-out rows; thresholds are tuned on the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from riskaudit.errors import RiskAuditError, UsageError
from riskaudit.evidence import Evidence
from riskaudit.statistics.terms import Undefined
from riskaudit.training.remedies.refits import (
    Refit,
    check_refittable,
    constrained,
    reweighed,
    without_proxies,
)

if TYPE_CHECKING:
    from riskaudit.statistics.remedied import Decided, Remedied

LOT = "decides by lot among several models: two people alike may be decided otherwise"
REFITS = ("reweigh", "drop-proxies")


@dataclass(frozen=True, kw_only=True)
class Mended:
    """All remedies of one sensitive column: what was measured, what could not be, and the models that came of it."""

    column: str
    measured: tuple[Remedied, ...]
    skipped: tuple[tuple[str, str], ...]
    models: dict[str, Refit]


def remedies(evidence: Evidence, column: str) -> tuple[list[Remedied], list[tuple[str, str]]]:
    """`mend` in the form that `Evidence.mend` takes: what was measured, and what could not be with the reason."""
    done = mend(evidence, column)
    return list(done.measured), list(done.skipped)


def mend(evidence: Evidence, column: str) -> Mended:
    """Try each remedy of the gap in selection rates by a column.

    Parameters
    ----------
    evidence : Evidence
        A classifier with held-out rows; refits need members and a training record. At effort `deep` also
        exponentiated gradient.
    column : str
        A sensitive column.

    Raises
    ------
    UsageError
        For a regression, or without the column.
    """
    if evidence.task == "regression" or column not in evidence.test.sensitive:
        raise UsageError(
            "remedies are for decisions by a sensitive column",
            "name a sensitive column of a classifier",
            where="--by",
        )
    half, before = _half(evidence), _decided(evidence, evidence.decisions())
    measured: list[Remedied] = []
    skipped: list[tuple[str, str]] = []
    models: dict[str, Refit] = {}

    def keep(name: str, words: str, after: Decided, caution: str = "") -> None:
        measured.append(_weighed(evidence, column, half, name, words, before, after, caution))

    def thresholds() -> None:
        measured.append(_thresholds(evidence, column, half))

    def odds() -> None:
        measured.append(_thresholds(evidence, column, half, odds=True))

    def refit(name: str, made: Callable[[], Refit]) -> None:
        models[name] = found = made()
        keep(name, found.words, _decided(evidence, _said(evidence, found)))

    def lot() -> None:
        keep(
            "exponentiated-gradient",
            "fitted under a parity constraint (exponentiated gradient), drawn by lot",
            _by_lot(evidence, column),
            LOT,
        )

    ways: dict[str, Callable[[], None]] = {
        "group-thresholds": thresholds,
        "equalized-odds-thresholds": odds,
        "reweigh": lambda: refit("reweigh", lambda: reweighed(_members(evidence), _record(evidence), column)),
        "drop-proxies": lambda: refit(
            "drop-proxies",
            lambda: without_proxies(_members(evidence), _record(evidence), column, seed=evidence.seed),
        ),
    }
    if evidence.effort == "deep":
        ways["exponentiated-gradient"] = lot
    for name, way in ways.items():
        evidence.progress(f"remedy: {name}")
        try:
            way()
        except (RiskAuditError, Undefined, ValueError) as why:
            skipped.append((name, getattr(why, "problem", "") or str(why)))
            models.pop(name, None)
    return Mended(column=column, measured=tuple(measured), skipped=tuple(skipped), models=models)


def refitted(evidence: Evidence, column: str, name: str) -> Refit:
    """The model of one remedy.

    Raises
    ------
    RiskAuditError
        If the remedy is no model, or cannot be made here.
    """
    if name == "reweigh":
        return reweighed(_members(evidence), _record(evidence), column)
    if name == "drop-proxies":
        return without_proxies(_members(evidence), _record(evidence), column, seed=evidence.seed)
    raise UsageError(
        f"remedy '{name}' gives no model to save", f"one of: {', '.join(REFITS)}", where="--remedy"
    )


def _half(evidence: Evidence) -> Any:
    """The held-out rows that remedies are measured on."""
    return evidence.rng("remedies halves").permutation(len(evidence.test)) < len(evidence.test) // 2


def _record(evidence: Evidence) -> Any:
    return check_refittable(evidence.subject.training)


def _members(evidence: Evidence) -> Any:
    """The rows to train on again."""
    if evidence.train is None:
        raise RiskAuditError(
            "the rows it was trained on are not at hand", "pass --train, or the table it was split from"
        )
    return evidence.train


def _decided(evidence: Evidence, said: Any) -> Decided:
    """Who is selected, whose decision is right."""
    import numpy as np

    from riskaudit.statistics.remedied import Decided

    selected = np.isin(said, evidence.test.favourable_codes).astype(np.float64)
    return Decided(selected=selected, right=(said == evidence.outcome()).astype(np.float64))


def _said(evidence: Evidence, refit: Refit) -> Any:
    """The refitted model's decisions on the held-out rows."""
    from riskaudit.datasets.labels import encode

    return encode(refit.trained.subject.predict_labels(evidence.test.frame), evidence.test.classes)


def _thresholds(evidence: Evidence, column: str, half: Any, *, odds: bool = False) -> Remedied:
    """Thresholds by group for one selection rate, or for one pair of error rates, tuned on the other half."""
    import numpy as np

    from riskaudit.statistics.remedied import by_odds, by_thresholds

    scores, data = evidence.positive_scores(), evidence.test
    if scores is None or evidence.task != "binary":
        raise RiskAuditError("thresholds need the score of an outcome of two values", "")
    codes, names = evidence.factors(column)
    return (by_odds if odds else by_thresholds)(
        scores if data.positive_code in data.favourable_codes else -scores,
        deserving=np.isin(evidence.outcome(), data.favourable_codes),
        chosen=np.isin(evidence.decisions(), data.favourable_codes),
        groups=codes,
        names=names,
        measured=half,
        least=evidence.min_group,
    )


def _by_lot(evidence: Evidence, column: str) -> Decided:
    """Chances of selection and of being right under exponentiated gradient."""
    import numpy as np

    from riskaudit.statistics.remedied import Decided

    data = evidence.test
    if evidence.task != "binary":
        raise RiskAuditError("exponentiated gradient needs an outcome of two values", "")
    chance = constrained(
        _members(evidence), data.frame, _record(evidence), evidence.subject.estimator, column
    )
    positive = evidence.outcome() == data.positive_code
    selected = chance if data.positive_code in data.favourable_codes else 1 - chance
    return Decided(selected=selected, right=np.where(positive, chance, 1 - chance))


def _weighed(
    evidence: Evidence,
    column: str,
    half: Any,
    name: str,
    words: str,
    before: Decided,
    after: Decided,
    caution: str,
) -> Remedied:
    """One remedy on the measuring half."""
    import numpy as np

    from riskaudit.statistics.remedied import Decided, remedied

    codes, names = evidence.factors(column)
    return remedied(
        name,
        words,
        before=Decided(selected=before.selected[half], right=before.right[half]),
        after=Decided(selected=after.selected[half], right=after.right[half]),
        groups=codes[half],
        names=names,
        least=evidence.min_group,
        deserving=np.isin(evidence.outcome(), evidence.test.favourable_codes)[half],
        caution=caution,
    )
