"""Calibration: whether a score of 0.7 comes true in 7 of 10, without the error that counting itself makes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskaudit.measure import Interval
from riskaudit.statistics.terms import Undefined, Vector, critical, span, vector

BINS = 15


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Bins of equal mass: mean score, share that came true, rows."""

    score: Vector
    rate: Vector
    n: NDArray[np.int64]


def reliability(scores: ArrayLike, outcome: ArrayLike, *, bins: int = BINS) -> Reliability:
    """Scores cut at their own quantiles; ties stay together, so there may be fewer bins.

    Parameters
    ----------
    scores : array (n,)
        Probabilities.
    outcome : array of 0 and 1 (n,)
    """
    p, y = vector(scores, "scores"), vector(outcome, "outcome")
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    at = np.searchsorted(edges, p, side="right")
    n = np.bincount(at, minlength=len(edges) + 1)
    used = n > 0
    with np.errstate(invalid="ignore"):
        mean, rate = np.bincount(at, p, minlength=len(n)) / n, np.bincount(at, y, minlength=len(n)) / n
    return Reliability(score=mean[used], rate=rate[used], n=n[used])


def calibration_error(
    scores: ArrayLike,
    outcome: ArrayLike,
    *,
    rng: np.random.Generator,
    bins: int = BINS,
    resamples: int = 1000,
    level: float = 0.95,
) -> tuple[float, Interval]:
    """The debiased root-mean-square calibration error over bins of equal mass, with a bootstrap interval.

    E² = sum_b n_b / n ((rate_b - score_b)² - rate_b (1 - rate_b) / (n_b - 1)), its root where positive, else 0:
    the plain sum of squares is above 0 for a perfectly calibrated model, by the last term on average.
    Resampled are the outcomes within cells of bin and outcome; the draws, which carry the counting error
    twice, are moved by what was taken from the plain sum.

    Raises
    ------
    Undefined
        With fewer than two rows a bin.

    References
    ----------
    Kumar, A., Liang, P. and Ma, T. (2019). Verified uncertainty calibration. NeurIPS, section 5.
    Broecker, J. (2012). Climate Dynamics 39, 655-667.
    """
    critical(level)
    table = reliability(scores, outcome, bins=bins)
    if table.n.min() < 2:
        raise Undefined("a bin of scores holds fewer than two rows")
    n, share = table.n.astype(float), table.n / table.n.sum()
    plain = float(share @ (table.rate - table.score) ** 2)
    chance = float(share @ (table.rate * (1 - table.rate) / (n - 1)))
    value = math.sqrt(max(plain - chance, 0.0))
    drawn = rng.binomial(table.n, table.rate, size=(resamples, len(n))) / n
    squares = ((drawn - table.score) ** 2) @ share - 2 * chance
    low, high = np.quantile(squares, [(1 - level) / 2, (1 + level) / 2])
    bounds = [math.sqrt(max(float(end), 0.0)) for end in (low, high)]
    return value, span(*bounds, level=level, method="bootstrap of the debiased square", value=value)


def calibration_slope(
    scores: ArrayLike, outcome: ArrayLike, *, level: float = 0.95
) -> tuple[float, Interval]:
    """Cox's slope: b in logit P(y) = a + b logit(score); 1 where scores spread as outcomes do, below where they boast.

    By Newton's method; the interval is Wald's. Scores are kept 1e-6 away from 0 and 1.

    Raises
    ------
    Undefined
        Where all scores are equal, a class is absent, or the scores part the outcomes perfectly.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression. Biometrika 45, 562-565.
    """
    p, y = np.clip(vector(scores, "scores"), 1e-6, 1 - 1e-6), vector(outcome, "outcome")
    x = np.log(p / (1 - p))
    if np.ptp(x) < 1e-12 or y.min() == y.max():
        raise Undefined("all scores, or all outcomes, are the same: there is no slope")
    A = np.column_stack([np.ones_like(x), x])
    theta = np.array([0.0, 1.0])
    for _ in range(60):
        q = 1 / (1 + np.exp(-np.clip(A @ theta, -500, 500)))
        H = (A * (q * (1 - q))[:, None]).T @ A
        if np.linalg.cond(H) > 1e14:
            raise Undefined("the scores part the outcomes (nearly) perfectly: the slope has no bound")
        step = np.linalg.solve(H, A.T @ (y - q))
        theta = theta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    error = math.sqrt(float(np.linalg.inv(H)[1, 1]))
    half, slope = critical(level) * error, float(theta[1])
    if abs(slope) > 50 or not math.isfinite(half):
        raise Undefined("the scores part the outcomes (nearly) perfectly: the slope has no bound")
    return slope, span(slope - half, slope + half, level=level, method="Wald", value=slope)
