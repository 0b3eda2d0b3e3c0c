"""Native models under audit: the same audits; what a file cannot give is not assessed, with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cli_helpers import run
from service_helpers import people

from riskaudit.errors import RiskAuditError
from riskaudit.pipeline import run as audit
from riskaudit.request import Request


def saved(kind: str, data: Path, folder: Path) -> Path:
    """A model of age and id, saved in its library's own format."""
    frame = pd.read_csv(data)
    rows, outcome = frame[["age", "id"]], (frame.paid == "yes").astype(int)
    small: dict[str, Any] = {"n_estimators": 5, "n_jobs": 1}
    path = folder / {"xgboost": "m.json", "lightgbm": "m.txt", "catboost": "m.cbm"}[kind]
    library = pytest.importorskip(kind, reason=f"the extra {kind} is not installed")
    if kind == "xgboost":
        library.XGBClassifier(**small).fit(rows, outcome).save_model(path)
    elif kind == "lightgbm":
        library.LGBMClassifier(verbose=-1, **small).fit(rows, outcome).booster_.save_model(path)
    else:
        model = library.CatBoostClassifier(iterations=5, verbose=0, allow_writing_files=False, thread_count=1)
        model.fit(rows, outcome).save_model(path)
    return path


def request(model: Path, data: Path, **settings: Any) -> Request:
    given: dict[str, Any] = {
        "model": str(model),
        "data": str(data),
        "train": str(data),
        "target": "paid",
        "favourable": ("yes",),
        "sensitive": ("sex",),
        "classes": ("no", "yes"),
        "effort": "quick",
    }
    return Request(**(given | settings))


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", pytest.param("catboost", marks=pytest.mark.slow)])
def test_every_audit_runs_on_a_native_model_or_says_why_not(kind: str, tmp_path: Path) -> None:
    """Bias, attributions, energy, size are measured; refits are not assessed, with the reason."""
    data = people(tmp_path / "people.csv")
    members = people(tmp_path / "members.csv", seed=1)
    report = audit(request(saved(kind, members, tmp_path), data, train=str(members)))
    states = {result.audit: result.status for result in report.all_results}
    assert states == dict.fromkeys(("bias", "explainability", "privacy", "compute"), "measured")
    found = [m for result in report.all_results for m in result.measures]
    silent = [m for m in found if m.name == "privacy.membership_auc" and m.where.get("attack") == "strongest"]
    assert any(m.value is None and "fitted again" in m.note for m in silent), silent
    assert next(m for m in found if m.name == "compute.model_size").value
    additive = next(m for m in found if m.name == "explainability.additivity_error")
    assert additive.value is not None
    assert additive.value < 1e-3
    if kind != "catboost":
        assert next(m for m in found if m.name == "compute.parameters").value
        swarm = next(e for r in report.all_results for e in r.exhibits if e.kind == "swarm")
        assert "TreeExplainer" in swarm.caption or any("TreeExplainer" in m.note for m in found)


def test_classes_are_named_and_never_guessed(tmp_path: Path) -> None:
    """Without --classes one clear error that says what to type; with a wrong number too."""
    data = people(tmp_path / "people.csv")
    model = saved("xgboost", data, tmp_path)
    words = ["audit", "--model", str(model), "--data", str(data), "--target", "paid", "--favourable", "yes"]
    code, _, err = run(*words, "--only", "bias")
    assert code == 4
    assert "--classes no,yes" in err
    with pytest.raises(RiskAuditError, match="has 2 classes"):
        audit(request(model, data, classes=("a", "b", "c")))


def test_false_and_true_are_no_guess(tmp_path: Path) -> None:
    """Booleans are 0 and 1."""
    data = people(tmp_path / "people.csv")
    model = saved("xgboost", data, tmp_path)
    frame = pd.read_csv(data)
    frame.assign(paid=frame.paid == "yes").to_csv(data, index=False)
    report = audit(request(model, data, classes=(), favourable=("True",), train="", only=("bias",)))
    assert report.subject.classes == ("False", "True")


def test_a_model_that_knows_its_classes_takes_no_others(tmp_path: Path) -> None:
    """--classes with a .skops is an error, not ignored."""
    sample = Path(__file__).parents[2] / "samples" / "model.skops"
    data = people(tmp_path / "people.csv")
    with pytest.raises(RiskAuditError, match="knows its own classes"):
        audit(request(sample, data))


def test_a_missing_library_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip install 'riskaudit[xgboost]'."""
    import sys

    data = people(tmp_path / "people.csv")
    model = saved("xgboost", data, tmp_path)
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(RiskAuditError) as caught:
        audit(request(model, data))
    assert "riskaudit[xgboost]" in caught.value.hint
