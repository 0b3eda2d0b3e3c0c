"""Learners: by name from words to a model that can be written and read."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import skops.io

from riskaudit.errors import UsageError
from riskaudit.subjects.trusted import TRUSTED_TYPES
from riskaudit.training import LEARNERS, build, parameter_count, recipe

PAIRS = [(name, task) for name, learner in LEARNERS.items() for task in learner.tasks]
QUICK = {"perceptron": {"epochs": "3"}, "random-forest": {"n_estimators": "7"}, "boosting": {"max_iter": "7"}}
KINDS = {"age": "number", "city": "category", "member": "boolean", "since": "date"}


def table(n=150, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "city": pd.Series(np.array(["Rome", "Oslo", None], object)[rng.integers(0, 3, n)], dtype="str"),
            "member": rng.random(n) > 0.5,
            "since": pd.date_range("2020-01-01", periods=n).astype(str),
        }
    )
    frame.loc[3, "age"] = np.nan
    return frame, frame["age"].fillna(40).to_numpy() / 10 + rng.normal(size=n)


def target(task, y, classes):
    cuts = np.quantile(y, np.linspace(0, 1, classes + 1)[1:-1])
    return y if task == "regression" else np.array(["low", "mid", "top"], object)[np.digitize(y, cuts)]


def answers(model, frame):
    return model.predict_proba(frame) if hasattr(model, "predict_proba") else model.predict(frame)


@pytest.mark.parametrize(("name", "task"), PAIRS)
@pytest.mark.parametrize("classes", [2, 3])
def test_round_trip(name, task, classes):
    """Every learner and task through skops with the fixed list: the same bytes of predictions."""
    frame, y = table()
    model = recipe(name, task=task, kinds=KINDS, seed=3, settings=QUICK.get(name, {}))
    model.fit(frame, target(task, y, classes))
    data = skops.io.dumps(model)
    assert set(skops.io.get_untrusted_types(data=data)) <= set(TRUSTED_TYPES)
    again = skops.io.loads(data, trusted=list(TRUSTED_TYPES))
    assert answers(again, frame).tobytes() == answers(model, frame).tobytes()
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    assert parameter_count(again) == parameter_count(model) > 0


def test_nothing_is_trusted_that_nobody_needs():
    """The list has no type too many."""
    asked = set()
    frame, y = table(60)
    for name, task in PAIRS:
        model = recipe(name, task=task, kinds=KINDS, seed=0, settings=QUICK.get(name, {}))
        asked |= set(skops.io.get_untrusted_types(data=skops.io.dumps(model.fit(frame, target(task, y, 2)))))
    assert asked == set(TRUSTED_TYPES)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_same_seed_same_bytes(name, task):
    """Two fits with one seed answer with the same bytes."""
    frame, y = table()
    fits = [
        recipe(name, task=task, kinds=KINDS, seed=5, settings=QUICK.get(name, {})).fit(
            frame, target(task, y, 2)
        )
        for _ in range(2)
    ]
    assert answers(fits[0], frame).tobytes() == answers(fits[1], frame).tobytes()


def test_cores_change_nothing():
    """A forest grown on two cores is the forest grown on one."""
    frame, y = table()
    forests = []
    for jobs in (None, 2):
        model = recipe("random-forest", task="regression", kinds=KINDS, seed=0, settings={"n_estimators": 7})
        model.set_params(model__n_jobs=jobs).fit(frame, y).set_params(model__n_jobs=None)
        forests.append(model.predict(frame).tobytes())
    assert forests[0] == forests[1]


def test_reading_the_table_is_light():
    """`riskaudit list learners` imports neither NumPy nor scikit-learn."""
    code = "import sys, riskaudit.training as t; t.LEARNERS; print({'numpy', 'sklearn', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_settings_exist(name, task):
    """Every setting and default on offer is a parameter of the class, and our default is within its range."""
    entry = LEARNERS[name]
    estimator = build(name, task=task, seed=1)
    parameters = estimator.get_params()
    offered = entry.settings_for(task)
    assert set(offered) <= set(parameters)
    assert set(entry.defaults_for(task)) <= set(parameters)
    assert {key: offered[key].parsed(parameters[key]) for key in offered} == {
        key: parameters[key] for key in offered
    }
    assert ("random_state" in parameters) == entry.seeded
    assert not entry.seeded or parameters["random_state"] == 1


def test_labels_stay_as_they_are():
    """A target of words has words for classes."""
    frame, y = table()
    model = recipe("logistic", task="classification", kinds=KINDS, seed=0)
    model.fit(frame, pd.Series(np.where(y > 4, "good", "bad"), dtype="str"))
    assert model.classes_.tolist() == ["bad", "good"]


@pytest.mark.parametrize(
    ("learner", "task", "given", "problem", "hint"),
    [
        (
            "random-forrest",
            "classification",
            {},
            "no learner 'random-forrest'",
            "did you mean 'random-forest'",
        ),
        ("linear", "classification", {}, "does not learn classification", "logistic"),
        ("linear", "clustering", {}, "no task 'clustering'", "regression"),
        ("boosting", "regression", {"max_dept": "3"}, "no setting 'max_dept'", "did you mean 'max_depth'"),
        ("boosting", "regression", {"class_weight": "balanced"}, "no setting 'class_weight'", "there is"),
        (
            "random-forest",
            "regression",
            {"max_depth": "0"},
            "max_depth .* cannot be '0'",
            "whole number from 1 or none",
        ),
        ("perceptron", "regression", {"hidden": "64,x"}, "cannot be '64,x'", "64,32"),
        ("perceptron", "regression", {"learning_rate": "nan"}, "cannot be 'nan'", "above 0"),
        ("random-forest", "regression", {"n_jobs": "2"}, "not a setting", "--jobs"),
        ("random-forest", "regression", {"random_state": "2"}, "not a setting", "--seed"),
    ],
)
def test_what_cannot_be_meant(learner, task, given, problem, hint):
    """A usage error says what was found and what to type."""
    with pytest.raises(UsageError, match=problem) as caught:
        build(learner, task=task, seed=0, settings=given)
    assert hint in caught.value.hint
