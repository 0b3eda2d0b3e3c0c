"""Claim: whether the differential privacy that a model claims is at odds with what an attack proves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskaudit.evidence import Evidence
from riskaudit.measure import Measure


def measures(evidence: Evidence, bounds: Sequence[Measure]) -> Iterator[Measure]:
    """The proven epsilon minus the declared one; nothing for a model that declares none.

    Of several bounds the one by canaries counts, whose membership was truly random. Above 0 the claim does not
    hold: an accountant's mistake, other rows than said, a pretrained part that was never private, a seed
    known to the attacker. Below 0 nothing is proven: a lower bound cannot confirm a claim.
    """
    record = evidence.subject.training
    if record is None or record.epsilon is None:
        return
    where = {"claim": f"epsilon {record.epsilon:g}"}
    name, unit = "privacy.epsilon_claim_excess", "epsilon"
    if not bounds:
        yield Measure(
            name=name,
            value=None,
            n=0,
            unit=unit,
            where=where,
            note="Not assessed: no attack gave a bound of epsilon.",
        )
        return
    best = next((bound for bound in bounds if bound.where.get("by") == "canaries"), bounds[0])
    proven = best.value or 0.0
    said = "the claim does not hold" if proven > record.epsilon else "the claim is not refuted, nor confirmed"
    yield Measure(
        name=name,
        value=proven - record.epsilon,
        n=best.n,
        unit=unit,
        where=where,
        note=f"Proven {proven:.2f} (95 % confidence, one-sided, so no interval; by {best.where.get('by')}), claimed "
        f"{record.epsilon:g} at delta {record.delta or 0:g}: {said}. {record.guarantee}".strip(),
    )
