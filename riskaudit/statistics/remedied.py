"""Remedied: what a remedy does to the gap and what it costs, on rows it was not tuned on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.measure import Interval
from riskaudit.statistics.gaps import Comparison, largest_difference, largest_difference_of
from riskaudit.statistics.means import mean_t
from riskaudit.statistics.terms import Undefined, Vector

Rows = NDArray[np.bool_]
EVENTS = 5  # rows of each outcome that a group needs for a rate among them
MOST_TUNED = 50_000  # rows that equalized-odds thresholds are tuned on
CAUTION = (
    "uses the sensitive column at the decision: in employment, credit and housing that may be unlawful whatever it mends "
    "(US: 42 USC 2000e-2(l), ECOA); ask counsel"
)


@dataclass(frozen=True, kw_only=True)
class Remedied:
    """One remedy, measured.

    Attributes
    ----------
    name, words : str
        What it is called, and what was done.
    before, after : Comparison
        The widest gap in selection rates of the same rows, without and with it.
    accuracy : float
        With it.
    price, price_interval : float, Interval
        Accuracy without it minus accuracy with it, paired by row.
    rows : int
        How many rows all this was measured on.
    caution : str
        What to ask counsel about; empty where there is nothing of the kind.
    odds_before, odds_after : Comparison, optional
        The same for the wider of the gaps in true and false positive rates; None where too few rows have either outcome.
    """

    name: str
    words: str
    before: Comparison
    after: Comparison
    accuracy: float
    price: float
    price_interval: Interval
    rows: int
    caution: str = ""
    odds_before: Comparison | None = None
    odds_after: Comparison | None = None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Decisions on some rows: who is selected, and whose decision is right; both (n,), shares where it is drawn by lot."""

    selected: Vector
    right: Vector


def remedied(
    name: str,
    words: str,
    *,
    before: Decided,
    after: Decided,
    groups: NDArray[Any],
    names: list[str],
    least: int,
    deserving: Rows,
    caution: str = "",
) -> Remedied:
    """Both gaps and the price on the same rows.

    Parameters
    ----------
    groups : int array (n,)
        Into `names`.
    deserving : bool array (n,)
        Whose outcome was the favourable one: the gap in error rates asks for it.
    least : int
        Groups of fewer rows are left out of the gaps.

    Raises
    ------
    Undefined
        With fewer than two groups of `least` rows.
    """
    sizes = np.bincount(groups, minlength=len(names))
    kept = [at for at in range(len(names)) if sizes[at] >= least]
    if len(kept) < 2:
        raise Undefined("fewer than two groups have rows enough to measure a remedy on")

    def gap(said: Vector) -> Comparison:
        hits = np.bincount(groups, said, minlength=len(names))
        return largest_difference({names[at]: (float(hits[at]), float(sizes[at])) for at in kept})

    lost = before.right - after.right
    return Remedied(
        name=name,
        words=words,
        before=gap(before.selected),
        after=gap(after.selected),
        accuracy=float(after.right.mean()),
        price=float(lost.mean()),
        price_interval=mean_t(lost),
        rows=len(groups),
        caution=caution,
        odds_before=odds_gap(before.selected, deserving, groups, names, least=least),
        odds_after=odds_gap(after.selected, deserving, groups, names, least=least),
    )


def odds_gap(
    selected: Vector, deserving: Rows, groups: NDArray[Any], names: list[str], *, least: int
) -> Comparison | None:
    """The wider of the gaps in selection among the deserving and among the others (equalized odds).

    Which outcome is called positive does not matter: naming the other swaps the two rates and keeps both gaps. Where
    decisions are drawn by lot, chances stand for hits; the interval is then a little too wide.

    Returns
    -------
    Comparison or None
        None with fewer than two groups of `least` rows and five of each outcome.
    """
    sizes = np.bincount(groups, minlength=len(names))
    families: dict[str, dict[str, tuple[float, float]]] = {}
    for family, among in (("deserving", deserving), ("others", ~deserving)):
        n = np.bincount(groups[among], minlength=len(names))
        hits = np.bincount(groups[among], selected[among], minlength=len(names))
        families[family] = {
            name: (float(hits[at]), float(n[at]))
            for at, name in enumerate(names)
            if sizes[at] >= least and n[at] >= EVENTS
        }
    if any(len(told) < 2 for told in families.values()):
        return None
    return largest_difference_of(families)


def group_thresholds(
    scores: Vector, right: Rows, groups: NDArray[Any], k: int, *, rate: float | None = None
) -> Vector:
    """A threshold for each group at which all are selected at one rate; the rate that keeps most decisions right.

    A group's threshold is the score of its row at that rate from the top, so ties are selected together. Rates
    in hundredths are tried, the present ones of the rows among them.

    Parameters
    ----------
    scores : array (n,)
        Higher for selection.
    right : bool array (n,)
        Whether selection is the right decision for the row.
    groups : int array (n,)
        From 0 to k - 1.
    rate : float, optional
        In place of the search.

    Returns
    -------
    array (k,)
        Infinite for a group without rows.

    References
    ----------
    Hardt, M., Price, E. and Srebro, N. (2016). Equality of opportunity in supervised learning. NeurIPS, section 4.
    """
    parts = [np.sort(scores[groups == at])[::-1] for at in range(k)]

    def at(share: float) -> Vector:
        found = [
            part[min(max(round(share * part.size), 1), part.size) - 1] if part.size and share > 0 else np.inf
            for part in parts
        ]
        return np.array(found, dtype=np.float64)

    if rate is not None:
        return at(rate)
    tried = [at(share) for share in np.linspace(0.01, 0.99, 99)]
    return max(tried, key=lambda edges: float(((scores >= edges[groups]) == right).mean()))


