"""Reckoned: what follows from the metered figures and from what the reader gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskaudit.audits.compute import intensity, prediction, projection
from riskaudit.audits.compute.training import Cost
from riskaudit.energy import EnergyReading
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


def measures(
    evidence: Evidence, trained: Cost, readings: Sequence[EnergyReading]
) -> Iterator[Measure | Exhibit]:
    """The Software Carbon Intensity by unit; a year of use where a plan is given."""
    costs = evidence.costs
    found = intensity.units(evidence, trained, readings)
    yield from intensity.measures(found, costs)
    yield intensity.terms(found, costs)
    if costs.plan is None:
        return
    evidence.progress("compute: metering requests as they will come")
    request = intensity.asked(prediction.metered(evidence, costs.plan.rows), "request")
    yield from projection.measures(found[0], request, costs)
    yield from projection.countries(found[0], request, costs)
