"""MLflow folders: the native model is loaded by its own format, and nothing outside the folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from service_helpers import people

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.opening import open_model

SAMPLE = Path(__file__).parents[1] / "samples" / "model.skops"


def folder(path: Path, text: str, *, inner: bytes | None = None) -> Path:
    """A folder with a description, and the sample model in it."""
    path.mkdir(exist_ok=True)
    (path / "MLmodel").write_text(text)
    (path / "model.skops").write_bytes(SAMPLE.read_bytes() if inner is None else inner)
    return path


def flavour(name: str) -> str:
    return f"flavors:\n  python_function: {{loader_module: x}}\n  sklearn:\n    pickled_model: {name}\n    serialization_format: skops\n"


def test_the_native_model_is_loaded_without_mlflow(tmp_path: Path) -> None:
    """The same subject as from its own file, and it says where from."""
    subject = open_model(folder(tmp_path / "m", flavour("model.skops")))
    alone = open_model(SAMPLE)
    assert (subject.classes, subject.features, subject.sha256) == (
        alone.classes,
        alone.features,
        alone.sha256,
    )
    assert "MLflow folder (sklearn)" in subject.kind


def test_a_pickle_inside_is_refused_like_any_pickle(tmp_path: Path) -> None:
    """A folder is no way around the lists."""
    import pickle

    from sklearn.linear_model import LogisticRegression

    held = pickle.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    with pytest.raises(RefusedError, match="pickle"):
        open_model(folder(tmp_path / "m", flavour("model.skops"), inner=held))


@pytest.mark.parametrize(
    "name", ["../model.skops", "/etc/passwd", "a/../../x", "..", '"a\\0b"', "link", "'a\\b'"]
)
def test_a_file_outside_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    """By its name, or by a link."""
    path = folder(tmp_path / "m", flavour(name))
    os.symlink(SAMPLE, path / "link")
    with pytest.raises(InputError):
        open_model(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "flavors: 3",
        "flavors: {python_function: {loader_module: os}}",
        "flavors: {sklearn: {pickled_model: [1, 2]}}",
        "!!python/object/apply:os.system ['touch fired']",
        "flavors: !!python/name:os.system",
        "a: &a [*a]\nflavors: *a",
        "{" * 5000,
        "\x00\x01",
    ],
)
def test_a_description_that_is_none_is_one_clear_error(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No tag in it makes an object."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        open_model(folder(tmp_path / "m", text))
    assert not (tmp_path / "fired").exists()


def test_a_folder_of_xgboost_is_loaded_natively(tmp_path: Path) -> None:
    """By the same check as the file alone."""
    import pandas as pd

    xgboost = pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    frame = pd.read_csv(people(tmp_path / "people.csv"))
    path = folder(
        tmp_path / "m",
        "flavors:\n  xgboost:\n    data: model.ubj\n    model_class: xgboost.sklearn.XGBClassifier\n",
    )
    small = xgboost.XGBClassifier(n_estimators=3, n_jobs=1)
    small.fit(frame[["age"]], frame.paid == "yes").save_model(path / "model.ubj")
    assert "XGBoost model, of an MLflow folder" in open_model(path).kind
