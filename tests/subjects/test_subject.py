"""Subjects: what the model itself decides, whatever kind of scikit-learn model it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from cli_helpers import run
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeRegressor

from riskaudit.errors import InputError, RefusedError
from riskaudit.evidence import Evidence
from riskaudit.loading import load
from riskaudit.request import Request
from riskaudit.subjects.skops_file import load_model
from riskaudit.subjects.trust import Trust

TWO = [("a", LogisticRegression()), ("b", GaussianNB())]


def table(path: Path, n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x1": rng.normal(size=n), "x2": rng.normal(size=n), "g": rng.integers(0, 2, n)})
    frame["y"] = (frame["x1"] + 0.5 * rng.normal(size=n) > 0).astype(int)
    frame.to_csv(path, index=False)
    return frame


def saved(folder: Path, model: Any, *, names: bool = True) -> tuple[Any, pd.DataFrame, Path]:
    frame = table(folder / "d.csv")
    X = frame[["x1", "x2"]]
    model.fit(X if names else X.to_numpy(), frame["y"])
    skops.io.dump(model, folder / "m.skops")
    return model, frame, folder / "m.skops"


def evidence(folder: Path, **more: Any) -> Evidence:
    return load(
        Request.model_validate(
            {
                "model": str(folder / "m.skops"),
                "data": str(folder / "d.csv"),
                "target": "y",
                "favourable": ("1",),
                "sensitive": ("g",),
                **more,
            }
        )
    )


@pytest.mark.parametrize(
    "model",
    [
        FixedThresholdClassifier(LogisticRegression(), threshold=0.8),
        SVC(random_state=0),
        LinearSVC(),
        VotingClassifier(TWO, voting="hard"),
        VotingClassifier(TWO, voting="soft"),
        StackingClassifier(TWO),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3),
        CalibratedClassifierCV(GaussianNB(), cv=3),
        MLPClassifier((4,), max_iter=400, random_state=0, tol=1e-2),
        KNeighborsClassifier(algorithm="brute"),
        RandomForestClassifier(5, random_state=0),
    ],
    ids=lambda m: type(m).__name__,
)
def test_the_audit_judges_the_models_own_decisions(tmp_path: Path, model: Any) -> None:
    """Decisions are `predict`, with its own threshold and votes, never the largest score."""
    fitted, frame, _ = saved(tmp_path, model)
    np.testing.assert_array_equal(evidence(tmp_path).decisions(), fitted.predict(frame[["x1", "x2"]]))


@pytest.mark.parametrize(
    "model", [VotingClassifier(TWO, voting="hard"), LinearSVC()], ids=lambda m: type(m).__name__
)
def test_a_model_without_probabilities_is_audited(tmp_path: Path, model: Any) -> None:
    """Bias and compute are measured; nothing fails."""
    saved(tmp_path, model)
    words = (
        "--model",
        str(tmp_path / "m.skops"),
        "--data",
        str(tmp_path / "d.csv"),
        "--target",
        "y",
        "--favourable",
        "1",
        "--sensitive",
        "g",
    )
    code, out, err = run("audit", *words, "-o", str(tmp_path / "out"))
    assert code in (0, 1, 3), err
    assert "audit failed" not in out


def test_a_model_without_column_names_asks_for_them(tmp_path: Path) -> None:
    """Fitted to a bare array: --features names its columns; without them it is a usage error, and no warning leaks."""
    _, frame, _ = saved(tmp_path, LogisticRegression(), names=False)
    with pytest.raises(Exception, match="fitted without column names, to 2 columns"):
        evidence(tmp_path)
    found = evidence(tmp_path, features=("x1", "x2"))
    assert (found.decisions() == frame["y"]).mean() > 0.7


def test_a_column_of_values_in_two_dimensions_is_one_outcome(tmp_path: Path) -> None:
    """A regressor fitted to a one-column frame gives (n, 1): that is n values; two columns are refused."""
    frame = table(tmp_path / "d.csv")
    frame["t"], frame["u"] = frame["x1"] * 2 + 0.1, frame["x2"]
    frame.to_csv(tmp_path / "d.csv", index=False)
    skops.io.dump(LinearRegression().fit(frame[["x1", "x2"]], frame[["t"]]), tmp_path / "m.skops")
    assert evidence(tmp_path, target="t", favourable=()).decisions().shape == (len(frame),)
    skops.io.dump(LinearRegression().fit(frame[["x1", "x2"]], frame[["t", "u"]]), tmp_path / "m.skops")
    with pytest.raises(InputError, match="predicts 2 values"):
        evidence(tmp_path, target="t", favourable=()).decisions()


def test_nearest_neighbours_in_a_tree_live_in_the_sandbox(tmp_path: Path) -> None:
    """A KDTree is compiled code's own memory: it predicts there what it predicts here."""
    model, frame, path = saved(tmp_path, KNeighborsClassifier(algorithm="kd_tree"))
    subject = load_model(path, trust=Trust(reduced_sandbox=True))
    assert "skops file, in a sandbox" in subject.kind
    rows = frame[["x1", "x2"]]
    np.testing.assert_array_equal(subject.predict_labels(rows), model.predict(rows))


def test_a_hostile_tree_is_found_wherever_it_hides(tmp_path: Path) -> None:
    """Inside a transformed-target regressor, too, a tree that leads outside never reaches compiled code."""
    from subjects.test_skops_file import broken

    frame = table(tmp_path / "d.csv")
    model = TransformedTargetRegressor(
        DecisionTreeRegressor(random_state=0), func=np.log1p, inverse_func=np.expm1
    )
    model.fit(frame[["x1", "x2"]], frame["x1"] ** 2)
    model.regressor_.tree_ = broken(model.regressor_.tree_, left_child=10**8)
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(RefusedError, match="does not come after"):
        load_model(tmp_path / "m.skops")


def test_labels_that_the_model_does_not_know_are_refused(tmp_path: Path) -> None:
    """A model of {0, 1} and a table with 2: one error, no silent third class."""
    frame = table(tmp_path / "d.csv")
    skops.io.dump(Ridge().fit(frame[["x1"]], frame["y"]), tmp_path / "r.skops")
    saved(tmp_path, LogisticRegression())
    frame.loc[0, "y"] = 2
    frame.to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(InputError, match="has '2', but the model knows only 0, 1"):
        evidence(tmp_path)


def test_groups_read_the_same_with_and_without_the_flag(tmp_path: Path) -> None:
    """NA is a word in a sensitive column, whether the record or --sensitive names it."""
    frame = table(tmp_path / "d.csv")
    frame["race"] = np.resize(["1", "2", "NA"], len(frame))
    frame.to_csv(tmp_path / "d.csv", index=False)
    model = str(tmp_path / "m.skops")
    words = (
        "--target",
        "y",
        "--learner",
        "logistic",
        "--sensitive",
        "race",
        "--favourable",
        "1",
        "-o",
        model,
    )
    assert run("train", str(tmp_path / "d.csv"), *words)[0] == 0
    names = []
    for more in ({}, {"sensitive": ("race",)}):
        found = load(Request.model_validate({"model": model, "data": str(tmp_path / "d.csv"), **more}))
        names.append([n["race"] for n in found.test.groups("race").names])
    assert names == [["1", "2", "NA"]] * 2
