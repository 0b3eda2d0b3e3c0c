r"""Linear regression: a number from a weighted sum of features.

    minimise  sum_i s_i (y_i - x_i'w - b)^2 + l2 |w|_2^2        (b is free)

With rows centred at their weighted means and scaled by sqrt(s_i), b = mean(y) - mean(x)'w, and w solves
the least squares problem  [X; sqrt(l2) I] w = [y; 0]. `exact` gives that to LAPACK's orthogonal
factorisation, never to the normal equations, which square the condition number; where columns depend on
one another and l2 = 0 it is the solution of smallest norm. `gradient` walks there by accelerated
gradient descent (see `proximal.py`) on 1/(2S) of the objective, S = sum_i s_i.

Source: Golub and Van Loan (2013), Matrix Computations, chapters 5 and 6.
"""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin  # noqa: TID253 an estimator is a scikit-learn class
from sklearn.exceptions import ConvergenceWarning  # noqa: TID253 this module is only imported to train
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: TID253 as above

from riskaudit.training.arrays import Array
from riskaudit.training.intake import features, valued
from riskaudit.training.proximal import proximal


class NumpyLinearRegression(RegressorMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Least squares, with a ridge penalty where wanted.

    Parameters
    ----------
    l2 : float
        Strength of the penalty; what scikit-learn's `Ridge` calls alpha. 0: ordinary least squares.
    fit_intercept : bool
        Whether there is a b.
    solver : "exact" or "gradient"
        See the module.
    tol, max_iter
        For `gradient`: stop when one more step would lower the objective by less than `tol`, in units
        of the target's variance; most steps.

    Attributes
    ----------
    coef_ : array of shape (d,); intercept_ : float; n_iter_ : int
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "l2": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "solver": [StrOptions({"exact", "gradient"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        l2: float = 0.0,
        fit_intercept: bool = True,
        solver: str = "exact",
        tol: float = 1e-14,
        max_iter: int = 10_000,
    ) -> None:
        self.l2 = l2
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyLinearRegression:
        """Learn from X (n, d) and numbers y (n,), with weights (n,) where given."""
        self._validate_params()
        X, y, weights = valued(self, X, y, sample_weight, dtype=np.float64)
        at_x, at_y = np.zeros(X.shape[1]), 0.0
        if self.fit_intercept:
            at_x, at_y = np.average(X, axis=0, weights=weights), float(np.average(y, weights=weights))
        root = np.sqrt(weights)
        A, t = (X - at_x) * root[:, None], (y - at_y) * root
        self.coef_ = self._exactly(A, t) if self.solver == "exact" else self._by_gradient(A, t, weights.sum())
        self.intercept_ = float(at_y - at_x @ self.coef_)
        return self

    def predict(self, X: Any) -> Array:
        """Numbers (n,)."""
        return np.asarray(features(self, X) @ self.coef_ + self.intercept_)

    def _exactly(self, A: Array, t: Array) -> Array:
        """w by orthogonal factorisation."""
        self.n_iter_ = 1
        d = A.shape[1]
        if self.l2:
            A, t = np.vstack([A, np.sqrt(self.l2) * np.eye(d)]), np.concatenate([t, np.zeros(d)])
        return np.asarray(np.linalg.lstsq(A, t, rcond=None)[0])

    def _by_gradient(self, A: Array, t: Array, S: float) -> Array:
        """w by accelerated gradient descent; grad = (A'(A w - t) + l2 w) / S."""
        d = A.shape[1]
        gram, pull = (A.T @ A + self.l2 * np.eye(d)) / S, A.T @ t / S
        w, self.n_iter_, arrived = proximal(
            lambda at: np.asarray(gram @ at - pull),
            np.zeros(d),
            steepness=float(np.linalg.eigvalsh(gram)[-1]),
            tol=self.tol * float(t @ t) / S,
            max_iter=self.max_iter,
        )
        if not arrived:
            told = f"'gradient' was not done after {self.n_iter_} steps: scale the features or use solver='exact'"
            warnings.warn(told, ConvergenceWarning, stacklevel=3)
        return w
