"""Weights: how many rows a weighted sample is worth."""

from __future__ import annotations

from numpy.typing import ArrayLike

from riskaudit.statistics.terms import vector


def kish(weights: ArrayLike) -> float:
    """The effective sample size (sum w)² / sum w² of survey weights.

    Multiply a weighted rate by it for the `hits` that `wilson`, `newcombe` and `koopman` take.

    Parameters
    ----------
    weights : array of shape (n,)
        Non-negative, finite, not all zero. Their scale does not matter.

    Returns
    -------
    float
        Between 1 and n; n exactly where all weights are equal.

    Raises
    ------
    ValueError
        Where a weight is negative or infinite, or all are zero.

    References
    ----------
    Kish, L. (1965). Survey Sampling, section 11.7. Wiley.
    """
    w = vector(weights, "weights")
    top = float(w.max())
    if float(w.min()) < 0 or not 0 < top < float("inf"):
        raise ValueError("weights must be finite, not negative, and not all zero")
    w = w / top  # squares of very large or small weights would leave the range of floats
    return min(float(w.sum() ** 2 / (w**2).sum()), float(w.size))
