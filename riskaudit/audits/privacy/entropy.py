"""Modified entropy: sure, and right about it, beyond the threshold of its class, so a member."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.asked import Asked
from riskaudit.audits.privacy.people import lots
from riskaudit.audits.privacy.told import Attack, best_threshold
from riskaudit.evidence import Evidence

Floats = NDArray[np.float64]
FEWEST = 20  # rows of a class on either side, below which the threshold of all classes serves


def attack(evidence: Evidence, given: Asked) -> Attack | str:
    """The modified-entropy attack with one threshold a class, set on one half and judged on the other.

    Mentr(p, y) = -(1 - p_y) log p_y - sum_{i != y} p_i log(1 - p_i); it is small only where the model is
    sure of the actual class. With t_y, the threshold that splits a calibration half of known
    membership best within class y, the score is log t_y - log Mentr: above 0 is "member".

    The attacker needs the record, its outcome, one answer of the model, and a sample of known members and
    outsiders. Costs no fit. Not for regression, which has no classes.

    References
    ----------
    Song, L. and Mittal, P. (2021). Systematic evaluation of privacy risks of machine learning models.
    USENIX Security, section 4.
    """
    if given.kind in ("residual", "decision"):
        return "modified entropy needs class scores"
    value = -np.log(np.maximum(modified_entropy(given), 1e-300))
    rng = evidence.rng("privacy entropy calibration")
    tune = lots(len(given), 2, rng, given.people) == 0
    if min((tune & given.member).sum(), (tune & ~given.member).sum()) < FEWEST:
        return f"modified entropy needs {FEWEST} rows of either side to set thresholds on"
    cuts = _thresholds(value[tune], given.outcome[tune], given.member[tune])
    scores = value - np.array([cuts.get(int(code), cuts[-1]) for code in given.outcome])
    return given.rows(~tune).attack(
        "entropy",
        scores[~tune],
        note="Guesses 'member' where the model is sure of the actual class, by a threshold for each class, set on "
        "the other half of the rows.",
        needs="one answer of the model, and some people of known membership",
    )


def modified_entropy(given: Asked) -> Floats:
    """Mentr of each row (n,); for three classes and more the others count as their largest and the rest."""
    rest = np.maximum(given.wrong - given.top, 0.0)
    value: Floats = -(1 - np.minimum(given.right, 1.0)) * np.log(np.maximum(given.right, 1e-12))
    for part in (given.top, rest):
        value = value - part * np.log1p(-np.minimum(part, 1 - 1e-12))
    return value


def _thresholds(value: Floats, outcome: NDArray[np.generic], member: NDArray[np.bool_]) -> dict[int, float]:
    """The best cut of each class with rows enough, and under -1 that of all."""
    cuts = {-1: best_threshold(value[member], value[~member])}
    for code in np.unique(outcome):
        mine = outcome == code
        inside, outside = value[mine & member], value[mine & ~member]
        if min(inside.size, outside.size) >= FEWEST:
            cuts[int(code)] = best_threshold(inside, outside)
    return cuts
