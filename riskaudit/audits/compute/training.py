"""Training: what the record says that fitting the model cost."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.energy import EnergyReading, meter
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.subjects.record import TrainingRecord

NAMES = {"compute.training_energy": "kWh", "compute.training_carbon": "kg CO2e"}


def measures(evidence: Evidence) -> Iterator[Measure]:
    """Energy and carbon of training, each metered once, or why they are not known."""
    record = evidence.subject.training
    if evidence.refit:
        yield from _refitted(evidence)
    elif record is None or record.energy is None:
        said = "the model's training record holds no energy" if record else "the model has no training record"
        for name in NAMES:
            yield _missing(
                name, f"{said}; 'riskaudit train' keeps one, or pass --refit with --train to meter a refit"
            )
    else:
        yield from _told(record.energy, f"One training run on {record.rows:,} rows")


def _refitted(evidence: Evidence) -> Iterator[Measure]:
    """The cost of fitting the same recipe to the members once more."""
    if evidence.train is None:
        for name in NAMES:
            yield _missing(name, "there are no member rows to refit the model on; pass --train")
        return
    if evidence.subject.no_refit:
        for name in NAMES:
            yield _missing(name, evidence.subject.no_refit)
        return
    evidence.progress("compute: refitting the model, metered")
    members = evidence.train
    with meter(country=evidence.country or None, intensity=evidence.intensity) as metered:
        evidence.subject.retrained(members.frame, members.labels, seed=evidence.seed)
    what = "learner and its settings alone" if evidence.subject.refits_are else "same recipe"
    yield from _told(metered.reading, f"A refit of the {what} on {len(members):,} member rows")


def _told(energy: EnergyReading, what: str) -> Iterator[Measure]:
    """One reading as two measures."""
    note = f"{what} ({energy.seconds:.3g} s), metered once, so without an interval. {how(energy)} {energy.note}".strip()
    for name, value in zip(NAMES, (energy.kwh, energy.kg_co2e), strict=True):
        if value is None:
            yield _missing(name, energy.note)
        else:
            yield Measure(name=name, value=value, n=1, unit=NAMES[name], note=note, metered=True)


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
