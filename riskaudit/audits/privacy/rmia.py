"""RMIA: the model's probability of a record beside that of references that need not have seen it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.signals import Signal
from riskaudit.statistics import auc

Floats = NDArray[np.float64]
STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def offline(
    target: Signal, references: Signal, fitted: NDArray[np.bool_], round_of: NDArray[np.int64]
) -> tuple[Floats, float]:
    """log p - log(((1 + a) p_out + (1 - a)) / 2) of each row (n,), and the a it was taken at.

    p_out is the mean over references without the row; a says how far p_in is from it, and is chosen by
    attacking the references themselves, never with the audited labels (0.3 where they cannot stand as targets).
    RMIA compares this ratio with that of population records z' and counts the share it exceeds by a
    factor gamma; that share orders records as the ratio does and only adds ties, so the ratio is the score.
    The online form, with p_in and p_out from refits, is the attack called `reference`.

    The attacker needs the recipe, rows like those of the training data, the record, its outcome and one
    answer; he need not train on the record. Costs K fits, shared with the other reference attacks.

    References
    ----------
    Zarifzadeh, S., Liu, P. and Shokri, R. (2024). Low-cost high-power membership inference attacks. ICML.
    """
    share = _chosen(references, fitted, round_of)
    return _ratio(target.probability, references.probability, fitted, share), share


def _ratio(target: Floats, references: Floats, fitted: NDArray[np.bool_], a: float) -> Floats:
    outside = (references * ~fitted).sum(axis=0) / np.maximum((~fitted).sum(axis=0), 1)
    ratio: Floats = np.log(target) - np.log(((1 + a) * outside + (1 - a)) / 2)
    return ratio


def _chosen(references: Signal, fitted: NDArray[np.bool_], round_of: NDArray[np.int64]) -> float:
    """The a that attacks the first refits best, those of other rounds as their references."""
    if len(set(round_of.tolist())) < 2:
        return 0.3
    strength = dict.fromkeys(STEPS, 0.0)
    for one in range(min(4, len(fitted))):
        rest, inside = round_of != round_of[one], fitted[one]
        for a in STEPS:
            scores = _ratio(references.probability[one], references.probability[rest], fitted[rest], a)
            strength[a] += auc(scores[inside], scores[~inside])[0]
    return max(STEPS, key=lambda a: strength[a])
