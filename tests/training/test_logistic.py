"""Logistic regression: the minimum is scikit-learn's, by every road."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from riskaudit.training import newton as newton_module
from riskaudit.training.likelihood import Likelihood
from riskaudit.training.logistic import NumpyLogisticRegression

CANCER = load_breast_cancer(return_X_y=True)
WINE = load_wine(return_X_y=True)
TABLES = {"binary": (scale(CANCER[0]), CANCER[1]), "multi": (scale(WINE[0]), WINE[1])}
WEIGHTS = {name: np.random.default_rng(0).uniform(0, 3, len(y)) for name, (_, y) in TABLES.items()}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("intercept", [True, False])
def test_coefficients_are_scikit_learns(table, C, intercept):
    """At the same C, to 1e-4 and better."""
    X, y = TABLES[table]
    ours = NumpyLogisticRegression(C=C, fit_intercept=intercept).fit(X, y)
    theirs = LogisticRegression(C=C, fit_intercept=intercept, tol=1e-10, max_iter=20_000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-4)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("table", TABLES)
def test_weights_are_scikit_learns(table):
    """Sample weights and balanced classes mean what they mean there."""
    X, y = TABLES[table]
    ours = NumpyLogisticRegression(class_weight="balanced").fit(X, y, WEIGHTS[table])
    theirs = LogisticRegression(class_weight="balanced", tol=1e-10, max_iter=20_000)
    theirs.fit(X, y, sample_weight=WEIGHTS[table])
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)


@pytest.mark.parametrize(
    ("table", "ratio", "C"), [("binary", 1.0, 0.1), ("binary", 0.5, 0.3), ("multi", 1.0, 0.5)]
)
def test_l1_is_scikit_learns(table, ratio, C):
    """The proximal solver finds the same coefficients, and the same ones at exactly 0."""
    X, y = TABLES[table]
    ours = NumpyLogisticRegression(C=C, l1_ratio=ratio).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = LogisticRegression(C=C, l1_ratio=ratio, solver="saga", tol=1e-9, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=2e-4)
    np.testing.assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)


@pytest.mark.parametrize("table", TABLES)
def test_newton_without_a_matrix(table, monkeypatch):
    """Conjugate gradients end where the solved system ends."""
    X, y = TABLES[table]
    monkeypatch.setattr(newton_module, "FEW", 10_000)
    solved = NumpyLogisticRegression().fit(X, y)
    monkeypatch.setattr(newton_module, "MOST_WORK", 0)
    conjugate = NumpyLogisticRegression().fit(X, y)
    np.testing.assert_allclose(conjugate.coef_, solved.coef_, atol=1e-8)


@pytest.mark.parametrize("table", TABLES)
def test_roads_meet(table):
    """Newton, proximal and, roughly, Adam and SGD end at the same place."""
    X, y = TABLES[table]
    exact = NumpyLogisticRegression(C=0.1).fit(X, y)
    proximal = NumpyLogisticRegression(C=0.1, solver="proximal").fit(X, y)
    np.testing.assert_allclose(proximal.coef_, exact.coef_, atol=1e-5)
    for solver, rate in (("adam", 0.02), ("sgd", 0.1)):
        walked = NumpyLogisticRegression(
            C=0.1, solver=solver, learning_rate=rate, epochs=200, batch_size=64, random_state=0
        ).fit(X, y)
        np.testing.assert_allclose(walked.coef_, exact.coef_, atol=0.01)
        assert walked.loss_curve_[-1] < walked.loss_curve_[0]
        assert walked.n_iter_ == 200


@pytest.mark.parametrize("K", [1, 3])
def test_likelihood_derivatives(K):
    """Gradient and Hessian are central differences of the value and the gradient."""
    rng = np.random.default_rng(0)
    A, weights = rng.normal(size=(20, 4)), rng.uniform(0.5, 1.5, 20)
    Y = rng.dirichlet(np.ones(3), 20) if K == 3 else rng.integers(0, 2, (20, 1)).astype(float)
    F = Likelihood(A, Y, weights, l2=0.3, penalised=np.array([1.0, 1.0, 1.0, 0.0]))
    theta, h, eye = rng.normal(size=F.size), 1e-5, np.eye(F.size)
    gradient = [(F.value(theta + h * e) - F.value(theta - h * e)) / (2 * h) for e in eye]
    np.testing.assert_allclose(F.value_and_gradient(theta)[1], gradient, atol=1e-8)
    H = F.curvature(theta).matrix()
    slopes = [
        (F.value_and_gradient(theta + h * e)[1] - F.value_and_gradient(theta - h * e)[1]) / (2 * h)
        for e in eye
    ]
    np.testing.assert_allclose(H, slopes, atol=1e-8)
    np.testing.assert_allclose([F.curvature(theta).times(e) for e in eye], H, atol=1e-12)
    assert np.linalg.eigvalsh(H)[-1] <= F.steepness()


def test_features_of_any_scale():
    """The raw table, columns from 1e-3 to 1e3, needs no scaling."""
    model = NumpyLogisticRegression().fit(*CANCER)
    assert model.n_iter_ < 30
    assert model.score(*CANCER) > 0.95


def test_unfinished_work_is_told():
    """A solver that runs out of steps warns."""
    with pytest.warns(ConvergenceWarning, match="raise max_iter"):
        NumpyLogisticRegression(max_iter=1).fit(*TABLES["binary"])


def test_newton_refuses_l1():
    """The error names the way out."""
    with pytest.raises(ValueError, match="use 'proximal'"):
        NumpyLogisticRegression(solver="newton", l1_ratio=0.5).fit(*TABLES["binary"])


def test_labels_are_kept():
    """Words go in, words come out."""
    X, y = TABLES["binary"]
    words = np.array(["bad", "good"], dtype=object)[y]
    model = NumpyLogisticRegression().fit(X, words)
    assert model.classes_.tolist() == ["bad", "good"]
    assert set(model.predict(X)) == {"bad", "good"}
    with pytest.raises(ValueError, match="classes that the target lacks"):
        NumpyLogisticRegression(class_weight={"goof": 2}).fit(X, words)
