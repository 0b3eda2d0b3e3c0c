"""Prediction: energy and carbon of 1,000 predictions, metered."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.compute.batch import THOUSAND, asking
from riskaudit.audits.compute.training import how
from riskaudit.energy import EnergyReading, measure
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import median_order

NAMES = {
    "compute.prediction_energy": "Wh per 1,000 predictions",
    "compute.prediction_carbon": "g CO2e per 1,000 predictions",
}
REPEATS = 7
SECONDS = 0.25  # of each repeat, so that it can be told from the meter's own steps
SLOW = 1.0  # seconds a batch may take before repeats are cut to three


def measures(evidence: Evidence) -> Iterator[Measure]:
    """Median of the repeats for 1,000 rows at a time, with its order-statistic interval."""
    readings = metered(evidence)
    for name, values in zip(NAMES, amounts(readings), strict=True):
        if len(values) < 2:
            reason = readings[0].note.rstrip(".")
            yield Measure(
                name=name, value=None, n=0, unit=NAMES[name], note=f"Not assessed: {reason}.", metered=True
            )
            continue
        yield Measure(
            name=name,
            value=sorted(values)[len(values) // 2],
            interval=median_order(values),
            n=len(values),
            unit=NAMES[name],
            note=_note(readings),
            metered=True,
        )


def metered(evidence: Evidence) -> list[EnergyReading]:
    """Readings of one batch of 1,000 predictions each, after one unmetered call to warm up."""
    ask = asking(evidence, THOUSAND)
    ask()
    wanted, readings = REPEATS, list[EnergyReading]()
    while len(readings) < wanted:
        readings.append(
            measure(
                ask,
                country=evidence.country or None,
                intensity=evidence.intensity,
                least_seconds=SECONDS,
            )
        )
        if readings[0].kwh is None or readings[0].seconds > SLOW:
            wanted = min(wanted, 3)
    return readings


def amounts(readings: list[EnergyReading]) -> tuple[list[float], list[float]]:
    """Wh and g CO2e of each reading that has them."""
    return (
        [1000 * reading.kwh for reading in readings if reading.kwh is not None],
        [1000 * reading.kg_co2e for reading in readings if reading.kg_co2e is not None],
    )


def _note(readings: list[EnergyReading]) -> str:
    """What was repeated, by which method, and what the interval does not cover."""
    first = readings[0]
    covers = (
        "The interval covers repeats on this machine."
        if first.measured
        else "No sensor: the interval covers repeats, not the model of the power, which may be off by far more."
    )
    calls = sum(reading.calls for reading in readings)
    return (
        f"Median of {len(readings)} meterings, {calls:,} calls of 1,000 held-out rows in all, preparation of the "
        f"rows included. {how(first)} {covers} {first.note}"
    ).strip()
