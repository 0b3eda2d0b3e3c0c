"""Thresholds: how well scores tell members from non-members at one threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskaudit.measure import Interval
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.proportions import newcombe, wilson
from riskaudit.statistics.terms import Vector, critical, span, vector

FEWEST_FALSE_ALARMS = 10
"""Fewer expected non-members beyond the threshold, and a TPR at that FPR is not measurable."""


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """A true-positive rate at a given false-positive rate, or the reason why there is none.

    Attributes
    ----------
    value : float or None
        Share of members scored above the threshold; None where not measurable.
    interval : Interval or None
    threshold : float or None
        A score strictly above it counts as "member".
    reason : str
        Why there is no value, fit for a measure's note; else empty.
    """

    value: float | None = None
    interval: Interval | None = None
    threshold: float | None = None
    reason: str = ""


def tpr_at_fpr(
    member_scores: ArrayLike, nonmember_scores: ArrayLike, fpr: float, *, level: float = 0.95
) -> OperatingPoint:
    """The true-positive rate of an attack that may accuse at most a share `fpr` of non-members.

    The threshold is the (k + 1)-th largest non-member score, k = floor(fpr n), and only scores
    strictly above it accuse: the observed FPR never exceeds `fpr`, ties or not.

    Two things are unsure: the members' rate at a threshold (Wilson), and where the
    threshold is, for the same non-members set it. The true one lies between two order statistics
    of the non-member scores, found from the Binomial(n, fpr) count of those above it. Both
    parts are squared and added (Zou and Donner 2008), each at `level`. Where more than half of the
    non-members between these order statistics share scores, the TPR moves in steps and
    squaring falls short; there Wilson's bounds at either end are taken, each part at level
    1 - (1 - level) / 2 (Bonferroni), which is conservative.

    Parameters
    ----------
    member_scores, nonmember_scores : arrays of shape (m,) and (n,)
        Higher for "member"; no NaN.
    fpr : float
        Strictly between 0 and 1.
    level : float
        Confidence, strictly between 0 and 1.

    Returns
    -------
    OperatingPoint
        Without a value, and with the reason, where fpr n < 10.

    Raises
    ------
    ValueError
        Where scores are missing or NaN, or `fpr` or the level is out of range.

    References
    ----------
    Carlini, N. et al. (2022). Membership inference attacks from first principles. IEEE S&P, section III.
    Zou, G. Y. and Donner, A. (2008). Statistics in Medicine 27, 1693-1702.
    """
    members = vector(member_scores, "member_scores")
    others = np.sort(vector(nonmember_scores, "nonmember_scores"))[::-1]
    critical(level)
    if not 0 < fpr < 1:
        raise ValueError(f"a false-positive rate lies strictly between 0 and 1, not {fpr}")
    n, expected = others.size, fpr * others.size
    if expected < FEWEST_FALSE_ALARMS - 1e-9:
        needed = math.ceil(FEWEST_FALSE_ALARMS / fpr - 1e-9)
        return OperatingPoint(
            reason=f"a TPR at an FPR of {fpr:g} is not measurable with {n} non-members: "
            f"{expected:.3g} would lie beyond the threshold; {needed} non-members would do"
        )
    threshold = float(others[math.floor(expected + 1e-9)])
    value = float((members > threshold).mean())
    return OperatingPoint(
        value=value, interval=_unsure(members, others, (value, fpr), level), threshold=threshold
    )


def advantage(
    member_scores: ArrayLike, nonmember_scores: ArrayLike, threshold: float, *, level: float = 0.95
) -> tuple[float, Interval]:
    """TPR - FPR of accusing all scores strictly above a threshold, with Newcombe's interval.

    Parameters
    ----------
    member_scores, nonmember_scores : arrays of shape (m,) and (n,)
        Higher for "member"; no NaN.
    threshold : float
        Fixed beforehand or on other rows: one tuned on these rows makes the value too high and
        the interval too narrow.
    level : float
        Confidence, strictly between 0 and 1.

    Returns
    -------
    value, interval : float, Interval
        Within -1 and 1; 0 for guessing.

    Raises
    ------
    ValueError
        Where scores are missing or NaN, or the level is none.

    References
    ----------
    Yeom, S. et al. (2018). Privacy risk in machine learning. IEEE CSF, definition 4.
    """
    members = vector(member_scores, "member_scores") > threshold
    others = vector(nonmember_scores, "nonmember_scores") > threshold
    interval = newcombe(members.sum(), members.size, others.sum(), others.size, level=level)
    return float(members.mean()) - float(others.mean()), interval


def balanced_accuracy(
    member_scores: ArrayLike, nonmember_scores: ArrayLike, threshold: float, *, level: float = 0.95
) -> tuple[float, Interval]:
    """The mean of TPR and TNR at a fixed threshold, (1 + advantage) / 2; 0.5 for guessing.

    Parameters, errors and the warning on tuned thresholds are those of `advantage`.
    """
    value, edge = advantage(member_scores, nonmember_scores, threshold, level=level)
    low, high = (1 + edge.low) / 2, (1 + edge.high) / 2
    return (1 + value) / 2, span(low, high, level=level, method=edge.method, value=(1 + value) / 2)


def _unsure(members: Vector, others: Vector, at: tuple[float, float], level: float) -> Interval:
    """The members' Wilson interval combined with the reach of the threshold."""
    value, fpr = at
    m = members.size
    window = _reach(others, fpr, level)
    method = "Wilson score with unsure threshold"
    if 2 * np.unique(window).size < window.size:
        each = bonferroni(level, 2)
        window = _reach(others, fpr, each)
        strict, lax = (wilson((members > edge).sum(), m, level=each) for edge in (window[0], window[-1]))
        return span(strict.low, lax.high, level=level, method=f"{method}, tied", value=value)
    rate = wilson(value * m, m, level=level)
    strict_rate, lax_rate = (float((members > edge).mean()) for edge in (window[0], window[-1]))
    low = value - math.hypot(value - rate.low, value - min(strict_rate, value))
    high = value + math.hypot(rate.high - value, max(lax_rate, value) - value)
    return span(max(low, 0.0), min(high, 1.0), level=level, method=method, value=value)


def _reach(others: Vector, fpr: float, level: float) -> Vector:
    """The non-member scores, from high to low, between which the true threshold lies at `level`."""
    from scipy.special import bdtrik

    tail, n = (1 - level) / 2, others.size
    fewest, most = (math.ceil(float(bdtrik(p, n, fpr)) - 1e-9) for p in (tail, 1 - tail))
    reach = others[max(fewest - 1, 0) : most + 1]
    return reach if most < n else np.append(reach, -np.inf)
