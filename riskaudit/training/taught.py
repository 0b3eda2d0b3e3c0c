r"""Taught: distillation of a logistic student, exact as its own solvers are.

The objective of `distillation.py` is convex in the coefficients Theta of a linear student. With F_y and F_q
the likelihoods of the labels and of the softened teacher (see `likelihood.py`), both without penalty,

    F(Theta)    = (1 - alpha) F_y(Theta) + alpha T^2 F_q(Theta / T) + l2/2 tr(Theta D Theta')
    grad F      = (1 - alpha) grad F_y(Theta) + alpha T grad F_q(Theta / T) + l2 Theta D
    Hess F      = (1 - alpha) Hess F_y(Theta) + alpha Hess F_q(Theta / T) + l2 D

so its Hessian is bounded by what bounds that of F_y alone, and Newton and proximal steps do as ever.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.likelihood import Curvature, Likelihood


class TaughtLikelihood(Likelihood):
    """F on rows A (n, p), labels Y and the softened teacher Q (n, K)."""

    def __init__(
        self,
        A: Array,
        Y: Array,
        weights: Array,
        *,
        Q: Array,
        temperature: float,
        alpha: float,
        l2: float,
        penalised: Array,
    ) -> None:
        super().__init__(A, Y, weights, l2=l2, penalised=penalised)
        self.temperature, self.alpha = temperature, alpha
        self.hard = Likelihood(A, Y, weights, l2=0.0, penalised=penalised)
        self.soft = Likelihood(A, Q, weights, l2=0.0, penalised=penalised)

    def value_and_gradient(self, theta: Array) -> tuple[float, Array]:
        """F(theta) and its gradient (K p,)."""
        T, share = self.temperature, self.alpha
        hard, towards_labels = self.hard.value_and_gradient(theta)
        soft, towards_teacher = self.soft.value_and_gradient(theta / T)
        value = (1 - share) * hard + share * T**2 * soft + 0.5 * float(theta @ (self.ridge * theta))
        return value, (1 - share) * towards_labels + share * T * towards_teacher + self.ridge * theta

    def curvature(self, theta: Array) -> Curvature:
        """The Hessian at theta."""
        return TaughtCurvature(
            self, self.hard.curvature(theta), self.soft.curvature(theta / self.temperature)
        )


class TaughtCurvature(Curvature):
    """The Hessian of a `TaughtLikelihood`, from those of its parts."""

    def __init__(self, of: TaughtLikelihood, hard: Curvature, soft: Curvature) -> None:
        self.of, self.hard, self.soft = of, hard, soft

    def times(self, v: Array) -> Array:
        """Hess v."""
        share = self.of.alpha
        return np.asarray((1 - share) * self.hard.times(v) + share * self.soft.times(v) + self.of.ridge * v)

    def matrix(self) -> Array:
        """Hess (K p, K p)."""
        H = (1 - self.of.alpha) * self.hard.matrix() + self.of.alpha * self.soft.matrix()
        H[np.diag_indices(len(H))] += self.of.ridge
        return H


def taught_logistic(
    student: Any, X: Any, y: Any, sample_weight: Any, *, Q: Array, temperature: float, alpha: float
) -> Any:
    """A NumpyLogisticRegression, fitted: `solver` newton, proximal (with L1) or auto; adam and sgd give way.

    As in its own `fit`, the columns are centred, which changes the intercept alone.
    """
    from riskaudit.training.intake import labelled, one_hot

    student._validate_params()
    X, codes, weights = labelled(
        student, X, y, sample_weight, dtype=np.float64, class_weight=student.class_weight
    )
    centre = np.average(X, axis=0, weights=weights) if student.fit_intercept else np.zeros(X.shape[1])
    A = np.column_stack([X - centre, np.ones(len(X))]) if student.fit_intercept else X
    strength = 1 / (student.C * weights.sum())
    F = TaughtLikelihood(
        A,
        one_hot(codes, len(student.classes_), np.float64),
        weights / weights.mean(),
        Q=Q,
        temperature=temperature,
        alpha=alpha,
        l2=(1 - student.l1_ratio) * strength,
        penalised=(np.arange(A.shape[1]) < X.shape[1]).astype(float),
    )
    Theta = _minimum(student, F, l1=student.l1_ratio * strength).reshape(F.K, F.p)
    student.coef_, student.intercept_ = Theta[:, : X.shape[1]].copy(), np.zeros(F.K)
    if student.fit_intercept:
        student.intercept_ = Theta[:, -1] - Theta[:, -1].mean() * (F.K > 1) - student.coef_ @ centre
    student.loss_curve_ = []
    return student


def _minimum(student: Any, F: TaughtLikelihood, *, l1: float) -> Array:
    """The minimiser of F plus the L1 penalty (K p,); sets `n_iter_`."""
    from sklearn.exceptions import ConvergenceWarning

    from riskaudit.training.newton import newton
    from riskaudit.training.proximal import proximal

    if l1 or student.solver == "proximal":
        theta, student.n_iter_, arrived = proximal(
            lambda at: F.value_and_gradient(at)[1],
            np.where(np.arange(F.size) % F.p < F.p - bool(student.fit_intercept), l1, 0.0),
            steepness=F.steepness(),
            tol=student.tol,
            max_iter=student.max_iter,
        )
    else:
        theta, student.n_iter_, arrived = newton(F, tol=student.tol, max_iter=student.max_iter)
    if not arrived:
        told = f"the student was not done after {student.n_iter_} iterations: scale the features or raise max_iter"
        warnings.warn(told, ConvergenceWarning, stacklevel=4)
    return theta
