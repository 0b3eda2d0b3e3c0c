"""Privacy on every kind of subject: k classes, predictions alone, a model far away; and claims of differential privacy."""

import dataclasses

import numpy as np
import pytest
from audits.privacy.worlds import audited, evidence, found, linear, random_labels, table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from riskaudit.audits import audits, declared_measures
from riskaudit.audits.audit import examine
from riskaudit.audits.privacy import PrivacyAudit, attribute, label_only
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.judge import judge
from riskaudit.rulebook import read_rulebooks
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.subject import Subject
from riskaudit.training.private.perceptron import PrivatePerceptronClassifier


def test_a_forest_of_five_classes_is_found():
    """k classes: every attack that a forest allows is made, and its leak found."""
    result = audited(RandomForestClassifier(30, random_state=0), *random_labels(1, 250, 5), effort="quick")
    made = {m.where["attack"] for m in result.measures if m.name == "privacy.membership_auc"}
    assert {"loss", "entropy", "quantile", "label-only", "reference", "shadow", "rmia-offline"} <= made
    assert found(result, "membership_auc", "strongest").interval.low > 0.8


def test_several_classes_meet_leave_one_out():
    """A softmax regression is attacked in closed form beside its refits."""
    result = audited(LogisticRegression(), *random_labels(1, 200, 4, columns=20), effort="quick")
    assert found(result, "membership_auc", "leave-one-out").interval.low > 0.55


def answered(model, train, test, *, score=""):
    """What a model said of both tables, the model itself unknown."""
    model.fit(train.frame[list(train.features)], train.labels)
    parts = []
    for rows in (train, test):
        X = rows.frame[list(rows.features)]
        frame = rows.frame.assign(yhat=model.predict(X))
        if score:
            frame = frame.assign(**{score: model.predict_proba(X)[:, 1]})
        parts.append(Dataset(**{**vars(rows), "frame": frame, "prediction": "yhat", "score": score}))
    return Evidence(subject=Subject(name="p", kind="predictions"), train=parts[0], test=parts[1])


@pytest.mark.parametrize("kind", ["three classes", "regression", "scores"])
def test_answers_alone_are_attacked(kind):
    """With a member flag and no model: the gap attack on decisions, loss and quantile on values and on scores."""
    if kind == "regression":
        rng = np.random.default_rng(0)
        X = rng.normal(size=(600, 3))
        whole = table(X, X[:, 0] + rng.normal(size=600), task="regression")
        given = answered(
            DecisionTreeRegressor(min_samples_leaf=2, random_state=0),
            whole.take(np.arange(300)),
            whole.take(np.arange(300, 600)),
        )
    else:
        rows = random_labels(2, 300, 3 if kind == "three classes" else 2)
        score = "s" if kind == "scores" else ""
        given = answered(RandomForestClassifier(20, random_state=0), *rows, score=score)
    result = examine(PrivacyAudit(), given)
    assert result.status == "measured", result.reason
    made = {m.where["attack"] for m in result.measures if m.name == "privacy.membership_auc" and m.assessed}
    assert made >= ({"loss"} if kind == "three classes" else {"loss", "quantile"})
    assert found(result, "membership_auc", "loss").interval.low > 0.6


class Far:
    """A model behind an address: it answers, counts the rows it is asked for, and cannot be fitted again."""

    remote = True
    no_refit = "the model is behind an address"

    def __init__(self, model):
        self.model, self.asked = model, 0
        self.classes_ = model.classes_

    def predict(self, X):
        self.asked += len(X)
        return self.model.predict(X)

    def predict_proba(self, X):
        self.asked += len(X)
        return self.model.predict_proba(X)


def test_a_model_far_away_is_asked_no_more_than_said():
    """2,000 rows of each table asked about once; beside them 7 x 200 disturbed copies and 2 x 300 of a hidden column."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in (1, 2):
        data = linear(seed, 2000)
        frame = data.frame.assign(sex=rng.integers(2, size=2000))
        rows.append(
            Dataset(
                **{**vars(data), "frame": frame, "sensitive": ("sex",), "features": (*data.features, "sex")}
            )
        )
    near = evidence(DecisionTreeClassifier(random_state=0), *rows)
    far = Far(near.subject.estimator)
    given = dataclasses.replace(near, subject=dataclasses.replace(near.subject, estimator=far), _kept={})
    result = examine(PrivacyAudit(), given)
    assert result.status == "measured", result.reason
    copies = (label_only.COPIES["quick"] + 1) * 2 * label_only.FAR
    hidden = 2 * 2 * attribute.FAR
    assert far.asked <= 2 * 4000 + copies + hidden  # scores and decisions of every row
    assert "behind an address" in found(result, "attacks_tried").note
    assert found(result, "membership_auc", "strongest").interval.low > 0.6


def _claims(given, epsilon):
    record = TrainingRecord(
        learner="perceptron", task="binary", target="y", features={"x0": "number"}, rows=1, held_out=1, seconds=1.0,
        seed=0, epsilon=epsilon, delta=1e-5,
    )  # fmt: skip
    return dataclasses.replace(given, subject=dataclasses.replace(given.subject, training=record))


def _verdict(result):
    verdicts = judge(
        [result], read_rulebooks(["default"], measures=declared_measures(audits())), task="binary"
    )
    return next(v.outcome for v in verdicts if v.rule == "privacy-claim-refuted")


@pytest.mark.parametrize(("epsilon", "outcome"), [(0.5, "fail"), (50.0, "pass")])
def test_a_false_claim_fails_the_gate(epsilon, outcome):
    """A forest that claims epsilon 0.5: the whole audit proves more, the rule fails; of 50 nothing is refuted."""
    given = evidence(
        RandomForestClassifier(30, random_state=0), linear(1, 800), linear(2, 800), effort="quick"
    )
    result = examine(PrivacyAudit(), _claims(given, epsilon))
    excess = found(result, "epsilon_claim_excess")
    assert ("does not hold" in excess.note) == (outcome == "fail")
    assert _verdict(result) == outcome


@pytest.mark.slow
def test_our_own_dp_sgd_is_not_refuted_at_deep_effort():
    """Canaries planted by coin in one more DP-SGD training at epsilon 2: the bound stays below, the claim is judged."""
    model = PrivatePerceptronClassifier((8,), epsilon=2.0, delta=1e-5, epochs=4, noise_seed=0, random_state=0)
    given = evidence(model, linear(1, 600), linear(2, 600), effort="deep")
    result = examine(PrivacyAudit(), _claims(given, 2.0))
    assert result.status == "measured", result.reason
    bound = next(m for m in result.measures if m.where.get("by") == "canaries")
    assert bound.value <= 2.0
    assert "by canaries" in found(result, "epsilon_claim_excess").note
    assert _verdict(result) == "pass"
