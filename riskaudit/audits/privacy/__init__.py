"""Privacy: whether the model tells who was in its training data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from riskaudit.audits.audit import NotApplicable
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure

if TYPE_CHECKING:
    from riskaudit.audits.privacy.told import Attack


class PrivacyAudit:
    """Membership inference: can one who asks the model tell its members from other people?

    What it asks
        Whether the model behaves differently on the rows it was trained on (members) than on rows it
        never saw, so that somebody with a record in hand can tell that this person was in the training
        data: a patient of that clinic, a customer in arrears.

    How it measures
        Two attacks on members and held-out rows. *loss* (Yeom 2018) guesses "member" where the model's
        loss is small. *reference* fits the same recipe again on complementary parts of the pooled rows,
        so that each row is in some refits and out of others, and compares the model's confidence in a
        row with both (RMIA/BASE 2024, or the logit midpoint; chosen by attacking the refits, never with
        the audited labels). Each is told by its AUC (DeLong), its advantage TPR - FPR at a threshold
        chosen on other rows (Newcombe), and the share of members found at 1 % false alarms. A *blind*
        classifier that never asks the model shows whether the two tables differ anyway. Held-out rows that
        are members too are counted, and rows with a twin among the members are left out on both sides. The
        gap between the model's quality on members and on held-out rows is given beside them.

    What it cannot see
        Stronger attackers (dozens of refits, planted canaries, several models of one person), attribute
        inference, extraction and reconstruction of records, or what the model file itself holds. It needs the
        member rows: without them nothing is assessed. People with several unlike rows are treated as several
        people. "No leak found" says that these attacks found none, on average over all rows: a few
        exposed people can hide in an AUC near 0.5, which is why the share found at 1 % is given too.
    """

    name = "privacy"
    question = "Does the model give away who was in its training data?"
    measures = {
        "privacy.membership_auc": "how well an attack orders members above held-out rows; 0.5 is guessing",
        "privacy.membership_advantage": "an attack's true- minus false-positive rate at a threshold chosen on other rows",
        "privacy.membership_tpr_at_1pct_fpr": "share of members an attack finds at 1 % false alarms; 0.01 is guessing",
        "privacy.generalisation_gap": "how much better the model does on members than on held-out rows",
        "privacy.blind_auc": "how well members are told from held-out rows without the model; 0.5 is as it should be",
        "privacy.shared_rows": "held-out rows that also stand among the members",
    }

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield the tables' own faults first (shared rows, shift), then the attacks."""
        _require(evidence)
        from riskaudit.audits.privacy import blind, gap, loss, pool, references, roc, told

        evidence.progress("privacy: comparing members with held-out rows")
        rows = pool.once_only(evidence)
        yield rows.shared_measure()
        yield gap.generalisation_gap(evidence)
        if rows.too_few:
            yield from told.unassessed(rows.too_few, ("loss", "reference"))
            yield told.missing("privacy.blind_auc", rows.too_few)
            return
        control = blind.blind_auc(evidence, rows)
        yield control
        attacks: list[Attack] = [loss.attack(evidence, rows)]
        yield from told.measures(attacks[0], evidence, control)
        evidence.progress("privacy: fitting reference models")
        second = references.attack(evidence, rows)
        if isinstance(second, str):
            yield from told.unassessed(second, ("reference",))
        else:
            attacks.append(second)
            yield from told.measures(second, evidence, control)
        yield roc.curves(attacks)
        yield roc.bars(attacks, control)


def _require(evidence: Evidence) -> None:
    """Refuse evidence that no attack can be made of."""
    if not evidence.subject.can_predict:
        raise NotApplicable(
            "there is no model to ask, only its predictions",
            "pass --model and --train with the rows the model was trained on",
        )
    if evidence.train is None:
        raise NotApplicable("there are no member rows", "pass --train with the rows the model was trained on")
