"""Privacy: worlds in which the leak is known."""

import numpy as np
import pytest
from audits.privacy.worlds import audited, evidence, found, linear, random_labels, table
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from riskaudit.audits.audit import examine
from riskaudit.audits.privacy import PrivacyAudit, blind, loss, pool, references
from riskaudit.datasets.credit import credit
from riskaudit.evidence import Evidence
from riskaudit.statistics import auc
from riskaudit.subjects.subject import subject_of


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize(
    "model",
    [DecisionTreeClassifier(random_state=0), KNeighborsClassifier(n_neighbors=1)],
    ids=["tree", "1-NN"],
)
def test_what_is_learnt_by_heart_leaks_by_the_formula(model, classes):
    """An unpruned tree or 1-NN on C random classes has loss AUC 1 - acc_out / 2, to the last digit."""
    train, test = random_labels(1, 300, classes)
    given = evidence(model, train, test, effort="quick")
    accuracy = (given.decisions() == given.outcome()).mean()
    value = found(examine(PrivacyAudit(), given), "membership_auc", "loss").value
    assert value == pytest.approx(1 - accuracy / 2, abs=1e-12)


def test_a_constant_model_gives_nothing_away():
    """A model that says the same to everyone has loss AUC exactly 0.5 on balanced random classes."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 150)
    train, test = (table(rng.normal(size=(300, 2)), y) for _ in "ab")
    result = audited(DummyClassifier(), train, test)
    assert found(result, "membership_auc", "loss").value == 0.5
    assert found(result, "membership_advantage", "loss").value == 0
    assert found(result, "membership_auc", "reference").interval.low <= 0.5


def test_the_order_of_rows_is_no_evidence():
    """A constant model stays at 0.5 with the rows sorted by outcome or not."""
    train, test = random_labels(3, 200, 2)
    order = np.argsort(test.outcome, kind="stable")
    values = [
        found(
            audited(DummyClassifier(strategy="uniform"), train, rows, effort="quick"),
            "membership_auc",
            "loss",
        ).value
        for rows in (test, test.take(order))
    ]
    assert values == [0.5, 0.5]


def test_a_model_of_other_people_gives_nothing_away():
    """A forest trained on other rows: both attacks' intervals hold 0.5."""
    train, test, others = linear(1, 500), linear(2, 500), linear(3, 500)
    result = audited(RandomForestClassifier(50, random_state=0), train, test, fitted_on=others)
    for attack in ("loss", "reference"):
        interval = found(result, "membership_auc", attack).interval
        assert interval.low <= 0.5 <= interval.high


def test_the_planted_harm_and_its_mended_twin():
    """The credit example: an unpruned forest leaks (.72 by loss, .92 by reference), a ridge-like model does not."""
    risky, mended = _credit("forest"), _credit("logistic")
    assert 0.69 < found(risky, "membership_auc", "loss").value < 0.77
    assert found(risky, "membership_auc", "reference").value > 0.88
    assert found(risky, "membership_tpr_at_1pct_fpr", "reference").interval.low > 0.15
    assert found(risky, "generalisation_gap").interval.low > 0.15
    for attack in ("loss", "reference"):
        assert 0.47 < found(mended, "membership_auc", attack).value < 0.55


def _credit(kind):
    train, test = credit(seed=0)
    model = RandomForestClassifier(100, random_state=0) if kind == "forest" else LogisticRegression(C=0.1)
    encoder = make_column_transformer((OneHotEncoder(), ["district"]), remainder="passthrough")
    fitted = make_pipeline(encoder, model).fit(train.frame[list(train.features)], train.labels)
    subject = subject_of(fitted, name="model", features=tuple(train.features))
    return examine(PrivacyAudit(), Evidence(subject=subject, test=test, train=train))


