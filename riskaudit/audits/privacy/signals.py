"""Signals: confidence of the target in a row, compared with that of refits that had and had not seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskaudit.statistics import auc

Score = Literal["BASE", "logit midpoint"]
SCORES: tuple[Score, ...] = ("BASE", "logit midpoint")
Floats = NDArray[np.float64]

LEAST_PROBABILITY = 1e-4
LEAST_ODDS = 1e-12  # boosted trees are that sure, and differ there


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Confidence in the actual outcome of rows, on both scales; arrays (n,), or (K, n) of K models."""

    probability: Floats
    logit: Floats

    def of(self, models: NDArray[np.bool_] | int) -> Signal:
        """That of some of the models."""
        return Signal(probability=self.probability[models], logit=self.logit[models])


def of_probabilities(right: Floats, wrong: Floats, votes: int) -> Signal:
    """From the probability of the actual class and of all others.

    Where it is a share of votes it says nothing below half a vote, and is clipped there.
    """
    vote = 0.5 / (votes + 1) if votes else 0.0
    return _signal(right, wrong, max(vote, LEAST_PROBABILITY), max(vote, LEAST_ODDS))


def of_residuals(residual: Floats, scale: float) -> Signal:
    """From absolute errors of a regression, as exp(-error / scale)."""
    ratio = residual / scale
    return _signal(np.exp(-ratio), -np.expm1(-ratio), LEAST_PROBABILITY, LEAST_ODDS)


def _signal(right: Floats, wrong: Floats, floor: float, odds_floor: float) -> Signal:
    return Signal(
        probability=np.clip(right, floor, 1.0),
        logit=np.log(np.clip(right, odds_floor, 1.0)) - np.log(np.clip(wrong, odds_floor, 1.0)),
    )


def compared(target: Signal, references: Signal, fitted: NDArray[np.bool_], score: Score) -> Floats:
    """How much surer the target is than halfway between refits with and without the row (n,).

    BASE is log of p_target / (mean p_in / 2 + mean p_out / 2) (RMIA online with gamma 1: Zarifzadeh
    2024; Lassila 2025); the logit midpoint is logit_target - (mean logit_in + mean logit_out) / 2.
    """
    if score == "BASE":
        return np.log(target.probability) - np.log(_midpoint(references.probability, fitted))
    return target.logit - _midpoint(references.logit, fitted)


def _midpoint(values: Floats, fitted: NDArray[np.bool_]) -> Floats:
    """Halfway between the mean over models with the row and over models without (n,)."""
    inside = (values * fitted).sum(axis=0) / fitted.sum(axis=0)
    outside = (values * ~fitted).sum(axis=0) / (~fitted).sum(axis=0)
    middle: Floats = (inside + outside) / 2
    return middle


def chosen(
    references: Signal, fitted: NDArray[np.bool_], round_of: NDArray[np.int64]
) -> tuple[Score, dict[Score, float]]:
    """The score that attacks the refits best: each stands as target, those of other rounds as its references.

    Who was in a refit is known by design; the audited labels are not looked at.
    """
    strength = {score: _strength(references, fitted, round_of, score) for score in SCORES}
    return max(SCORES, key=lambda score: strength[score]), strength


def _strength(
    references: Signal, fitted: NDArray[np.bool_], round_of: NDArray[np.int64], score: Score
) -> float:
    """Mean AUC over the refits as targets."""
    values = []
    for one, inside in enumerate(fitted):
        rest = round_of != round_of[one]
        scores = compared(references.of(one), references.of(rest), fitted[rest], score)
        values.append(auc(scores[inside], scores[~inside])[0])
    return float(np.mean(values))
