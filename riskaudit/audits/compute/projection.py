"""Projection: what a year of the planned use takes, when serving overtakes training, and where it would run cleaner."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.compute.intensity import OFFSETS, Unit
from riskaudit.audits.compute.training import grid_of
from riskaudit.energy import carbon_intensity
from riskaudit.energy.arithmetic import carbon_kg
from riskaudit.energy.costs import Costs, Plan
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics.figures import Figure

ENERGY, CARBON, MONEY, EVEN = (
    "compute.yearly_energy",
    "compute.yearly_carbon",
    "compute.yearly_price",
    "compute.break_even",
)
PARTS = ("training", "requests", "both")
# The G20's members that are countries, and those at both ends of the table: a choice, and it is said.
COUNTRIES = (
    *(
        "ARG",
        "AUS",
        "BRA",
        "CAN",
        "CHN",
        "DEU",
        "FRA",
        "GBR",
        "IDN",
        "IND",
        "ITA",
        "JPN",
        "KOR",
        "MEX",
        "RUS",
    ),
    *("SAU", "TUR", "USA", "ZAF", "ISL", "NOR", "SWE", "POL"),
)


def measures(trained: Unit, request: Unit, costs: Costs) -> Iterator[Measure]:
    """Energy, carbon and money a year by part, and after how many requests serving has taken what a training takes."""
    plan = _planned(costs)
    found = _yearly(trained, request, plan, costs)
    for part in PARTS:
        yield _measure(ENERGY, "kWh", part, found, 1.0, trained, request, costs)
    intensity = request.reading.intensity_g_per_kwh if request.reading else None
    for part in PARTS:
        yield _measure(
            CARBON, "kg CO2e", part, found, None if intensity is None else carbon_kg(1.0, intensity),
            trained, request, costs,
        )  # fmt: skip
    if costs.price is not None:
        for part in PARTS:
            yield _measure(
                MONEY, costs.price.currency, part, found, costs.price.amount, trained, request, costs
            )
    yield _even(trained, request, plan)


def _planned(costs: Costs) -> Plan:
    assert costs.plan is not None, "asked for only where there is a plan"  # noqa: S101 -- for the type checker
    return costs.plan


def _yearly(trained: Unit, request: Unit, plan: Plan, costs: Costs) -> dict[str, Figure | None]:
    """kWh a year at the site's meter, by part."""
    pue = costs.pue or 1.0
    training = trained.kwh.times(plan.trainings / plan.years * pue) if trained.kwh else None
    requests = request.kwh.times(plan.requests_per_year * pue) if request.kwh else None
    both = training.plus(requests) if training and requests else None
    return dict(zip(PARTS, (training, requests, both), strict=True))


def _measure(
    name: str,
    unit: str,
    part: str,
    found: dict[str, Figure | None],
    rate: float | None,
    trained: Unit,
    request: Unit,
    costs: Costs,
) -> Measure:
    """One part's amount, or why it is not known."""
    figure, where = found[part], {"part": part}
    behind = {"training": (trained,), "requests": (request,), "both": (trained, request)}[part]
    if figure is None or rate is None:
        said = [u.why.rstrip(".") for u in behind if u.kwh is None]
        reason = "; ".join(said) or "the carbon intensity of the power is not known"
        return Measure(
            name=name, value=None, n=0, unit=unit, where=where, note=f"Not assessed: {reason}.", metered=True
        )
    scaled = figure.times(rate)
    return Measure(
        name=name,
        value=scaled.value,
        interval=scaled.interval,
        n=min(u.n for u in behind),
        unit=unit,
        where=where,
        note=_note(part, behind, request, costs),
        metered=True,
    )


def _note(part: str, behind: tuple[Unit, ...], request: Unit, costs: Costs) -> str:
    """What was multiplied with what, and what the interval leaves out."""
    plan = _planned(costs)
    told = []
    if part != "requests":
        told.append(
            f"{plan.trainings:,} training{'' if plan.trainings == 1 else 's'} in {plan.years:g} years, metered once: "
            "taken as it is"
        )
    if part != "training":
        hours = plan.requests_per_day * (request.seconds.value if request.seconds else 0.0) / 3600
        told.append(
            f"{plan.requests_per_day:,.10g} requests a day of {plan.rows:,} row{'' if plan.rows == 1 else 's'}, each as "
            f"metered here, one after another ({hours:.3g} hours of work a day)"
        )
    site = "PUE not given, the computers alone" if costs.pue is None else f"PUE {costs.pue:g}"
    reading, here = behind[-1].reading, request.reading
    method = f"Method: {reading.method}. Boundary: {reading.boundary}." if reading else ""
    grid = f"{grid_of(here)} The year is reckoned on this grid, wherever training was." if here else ""
    return (
        f"A year of {'; '.join(told)}; {site}. {method} {grid} What a service draws while it waits is not in it. "
        f"{OFFSETS}"
    )


def _even(trained: Unit, request: Unit, plan: Plan) -> Measure:
    """After how many requests serving has taken as much energy as one training."""
    if trained.kwh is None or request.kwh is None:
        why = (trained.why if trained.kwh is None else request.why).rstrip(".")
        return Measure(
            name=EVEN, value=None, n=0, unit="requests", note=f"Not assessed: {why}.", metered=True
        )
    requests = trained.kwh.over(request.kwh)
    days = requests.value / plan.requests_per_day
    return Measure(
        name=EVEN,
        value=requests.value,
        interval=requests.interval,
        n=request.n,
        unit="requests",
        note=f"{_span(days)} at {plan.requests_per_day:,.10g} requests a day: from then on what counts is the request, "
        "before it the training. Idle power is part of both.",
        metered=True,
    )


def _span(days: float) -> str:
    """A number of days, or of hours, minutes or seconds where that is less."""
    for seconds, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if days * 86400 >= seconds:
            return f"{days * 86400 / seconds:.3g} {name}"
    return f"{days * 86400:.3g} seconds"


def countries(trained: Unit, request: Unit, costs: Costs) -> Iterator[Exhibit]:
    """A year's carbon if all of it ran in one country, by the table of grids; cleanest first."""
    found = _yearly(trained, request, _planned(costs), costs)
    part = "both" if found["both"] else "requests"
    kwh = found[part]
    if kwh is None:
        return
    grids = sorted((carbon_intensity(code) for code in COUNTRIES), key=lambda grid: grid.g_per_kwh)
    rows: list[tuple[Cell, ...]] = []
    for grid in (*grids, carbon_intensity()):
        year = kwh.times(carbon_kg(1.0, grid.g_per_kwh))
        rows.append((grid.label, grid.year, grid.g_per_kwh, year.value, year.low, year.high))
    names = ("grid", "year", "g CO2e per kWh", "kg CO2e a year", "low", "high")
    yield Exhibit(
        name="compute.countries",
        kind="table",
        title="The same year on other grids",
        caption=f"Yearly carbon of {'training and requests' if part == 'both' else 'the requests'} by country: the G20's, and "
        "some at the ends of the table. Yearly means of each grid, not what one more kWh causes at one hour. "
        f"{OFFSETS}",
        columns={name: [row[at] for row in rows] for at, name in enumerate(names)},
        metered=True,
    )
