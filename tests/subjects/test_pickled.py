"""Honest pickles: every kind of scikit-learn model loads with its hash, predicts the same, and can be audited."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from cli_helpers import run
from sklearn import (
    calibration,
    compose,
    discriminant_analysis,
    ensemble,
    gaussian_process,
    impute,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.base import is_regressor

from riskaudit.errors import InputError, RefusedError, UsageError
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.pickled.allowed import allowed_names, is_allowed
from riskaudit.subjects.pickled.making import made
from riskaudit.subjects.pickled.restricted import Refused, load_restricted
from riskaudit.subjects.scan import look_at
from riskaudit.subjects.scan.judging import judge
from riskaudit.subjects.source import Source, read_source
from riskaudit.subjects.trust import trust_of

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(120, 3)), columns=["a", "b", "c"])
FRAME["d"] = RNG.choice(["u", "v"], len(FRAME))
NUMBERS = FRAME[["a", "b", "c"]]
TARGET = np.where(FRAME["a"] + FRAME["b"] > 0, "yes", "no")
LOGISTIC = linear_model.LogisticRegression()
MIXED = compose.make_column_transformer(
    (pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()), NUMBERS.columns),
    (preprocessing.OneHotEncoder(handle_unknown="ignore"), ["d"]),
)
KINDS: dict[str, Any] = {
    "logistic": LOGISTIC,
    "ridge": linear_model.RidgeClassifier(),
    "sgd": linear_model.SGDClassifier(loss="log_loss"),
    "linear": linear_model.LinearRegression(),
    "elastic-net": linear_model.ElasticNetCV(cv=2),
    "tree": tree.DecisionTreeClassifier(),
    "forest": ensemble.RandomForestClassifier(5, n_jobs=-1),
    "extra-trees": ensemble.ExtraTreesClassifier(5),
    "forest-regressor": ensemble.RandomForestRegressor(5),
    "boosting": ensemble.GradientBoostingClassifier(n_estimators=3),
    "histogram-boosting": ensemble.HistGradientBoostingClassifier(max_iter=3),
    "histogram-categories": ensemble.HistGradientBoostingClassifier(max_iter=3, categorical_features=[0]),
    "histogram-regressor": ensemble.HistGradientBoostingRegressor(max_iter=3),
    "ada-boost": ensemble.AdaBoostClassifier(n_estimators=3),
    "bagging": ensemble.BaggingClassifier(n_estimators=3),
    "voting": ensemble.VotingClassifier([("a", LOGISTIC), ("b", naive_bayes.GaussianNB())], voting="soft"),
    "stacking": ensemble.StackingClassifier([("a", LOGISTIC)], cv=2),
    "svc": svm.SVC(),
    "svr": svm.SVR(),
    "linear-svc": svm.LinearSVC(),
    "neighbours": neighbors.KNeighborsClassifier(),
    "naive-bayes": naive_bayes.GaussianNB(),
    "perceptron": neural_network.MLPClassifier((4,), max_iter=5, early_stopping=True),
    "gaussian-process": gaussian_process.GaussianProcessClassifier(),
    "lda": discriminant_analysis.LinearDiscriminantAnalysis(),
    "calibrated": calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2),
    "search": model_selection.GridSearchCV(LOGISTIC, {"C": [1, 2]}, cv=2),
    "pipeline": pipeline.make_pipeline(preprocessing.FunctionTransformer(np.abs), LOGISTIC),
    "mixed": pipeline.make_pipeline(MIXED, ensemble.RandomForestClassifier(3)),
}


def fitted(name: str) -> tuple[Any, pd.DataFrame]:
    """A model of a kind, and the rows that it takes."""
    rows = FRAME if name == "mixed" else NUMBERS
    model = KINDS[name]
    target = FRAME["a"] * 2 if is_regressor(model) else TARGET
    return model.fit(rows, target), rows


def written(model: Any, how: str) -> bytes:
    """As pickle or joblib writes it."""
    buffer = io.BytesIO()
    if how == "pickle":
        return pickle.dumps(model)
    joblib.dump(model, buffer, compress=3 if how == "zlib" else 0)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_passes_scan_and_loader_and_predicts_the_same(name: str) -> None:
    """As pickle, joblib and compressed joblib."""
    model, rows = fitted(name)
    for how in ("pickle", "joblib", "zlib"):
        raw = written(model, how)
        found = judge(Source(name=name, path=Path(name), raw=raw))
        assert found.load, found.why
        assert "--trust-pickle sha256:" in found.flag
        again, about = made(raw)
        np.testing.assert_array_equal(again.predict(rows), model.predict(rows))
        assert json.loads(about)["type"] == type(model).__name__


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Any]:
    """A forest in a compressed joblib file, and the file's hash."""
    path = tmp_path_factory.mktemp("models") / "forest.joblib"
    model = pipeline.make_pipeline(MIXED, ensemble.RandomForestClassifier(10, random_state=0)).fit(
        FRAME, TARGET
    )
    path.write_bytes(written(model, "zlib"))
    return path, hashlib.sha256(path.read_bytes()).hexdigest(), model


