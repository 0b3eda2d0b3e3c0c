"""Privacy: what is assessed, what is not, and what is said of it."""

import subprocess
import sys

import numpy as np
import pytest
from audits.privacy.worlds import audited, evidence, found, linear, random_labels, table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.audit import examine
from riskaudit.audits.privacy import PrivacyAudit, told
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import Subject


class Frozen(ClassifierMixin, BaseEstimator):
    """A model that was fitted elsewhere and cannot be fitted again."""

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y):
        if hasattr(self, "classes_") or self.weights is None:
            raise NotImplementedError("the recipe is not known")
        self.classes_ = np.unique(y)
        self.weights = None
        return self

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X):
        upper = 1 / (1 + np.exp(-np.asarray(X)[:, 0]))
        return np.column_stack([1 - upper, upper])


def test_without_members_nothing_is_assessed():
    """No member rows: not applicable, with what to pass."""
    rows = linear(0, 50)
    given = evidence(LogisticRegression(), rows, rows)
    result = examine(PrivacyAudit(), Evidence(subject=given.subject, test=rows))
    assert result.status == "not_applicable"
    assert "--train" in result.reason


def test_predictions_alone_are_not_attacked():
    """No model to ask: not applicable, with what to pass."""
    rows = linear(0, 50)
    result = examine(
        PrivacyAudit(), Evidence(subject=Subject(name="p", kind="predictions"), test=rows, train=rows)
    )
    assert result.status == "not_applicable"
    assert "--model" in result.reason


def test_a_model_that_cannot_be_refitted():
    """The loss attack goes on, the reference attack is not assessed and says why."""
    result = audited(Frozen(weights=1), linear(1, 200), linear(2, 200))
    assert found(result, "membership_auc", "loss").assessed
    missing = found(result, "membership_auc", "reference")
    assert missing.value is None
    assert "cannot be refitted (NotImplementedError: the recipe is not known)" in missing.note


def test_a_model_without_probabilities():
    """Only decisions: the loss is 0 or 1, and the note says so."""
    result = audited(LinearSVC(), linear(1, 200), linear(2, 200))
    loss, reference = (found(result, "membership_auc", attack) for attack in ("loss", "reference"))
    gap = found(result, "generalisation_gap")
    assert loss.value == pytest.approx(0.5 + gap.value / 2)
    assert "gap attack" in loss.note
    assert "decision values" in reference.note


def test_shared_rows_are_counted_and_left_out():
    """Held-out rows that are members: counted, and not in the attack; all of them: nothing to attack."""
    train, extra = linear(1, 120), linear(2, 80)
    import pandas as pd

    mixed = Dataset(**{**vars(extra), "frame": pd.concat([extra.frame, train.frame[:30]], ignore_index=True)})
    result = audited(LogisticRegression(), train, mixed)
    assert found(result, "shared_rows").value == 30
    assert found(result, "membership_auc", "loss").n == 200
    assert "30 held-out rows" in found(result, "membership_auc", "loss").note
    same = audited(LogisticRegression(), train, train)
    assert {m.value for m in same.measures if m.where.get("attack")} == {None}


@pytest.mark.parametrize(("rows", "said"), [(90, "Not assessed"), (300, "Indicative"), (1000, "1,000")])
def test_a_tpr_needs_false_alarms(rows, said):
    """TPR at 1 %: none below 1 expected false alarm, indicative below 10, plain from there on."""
    rng = np.random.default_rng(0)
    attack = told.Attack(
        name="loss", members=rng.normal(1, size=500), others=rng.normal(size=rows), note="", needs=""
    )
    measure = told.tpr(attack)
    assert said in measure.note
    assert (measure.value is None) == (rows == 90)
    if measure.value is not None:
        assert measure.interval.low <= measure.value <= measure.interval.high


def test_an_indicative_tpr_is_as_unsure_as_it_says():
    """Its interval holds the true TPR in at least 93 of 100 runs with 300 held-out rows."""
    truth = 0.0923  # of N(1, 1) against N(0, 1) at 1 %
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        interval = told.indicative_tpr(rng.normal(1, size=300), rng.normal(size=300))[1]
        hits += interval.low <= truth <= interval.high
    assert hits >= 186


