"""The ratchet of metered numbers: noise from run to run is no change, what goes beyond it is."""

from __future__ import annotations

import pytest
from gate_reports import book
from writers.fakes import assemble

from riskaudit.audits import audits, declared_measures
from riskaudit.baseline import baseline_of, compared, difference, entry_of
from riskaudit.judge import verdict
from riskaudit.measure import Interval, Measure
from riskaudit.pipeline import rejudge
from riskaudit.report import AuditResult
from riskaudit.rulebook import read_rulebooks

RULES = """\
rules:
  - {id: energy, measure: compute.prediction_energy, ideal: 0.0, limit: 1.0, severity: low, when_unsure: warn, why: w, remedy: r, reference: s}
"""


def energy(value: float, half: float | None = 0.0, *, metered: bool = True) -> Measure:
    interval = None if half is None else Interval(low=value - half, high=value + half, method="m")
    return Measure(
        name="compute.prediction_energy",
        value=value,
        interval=interval,
        n=7,
        unit="Wh",
        note="n",
        metered=metered,
    )


def report(measure: Measure):
    result = AuditResult(audit="compute", status="measured", measures=(measure,))
    return rejudge(assemble([result], ()), book(RULES))


def state(before: Measure, after: Measure) -> str:
    (change,) = compared(report(before), report(after), tolerance=0.02).changes
    return change.state


@pytest.mark.parametrize("half", [0.0, 0.001, None])
def test_noise_is_no_change(half):
    """15 % more, by whatever narrow interval or none, is what two runs of one model differ by."""
    assert state(energy(0.40, half), energy(0.46, half)) == "same"
    assert state(energy(0.46, half), energy(0.40, half)) == "same"


@pytest.mark.parametrize("half", [0.0, 0.001, None])
def test_twice_as_much_is_worse(half):
    """Twice the energy is beyond any noise of a run, and half of it is better."""
    assert state(energy(0.40, half), energy(0.80, half)) == "worse"
    assert state(energy(0.80, half), energy(0.40, half)) == "better"


def test_a_wide_interval_stays_wide():
    """An interval that is wider than the noise counts as it is."""
    assert state(energy(0.4, 0.3), energy(0.6, 0.3)) == "same"
    assert state(energy(0.4), energy(0.6)) == "worse"


def test_counted_numbers_have_no_noise():
    """What no clock made is compared as ever."""
    assert state(energy(0.40, None, metered=False), energy(0.46, None, metered=False)) == "worse"


def test_the_method_says_so():
    """The interval of such a difference names the noise; an old baseline, which does not say what was metered, fits."""
    rule = book(RULES).rules[0]
    one, other = (entry_of(verdict(rule, energy(v)), rule, ()) for v in (0.4, 0.5))
    assert "runs differ" in difference(one, other)[1].method
    assert difference(one.model_copy(update={"metered": False}), other) == difference(one, other)
    assert baseline_of(report(energy(0.4)), written="2026-11-22").entries[0].metered


def test_the_budget_speaks_of_what_is_measured():
    """Every rule of the budget asks for a declared measure, and only what may be absent is optional."""
    rules = read_rulebooks(("budget",), measures=declared_measures(audits())).rules
    assert {r.id for r in rules if r.optional} == {"budget-year"}
    assert {r.measure for r in rules} >= {
        "compute.prediction_energy", "compute.training_carbon", "compute.latency", "compute.model_size",
    }  # fmt: skip
