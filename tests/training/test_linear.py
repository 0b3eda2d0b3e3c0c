"""Linear regression: closed form and gradient against scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, Ridge

from riskaudit.training.linear import NumpyLinearRegression

X, Y = load_diabetes(return_X_y=True, scaled=False)
WEIGHTS = np.random.default_rng(0).uniform(0, 2, len(Y))


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("l2", [0.0, 5.0])
def test_coefficients_are_scikit_learns(l2, intercept):
    """Least squares is LinearRegression, with l2 it is Ridge of that alpha; weights included."""
    other = Ridge(alpha=l2, fit_intercept=intercept) if l2 else LinearRegression(fit_intercept=intercept)
    other.fit(X, Y, sample_weight=WEIGHTS)
    ours = NumpyLinearRegression(l2=l2, fit_intercept=intercept).fit(X, Y, WEIGHTS)
    np.testing.assert_allclose(ours.coef_, other.coef_, rtol=1e-8)
    assert ours.intercept_ == pytest.approx(other.intercept_, rel=1e-8)


def test_gradient_descends_to_the_closed_form():
    """On scaled columns both solvers agree."""
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    exact = NumpyLinearRegression(l2=1.0).fit(scaled, Y)
    walked = NumpyLinearRegression(l2=1.0, solver="gradient").fit(scaled, Y)
    np.testing.assert_allclose(walked.coef_, exact.coef_, atol=1e-4 * np.abs(exact.coef_).max())
    assert walked.n_iter_ > 1


def test_dependent_columns_share():
    """A column given twice gets the coefficient of smallest norm: half each."""
    model = NumpyLinearRegression().fit(np.column_stack([X[:, 2], X[:, 2]]), Y)
    single = NumpyLinearRegression().fit(X[:, [2]], Y)
    np.testing.assert_allclose(model.coef_, single.coef_[0] / 2)


def test_unfinished_work_is_told():
    """Too few steps warn."""
    with pytest.warns(ConvergenceWarning, match="scale the features"):
        NumpyLinearRegression(solver="gradient", max_iter=3).fit(X, Y)