def test_the_threshold_is_chosen_on_other_rows():
    """On noise the advantage is not above zero on average, as one tuned on its own rows would be."""
    train, test = linear(1, 100), linear(2, 100)
    values = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        noise = told.Attack(
            name="loss", members=rng.normal(size=100), others=rng.normal(size=100), note="", needs=""
        )
        given = Evidence(subject=Subject(name="m", kind="m"), test=test, train=train, seed=seed)
        values.append(told._advantage(noise, given).value)
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(60)


def test_the_best_threshold_is_the_best():
    """No other score splits members from others better."""
    members, others = np.array([0.1, 0.6, 0.7, 0.7]), np.array([0.1, 0.2, 0.6, 0.7])
    cut = told.best_threshold(members, others)
    gains = [(members > c).mean() - (others > c).mean() for c in [*members, *others]]
    assert (members > cut).mean() - (others > cut).mean() == max(gains)


def test_of_a_search_the_best_estimator_is_refitted():
    """A search over forests is attacked as the forest it found, by one reference forest."""
    search = GridSearchCV(RandomForestClassifier(20, random_state=0), {"max_depth": [None]}, cv=2)
    result = audited(search, *random_labels(1, 100, 2), effort="quick")
    assert "one reference forest" in found(result, "membership_auc", "reference").note


@pytest.mark.parametrize(
    "model", [DecisionTreeClassifier(random_state=0), RandomForestClassifier(20, random_state=0)]
)
def test_the_same_seed_gives_the_same_result(model):
    """Two runs agree in every digit, on one core or two."""
    train, test = random_labels(1, 200, 3)
    runs = [audited(model, train, test, effort="quick", workers=workers) for workers in (1, 1, 2)]
    assert runs[0] == runs[1] == runs[2]


def test_many_rows_go_to_workers_with_the_same_result():
    """From 6,000 pooled rows on refits run in processes of their own, and no digit moves."""
    train, test = linear(1, 3200), linear(2, 3200)
    runs = [audited(LogisticRegression(), train, test, effort="quick", workers=w) for w in (1, 2)]
    assert "of 6,000 pooled rows" in found(runs[0], "membership_auc", "reference").note
    assert runs[0] == runs[1]


def test_the_roc_rises():
    """The picture: log axes, at most 30 points a series, both coordinates rising to 1."""
    result = audited(DecisionTreeClassifier(random_state=0), *random_labels(2, 400, 2), effort="quick")
    roc = next(e for e in result.exhibits if e.name == "privacy.roc")
    assert (roc.axes["x_scale"], roc.axes["y_scale"]) == ("log", "log")
    assert roc.axes["diagonal"]
    for series in ("loss", "reference"):
        at = [i for i, name in enumerate(roc.columns["series"]) if name == series]
        x, y = (np.array([roc.columns[c][i] for i in at]) for c in "xy")
        assert len(at) <= 30
        assert (np.diff(x) > 0).all()
        assert (np.diff(y) >= 0).all()
        assert x[0] > 0
        assert y[0] > 0
        assert (x[-1], y[-1]) == (1, 1)


def test_no_member_row_is_shown():
    """No value of a member's row stands in the result."""
    rng = np.random.default_rng(0)
    X = np.round(rng.uniform(100, 200, size=(300, 2)), 6)
    train, test = table(X[:150], rng.integers(2, size=150)), table(X[150:], rng.integers(2, size=150))
    text = audited(LogisticRegression(), train, test, effort="quick").model_dump_json()
    assert not [value for value in X.ravel() if str(value) in text]


def test_every_number_is_declared_and_says_how_sure_it_is():
    """No measure that is not declared; each has an interval, was counted, is a bound, or says why it has none."""
    result = audited(LogisticRegression(), linear(1, 300), linear(2, 300))
    assert {m.name for m in result.measures} <= set(PrivacyAudit.measures)
    for measure in result.measures:
        words = ("Counted", "lower bound", "Not assessed")
        assert measure.interval or any(word in measure.note for word in words), measure


def test_the_door_is_light():
    """Neither the registry's line nor `explain` needs numpy."""
    code = (
        "import sys, riskaudit.audits.privacy; sys.exit('numpy' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_docstring_has_its_three_parts():
    """What it asks, how it measures, what it cannot see."""
    for part in ("What it asks", "How it measures", "What it cannot see"):
        assert part in PrivacyAudit.__doc__
