"""Callable: the user's own code as a model, run only because it was named."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import run
from service_helpers import people

from riskaudit.errors import InputError, RiskAuditError, UsageError
from riskaudit.pipeline import run as audit
from riskaudit.request import Request
from riskaudit.subjects.callable_model import found

CODE = """
import numpy as np
RAN = True

def score(frame):
    assert str(frame.age.dtype).startswith("int"), frame.age.dtype
    return 1 / (1 + np.exp(-(frame.age.to_numpy() - 40) / 10))

def chances(frame):
    upper = score(frame)
    return np.column_stack([1 - upper, upper])

def labels(frame):
    return np.where(frame.age > 40, "yes", "no")

def values(frame):
    return frame.age * 100.0

def short(frame):
    return [0.5]

def broken(frame):
    raise RuntimeError("no such thing")

def leaving(frame):
    raise SystemExit(0)

def strange(frame):
    return ["perhaps"] * len(frame)

def beyond(frame):
    return [1.5] * len(frame)

class Model:
    classes_ = ["no", "yes"]
    def predict_proba(self, frame):
        return chances(frame)

model = Model()
number = 3
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table, and a module of the user's beside it."""
    (tmp_path / "mine.py").write_text(CODE)
    (tmp_path / "failing.py").write_text("raise ValueError('not today')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("mine", "failing"):
        sys.modules.pop(name, None)
    return people(tmp_path / "people.csv")


def request(table: Path, name: str, **settings: Any) -> Request:
    given: dict[str, Any] = {
        "model": f"python:mine:{name}",
        "data": str(table),
        "target": "paid",
        "favourable": ("yes",),
        "sensitive": ("sex",),
        "features": ("age", "job"),
        "classes": ("no", "yes"),
        "effort": "quick",
    }
    return Request(**(given | settings))


@pytest.mark.parametrize("name", ["score", "chances", "labels", "model"])
def test_every_way_to_answer_gives_the_same_decisions(table: Path, name: str) -> None:
    """A score, probabilities, labels, an object: the same rates, and the report says whose code ran."""
    import pandas as pd

    report = audit(request(table, name, only=("bias",)))
    told = {
        m.where["sex"]: m.value for r in report.results for m in r.measures if m.name == "bias.selection_rate"
    }
    frame = pd.read_csv(table)
    above = frame.age > 40 if name == "labels" else frame.age >= 40
    assert told == pytest.approx(above.groupby(frame.sex).mean().to_dict())
    assert "own code" in report.subject.kind


def test_what_code_cannot_give_is_not_assessed(table: Path) -> None:
    """Refits, size and parameters have their reasons; energy, latency and attributions are measured."""
    members = people(table.with_name("members.csv"), seed=1)
    report = audit(request(table, "chances", train=str(members), features=("age", "job")))
    found_ = {m.name: m for r in report.all_results for m in r.measures}
    assert all(r.status in ("measured", "not_applicable") for r in report.all_results)
    for name in ("compute.parameters", "compute.training_energy"):
        assert found_[name].value is None
        assert found_[name].note
    assert found_["compute.throughput"].value is not None
    assert found_["explainability.importance"].value is not None
    assert "exposure" not in {r.audit for r in report.all_results}  # nobody is behind an address


def test_a_regression_by_code(table: Path) -> None:
    """--task regression."""
    settings: dict[str, Any] = {"target": "id", "task": "regression", "classes": (), "favourable": ()}
    report = audit(request(table, "values", only=("bias",), **settings))
    assert report.subject.task == "regression"


@pytest.mark.parametrize("name", ["short", "broken", "leaving", "strange", "beyond"])
def test_code_that_fails_is_one_clear_error(table: Path, name: str) -> None:
    """Exit 4, no traceback; SystemExit does not leave with 0."""
    words = [
        *(
            "audit",
            "--model",
            f"python:mine:{name}",
            "--data",
            str(table),
            "--target",
            "paid",
            "--favourable",
            "yes",
        ),
        *("--features", "age,job", "--classes", "no,yes", "--only", "bias"),
    ]
    code, out, err = run(*words)
    assert code == 4, err
    assert "note: --model python:... runs your own code" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    "spec", ["python:", "python:mine", "python:mine:", "python:..:x", "python:a b:c", "python:mine:score()"]
)
def test_what_names_no_callable_is_a_usage_error(spec: str) -> None:
    """Nothing is imported."""
    with pytest.raises(UsageError):
        found(spec)


@pytest.mark.parametrize(
    "spec", ["python:nowhere_at_all:x", "python:mine:nothing", "python:mine:number", "python:failing:x"]
)
@pytest.mark.usefixtures("table")
def test_what_is_not_there_is_an_input_error(spec: str) -> None:
    """A module, a name, a thing that can be asked, an import that fails."""
    with pytest.raises(InputError):
        found(spec)


def test_features_are_never_guessed(table: Path) -> None:
    """Nor is the order of the classes."""
    with pytest.raises(UsageError, match="which columns"):
        audit(request(table, "score", features=()))
    with pytest.raises(RiskAuditError, match="does not name"):
        audit(request(table, "chances", classes=()))