def test_boosted_trees_leak_though_sure_of_everything():
    """Boosting until nothing is left to learn: the reference attack finds what it stored."""
    train, test = random_labels(5, 150, 2, columns=3)
    model = HistGradientBoostingClassifier(max_iter=40, min_samples_leaf=2, random_state=0)
    with threadpool_limits(1):
        given = evidence(model, train, test, effort="quick")
        attack = references.attack(given, pool.once_only(given))
    assert auc(attack.members, attack.others)[0] > 0.85


def test_shift_is_not_called_a_leak():
    """Held-out rows of another place, a model that saw none of them: the blind control is high, the note says so."""
    train, test, others = linear(1, 600), linear(2, 600, shift=0.8), linear(3, 600)
    result = audited(LogisticRegression(), train, test, fitted_on=others)
    assert found(result, "blind_auc").interval.low > 0.7
    assert "may be shift, not leakage" in found(result, "membership_auc", "loss").note


def test_one_distribution_is_not_called_shift():
    """Members and held-out rows of one table: at most 3 of 40 blind controls exclude 0.5."""
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        numbers, member = rng.normal(size=(400, 5)), np.arange(400) < 200
        scores = blind.cross_fitted(numbers, np.zeros(5, dtype=bool), member, rng=rng)
        alarms += blind.cross_fitted_auc(scores, member)[1].low > 0.5
    assert alarms <= 3


def test_false_alarms_are_rare():
    """Over 40 leak-free models, each attack raises at most 4 alarms (a 95 % interval above 0.5)."""
    alarms = {"loss": 0, "reference": 0}
    for seed in range(40):
        train, test, others = (linear(1000 * k + seed, 200, columns=2) for k in (1, 2, 3))
        given = evidence(LogisticRegression(), train, test, fitted_on=others, seed=seed, effort="quick")
        rows = pool.once_only(given)
        for attack in (loss.attack(given, rows), references.attack(given, rows)):
            alarms[attack.name] += auc(attack.members, attack.others)[1].low > 0.5
    assert max(alarms.values()) <= 4


def test_twins_are_left_out_on_both_sides():
    """Few distinct rows, models of other people: at most 3 alarms in 20; with twins gone from the held-out only, many."""
    even = uneven = 0
    for seed in range(20):
        given = _with_twins(seed)
        rows, inside, outside = pool.once_only(given), -given.losses("train"), -given.losses("test")
        assert rows.shared > 500
        even += auc(inside[rows.members], outside[rows.others])[1].low > 0.5
        uneven += auc(inside, outside[rows.others])[1].low > 0.5
    assert even <= 3
    assert uneven > 13


def _with_twins(seed):
    """Columns of small whole numbers; the common rows are easy, with hardly a positive."""
    rng = np.random.default_rng(seed)
    tables = []
    for _ in "abc":
        X = np.floor(rng.exponential(2.0, size=(1500, 2)))
        X = np.column_stack([X, rng.integers(4, size=1500)])
        tables.append(table(X, (X[:, 0] + rng.normal(size=1500) > 4).astype(int)))
    train, test, others = tables
    return evidence(LogisticRegression(), train, test, fitted_on=others)


@pytest.mark.parametrize(
    ("model", "low", "high"),
    [
        (DecisionTreeRegressor(random_state=0), 0.95, 1.0),
        (RandomForestRegressor(50, random_state=0), 0.80, 1.0),
        (Ridge(), 0.44, 0.56),
    ],
    ids=["tree", "forest", "ridge"],
)
def test_regressions_leak_too(model, low, high):
    """A tree that stored its rows is found by its errors, a forest by its references, a ridge is not."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(800, 3))
    whole = table(X, X[:, 0] + rng.normal(size=800), task="regression")
    result = audited(model, whole.take(np.arange(400)), whole.take(np.arange(400, 800)), effort="quick")
    attack = "loss" if isinstance(model, DecisionTreeRegressor) else "reference"
    assert low <= found(result, "membership_auc", attack).value <= high
    gap = found(result, "generalisation_gap")
    assert gap.interval.low <= gap.value <= gap.interval.high
    assert "RMSE" in gap.note
