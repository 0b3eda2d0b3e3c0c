"""Compute: counting what a model decides by."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.compute.parameters import measure
from riskaudit.subjects.size import count
from riskaudit.subjects.subject import subject_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(120, 4)), RNG.integers(3, size=120)


def total(model):
    return sum(count(model.fit(X, Y)).values())


def test_coefficients_and_intercepts():
    """Three classes of four coefficients and an intercept each; fewer without intercepts."""
    assert total(LogisticRegression()) == 15
    assert total(LogisticRegression(fit_intercept=False)) == 12
    assert total(LinearRegression()) == 5


def test_the_last_step_of_a_pipeline_counts():
    """Scalers are not counted; searches and calibrations are looked into."""
    assert total(make_pipeline(StandardScaler(), LogisticRegression())) == 15
    assert total(GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)) == 15
    assert total(CalibratedClassifierCV(LogisticRegression(), cv=2)) == 30


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_weights_of_a_network():
    """4 x 5 + 5 into the hidden layer, 5 x 3 + 3 out of it."""
    assert total(MLPClassifier((5,), max_iter=2)) == 4 * 5 + 5 + 5 * 3 + 3


def test_nodes_of_trees():
    """An ensemble has the nodes of its trees."""
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, Y)
    assert sum(count(tree).values()) == tree.tree_.node_count
    forest = RandomForestClassifier(7, random_state=0).fit(X, Y)
    assert count(forest) == {"tree nodes": sum(t.tree_.node_count for t in forest.estimators_)}
    boosted = GradientBoostingClassifier(n_estimators=3, random_state=0).fit(X, Y)
    assert count(boosted) == {"tree nodes": sum(t.tree_.node_count for t in boosted.estimators_.ravel())}
    assert total(HistGradientBoostingClassifier(max_iter=3)) >= 9


def test_kinds_are_told_apart():
    """A vote of a linear model and a tree has coefficients and nodes."""
    vote = VotingClassifier([("l", LogisticRegression()), ("t", DecisionTreeClassifier(max_depth=1))])
    assert count(vote.fit(X, Y)) == {"coefficients": 15, "tree nodes": 3}


def test_stored_rows_are_parameters():
    """Nearest neighbours and support vectors keep training values."""
    assert total(KNeighborsClassifier()) == X.size
    machine = SVC().fit(X, Y)
    held = machine.support_vectors_.size + machine.dual_coef_.size + machine.intercept_.size
    assert sum(count(machine).values()) == held


def test_what_cannot_be_counted_is_not_zero():
    """A model of an unknown kind has no count, and the note says so."""
    found = measure(subject_of(DummyClassifier().fit(X, Y), name="d", features=()))
    assert found.value is None
    assert "DummyClassifier" in found.note
