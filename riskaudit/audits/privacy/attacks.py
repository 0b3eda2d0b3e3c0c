"""Attacks: all that can be made on this evidence, each once, and why others cannot."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.audits.privacy import entropy, label_only, leave_one_out, loss, quantile, references
from riskaudit.audits.privacy.asked import asked
from riskaudit.audits.privacy.people import by_person
from riskaudit.audits.privacy.pool import Pool
from riskaudit.audits.privacy.references import Fitted
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The attacks that were made, and the others with their reasons.

    Attributes
    ----------
    made : Fitted or None
        The references, for whatever else needs them.
    """

    attacks: tuple[Attack, ...]
    left_out: dict[str, str]
    made: Fitted | None

    @property
    def main(self) -> Attack:
        """The attack that tells most about single rows: by references where there are some, else the last made."""
        by_name = {attack.name: attack for attack in self.attacks}
        return by_name.get("reference") or by_name.get("quantile") or self.attacks[0]

    def measure(self) -> Measure:
        """How many attacks were made, and which were not and why."""
        missed = "".join(f" Not {name}: {reason}." for name, reason in self.left_out.items())
        names = ", ".join(attack.name for attack in self.attacks)
        return Measure(
            name="privacy.attacks_tried",
            value=len(self.attacks),
            n=max(attack.n for attack in self.attacks),
            unit="count",
            note=f"Counted: {names}.{missed}",
        )


def tried(evidence: Evidence, rows: Pool) -> Tried:
    """Every attack: first those that only ask, then those that need the recipe fitted again."""
    evidence.progress("privacy: attacks that only ask the model")
    given = asked(evidence, rows)
    found: dict[str, Attack | str] = {"loss": loss.attack(evidence, rows)}
    found["entropy"] = entropy.attack(evidence, given)
    found["quantile"] = quantile.attack(evidence, given)
    found["label-only"] = label_only.attack(evidence, given)
    made: Fitted | str = evidence.subject.no_refit
    if refittable(evidence):
        found["leave-one-out"] = leave_one_out.attack(evidence, rows)
        evidence.progress("privacy: fitting reference models")
        made = references.fitted(evidence, rows)
    if isinstance(made, str):
        found["reference"] = made
    else:
        found["reference"] = references.best(made)
        found |= {attack.name: attack for attack in references.family(evidence, made)}
    return Tried(
        attacks=tuple(by_person(one, rows.people) for one in found.values() if isinstance(one, Attack)),
        left_out={name: reason for name, reason in found.items() if isinstance(reason, str)},
        made=None if isinstance(made, str) else made,
    )


def refittable(evidence: Evidence) -> bool:
    """Whether there is an estimator to fit again: not for predictions alone, nor for a model behind an address."""
    return evidence.subject.can_predict and not evidence.subject.no_refit
