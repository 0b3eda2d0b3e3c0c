"""Sweeps, threads, cold starts: what a clock says of models whose cost is known."""

import io
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from audits.privacy.worlds import linear
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from riskaudit.audits.compute import cold, curves, sweeps, threads
from riskaudit.audits.compute.fresh import grown_by
from riskaudit.evidence import Evidence
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.subject import subject_of

PLAN = sweeps.PLANS["normal"]


def evidence(model=None, **rest):
    rows = linear(0, 400)
    model = LogisticRegression() if model is None else model
    fitted = model.fit(rows.frame[list(rows.features)], rows.labels)
    return Evidence(
        subject=subject_of(fitted, name="m", features=rows.features), test=rows, train=linear(1, 400), **rest
    )


class Clock:
    """A clock that calls move on: no machine can disturb it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def call(self, seconds):
        def work():
            self.now += seconds

        return work


@pytest.mark.parametrize("power", [1, 2])
def test_a_known_law_is_found(power):
    """A predictor of n or n^2 operations has exponent 1 or 2."""
    clock = Clock()
    calls = {n: clock.call(1e-9 * n**power) for n in (64, 256, 1024)}
    (found,) = sweeps.measures([sweeps.swept("prediction time", "batch", calls, PLAN, clock=clock)])
    assert found.value == pytest.approx(power)
    assert found.interval.low <= power + 1e-9
    assert found.interval.high >= power - 1e-9


@pytest.mark.parametrize("power", [1, 2])
def test_a_burning_processor_is_near_its_law(power):
    """Loops of n or n^2 steps on this processor's own time: within 0.2 of the law."""

    def burn(n):
        return lambda: sum(range(n**power * (100 if power == 1 else 1)))

    calls = {n: burn(n) for n in (200, 400, 800)}
    found = sweeps.swept("prediction time", "batch", calls, PLAN, clock=time.process_time)
    (told,) = sweeps.measures([found])
    assert told.value == pytest.approx(power, abs=0.2)


def test_what_takes_too_long_is_not_begun():
    """Three rounds far beyond the seconds: not assessed, and how long they would take."""
    clock = Clock()
    calls = {n: clock.call(n) for n in (1, 2)}
    (found,) = sweeps.measures([sweeps.swept("training time", "rows", calls, PLAN, clock=clock)])
    assert found.value is None
    assert "6.0 s" in found.note


def test_rows_need_members_and_columns_need_eight():
    """Without members, or with four columns, the exponents of training are not assessed, with the reason."""
    alone = replace(evidence(), train=None)
    assert "--train" in sweeps.by_rows(alone, PLAN).reason
    assert "too few" in sweeps.by_columns(evidence(effort="deep"), sweeps.PLANS["deep"]).reason


def test_sweeps_are_one_picture():
    """Batches and rows are lines of one curve on two log axes, each point within its interval."""
    found = sweeps.sweeps(evidence())
    told = list(sweeps.measures(found))
    assert [m.where["by"] for m in told] == ["batch", "rows"]
    picture = curves.curve(found)
    assert picture.axes["x_scale"] == picture.axes["y_scale"] == "log"
    columns = picture.columns
    for low, y, high in zip(columns["low"], columns["y"], columns["high"], strict=True):
        assert low <= y <= high


def test_threads_leave_the_model_as_it_was():
    """The twins share their trees with the audited model and set its n_jobs for themselves alone."""
    forest = RandomForestClassifier(3, n_jobs=None, random_state=0)
    audited = evidence(forest)
    twin = threads.with_jobs(audited.subject.estimator, 2)
    assert (twin.n_jobs, forest.n_jobs) == (2, None)
    assert twin.estimators_ is forest.estimators_
    found = threads.measure(audited)
    assert found.value is None or found.interval.low <= found.value <= found.interval.high


def test_threads_start_no_processes():
    """A pipeline whose preparation joblib would hand to processes is answered by threads alone."""
    import pandas as pd
    import psutil
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = linear(0, 400)
    first, *others = rows.features
    steps = make_column_transformer(
        (StandardScaler(), [first]), (OneHotEncoder(handle_unknown="ignore"), others)
    )
    model = make_pipeline(steps, RandomForestClassifier(3, random_state=0))
    model.fit(pd.DataFrame(rows.frame[list(rows.features)]), rows.labels)
    subject = subject_of(model, name="m", features=rows.features)
    ask = threads._asking(
        replace(subject, estimator=threads.with_jobs(subject.estimator, 2)), rows.frame.head(64), 2
    )
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    ask()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_memory_of_a_call_is_what_it_allocates():
    """A call that fills 20 MB for a moment grows by 20 MB and little more."""

    def work():
        np.ones(2_500_000).sum()

    grown, how = grown_by(work)
    assert how
    if sys.platform == "linux" and "VmHWM" in how:
        assert 18e6 < grown < 30e6


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    import skops.io

    rows = linear(0, 400)
    model = LogisticRegression().fit(rows.frame[list(rows.features)], rows.labels)
    path = tmp_path_factory.mktemp("cold") / "model.skops"
    skops.io.dump(model, path)
    return path


def test_a_cold_start_is_timed_from_outside(saved):
    """A fresh process loads the file and answers: longer than its own parts, and memory by resident growth."""
    asked = replace(evidence(), subject=open_model(saved), model_file=str(saved))
    start, peak = cold.measures(asked)
    assert start.value > 0.1
    assert "scanned" in start.note
    assert peak.value >= 0
    assert "fresh process" in peak.note


@pytest.mark.slow
def test_a_file_that_was_exchanged_is_not_started(saved):
    """A child that opens other bytes than those under audit does not answer."""
    subject = replace(open_model(saved), sha256="0" * 64)
    start, peak = cold.measures(replace(evidence(), subject=subject, model_file=str(saved)))
    assert start.value is None
    assert "did not answer" in start.note
    assert "tracemalloc" in peak.note


def test_no_file_no_cold_start():
    """A model that is no file, or is trusted by hand, starts no process; its memory is traced here."""
    start, peak = cold.measures(evidence())
    assert start.value is None
    assert "no file" in start.note
    assert peak.value > 1024 * 8
    boxed = replace(evidence().subject, kind="a pickle, in a sandbox", sha256="0" * 64)
    assert "not opened freely" in cold._unable(replace(evidence(), subject=boxed, model_file=__file__))


def test_the_child_is_quiet_about_itself():
    """Asked nonsense, the fresh process ends with a code and says nothing on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "riskaudit.audits.compute.fresh"], input=b"{}\n", capture_output=True, check=False
    )  # fmt: skip
    assert done.returncode
    assert done.stdout == b""
    assert io.BytesIO(done.stderr).read(1)
