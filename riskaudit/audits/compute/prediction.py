"""Prediction: energy and carbon of 1,000 predictions, metered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from riskaudit.audits.compute.batch import THOUSAND, asking
from riskaudit.audits.compute.training import ABOVE, ABOVE_UNIT, how
from riskaudit.energy import EnergyReading, measure
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import median_order

NAMES = {
    "compute.prediction_energy": "Wh per 1,000 predictions",
    "compute.prediction_carbon": "g CO2e per 1,000 predictions",
}
REPEATS = 7
SECONDS = 0.15  # of each repeat, so that it can be told from the meter's own steps
SLOW = 1.0  # seconds a batch may take before repeats are cut to three


def measures(evidence: Evidence, readings: Sequence[EnergyReading] | None = None) -> Iterator[Measure]:
    """Median of the repeats for 1,000 rows at a time, with its order-statistic interval."""
    readings = metered(evidence) if readings is None else readings
    for name, values in zip(NAMES, amounts(readings), strict=True):
        yield _median(name, NAMES[name], values, readings)
    yield _above_idle(readings)


def _median(name: str, unit: str, values: Sequence[float], readings: Sequence[EnergyReading]) -> Measure:
    """The median of the readings' amounts, or the first reading's reason why there is none."""
    if len(values) < 2:
        reason = readings[0].note.rstrip(".")
        return Measure(name=name, value=None, n=0, unit=unit, note=f"Not assessed: {reason}.", metered=True)
    return Measure(
        name=name,
        value=sorted(values)[len(values) // 2],
        interval=median_order(values),
        n=len(values),
        unit=unit,
        note=_note(readings),
        metered=True,
    )


def _above_idle(readings: Sequence[EnergyReading]) -> Measure:
    """The energy of 1,000 predictions without what the machine draws idle; no part of it is ever negative."""
    where = {"of": "1,000 predictions"}
    found = [1000 * r.above_idle_kwh for r in readings if r.above_idle_kwh is not None]
    if len(found) < max(2, len(readings)):
        reason = "it cannot be told from idle power" if readings[0].kwh else readings[0].note.rstrip(".")
        return Measure(
            name=ABOVE, value=None, n=0, unit=ABOVE_UNIT, where=where,
            note=f"Not assessed: {reason}.", metered=True,
        )  # fmt: skip
    idle = readings[0].idle_watts or 0.0
    return Measure(
        name=ABOVE,
        value=sorted(found)[len(found) // 2],
        interval=median_order(found),
        n=len(found),
        unit=ABOVE_UNIT,
        where=where,
        note=f"Idle power of {idle:.3g} W taken off {len(found)} meterings. {how(readings[0])}",
        metered=True,
    )


def metered(evidence: Evidence, rows: int = THOUSAND) -> list[EnergyReading]:
    """Readings of one call with so many held-out rows each, after one unmetered call to warm up."""
    return repeated(asking(evidence, rows), evidence)


def repeated(ask: Callable[[], Any], evidence: Evidence) -> list[EnergyReading]:
    """Readings of one call each, as many as its length allows."""
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


def amounts(readings: Sequence[EnergyReading]) -> tuple[list[float], list[float]]:
    """Wh and g CO2e of each reading that has them."""
    return (
        [1000 * reading.kwh for reading in readings if reading.kwh is not None],
        [1000 * reading.kg_co2e for reading in readings if reading.kg_co2e is not None],
    )


def _note(readings: Sequence[EnergyReading]) -> str:
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
