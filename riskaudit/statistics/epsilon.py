"""Epsilon: the least privacy loss that an attack's hits can prove."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.proportions import clopper_pearson
from riskaudit.statistics.terms import Vector, vector

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Guesses of either kind in `epsilon_one_run`, as shares of half the rows; fixed before any score is seen."""


def epsilon_from_counts(
    hits: int, members: int, alarms: int, others: int, *, delta: float = 0.0, level: float = 0.95
) -> float:
    """The lower bound of epsilon that a fixed test on many runs proves, at joint confidence `level`.

    An (epsilon, delta) private training lets no test reach TPR > e^epsilon FPR + delta, nor
    TNR > e^epsilon FNR + delta. With Clopper-Pearson bounds, each of the two rates at half the error,
    epsilon >= log((TPR_low - delta) / FPR_high), and the same of TNR and FNR; the larger one counts
    (both follow from the same two bounds, so nothing more is to be corrected).

    The threshold behind the counts must have been fixed beforehand or on other rows.

    Parameters
    ----------
    hits, members, alarms, others : int
        Members accused of how many, non-members accused of how many.
    delta : float
        In 0 <= delta < 1.
    level : float
        Confidence of the bound.

    Returns
    -------
    float
        0 or more; 500 of 500 and 0 of 500 at level 0.99 give 4.54 (Jagielski 2020, section 3).

    Raises
    ------
    ValueError
        Where counts are no proportion, delta or the level is out of range.

    References
    ----------
    Jagielski, M., Ullman, J. and Oprea, A. (2020). Auditing differentially private machine learning. NeurIPS.
    Nasr, M. et al. (2021). Adversary instantiation. IEEE S&P.
    """
    if not 0 <= delta < 1:
        raise ValueError(f"delta lies in 0 <= delta < 1, not {delta}")
    tpr = clopper_pearson(hits, members, level=level)
    fpr = clopper_pearson(alarms, others, level=level)
    bounds = (_log_ratio(tpr.low - delta, fpr.high), _log_ratio(1 - fpr.high - delta, 1 - tpr.low))
    return max(0.0, *bounds)


def epsilon_one_run(
    member_scores: ArrayLike, other_scores: ArrayLike, *, delta: float = 0.0, level: float = 0.95
) -> float:
    """The lower bound of epsilon from one training in which each row's membership was drawn by a coin.

    The attacker names his k surest members and k surest non-members and abstains on the rest. If v of
    r = 2 k guesses are right, epsilon is refuted where, with p = e^epsilon / (1 + e^epsilon),
    P[Bin(r, p) >= v] + 2 m delta max_i P[v - i <= Bin(r, p) < v] / i stays below the error (theorem 5.2,
    proposition 5.7). Six numbers k are fixed beforehand (`SHARES` of half the rows), each at a sixth of the
    error. Ties with the last guess are broken by the order of a fixed shuffle that knows no labels.

    Where membership was a mere split and not a coin toss, the bound is indicative.

    Parameters
    ----------
    member_scores, other_scores : arrays of shape (m,) and (n,)
        Higher for "member"; no NaN.
    delta : float
        In 0 <= delta < 1.
    level : float
        Confidence of the bound.

    Raises
    ------
    ValueError
        Where scores are missing or NaN, or delta or the level is out of range.

    References
    ----------
    Steinke, T., Nasr, M. and Jagielski, M. (2023). Privacy auditing with one (1) training run. NeurIPS.
    """
    if not 0 <= delta < 1:
        raise ValueError(f"delta lies in 0 <= delta < 1, not {delta}")
    members, others = vector(member_scores, "member_scores"), vector(other_scores, "other_scores")
    right = _right_guesses(members, others)
    half, rows = (members.size + others.size) // 2, members.size + others.size
    error = 1 - bonferroni(level, len(SHARES))
    best = 0.0
    for k in {max(1, int(share * half)) for share in SHARES}:
        best = max(best, _refuted(int(right[k - 1]), 2 * k, rows=rows, delta=delta, error=error))
    return best


def _right_guesses(members: Vector, others: Vector) -> NDArray[np.int64]:
    """How many of the k surest "member" and k surest "not" guesses are right, for k = 1, 2, ..."""
    scores = np.concatenate([members, others])
    member = np.arange(scores.size) < members.size
    shuffle = np.random.default_rng(scores.size).permutation(scores.size)
    order = shuffle[np.argsort(scores[shuffle], kind="stable")]
    truth = member[order]
    right: NDArray[np.int64] = np.cumsum(truth[::-1], dtype=np.int64) + np.cumsum(~truth, dtype=np.int64)
    return right


def _refuted(right: int, guesses: int, *, rows: int, delta: float, error: float) -> float:
    """The largest epsilon that so many right guesses refute, to 1e-4; 0 where none."""
    low, high = 0.0, 20.0
    if _chance(right, guesses, low, rows, delta) >= error:
        return 0.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if _chance(right, guesses, middle, rows, delta) < error else (low, middle)
    return low


def _chance(right: int, guesses: int, epsilon: float, rows: int, delta: float) -> float:
    """The largest probability of so many right guesses under (epsilon, delta)."""
    from scipy.special import bdtrc

    p = 1 / (1 + math.exp(-epsilon))
    tail = 1.0 if right <= 0 else float(bdtrc(right - 1, guesses, p))
    if delta == 0 or right <= 0:
        return tail
    steps = np.arange(1, right + 1)
    below = np.where(right - steps - 1 >= 0, bdtrc(np.maximum(right - steps - 1, 0), guesses, p), 1.0)
    return min(1.0, tail + 2 * rows * delta * float(((below - tail) / steps).max()))


def _log_ratio(upper: float, lower: float) -> float:
    """log(upper / lower); minus infinity where nothing is above, infinity where nothing is below."""
    if upper <= 0:
        return -math.inf
    return math.log(upper / lower) if lower > 0 else math.inf
