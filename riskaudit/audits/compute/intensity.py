"""Intensity: Software Carbon Intensity by functional unit, and what else a unit takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from riskaudit.audits.compute.batch import THOUSAND
from riskaudit.audits.compute.training import Cost, how
from riskaudit.energy import EnergyReading
from riskaudit.energy.arithmetic import carbon_kg, embodied_kg, sci
from riskaudit.energy.costs import Costs, Embodied
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import wilson
from riskaudit.statistics.figures import Figure, exact, median

SCI, WATER, MONEY = "compute.sci", "compute.water", "compute.energy_price"
TRAINING, PREDICTIONS, CORRECT = "training run", "1,000 predictions", "correct decision"
OFFSETS = "Offsets and certificates do not count."


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A functional unit R: the energy of one at the machine (kWh), the seconds it takes, the reading behind both.

    `why` says why there is no energy.
    """

    per: str
    kwh: Figure | None = None
    seconds: Figure | None = None
    reading: EnergyReading | None = None
    n: int = 0
    why: str = ""
    note: str = ""


def units(evidence: Evidence, trained: Cost, readings: Sequence[EnergyReading]) -> list[Unit]:
    """One training run, 1,000 predictions and, of a classifier, one correct decision."""
    thousand = asked(readings, PREDICTIONS)
    found = [_training(trained), thousand]
    return found if evidence.task == "regression" else [*found, _correct(evidence, thousand)]


def _training(trained: Cost) -> Unit:
    """One training run, metered once: taken as it is."""
    energy = trained.energy
    if energy is None or energy.kwh is None:
        return Unit(per=TRAINING, why=trained.why if energy is None else energy.note)
    return Unit(
        per=TRAINING,
        kwh=exact(energy.kwh),
        seconds=exact(energy.seconds),
        reading=energy,
        n=1,
        note="Metered once, so without an interval.",
    )


def asked(readings: Sequence[EnergyReading], per: str) -> Unit:
    """What one call takes, by its repeated readings."""
    energies = [reading.kwh for reading in readings if reading.kwh is not None]
    if len(energies) < 2:
        return Unit(per=per, why=readings[0].note)
    return Unit(
        per=per,
        kwh=median(energies),
        seconds=median([reading.seconds for reading in readings if reading.kwh is not None]),
        reading=readings[0],
        n=len(energies),
    )


def _correct(evidence: Evidence, thousand: Unit) -> Unit:
    """One correct decision: a prediction's share of 1,000, over the share of decisions that are correct."""
    if thousand.kwh is None or thousand.seconds is None:
        return Unit(per=CORRECT, why=thousand.why)
    correct = evidence.decisions() == evidence.outcome()
    hits, n = int(correct.sum()), len(correct)
    if not hits:
        return Unit(per=CORRECT, why="no decision on the held-out rows is correct")
    bounds = wilson(hits, n)
    right = Figure(hits / n, bounds.low, bounds.high, bounds.level)
    return Unit(
        per=CORRECT,
        kwh=thousand.kwh.times(1 / THOUSAND).over(right),
        seconds=thousand.seconds.times(1 / THOUSAND).over(right),
        reading=thousand.reading,
        n=thousand.n,
        note=f"A thousandth of 1,000 predictions over the {hits / n:.3f} of {n:,} held-out decisions that are correct.",
    )


def measures(found: Sequence[Unit], costs: Costs) -> Iterator[Measure]:
    """The SCI of each unit, and the water and money it takes where a rate is given."""
    if costs.embodied is None:
        yield _without_embodied(found, costs)
    else:
        yield from (_sci(unit, costs, costs.embodied) for unit in found)
    for unit in found:
        if costs.water is not None:
            said = f"{costs.water:g} L per kWh of the computers, as given; water for making the power is not in it."
            yield _scaled(WATER, "L", unit, costs.water, said)
        if costs.price is not None:
            rate, pue = costs.price, costs.pue or 1.0
            said = f"{rate.amount:g} {rate.currency} per kWh, as given. {_site(costs)} Power alone, no hardware, no people."
            yield _scaled(MONEY, rate.currency, unit, rate.amount * pue, said)


