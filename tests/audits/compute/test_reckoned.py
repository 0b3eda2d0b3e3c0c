"""Reckoned figures: SCI, water, money and a year of use, from readings that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from audits.privacy.worlds import linear
from sklearn.linear_model import LogisticRegression

from riskaudit.audits.compute import intensity, projection, reckoned
from riskaudit.audits.compute.intensity import asked, units
from riskaudit.audits.compute.training import Cost
from riskaudit.energy import Costs, EnergyReading, carbon_intensity
from riskaudit.energy.arithmetic import YEAR_SECONDS
from riskaudit.energy.costs import Embodied, Plan, Price
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import subject_of

FULL = Costs(
    pue=1.2,
    embodied=Embodied(kg=1000, years=4, share=0.5),
    water=1.8,
    price=Price(amount=0.3, currency="EUR"),
    plan=Plan(requests_per_day=1000, retrain_days=7, years=2),
)


def reading(kwh=1e-3, seconds=60.0, **changed):
    plain = {
        "kwh": kwh, "kg_co2e": kwh * 0.5, "seconds": seconds, "cpu_seconds": 1.0, "watts": 60.0, "idle_watts": 10.0,
        "method": "estimated: told", "measured": False, "boundary": "process", "intensity_g_per_kwh": 500.0,
        "country": "XXX", "source": "told", "note": "n",
    }  # fmt: skip
    return EnergyReading(**{**plain, **changed})


READINGS = [reading(kwh=1e-5 * k, seconds=0.1 * k) for k in (8, 9, 9, 10, 11, 11, 12)]
TRAINED = Cost(energy=reading(kwh=0.02, seconds=3600.0), what="One training run")


@pytest.fixture(scope="module")
def evidence():
    rows = linear(0, 400)
    model = LogisticRegression().fit(rows.frame[list(rows.features)], rows.labels)
    return Evidence(subject=subject_of(model, name="m", features=rows.features), test=rows)


def found(measures, name, **where):
    return next(m for m in measures if m.name == name and where.items() <= m.where.items())


def sci_of(evidence, costs=FULL):
    return list(intensity.measures(units(evidence, TRAINED, READINGS), costs))


def test_sci_is_e_times_i_plus_m_per_training(evidence):
    """One training run: 0.02 kWh x 1.2 x 500 g, and of 1,000 kg over four years half an hour's worth."""
    got = found(sci_of(evidence), "compute.sci", per="training run")
    made = 1000 * 1000 * 3600 / (4 * YEAR_SECONDS) * 0.5
    assert got.value == pytest.approx(0.02 * 1.2 * 500 + made)
    assert got.interval is None
    for said in ("PUE 1.2", "Offsets and certificates do not count", "E x I x PUE = 12 g"):
        assert said in got.note


def test_sci_of_predictions_has_the_interval_of_both_terms(evidence):
    """E x I and M rise together with a call's length: the bounds are those of the readings."""
    got = found(sci_of(evidence), "compute.sci", per="1,000 predictions")
    per_second = 1000 * 1000 / (4 * YEAR_SECONDS) * 0.5
    for value, k in ((got.value, 10), (got.interval.low, 8), (got.interval.high, 12)):
        assert value == pytest.approx(1e-5 * k * 1.2 * 500 + 0.1 * k * per_second)


def test_a_correct_decision_costs_more_than_a_decision(evidence):
    """A thousandth of 1,000 predictions, over the accuracy; the accuracy's own interval is in it."""
    right = float(np.mean(evidence.decisions() == evidence.outcome()))
    thousand, correct = (
        found(sci_of(evidence), "compute.sci", per=per) for per in ("1,000 predictions", "correct decision")
    )
    assert correct.value == pytest.approx(thousand.value / 1000 / right)
    assert correct.interval.low < thousand.interval.low / 1000 / right
    assert correct.interval.high > thousand.interval.high / 1000 / right


def test_without_embodied_carbon_there_is_no_sci(evidence):
    """M is never taken as 0: one measure that is not assessed, with the lower bounds in its note."""
    got = [m for m in sci_of(evidence, Costs()) if m.name == "compute.sci"]
    assert [m.value for m in got] == [None]
    for said in ("--embodied", "never taken as 0", "10 g a training run", "PUE is not given"):
        assert said in got[0].note


def test_without_energy_there_is_no_sci(evidence):
    """A training that was not metered makes its unit not assessed, with the reason; the others stay."""
    lost = units(evidence, Cost(why="the model has no training record"), READINGS)
    got = list(intensity.measures(lost, FULL))
    assert found(got, "compute.sci", per="training run").value is None
    assert "no training record" in found(got, "compute.sci", per="training run").note
    assert found(got, "compute.sci", per="1,000 predictions").value > 0
    assert found(got, "compute.water", per="training run").value is None


