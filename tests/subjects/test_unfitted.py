"""Recipes in plain words: told in the sandbox, made again here, and nothing but classes of the list."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import (
    compose,
    ensemble,
    feature_extraction,
    gaussian_process,
    impute,
    linear_model,
    model_selection,
    neighbors,
    pipeline,
    preprocessing,
    svm,
)

from riskaudit.loading.recipes import with_recipe
from riskaudit.pipeline import run as audit
from riskaudit.request import Request
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.trust import trust_of
from riskaudit.subjects.unfitted import NotPlain, made, told

KINDS: dict[str, Any] = {
    "forest": ensemble.RandomForestClassifier(7, class_weight={"no": 1, "yes": 3}, n_jobs=-1),
    "search": model_selection.GridSearchCV(svm.SVC(probability=False), {"C": [1, 2]}, cv=2),
    "stack": ensemble.StackingClassifier([("a", linear_model.LogisticRegression(C=0.5))], cv=2),
    "kernel": gaussian_process.GaussianProcessClassifier(1.5 * gaussian_process.kernels.RBF(2.0)),
    "mixed": pipeline.make_pipeline(
        compose.make_column_transformer(
            (impute.SimpleImputer(missing_values=np.nan), ["a", "b"]),
            (preprocessing.OneHotEncoder(categories=[np.array(["u", "v"])], dtype=np.float32), ["d"]),
            ("passthrough", slice(0, 1)),
        ),
        neighbors.KNeighborsClassifier(3, metric="manhattan"),
    ),
}
RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(80, 2)), columns=["a", "b"]).assign(d=RNG.choice(["u", "v"], 80))
TARGET = np.where(ROWS["a"] > 0, "yes", "no")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", KINDS)
def test_a_recipe_survives_json_and_learns_the_same(name: str) -> None:
    """The estimator made again from words gives the same answers after the same fit."""
    model, rows = KINDS[name], ROWS if name == "mixed" else ROWS[["a", "b"]]
    model.fit(rows, TARGET)
    again = made(json.loads(json.dumps(told(model))))
    own = getattr(model, "best_estimator_", model)
    for one in (again, own):
        if "random_state" in one.get_params():
            one.set_params(random_state=0)
    np.testing.assert_array_equal(again.fit(rows, TARGET).predict(rows), own.fit(rows, TARGET).predict(rows))


@pytest.mark.parametrize(
    "recipe",
    [
        {"class": ["os", "system"], "settings": {}},
        {"class": ["joblib.memory", "Memory"], "settings": {"location": "/tmp/x"}},
        {"class": ["sklearn.pipeline", "Pipeline"], "settings": {"steps": {"list": []}, "memory": "/tmp/x"}},
        {"class": ["sklearn.svm._classes", "SVC"], "settings": {"C": 1e300}},
        {"class": ["sklearn.svm._classes", "SVC"], "settings": {"__class__": 1}},
        {"class": ["sklearn.svm._classes", "SVC"], "settings": {"kernel": {"object": "os.system"}}},
        {
            "class": ["sklearn.ensemble._forest", "RandomForestClassifier"],
            "settings": {"n_estimators": 10**9},
        },
        {"class": ["sklearn.utils.validation", "check_array"], "settings": {}},
        {
            "class": ["sklearn.feature_extraction.text", "TfidfVectorizer"],
            "settings": {"token_pattern": "(a+)+$"},
        },
        {"class": ["sklearn.feature_extraction.text", "TfidfVectorizer"], "settings": {"input": "filename"}},
        ["class"],
        None,
    ],
)
def test_a_hostile_recipe_makes_nothing(recipe: Any) -> None:
    """Other classes, caches on disk, files, patterns and work without end are refused."""
    with pytest.raises(NotPlain):
        made(recipe)


def test_functions_are_no_plain_values() -> None:
    """A transformer with a function of its own has no recipe in words."""
    with pytest.raises(NotPlain, match=r"func .* FunctionTransformer"):
        told(pipeline.make_pipeline(preprocessing.FunctionTransformer(np.abs), linear_model.Ridge()))
    assert made(told(feature_extraction.text.TfidfVectorizer())).token_pattern == r"(?u)\b\w\w+\b"


def _rows(path: Path, *, seed: int) -> Path:
    """People, with an outcome that two columns tell half of."""
    rng = np.random.default_rng(seed)
    n = 160
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "sex": rng.choice(["f", "m"], n)})
    frame["y"] = np.where(frame["a"] + rng.normal(size=n) > 0, "yes", "no")
    frame.to_csv(path, index=False)
    return path


def test_a_sandboxed_neighbour_model_is_attacked_by_refits(tmp_path: Path) -> None:
    """Privacy is assessed in full: references fitted again here, the audited model asked in its sandbox."""
    members, others = _rows(tmp_path / "train.csv", seed=0), _rows(tmp_path / "test.csv", seed=1)
    frame = pd.read_csv(members)
    model = tmp_path / "knn.joblib"
    joblib.dump(neighbors.KNeighborsClassifier(1).fit(frame[["a", "b"]], frame["y"]), model)
    sha = hashlib.sha256(model.read_bytes()).hexdigest()
    subject = with_recipe(open_model(model, trust=trust_of(pickle=sha, reduced_sandbox=True)))
    assert subject.recipe.n_neighbors == 1
    subject.close()
    report = audit(
        Request(
            model=str(model),
            trust_pickle=sha,
            allow_reduced_sandbox=True,
            data=str(others),
            train=str(members),
            target="y",
            favourable=("yes",),
            sensitive=("sex",),
            only=("privacy",),
            effort="quick",
        )
    )
    found = [
        m for result in report.all_results for m in result.measures if m.name == "privacy.membership_auc"
    ]
    strongest = [m.value for m in found if m.where == {"attack": "strongest"}]
    assert strongest
    assert (strongest[0] or 0) > 0.7
    assert any(m.where.get("attack") == "reference" for m in found)
