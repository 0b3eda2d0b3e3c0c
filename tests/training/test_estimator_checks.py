"""Estimators: scikit-learn's own checks, every one of them."""

import os

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from riskaudit.training.linear import NumpyLinearRegression
from riskaudit.training.logistic import NumpyLogisticRegression
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor

ESTIMATORS = [
    NumpyLogisticRegression(),
    NumpyLogisticRegression(l1_ratio=1.0),
    NumpyLinearRegression(),
    NumpyLinearRegression(solver="gradient", l2=1.0),
    NumpyPerceptronClassifier(),
    NumpyPerceptronClassifier(dtype="float64"),
    NumpyPerceptronRegressor(),
    NumpyPerceptronRegressor(dtype="float64"),
    NumpyPerceptronClassifier(dropout=0.2, dtype="float64"),
    NumpyPerceptronRegressor(pretrain_epochs=2, batch_size="all", dtype="float64"),
]


def expected(estimator):
    """In float32 a row given twice and a row weighing 2 differ by rounding (1e-6); the check allows 1e-7.

    In float64, checked beside it, the two agree.
    """
    if getattr(estimator, "dropout", 0.0):
        return {
            "check_sample_weight_equivalence_on_dense_data": "more rows in a batch, other neurons left out"
        }
    if getattr(estimator, "pretrain_epochs", 0):
        return {"check_sample_weight_equivalence_on_dense_data": "autoencoders look at rows, not at weights"}
    if getattr(estimator, "dtype", "float64") == "float64":
        return {}
    return {"check_sample_weight_equivalence_on_dense_data": "float32 rounds at 1e-7, the check's tolerance"}


@pytest.mark.filterwarnings("ignore:solver 'proximal' was not done")  # raw, hostile tables of the checks
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected)
def test_checks(estimator, check):
    """The check holds."""
    if (
        getattr(check, "func", check).__name__ == "check_array_api_input"
        and "SCIPY_ARRAY_API" not in os.environ
    ):
        pytest.skip("the array API is checked where SCIPY_ARRAY_API is set")
    check(estimator)
