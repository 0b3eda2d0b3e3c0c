"""ONNX files: onnxruntime gives the probabilities and values that riskaudit gives, to 1e-5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import InputError, UsageError
from riskaudit.subjects import numpy_reader, onnx_file
from riskaudit.subjects.core_file import described
from riskaudit.training.fit import Trained, fit

FEATURES = ("age", "income", "sex")


def trained(target: str, learner: str, settings: dict[str, str]) -> Trained:
    import pandas as pd

    rng = np.random.default_rng(0)
    n = 300
    frame = pd.DataFrame(
        {"age": rng.normal(40, 10, n), "income": rng.lognormal(10, 1, n), "sex": rng.choice(["f", "m"], n)}
    )
    frame["amount"] = frame.age * 200 + rng.normal(0, 100, n)
    frame["band"] = np.digitize(frame.age, [35, 45])
    frame["repaid"] = np.where(frame.age + rng.normal(0, 5, n) > 42, "yes", "no")
    task: Any = {"amount": "regression", "band": "multiclass", "repaid": "binary"}[target]
    return fit(
        Dataset(name="t", frame=frame, target=target, task=task, features=FEATURES),
        learner=learner,
        settings=settings,
        seed=1,
    )


@pytest.mark.parametrize(
    ("target", "learner", "settings"),
    [
        ("repaid", "logistic", {}),
        ("band", "logistic", {}),
        ("repaid", "perceptron", {"hidden": "8,4", "epochs": "5", "activation": "relu"}),
        ("repaid", "perceptron", {"hidden": "8", "epochs": "5", "activation": "identity"}),
        ("band", "perceptron", {"hidden": "8", "epochs": "5", "activation": "tanh"}),
        ("amount", "perceptron", {"hidden": "8", "epochs": "5", "activation": "sigmoid"}),
        ("amount", "linear", {}),
    ],
)
def test_onnxruntime_agrees(tmp_path: Path, target: str, learner: str, settings: dict[str, str]) -> None:
    """From prepared rows, for one row and for many; values of a regressor in units of the target's spread."""
    pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    one = trained(target, learner, settings)
    digest = onnx_file.export_onnx(tmp_path / "m.onnx", one.subject.estimator, one.record)
    assert digest == onnx_file.export_onnx(tmp_path / "n.onnx", one.subject.estimator, one.record)
    session = runtime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    frame, expected = one.members.frame, one.subject.predict_scores(one.members.frame)
    prepared = one.subject.estimator["prepare"].transform(frame[list(FEATURES)]).astype(np.float32)
    for rows in (slice(0, 1), slice(None)):
        answers = session.run(None, {"prepared": prepared[rows]})
        spread = expected.std() if target == "amount" else 1.0
        np.testing.assert_allclose(answers[0] / spread, expected[rows] / spread, atol=1e-5)
        if target != "amount":
            np.testing.assert_array_equal(answers[1], expected[rows].argmax(axis=1))


def test_the_file_tells_how_to_prepare_rows(tmp_path: Path) -> None:
    """Its metadata hold the header of the .npz form, which the NumPy-only reader follows."""
    onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
    one = trained("repaid", "logistic", {})
    onnx_file.export_onnx(tmp_path / "m.onnx", one.subject.estimator, one.record)
    told = {p.key: p.value for p in onnx.load(tmp_path / "m.onnx").metadata_props}
    header = json.loads(told["riskaudit"])
    frame = one.members.frame[list(FEATURES)]
    np.testing.assert_allclose(
        numpy_reader.prepare(header, {name: frame[name].to_list() for name in FEATURES}),
        one.subject.estimator["prepare"].transform(frame),
        rtol=1e-12,
    )
    assert header["model"]["classes"]["labels"] == ["no", "yes"]


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One UsageError with the command."""
    one = trained("repaid", "logistic", {})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs the library onnx"):
        onnx_file.export_onnx(tmp_path / "m.onnx", one.subject.estimator, one.record)


def test_a_forest_is_refused() -> None:
    """Only core models are exported."""
    one = trained("repaid", "random-forest", {"n_estimators": "2"})
    with pytest.raises(InputError, match="is no model of the NumPy core"):
        described(one.subject.estimator, one.record)