def test_water_is_of_the_computers_and_money_of_the_site(evidence):
    """Water goes by the computers' energy, as WUE is defined; money by the site's meter."""
    got = sci_of(evidence)
    assert found(got, "compute.water", per="training run").value == pytest.approx(0.02 * 1.8)
    price = found(got, "compute.energy_price", per="training run")
    assert (price.value, price.unit) == (pytest.approx(0.02 * 1.2 * 0.3), "EUR")


def test_what_is_not_given_is_not_told_of(evidence):
    """No rate, no measure of water or money."""
    assert {m.name for m in sci_of(evidence, Costs())} == {"compute.sci"}


def test_the_terms_leave_gaps_open(evidence):
    """The table of terms has an empty cell where a term is not known."""
    table = intensity.terms(units(evidence, TRAINED, READINGS), Costs())
    assert table.columns["PUE"] == table.columns["M, g"] == [None, None, None]
    assert table.columns["E, Wh"][0] == pytest.approx(20.0)


# -------------------------------------------------------------------------------------- a year of use


def year(costs=FULL, trained=TRAINED):
    unit = intensity._training(trained)
    request = asked([reading(kwh=1e-6 * k, seconds=0.01) for k in (8, 9, 9, 10, 11, 11, 12)], "request")
    return list(projection.measures(unit, request, costs)), unit, request


def test_a_year_is_its_requests_and_its_trainings():
    """105 trainings in two years and 365.25 x 1,000 requests a year, at the site's meter."""
    got, _, _ = year()
    training = found(got, "compute.yearly_energy", part="training")
    requests = found(got, "compute.yearly_energy", part="requests")
    both = found(got, "compute.yearly_energy", part="both")
    assert training.value == pytest.approx(0.02 * 105 / 2 * 1.2)
    assert requests.value == pytest.approx(1e-5 * 365_250 * 1.2)
    assert both.value == pytest.approx(training.value + requests.value)
    assert requests.interval.high / requests.value == pytest.approx(1.2)
    assert both.interval.high - both.value == pytest.approx(requests.interval.high - requests.value)
    assert found(got, "compute.yearly_carbon", part="both").value == pytest.approx(both.value * 0.5)
    assert found(got, "compute.yearly_price", part="both").value == pytest.approx(both.value * 0.3)


def test_break_even_is_a_training_over_a_request():
    """0.02 kWh a training and 1e-5 kWh a request: 2,000 requests, two days at 1,000 a day."""
    got, _, _ = year()
    even = found(got, "compute.break_even")
    assert even.value == pytest.approx(2000)
    assert even.interval.low < 2000 < even.interval.high
    assert even.note.startswith("2 days at 1,000 requests a day")


def test_without_a_training_the_requests_stay():
    """A training that is not known leaves the year and the break-even open, never the requests' part."""
    got, unit, request = year(trained=Cost(why="no record"))
    assert found(got, "compute.yearly_energy", part="both").value is None
    assert found(got, "compute.break_even").value is None
    assert found(got, "compute.yearly_energy", part="requests").value > 0
    (table,) = projection.countries(unit, request, FULL)
    assert "of the requests" in table.caption


def test_countries_are_the_same_energy_on_other_grids():
    """Each row is the year's energy times that grid, cleanest first, the world's average last."""
    got, unit, request = year()
    (table,) = projection.countries(unit, request, FULL)
    both = found(got, "compute.yearly_energy", part="both").value
    grids = table.columns["g CO2e per kWh"]
    assert grids[:-1] == sorted(grids[:-1])
    assert table.columns["grid"][-1] == "world average"
    at = table.columns["grid"].index("FRA")
    assert grids[at] == carbon_intensity("FRA").g_per_kwh
    assert table.columns["kg CO2e a year"][at] == pytest.approx(both * grids[at] / 1000)
    assert all(str(y).isdigit() for y in table.columns["year"])


@pytest.mark.parametrize(
    ("every", "years", "times"), [(None, 3, 1), (7, 2, 105), (365.25, 1, 1), (365.25, 2, 2), (1000, 1, 1)]
)
def test_trainings_are_counted(every, years, times):
    """The first training, and one for each span that begins within its life."""
    assert Plan(requests_per_day=1, retrain_days=every, years=years).trainings == times


def test_requests_are_metered_as_they_come(evidence, monkeypatch):
    """A request of one row is metered by itself, and takes more than a thousandth of 1,000 rows."""
    from dataclasses import replace

    from riskaudit.audits.compute import prediction

    monkeypatch.setattr(prediction, "REPEATS", 3)
    monkeypatch.setattr(prediction, "SECONDS", 0.05)
    readings = prediction.metered(evidence)
    got = list(reckoned.measures(replace(evidence, costs=FULL), TRAINED, readings))
    requests = found([m for m in got if hasattr(m, "where")], "compute.yearly_energy", part="requests")
    thousandth = readings[0].kwh / 1000 * 365_250
    assert requests.value > 3 * thousandth
    assert math.isclose(requests.interval.level, 0.75)  # three readings are worth no more
