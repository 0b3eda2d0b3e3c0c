"""Skops files: what was saved comes back, and damaged trees never reach compiled code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import NMF
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from riskaudit.datasets.credit import credit
from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.skops_file import load_model, save_model
from riskaudit.subjects.trusted import check_parts, check_trees
from riskaudit.training.fit import train


def rows(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3))
    return X, (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(
    "learner", ["logistic", "perceptron", "sklearn-logistic", "random-forest", "boosting"]
)
def test_a_saved_model_comes_back_with_its_record(tmp_path: Path, learner: str) -> None:
    """Same predictions, same record, and plain skops can read the file too."""
    members, _ = credit(seed=0)
    trained = train(members, learner=learner, seed=1)
    path = tmp_path / "m.skops"
    digest = save_model(path, trained.subject.estimator, trained.record)
    again = load_model(path)
    assert again.training == trained.record
    assert (again.sha256, again.size_bytes) == (digest, path.stat().st_size)
    np.testing.assert_array_equal(
        again.predict_scores(members.frame), trained.subject.predict_scores(members.frame)
    )
    assert skops.io.get_untrusted_types(file=path) is not None


def test_a_model_of_somebody_else_loads_without_a_record(tmp_path: Path) -> None:
    """Any fitted scikit-learn estimator saved with skops."""
    X, y = rows()
    skops.io.dump(
        make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=5, random_state=0)).fit(X, y),
        tmp_path / "m.skops",
    )
    subject = load_model(tmp_path / "m.skops")
    assert subject.training is None
    assert subject.classes == ("0", "1")


@pytest.mark.parametrize("thing", [StandardScaler(), RandomForestClassifier()])
def test_what_is_no_fitted_model_is_refused(tmp_path: Path, thing: Any) -> None:
    """A scaler is no model, an unfitted forest no fitted one."""
    skops.io.dump(thing, tmp_path / "m.skops")
    with pytest.raises(InputError, match=r"neither a classifier|not fitted"):
        load_model(tmp_path / "m.skops")


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(n_estimators=3, random_state=0),
        GradientBoostingClassifier(n_estimators=3, random_state=0),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)),
        CalibratedClassifierCV(DecisionTreeClassifier(random_state=0), cv=2),
    ],
    ids=lambda m: type(m).__name__,
)
def test_honest_trees_pass_wherever_they_are(model: Any) -> None:
    """Trees, forests, boosting, pipelines and calibrated models are gone through without a complaint."""
    check_trees(model.fit(*rows()), name="m")


def broken(tree: Any, **state: Any) -> Any:
    """A scikit-learn Tree with parts of its state replaced, as a hostile file can."""
    whole = tree.__reduce__()
    made = whole[0](*whole[1])
    nodes = tree.__getstate__()
    nodes["nodes"] = nodes["nodes"].copy()
    for field, value in state.items():
        nodes["nodes"][field][0] = value
    made.__setstate__(nodes)
    return made


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("left_child", 0, "does not come after"),
        ("right_child", 10_000, "does not come after"),
        ("feature", 3, "feature that is not there"),
        ("feature", -7, "feature that is not there"),
    ],
)
def test_a_tree_that_leads_outside_is_refused(field: str, value: int, words: str) -> None:
    """A loop, a node out of range and a feature that is not there: predict() would hang or die."""
    model = RandomForestClassifier(n_estimators=2, random_state=0).fit(*rows())
    model.estimators_[1].tree_ = broken(model.estimators_[1].tree_, **{field: value})
    with pytest.raises(RefusedError, match=words):
        check_trees(make_pipeline(StandardScaler().fit(rows()[0]), model), name="m")


@pytest.mark.parametrize(("field", "value"), [("left", 0), ("right", 9_999), ("feature_idx", 3)])
def test_a_boosting_predictor_that_leads_outside_is_refused(field: str, value: int) -> None:
    """The same for histogram boosting."""
    model = HistGradientBoostingClassifier(max_iter=2).fit(*rows())
    model._predictors[0][0].nodes[field][0] = value
    with pytest.raises(RefusedError, match="holds a tree that is not one"):
        check_trees(model, name="m")


def test_equal_trainings_give_equal_bytes() -> None:
    """No memory address and no time is left in the archive; plain skops still reads it."""
    from riskaudit.subjects.skops_file import dumped

    one, two = (
        dumped(
            make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=4, random_state=0)).fit(
                *rows()
            )
        )
        for _ in range(2)
    )
    assert one == two
    X, _ = rows()
    again = skops.io.loads(one, trusted=["sklearn.tree._tree.Tree"])
    assert again.predict_proba(X).shape == (len(X), 2)


def test_boosting_with_another_number_of_trees_than_scores_is_refused() -> None:
    """Its compiled loop would write beyond the scores: the process died of it."""
    model = GradientBoostingClassifier(n_estimators=2).fit(*rows())
    check_parts(make_pipeline(StandardScaler().fit(rows()[0]), model), name="m")
    model.estimators_ = np.hstack([model.estimators_] * 40)
    with pytest.raises(RefusedError, match="another number of trees"):
        check_parts(make_pipeline(StandardScaler().fit(rows()[0]), model), name="m")


@pytest.mark.parametrize(
    ("model", "boxed"),
    [
        (make_pipeline(MinMaxScaler(), NMF(2, max_iter=5), LogisticRegression()), True),
        (HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]), True),
        (make_pipeline(StandardScaler(), SVC()), True),
        (LinearSVC(), False),
        (HistGradientBoostingClassifier(max_iter=2), False),
        (make_pipeline(StandardScaler(), LogisticRegression()), False),
    ],
    ids=["rounds", "categories", "libsvm", "liblinear", "boosting", "plain"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_may_not_end_lives_in_the_sandbox(tmp_path: Path, model: Any, boxed: bool) -> None:
    """Families whose files say how often they go round; what is bounded and checked stays here, for refits."""
    X, y = rows()
    X[:, 0] = np.arange(len(X)) % 5
    skops.io.dump(model.fit(X, y), tmp_path / "m.skops")
    subject = load_model(tmp_path / "m.skops")
    assert ("in a sandbox" in subject.kind) is boxed
    np.testing.assert_array_equal(subject.estimator.predict(X), model.predict(X))
    subject.close()


@pytest.mark.parametrize("classes", [None, np.array([])])
def test_a_model_without_classes_is_refused_in_words(tmp_path: Path, classes: object) -> None:
    """Not by the first error that a library meets."""
    import skops.io
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    model.classes_ = classes
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(InputError, match="no classes"):
        load_model(tmp_path / "m.skops")
