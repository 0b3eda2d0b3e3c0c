"""Compute: what is metered, what is counted, and what is said of it."""

import subprocess
import sys
import time

import numpy as np
import pytest
from audits.privacy.worlds import linear
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from riskaudit.audits.audit import examine
from riskaudit.audits.compute import ComputeAudit, latency, prediction
from riskaudit.audits.compute.batch import asking
from riskaudit.energy import EnergyReading
from riskaudit.evidence import Evidence
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.subject import Subject, subject_of

UNITS = {
    "compute.training_energy": "kWh",
    "compute.training_carbon": "kg CO2e",
    "compute.prediction_energy": "Wh per 1,000 predictions",
    "compute.prediction_carbon": "g CO2e per 1,000 predictions",
    "compute.energy_above_idle": "Wh",
    "compute.sci": "g CO2e",
    "compute.latency": "ms",
    "compute.throughput": "rows per second",
    "compute.cold_start": "seconds",
    "compute.peak_memory": "bytes",
    "compute.scaling_exponent": "ratio",
    "compute.thread_gain": "ratio",
    "compute.model_size": "bytes",
    "compute.memory_size": "bytes",
    "compute.parameters": "count",
    "compute.operations": "count",
    "compute.smaller_price": "difference",
}
ELSEWHERE = {  # of a service, or only where a rate or a plan is given
    "compute.service_latency",
    "compute.water",
    "compute.energy_price",
    "compute.yearly_energy",
    "compute.yearly_carbon",
    "compute.yearly_price",
    "compute.break_even",
}
OF_LADDERS = {
    f"compute.smaller_{what}" for what in ("energy", "size", "gap", "membership_auc")
}  # a linear model has none


def reading(**changes):
    plain = {
        "kwh": 2e-4,
        "kg_co2e": 1e-4,
        "seconds": 3.0,
        "cpu_seconds": 3.0,
        "watts": 240.0,
        "method": "estimated: CPU time x 4 W",
        "measured": False,
        "boundary": "process",
        "intensity_g_per_kwh": 500.0,
        "country": "world average",
        "source": "IEA",
        "note": "Idle power is not subtracted.",
    }
    return EnergyReading(**{**plain, **changes})


def given(model=None, *, energy=None, recorded=True, **rest):
    rows = linear(0, 300)
    fitted = (LogisticRegression() if model is None else model).fit(
        rows.frame[list(rows.features)], rows.labels
    )
    record = TrainingRecord(
        learner="logistic",
        task="binary",
        target="y",
        features=dict.fromkeys(rows.features, "number"),
        rows=300,
        held_out=100,
        seconds=3.0,
        energy=energy,
        seed=0,
    )
    subject = subject_of(fitted, name="m", features=rows.features, training=record if recorded else None)
    return Evidence(subject=subject, test=rows, **rest)


@pytest.fixture(scope="module")
def result():
    return examine(ComputeAudit(), given(energy=reading(), intensity=500.0))


def found(result, name, **where):
    return next(
        m for m in result.measures if m.name == f"compute.{name}" and where.items() <= m.where.items()
    )


def test_every_declared_number_has_its_unit(result):
    """All declared measures of a model that is here occur, in the units that rules count on."""
    assert result.status == "measured"
    assert {m.name: m.unit for m in result.measures} == UNITS
    assert set(ComputeAudit.measures) == set(UNITS) | OF_LADDERS | ELSEWHERE


def test_what_a_clock_or_meter_made_is_marked(result):
    """Sizes and counts are the same in equal runs, all else is metered."""
    counted = {
        f"compute.{what}"
        for what in ("model_size", "memory_size", "parameters", "operations", "smaller_price")
    }
    assert {m.name for m in result.measures if not m.metered} == counted
    assert all(exhibit.metered for exhibit in result.exhibits)


def test_training_is_read_from_the_record(result):
    """Energy and carbon of training are the record's, with method, boundary and grid."""
    energy = found(result, "training_energy")
    assert energy.value == 2e-4
    assert found(result, "training_carbon").value == 1e-4
    for said in ("estimated: CPU time x 4 W", "process", "world average", "300 rows", "without an interval"):
        assert said in energy.note


@pytest.mark.parametrize("recorded", [True, False])
def test_without_a_record_training_is_not_assessed(recorded):
    """No record, or one without energy: no value, never 0, and what to do."""
    from riskaudit.audits.compute import training

    for measure in training.measures(given(recorded=recorded)):
        assert measure.value is None
        assert "riskaudit train" in measure.note


def test_a_training_that_could_not_be_metered_says_why():
    """A record whose meter failed gives its reason."""
    from riskaudit.audits.compute import training

    failed = reading(
        kwh=None, kg_co2e=None, watts=None, method="not assessed", note="codecarbon could not be used"
    )
    measures = list(training.measures(given(energy=failed)))
    assert [m.value for m in measures] == [None, None]
    assert "codecarbon could not be used" in measures[0].note


def test_carbon_is_energy_times_the_grid(result):
    """At 500 g per kWh a Wh is half a gram, in value and interval."""
    energy, carbon = found(result, "prediction_energy"), found(result, "prediction_carbon")
    assert energy.value > 0
    assert carbon.value == pytest.approx(energy.value * 0.5)
    assert carbon.interval.high == pytest.approx(energy.interval.high * 0.5)
    assert "500 g CO2e per kWh" in carbon.note


