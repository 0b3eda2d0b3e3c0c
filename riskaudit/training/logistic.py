r"""Logistic regression: probabilities of classes from a weighted sum of features.

Two classes: p(y = 1 | x) = sigmoid(x'w + b). K classes: p(y = k | x) = softmax(W x + b)_k. With sample
weights s_i, S their sum, and the strength C of scikit-learn, this is minimised (b is free):

    (1/S) sum_i s_i (-log p(y_i | x_i)) + 1/(C S) [ (1 - l1_ratio)/2 |W|_2^2 + l1_ratio |W|_1 ]

Solvers: `newton` (exact; L2 alone; see `newton.py`), `proximal` (exact, with L1; see `proximal.py`),
`adam` and `sgd` (mini-batches under a cosine schedule, for tables too large for the others; the L1 part
is then a subgradient and leaves no exact zeros; see `descent.py`). `auto` takes `newton` without L1 and
`proximal` with it. The exact solvers work on centred columns, which changes b alone and the conditioning
much.

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.
"""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: TID253 an estimator is a scikit-learn class
from sklearn.exceptions import ConvergenceWarning  # noqa: TID253 this module is only imported to train
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: TID253 as above

from riskaudit.training.activations import sigmoid, softmax
from riskaudit.training.arrays import Array, generator
from riskaudit.training.descent import Plan, Rows, descend
from riskaudit.training.intake import features, labelled, one_hot, relative
from riskaudit.training.likelihood import Likelihood
from riskaudit.training.losses import binary_cross_entropy, categorical_cross_entropy
from riskaudit.training.network import Network
from riskaudit.training.newton import newton
from riskaudit.training.optimizers import optimizer
from riskaudit.training.proximal import proximal
from riskaudit.training.schedules import Cosine
from riskaudit.training.unusable import Unusable


class NumpyLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Logistic and softmax regression.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty, as in scikit-learn; infinity for none.
    l1_ratio : float
        Share of L1 in the penalty, 0 to 1.
    fit_intercept : bool
        Whether there is a b.
    class_weight : None, "balanced" or dict
        Weights of the classes; "balanced" gives each the same total.
    solver : "auto", "newton", "proximal", "adam" or "sgd"
        See the module.
    tol : float
        The exact solvers stop when one more step would lower the objective by less.
    max_iter : int
        Most iterations of an exact solver.
    learning_rate, batch_size, epochs, random_state
        For `adam` and `sgd`.

    Attributes
    ----------
    coef_ : array of shape (1 or K, d); intercept_ : array of shape (1 or K,)
    classes_ : array of shape (K,), the labels as they came
    n_iter_ : int
        Iterations, or epochs.
    loss_curve_ : list of float
        Mean loss by epoch, for `adam` and `sgd`; else empty.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "C": [Interval(Real, 0, None, closed="right")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "fit_intercept": ["boolean"],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "solver": [StrOptions({"auto", "newton", "proximal", "adam", "sgd"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        class_weight: Any = None,
        solver: str = "auto",
        tol: float = 1e-14,
        max_iter: int = 2000,
        learning_rate: float = 0.01,
        batch_size: int = 200,
        epochs: int = 50,
        random_state: Any = None,
    ) -> None:
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyLogisticRegression:
        """Learn from X (n, d) and labels y (n,), with weights (n,) where given."""
        self._validate_params()
        solver = self.solver if self.solver != "auto" else "proximal" if self.l1_ratio else "newton"
        if solver == "newton" and self.l1_ratio:
            raise Unusable(
                f"solver 'newton' knows no L1 (l1_ratio={self.l1_ratio}); use 'proximal' or 'auto'",
                "--param",
                "--param solver=proximal, or l1_ratio=0",
            )
        X, codes, weights = labelled(
            self, X, y, sample_weight, dtype=np.float64, class_weight=self.class_weight
        )
        Y = one_hot(codes, len(self.classes_), np.float64)
        strength = 1 / (self.C * weights.sum())
        l1, l2 = self.l1_ratio * strength, (1 - self.l1_ratio) * strength
        self.loss_curve_: list[float] = []
        if solver in ("adam", "sgd"):
            W, b = self._by_batches(X, Y, weights, solver=solver, l1=l1, l2=l2)
        else:
            W, b = self._exactly(X, Y, weights, solver=solver, l1=l1, l2=l2)
        self.coef_, self.intercept_ = W, b
        return self

    def decision_function(self, X: Any) -> Array:
        """Logits: (n,) for two classes, (n, K) for more."""
        z = features(self, X) @ self.coef_.T + self.intercept_
        return np.asarray(z.ravel() if len(self.classes_) == 2 else z)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, K) in the order of `classes_`."""
        z = self.decision_function(X)
        return softmax(z) if z.ndim == 2 else np.column_stack([sigmoid(-z), sigmoid(z)])

    def predict(self, X: Any) -> Array:
        """The most probable label of each row."""
        z = self.decision_function(X)
        return np.asarray(self.classes_[z.argmax(axis=1) if z.ndim == 2 else (z > 0).astype(int)])

    def _exactly(
        self, X: Array, Y: Array, weights: Array, *, solver: str, l1: float, l2: float
    ) -> tuple[Array, Array]:
        """Coefficients (K, d) and intercepts (K,) at the minimum."""
        centre = np.average(X, axis=0, weights=weights) if self.fit_intercept else np.zeros(X.shape[1])
        A = np.column_stack([X - centre, np.ones(len(X))]) if self.fit_intercept else X
        penalised = (np.arange(A.shape[1]) < X.shape[1]).astype(float)
        F = Likelihood(A, Y, weights / weights.mean(), l2=l2, penalised=penalised)
        if solver == "newton":
            theta, self.n_iter_, arrived = newton(F, tol=self.tol, max_iter=self.max_iter)
        else:
            theta, self.n_iter_, arrived = proximal(
                lambda at: F.value_and_gradient(at)[1],
                np.tile(l1 * penalised, F.K),
                steepness=F.steepness(),
                tol=self.tol,
                max_iter=self.max_iter,
            )
        if not arrived:
            told = f"solver '{solver}' was not done after {self.n_iter_} iterations: scale the features or raise max_iter"
            warnings.warn(told, ConvergenceWarning, stacklevel=3)
        Theta = theta.reshape(F.K, F.p)
        W, b = Theta[:, : X.shape[1]].copy(), np.zeros(F.K)
        if self.fit_intercept:
            b = Theta[:, -1] - Theta[:, -1].mean() * (F.K > 1) - W @ centre
        return W, b

    def _by_batches(
        self, X: Array, Y: Array, weights: Array, *, solver: str, l1: float, l2: float
    ) -> tuple[Array, Array]:
        """Coefficients and intercepts after some epochs of mini-batches."""
        d, K = X.shape[1], Y.shape[1]
        network = Network((d, K), "identity", np.zeros((d + 1) * K))
        plan = Plan(
            loss=binary_cross_entropy if K == 1 else categorical_cross_entropy,
            rate=Cosine(start=self.learning_rate, epochs=self.epochs),
            epochs=self.epochs,
            batch_size=self.batch_size,
            l1=l1,
            l2=l2,
            patience=None,
            fixed_biases=not self.fit_intercept,
        )
        curve = descend(
            network,
            Rows(X, Y, relative(weights, np.float64)),
            plan,
            optimizer=optimizer(solver, network.theta, momentum=0.9),
            rng=generator(self.random_state),
        )
        self.loss_curve_, self.n_iter_ = curve.train, len(curve.train)
        return network.weights[0].T.copy(), network.biases[0].copy()
