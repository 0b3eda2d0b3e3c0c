"""Training: what the record says that fitting the model cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from riskaudit.energy import EnergyReading, meter
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.subjects.record import TrainingRecord

NAMES = {"compute.training_energy": "kWh", "compute.training_carbon": "kg CO2e"}
ABOVE, ABOVE_UNIT = "compute.energy_above_idle", "Wh"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one training run took, and which run it was; without a reading, why there is none."""

    energy: EnergyReading | None = None
    what: str = ""
    why: str = ""


def cost(evidence: Evidence) -> Cost:
    """A refit metered now where it was asked for, else the run that was metered, else the model's own record."""
    record, run = evidence.subject.training, evidence.training_run
    if evidence.refit:
        return _refitted(evidence)
    if run is not None:
        return Cost(energy=run.energy, what=run.told)
    if record is None or record.energy is None:
        said = "the model's training record holds no energy" if record else "the model has no training record"
        return Cost(
            why=f"{said}; 'riskaudit train' keeps one, 'riskaudit meter' writes one for any training, or pass "
            "--refit with --train to meter a refit"
        )
    return Cost(energy=record.energy, what=f"One training run on {record.rows:,} rows")


def measures(evidence: Evidence, found: Cost | None = None) -> Iterator[Measure]:
    """Energy and carbon of training, each metered once, or why they are not known."""
    found = found or cost(evidence)
    energy = found.energy
    if energy is None:
        yield from (_missing(name, found.why) for name in NAMES)
        return
    note = f"{_once(found.what, energy)} {how(energy)} {energy.note}".strip()
    for name, value in zip(NAMES, (energy.kwh, energy.kg_co2e), strict=True):
        if value is None:
            yield _missing(name, energy.note)
        else:
            yield Measure(name=name, value=value, n=1, unit=NAMES[name], note=note, metered=True)
    if energy.above_idle_kwh is not None:
        yield Measure(
            name=ABOVE,
            value=1000 * energy.above_idle_kwh,
            n=1,
            unit=ABOVE_UNIT,
            where={"of": "training run"},
            note=f"Idle power of {energy.idle_watts:.3g} W taken off. {_once(found.what, energy)} {how(energy)}",
            metered=True,
        )


def _once(what: str, energy: EnergyReading) -> str:
    return f"{what} ({energy.seconds:.3g} s), metered once, so without an interval."


def _refitted(evidence: Evidence) -> Cost:
    """The cost of fitting the same recipe to the members once more."""
    if evidence.train is None:
        return Cost(why="there are no member rows to refit the model on; pass --train")
    if evidence.subject.no_refit:
        return Cost(why=evidence.subject.no_refit)
    evidence.progress("compute: refitting the model, metered")
    members = evidence.train
    with meter(country=evidence.country or None, intensity=evidence.intensity) as metered:
        evidence.subject.retrained(members.frame, members.labels, seed=evidence.seed)
    what = "learner and its settings alone" if evidence.subject.refits_are else "same recipe"
    return Cost(energy=metered.reading, what=f"A refit of the {what} on {len(members):,} member rows")


def curve(record: TrainingRecord | None) -> Iterator[Exhibit]:
    """The learning curve, where the record holds one of two epochs or more."""
    if record is None or len(record.loss_curve) < 2:
        return
    watched = {"training rows": record.loss_curve, "validation rows": record.validation_curve}
    rows = [(name, at + 1, loss) for name, losses in watched.items() for at, loss in enumerate(losses)]
    columns: dict[str, list[Cell]] = {
        name: [row[at] for row in rows] for at, name in enumerate(("series", "x", "y"))
    }
    turn = "round" if record.clients else "epoch"
    yield Exhibit(
        name="compute.learning_curve",
        kind="curve",
        title="How training went",
        caption=f"Mean loss by {turn}, without penalties, as {record.learner} met it while it trained"
        + (", and on the rows kept aside for early stopping." if record.validation_curve else "."),
        axes={"x": turn, "y": "mean loss"},
        columns=columns,
    )


def how(energy: EnergyReading) -> str:
    """Method, boundary and grid of a reading."""
    return f"Method: {energy.method}. Boundary: {energy.boundary}. {grid_of(energy)}"


def grid_of(energy: EnergyReading) -> str:
    """The grid of a reading: how much carbon, whose, of which year, who says so."""
    if energy.intensity_g_per_kwh is None:
        return "Grid: carbon intensity not known."
    return f"Grid: {energy.intensity_g_per_kwh:.4g} g CO2e per kWh, {energy.country} ({energy.source})."


def _missing(name: str, reason: str) -> Measure:
    reason = reason.rstrip(".")
    return Measure(
        name=name, value=None, n=0, unit=NAMES[name], note=f"Not assessed: {reason}.", metered=True
    )
