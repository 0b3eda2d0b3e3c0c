"""Training: what the record says that fitting the model cost."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.energy import EnergyReading
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.subjects.record import TrainingRecord

NAMES = {"compute.training_energy": "kWh", "compute.training_carbon": "kg CO2e"}


def measures(record: TrainingRecord | None) -> Iterator[Measure]:
    """Energy and carbon of training, each metered once, or why they are not known."""
    energy = record.energy if record else None
    if record is None or energy is None:
        said = "the model's training record holds no energy" if record else "the model has no training record"
        for name in NAMES:
            yield _missing(name, f"{said}; 'riskaudit train' meters training and keeps the record")
        return
    for name, value in zip(NAMES, (energy.kwh, energy.kg_co2e), strict=True):
        if value is None:
            yield _missing(name, energy.note)
        else:
            yield Measure(
                name=name, value=value, n=1, unit=NAMES[name], note=_note(record, energy), metered=True
            )


def _note(record: TrainingRecord, energy: EnergyReading) -> str:
    return (
        f"One training run on {record.rows:,} rows ({energy.seconds:.3g} s), metered once, so without an interval. "
        f"{how(energy)} {energy.note}"
    ).strip()


def curve(record: TrainingRecord | None) -> Iterator[Exhibit]:
    """The learning curve, where the record holds one of two epochs or more."""
    if record is None or len(record.loss_curve) < 2:
        return
    watched = {"training rows": record.loss_curve, "validation rows": record.validation_curve}
    rows = [(name, at + 1, loss) for name, losses in watched.items() for at, loss in enumerate(losses)]
    columns: dict[str, list[Cell]] = {
        name: [row[at] for row in rows] for at, name in enumerate(("series", "x", "y"))
    }
    yield Exhibit(
        name="compute.learning_curve",
        kind="curve",
        title="How training went",
        caption=f"Mean loss by epoch, without penalties, as {record.learner} met it while it trained"
        + (", and on the rows kept aside for early stopping." if record.validation_curve else "."),
        axes={"x": "epoch", "y": "mean loss"},
        columns=columns,
    )


def how(energy: EnergyReading) -> str:
    """Method, boundary and grid of a reading."""
    grid = (
        "carbon intensity not known"
        if energy.intensity_g_per_kwh is None
        else f"{energy.intensity_g_per_kwh:.4g} g CO2e per kWh, {energy.country} ({energy.source})"
    )
    return f"Method: {energy.method}. Boundary: {energy.boundary}. Grid: {grid}."


def _missing(name: str, reason: str) -> Measure:
    reason = reason.rstrip(".")
    return Measure(
        name=name, value=None, n=0, unit=NAMES[name], note=f"Not assessed: {reason}.", metered=True
    )
