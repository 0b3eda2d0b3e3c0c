"""Size: counted by hand."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
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
from sklearn.tree import DecisionTreeClassifier

from riskaudit.subjects.size import parameter_count
from riskaudit.training.perceptron import NumpyPerceptronClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
TWO, THREE = (X[:, 0] > 0).astype(int), np.arange(60) % 3
STUMP = DecisionTreeClassifier(max_depth=1)


@pytest.mark.parametrize(
    ("estimator", "y", "count"),
    [
        (LinearRegression(), X[:, 0], 5),
        (LinearRegression(fit_intercept=False), X[:, 0], 4),
        (LogisticRegression(), THREE, 15),
        (make_pipeline(StandardScaler(), LogisticRegression()), TWO, 5),
        (NumpyPerceptronClassifier((6, 3), epochs=1), THREE, 4 * 6 + 6 + 6 * 3 + 3 + 3 * 3 + 3),
        (MLPClassifier((6,), max_iter=5, tol=10, n_iter_no_change=1), TWO, 4 * 6 + 6 + 6 + 1),
        (STUMP, TWO, 3),
        (RandomForestClassifier(5, max_depth=1, bootstrap=False, max_features=None), TWO, 15),
        (GradientBoostingClassifier(n_estimators=4, max_depth=1), THREE, 36),
        (HistGradientBoostingClassifier(max_iter=3, max_depth=1), TWO, 9),
        (CalibratedClassifierCV(STUMP, cv=2), TWO, 6),
        (VotingClassifier([("a", STUMP), ("b", LogisticRegression())]), TWO, 8),
        (GridSearchCV(STUMP, {"criterion": ["gini"]}, cv=2), TWO, 3),
        (KNeighborsClassifier(), TWO, 60 * 4),
        (VotingClassifier([("a", STUMP), ("b", KNeighborsClassifier())]), TWO, 3 + 60 * 4),
    ],
)
def test_counts(estimator, y, count):
    """Coefficients, weights, nodes, or the rows that a nearest-neighbour model keeps."""
    assert parameter_count(estimator.fit(X, y)) == count


def test_unfitted():
    """An unfitted model has no size yet."""
    assert parameter_count(RandomForestClassifier()) is None
    assert parameter_count(NumpyPerceptronClassifier()) is None
