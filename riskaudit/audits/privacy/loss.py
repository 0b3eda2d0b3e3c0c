"""Loss attack: small loss, so a member (Yeom 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.asked import asked, kind_of
from riskaudit.audits.privacy.pool import Pool
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence, Role

_TELLS = {
    "probability": "Guesses 'member' where the model gives the actual class a high probability.",
    "0/1": "The model gives no probabilities, so the loss is 0 or 1: guesses 'member' where the model is "
    "right (the gap attack), which sees less.",
    "residual": "Guesses 'member' where the model's error is small.",
    "order": "Guesses 'member' where the score speaks for the actual class; the score is no probability.",
}


def attack(evidence: Evidence, rows: Pool) -> Attack:
    """The loss-threshold attack: score = -loss, no model fitted.

    The attacker needs the record, its outcome and one answer of the model.

    References
    ----------
    Yeom, S. et al. (2018). Privacy risk in machine learning. IEEE CSF.
    """
    if not evidence.subject.can_predict and kind_of(evidence) != "residual":
        given = asked(evidence, rows)
        kind = "0/1" if given.kind == "decision" else given.kind
        return given.attack("loss", given.right, note=_TELLS[kind], needs="one answer of the model")
    kind = "residual" if evidence.task == "regression" else "probability" if evidence.probabilistic else "0/1"
    return Attack(
        name="loss",
        member_at=rows.members,
        other_at=rows.others,
        members=-_losses(evidence, "train", kind)[rows.members],
        others=-_losses(evidence, "test", kind)[rows.others],
        note=" ".join(filter(None, (_TELLS[kind], rows.note))),
        needs="one answer of the model",
    )


def _losses(evidence: Evidence, role: Role, kind: str) -> NDArray[np.float64]:
    if kind == "0/1":
        wrong: NDArray[np.float64] = (evidence.decisions(role) != evidence.outcome(role)).astype(np.float64)
        return wrong
    return evidence.losses(role)