def by_thresholds(
    scores: Vector,
    *,
    deserving: Rows,
    chosen: Rows,
    groups: NDArray[Any],
    names: list[str],
    measured: Rows,
    least: int,
) -> Remedied:
    """Thresholds by group, tuned on the rows outside `measured` and measured on those inside.

    Parameters
    ----------
    scores : array (n,)
        Higher for selection.
    deserving, chosen : bool arrays (n,)
        Whose favourable outcome it was, and who is selected now.
    groups : int array (n,)
        Into `names`.
    least : int
        Groups of fewer measured rows are left out of the gaps.
    """
    edges = group_thresholds(scores[~measured], deserving[~measured], groups[~measured], len(names))
    after = scores >= edges[groups]

    def decided(said: Rows) -> Decided:
        return Decided(
            selected=said[measured].astype(np.float64), right=(said == deserving)[measured].astype(np.float64)
        )

    return remedied(
        "group-thresholds",
        "a threshold of its own for each group, tuned on the other half of the held-out rows",
        before=decided(chosen),
        after=decided(after),
        groups=groups[measured],
        names=names,
        least=least,
        deserving=deserving[measured],
        caution=CAUTION,
    )


def by_odds(
    scores: Vector,
    *,
    deserving: Rows,
    chosen: Rows,
    groups: NDArray[Any],
    names: list[str],
    measured: Rows,
    least: int,
) -> Remedied:
    """Thresholds by group at which true and false positive rates agree, tuned outside `measured`, measured inside.

    fairlearn's ThresholdOptimizer: the most accurate point that all groups' ROC curves can reach, by lot between two
    thresholds where it lies between them. Parameters are those of `by_thresholds`; groups with fewer than five rows of
    an outcome to tune on keep the decisions they have.

    Raises
    ------
    Undefined
        With fewer than two groups to tune on.

    References
    ----------
    Hardt, M., Price, E. and Srebro, N. (2016). Equality of opportunity in supervised learning. NeurIPS, section 3.
    """
    tuned = np.flatnonzero(~measured)
    tuned = tuned[:: -(-tuned.size // MOST_TUNED) or 1]
    counts = [
        np.bincount(groups[tuned][side], minlength=len(names))
        for side in (deserving[tuned], ~deserving[tuned])
    ]
    able = np.minimum(*counts) >= EVENTS
    if able.sum() < 2:
        raise Undefined(f"fewer than two groups have {EVENTS} rows of each outcome to tune thresholds on")
    tuned, held = tuned[able[groups[tuned]]], measured & able[groups]
    chances = chosen.astype(np.float64)
    chances[held] = _odds_chances(
        (scores[tuned], deserving[tuned], groups[tuned]), (scores[held], groups[held])
    )
    said, right = chosen[measured].astype(np.float64), deserving[measured]
    after = chances[measured]
    return remedied(
        "equalized-odds-thresholds",
        "thresholds for each group at which error rates agree, tuned on the other half of the held-out rows; "
        "between two thresholds it decides by lot",
        before=Decided(selected=said, right=(chosen == deserving)[measured].astype(np.float64)),
        after=Decided(selected=after, right=np.where(right, after, 1 - after)),
        groups=groups[measured],
        names=names,
        least=least,
        deserving=right,
        caution=CAUTION,
    )


def _odds_chances(tuned: tuple[Vector, Rows, NDArray[Any]], held: tuple[Vector, NDArray[Any]]) -> Vector:
    """The chance of selection of each held row."""
    import warnings

    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator

    class Scores(BaseEstimator):  # type: ignore[misc]
        """Scores in the form of a fitted model, which fairlearn asks for."""

        def fit(self, X: Any, y: Any) -> Scores:
            return self

        def predict(self, X: Any) -> Any:
            return np.asarray(X)[:, 0]

        def __sklearn_is_fitted__(self) -> bool:
            return True

    scores, deserving, groups = tuned
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fairlearn writes to pandas in a way that pandas is about to leave
        found = ThresholdOptimizer(
            estimator=Scores(), constraints="equalized_odds", prefit=True, predict_method="predict"
        ).fit(scores[:, None], deserving.astype(int), sensitive_features=groups.astype(str))
        chances = found._pmf_predict(held[0][:, None], sensitive_features=held[1].astype(str))
    told: Vector = np.clip(np.asarray(chances, dtype=np.float64)[:, 1], 0.0, 1.0)
    return told