def test_the_sandbox_predicts_what_the_model_predicts(forest: tuple[Path, str, Any]) -> None:
    """Labels, probabilities, classes and features through the sandbox; its layers are named."""
    path, sha, model = forest
    subject = open_model(path, trust=trust_of(pickle=f"sha256:{sha}", reduced_sandbox=True))
    np.testing.assert_array_equal(subject.predict_labels(FRAME), model.predict(FRAME))
    np.testing.assert_allclose(subject.predict_scores(FRAME), model.predict_proba(FRAME), rtol=0, atol=0)
    assert subject.classes == ("no", "yes")
    assert subject.features == ("a", "b", "c", "d")
    assert "in a sandbox (" in subject.kind
    with pytest.raises(InputError, match="cannot predict"):
        subject.predict_labels(FRAME.assign(a="word"))
    assert len(subject.predict_labels(FRAME[:3])) == 3  # rows it did not take are no reason to die


def test_another_hash_loads_nothing(forest: tuple[Path, str, Any]) -> None:
    """The hash of another file, or none, is a refusal that prints the right one."""
    path, sha, _ = forest
    for trust in (trust_of(), trust_of(pickle="0" * 64)):
        with pytest.raises(RefusedError, match="not run unasked") as caught:
            open_model(path, trust=trust)
        assert f"--trust-pickle sha256:{sha}" in caught.value.hint


def test_no_flag_trusts_everything() -> None:
    """A hash that is none and a type that is a pattern are usage errors."""
    for words in ({"pickle": "yes"}, {"types": ["*"]}, {"types": ["sklearn.*"]}, {"types": ["all"]}):
        with pytest.raises(UsageError):
            trust_of(**words)  # type: ignore[arg-type]


def test_all_audits_run_on_a_pickled_model(forest: tuple[Path, str, Any], tmp_path: Path) -> None:
    """Bias, explainability, privacy and compute; what a sandbox cannot give is not assessed, with its reason."""
    path, sha, _ = forest
    for name in ("test", "train"):
        rows = FRAME.assign(y=TARGET, sex=RNG.choice(["f", "m"], len(FRAME)))
        rows["a"] += 0.01 * (name == "test")
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    words = ("--data", str(tmp_path / "test.csv"), "--train", str(tmp_path / "train.csv"), "--target", "y")
    words += ("--favourable", "yes", "--sensitive", "sex", "--effort", "quick", "--allow-reduced-sandbox")
    code, _, err = run(
        *(
            "audit",
            "--model",
            str(path),
            "--trust-pickle",
            f"sha256:{sha}",
            *words,
            "-o",
            str(tmp_path / "out"),
        )
    )
    assert code in (0, 1, 3), err
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["audit"]: one["status"] for one in report["results"]} == dict.fromkeys(
        ("bias", "explainability", "privacy", "compute"), "measured"
    )
    notes = [m["note"] for one in report["results"] for m in one["measures"] if m["value"] is None]
    assert any("lives in a sandbox" in note for note in notes), notes
    parameters = [
        m for one in report["results"] for m in one["measures"] if m["name"] == "compute.parameters"
    ]
    assert parameters[0]["value"] > 10


def test_inspect_tells_what_is_inside(forest: tuple[Path, str, Any]) -> None:
    """Format, writer, hash, names, the flag; as text and as JSON; exit 0."""
    path, sha, _ = forest
    code, out, _ = run("inspect", str(path))
    assert code == 0
    for word in ("joblib pickle (zlib)", "scikit-learn", sha, "RandomForestClassifier", "--trust-pickle"):
        assert word in out
    told = json.loads(run("inspect", str(path), "--format", "json")[1])
    assert told["loads"]
    assert told["flag"] == f"--trust-pickle sha256:{sha}"
    assert told["would_run"] == []


