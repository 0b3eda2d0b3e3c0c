"""LiRA: the likelihood of the model's confidence among refits with the row against refits without."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
OWN_VARIANCE = 16  # references of either side from which on each record has a variance of its own


def online(target: Floats, references: Floats, fitted: NDArray[np.bool_]) -> Floats:
    """log N(s; mu_in, sd_in) - log N(s; mu_out, sd_out) of each row (n,).

    s is the logit-scaled confidence. Under 16 references of either side the variances are pooled over all
    rows, for a record's own would be noise (Carlini's "global variance"); from there on each row has its own.

    The attacker needs the recipe, rows like those of the training data, the record itself to train on,
    its outcome and one answer. Costs K fits, shared with the other reference attacks (the paper: 64 to 256).

    Parameters
    ----------
    target : float array (n,)
    references : float array (K, n)
    fitted : bool array (K, n)

    References
    ----------
    Carlini, N. et al. (2022). Membership inference attacks from first principles. IEEE S&P, algorithm 1.
    """
    (mean_in, var_in), (mean_out, var_out) = (_bell(references, side) for side in (fitted, ~fitted))
    gain: Floats = 0.5 * (
        (target - mean_out) ** 2 / var_out - (target - mean_in) ** 2 / var_in + np.log(var_out / var_in)
    )
    return gain


def offline(target: Floats, references: Floats, fitted: NDArray[np.bool_]) -> Floats:
    """-log P[N(mu_out, sd_out) > s] of each row (n,): only models without the row are needed.

    On the log scale, for the probability itself ends in ties at 1 where the attack is surest.

    References
    ----------
    Carlini, N. et al. (2022), section VI.
    """
    from scipy.special import log_ndtr

    mean, variance = _bell(references, ~fitted)
    tail: Floats = -log_ndtr(-(target - mean) / np.sqrt(variance))
    return tail


def _bell(values: Floats, side: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and variance over the models of one side, for each row (n,)."""
    times = side.sum(axis=0)
    mean = (values * side).sum(axis=0) / np.maximum(times, 1)
    squares = ((values - mean) ** 2 * side).sum(axis=0)
    pooled = squares.sum() / max(float((times - 1).clip(0).sum()), 1.0)
    floor = max(1e-3 * pooled, 1e-12)
    if times.min() < OWN_VARIANCE:
        return mean, np.full(len(mean), max(pooled, floor))
    return mean, np.maximum(squares / (times - 1), floor)
