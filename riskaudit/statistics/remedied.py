"""Remedied: what a remedy does to the gap and what it costs, on rows it was not tuned on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.measure import Interval
from riskaudit.statistics.gaps import Comparison, largest_difference
from riskaudit.statistics.means import mean_t
from riskaudit.statistics.terms import Undefined, Vector

Rows = NDArray[np.bool_]
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
    caution: str = "",
) -> Remedied:
    """Both gaps and the price on the same rows.

    Parameters
    ----------
    groups : int array (n,)
        Into `names`.
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
    )


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
        caution=CAUTION,
    )