def test_a_boosting_library_is_asked_for_its_own_format(tmp_path: Path) -> None:
    """XGBoost's pickles hold a buffer that nobody checks: refused, with the call that saves it openly."""
    path = tmp_path / "m.pkl"
    path.write_bytes(b"\x80\x02cxgboost.sklearn\nXGBClassifier\n)\x81}b.")
    with pytest.raises(RefusedError, match="XGBoost") as caught:
        open_model(path)
    assert "save_model" in caught.value.hint


def test_the_list_has_exact_names_and_nothing_that_runs() -> None:
    """No dots, no openers, no callers; what is not on it is not allowed."""
    listed = allowed_names()
    assert len(listed) > 400
    assert not [pair for pair in listed if "." in pair[1]]
    roots = {module.partition(".")[0] for module, _ in listed}
    assert roots <= {
        *("_codecs", "builtins", "collections", "copyreg", "datetime", "joblib", "numpy", "pandas"),
        *("pyarrow", "riskaudit", "scipy", "sklearn"),
    }
    for pair in (("builtins", "getattr"), ("functools", "partial"), ("numpy", "load"), ("joblib", "load")):
        assert not is_allowed(*pair)
    assert not any(module.startswith("scipy.stats") for module, _ in listed)


def test_a_kept_call_is_of_the_one_function_that_models_keep() -> None:
    """Scan and loader: `functools.partial` of a check of arrays, neither made nor turned into another call."""
    import functools

    from sklearn.utils.validation import check_array, check_X_y

    honest = pickle.dumps(functools.partial(check_array, dtype=None), 4)
    assert load_restricted(honest).func is check_array
    other = pickle.dumps(functools.partial(print), 4)
    # Made of the right function, and told to call another one by its state.
    turned = honest.replace(b"h\x05)}", b"\x8c\x08builtins\x8c\x04dict\x93)}")
    assert turned != honest
    for raw in (other, turned[:2] + turned[11:], pickle.dumps(functools.partial(check_X_y), 4)):
        look = look_at(raw)
        assert ("functools", "partial") in look.names
        with pytest.raises(Refused):
            load_restricted(raw)
    assert ("functools", "partial") not in look_at(honest).names


@pytest.mark.parametrize("how", ["pickle", "skops"])
def test_neighbours_by_brute_force_predict_in_the_sandbox(how: str, tmp_path: Path) -> None:
    """They ask for the libraries that have threads, which the sandbox cannot look up any more."""
    import skops.io

    model = neighbors.KNeighborsClassifier(algorithm="brute").fit(NUMBERS, TARGET)
    raw = pickle.dumps(model) if how == "pickle" else skops.io.dumps(model)
    (tmp_path / "m").write_bytes(raw)
    subject = open_model(tmp_path / "m", trust=trust_of(pickle=hashlib.sha256(raw).hexdigest()))
    assert "in a sandbox" in subject.kind
    np.testing.assert_array_equal(subject.estimator.predict(NUMBERS), model.predict(NUMBERS))
    subject.close()


def test_a_link_a_pipe_and_a_giant_are_not_opened(tmp_path: Path) -> None:
    """Symbolic links are not followed, pipes not waited for, sizes capped before reading."""
    import os

    real, link, pipe = tmp_path / "m", tmp_path / "l", tmp_path / "p"
    real.write_bytes(b"x" * 100)
    link.symlink_to(real)
    os.mkfifo(pipe)
    with pytest.raises(RefusedError, match="symbolic link"):
        read_source(link, flag="--model")
    with pytest.raises(InputError, match="no regular file"):
        read_source(pipe, flag="--model")
    with pytest.raises(InputError, match="larger than"):
        read_source(real, flag="--model", most=50)


@pytest.mark.parametrize("protocol", [0, 1])
def test_joblib_of_the_oldest_protocols_loads(protocol: int) -> None:
    """Wrappers are made through copyreg there; the raw arrays behind them are stepped over all the same."""
    model, rows = fitted("forest")
    buffer = io.BytesIO()
    joblib.dump(model, buffer, protocol=protocol)
    found = judge(Source(name="old", path=Path("old"), raw=buffer.getvalue()))
    assert found.flag, found.why
    np.testing.assert_array_equal(made(buffer.getvalue())[0].predict(rows), model.predict(rows))