def test_the_world_average_is_said(monkeypatch):
    """Neither country nor intensity: the note names the world's average; a country, the country."""
    monkeypatch.setattr(prediction, "REPEATS", 3)
    monkeypatch.setattr(prediction, "SECONDS", 0.05)
    assert "world average" in _prediction_note()
    assert "FRA" in _prediction_note(country="FRA")


def _prediction_note(**rest):
    return next(iter(prediction.measures(given(**rest)))).note


def test_an_estimate_does_not_pass_for_a_reading(result):
    """Without a sensor the note says that the interval covers repeats only."""
    energy = found(result, "prediction_energy")
    sensed = "Method: measured" in energy.note
    assert sensed or "repeats, not the model of the power" in energy.note
    assert energy.n >= 3


def test_no_reading_is_no_zero(monkeypatch):
    """A meter that gives nothing makes the number not assessed, with the meter's reason."""
    dead = reading(kwh=None, kg_co2e=None, watts=None, note="codecarbon could not be used: no")
    monkeypatch.setattr(prediction, "measure", lambda *_, **__: dead)
    measures = list(prediction.measures(given()))
    assert [m.value for m in measures] == [None, None, None]
    assert all("could not be used" in m.note for m in measures)


def test_latency_is_the_clock():
    """A call that sleeps 5 ms takes 5 ms and a little, however it is repeated."""
    waits = latency.timed(lambda: time.sleep(0.005))
    assert len(waits) >= latency.FEWEST
    assert 5 <= np.median(waits) < 50  # a busy machine adds to it, and takes nothing off


def test_latency_has_its_batches(result):
    """One row, 32 and 1,024, each a median within its interval; a percentile has an interval or a reason."""
    for batch in ("1", "32", "1024"):
        wait = found(result, "latency", batch=batch, percentile="50")
        assert wait.interval.low <= wait.value <= wait.interval.high
    for wait in (m for m in result.measures if m.name == "compute.latency"):
        assert (wait.interval is None) == (wait.value is None)
    bars = next(e for e in result.exhibits if e.name == "compute.latency_by_batch")
    assert bars.columns["label"][0] == "1 row, p50"


def test_a_tail_needs_its_calls():
    """58 calls bound no 95th percentile and 59 do; 299 bound a 99th; what is missing says what it needs."""
    for calls, given_ in ((58, ["50"]), (59, ["50", "95"]), (299, ["50", "95", "99"])):
        told = list(latency.measures({1: [float(at) for at in range(1, calls + 1)]}))
        waits = [m for m in told if m.name == "compute.latency"]
        assert [m.where["percentile"] for m in waits if m.value is not None] == given_
        missing = [m for m in waits if m.value is None]
        assert all("299" in m.note for m in missing)
        assert len(missing) == (calls < 299)


def test_throughput_is_rows_over_time(result):
    """1,024 rows in 8 ms are 128,000 a second; bounds trade places."""
    *_, told = latency.measures({1: [1.0] * 9, 1024: [7.0, 7.5, 8.0, 8.0, 8.0, 8.5, 9.0]})
    assert told.value == pytest.approx(128_000)
    assert told.interval.low <= told.value <= told.interval.high
    assert told.where == {"batch": "1024"}


def test_a_batch_has_its_rows():
    """1,000 predictions are 1,000, where there are fewer held-out rows too."""
    assert len(asking(given(), 1000)()) == 1000
    assert len(asking(given(), 1)()) == 1


def test_size_is_the_file_or_what_it_would_be():
    """The file's bytes where there is one; else the skops form, which grows with the model."""
    from dataclasses import replace

    from riskaudit.audits.compute import size

    small, large = (given(RandomForestClassifier(n, random_state=0)).subject for n in (2, 20))
    assert size.measure(replace(small, size_bytes=1234)).value == 1234
    assert size.measure(large).value > size.measure(small).value > 1000
    assert "skops" in size.measure(small).note


def test_quick_neither_sweeps_nor_fits():
    """Effort quick has no exponents, no threads, no smaller models, and starts no process."""
    quick = examine(ComputeAudit(), given(recorded=False, effort="quick"))
    names = {m.name for m in quick.measures}
    assert quick.status == "measured"
    assert not [name for name in names if "smaller" in name or "scaling" in name or "thread" in name]
    assert "quick" in found(quick, "cold_start").note


def test_predictions_alone_cost_nothing_we_can_meter():
    """No model: not applicable, with what to pass."""
    result = examine(
        ComputeAudit(), Evidence(subject=Subject(name="p", kind="predictions"), test=linear(0, 50))
    )
    assert result.status == "not_applicable"
    assert "--model" in result.reason


def test_the_door_is_light():
    """Neither the registry's line nor `explain` needs numpy or codecarbon."""
    code = "import sys, riskaudit.audits.compute; sys.exit('numpy' in sys.modules or 'codecarbon' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_docstring_has_its_three_parts():
    """What it asks, how it measures, what it cannot see."""
    for part in ("What it asks", "How it measures", "What it cannot see"):
        assert part in ComputeAudit.__doc__


def test_a_refit_is_metered_when_asked_for():
    """With refit the recipe is fitted to the members once more; without members it is not assessed."""
    from dataclasses import replace

    from riskaudit.audits.compute import training

    rows = linear(0, 300)
    asked = replace(given(RandomForestClassifier(60, random_state=0), recorded=False), refit=True)
    for measure in training.measures(replace(asked, train=rows)):
        assert measure.value > 0
        assert "A refit of the same recipe on 300 member rows" in measure.note
    for measure in training.measures(replace(asked, train=None)):
        assert measure.value is None
        assert "pass --train" in measure.note