def _sci(unit: Unit, costs: Costs, made: Embodied) -> Measure:
    """(E x I + M) per R."""
    where = {"per": unit.per}
    operational = operational_g(unit, costs)
    if operational is None or unit.seconds is None or unit.reading is None:
        return _missing(SCI, "g CO2e", where, f"E x I is not known: {_unknown(unit)}")
    share = embodied_kg(1000 * made.kg, 1.0, lifetime_years=made.years, share=made.share)  # g per second
    both = _sum(operational, unit.seconds.times(share))
    note = (
        f"E x I x PUE = {operational.value:.4g} g CO2e. {_site(costs)} M = {unit.seconds.value * share:.4g} g: "
        f"{made.kg:g} kg over {made.years:g} years, a share of {made.share:g}, for {unit.seconds.value:.3g} s, as "
        f"given. {how(unit.reading)} {unit.note} {OFFSETS}"
    )
    return _of(SCI, "g CO2e", where, both, unit, " ".join(note.split()))


def _without_embodied(found: Sequence[Unit], costs: Costs) -> Measure:
    """Why there is no SCI, and the part of it that is known."""
    known = [(unit.per, operational_g(unit, costs)) for unit in found]
    bounds = ", ".join(f"{grams.value:.3g} g a {per}" for per, grams in known if grams is not None)
    return _missing(
        SCI,
        "g CO2e",
        {},
        "M, the carbon of making the hardware, is not given (--embodied KG/YEARS/SHARE), and is never taken as 0. "
        f"Lower bounds, E x I x PUE: {bounds or 'not known either'}. {_site(costs)} {OFFSETS}",
    )


def _unknown(unit: Unit) -> str:
    return unit.why.rstrip(".") or "the carbon intensity of the power is not known"


def _sum(operational: Figure, embodied: Figure) -> Figure:
    """E x I + M, both from the same readings: their bounds add up as they are."""
    return Figure(
        sci(operational.value, embodied.value),
        sci(operational.low, embodied.low),
        sci(operational.high, embodied.high),
        operational.level,
    )


def operational_g(unit: Unit, costs: Costs) -> Figure | None:
    """E x I in grams, the site's PUE in E where it is given."""
    intensity = unit.reading.intensity_g_per_kwh if unit.reading else None
    if unit.kwh is None or intensity is None:
        return None
    return unit.kwh.times(1000 * carbon_kg(1.0, intensity) * (costs.pue or 1.0))


def _scaled(name: str, unit_name: str, unit: Unit, rate: float, said: str) -> Measure:
    """The unit's energy times a rate."""
    where = {"per": unit.per}
    if unit.kwh is None:
        return _missing(name, unit_name, where, unit.why.rstrip("."))
    return _of(name, unit_name, where, unit.kwh.times(rate), unit, f"{said} {unit.note}".strip())


def _of(name: str, unit_name: str, where: dict[str, str], figure: Figure, unit: Unit, note: str) -> Measure:
    return Measure(
        name=name,
        value=figure.value,
        interval=figure.interval,
        n=unit.n,
        unit=unit_name,
        where=where,
        note=note,
        metered=True,
    )


def _missing(name: str, unit_name: str, where: dict[str, str], reason: str) -> Measure:
    reason = reason.rstrip(".")
    return Measure(
        name=name, value=None, n=0, unit=unit_name, where=where, note=f"Not assessed: {reason}.", metered=True
    )


def _site(costs: Costs) -> str:
    """What is said of the building."""
    if costs.pue is None:
        return "PUE is not given: the computers alone, no cooling."
    return f"PUE {costs.pue:g}, as given."


def terms(found: Sequence[Unit], costs: Costs) -> Exhibit:
    """The terms of the SCI, a row for each unit."""
    columns: dict[str, list[Cell]] = {
        name: [] for name in ("per", "E, Wh", "I, g per kWh", "PUE", "E x I x PUE, g", "M, g")
    }
    for unit in found:
        operational, made = operational_g(unit, costs), costs.embodied
        cells: list[Cell] = [
            unit.per,
            1000 * unit.kwh.value if unit.kwh else None,
            unit.reading.intensity_g_per_kwh if unit.reading else None,
            costs.pue,
            operational.value if operational else None,
            1000 * embodied_kg(made.kg, unit.seconds.value, lifetime_years=made.years, share=made.share)
            if made and unit.seconds
            else None,
        ]
        for name, cell in zip(columns, cells, strict=True):
            columns[name].append(cell)
    return Exhibit(
        name="compute.sci_terms",
        kind="table",
        title="Software Carbon Intensity, term by term",
        caption=f"(E x I + M) per R, ISO/IEC 21031. A term that is empty is not known, and never taken as 0. {OFFSETS}",
        columns=columns,
        metered=True,
    )
