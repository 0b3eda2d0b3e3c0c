"""Multilayer: what both perceptrons share; the settings, the training, and the way forward."""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator  # noqa: TID253 an estimator is a scikit-learn class; only imported to train
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: TID253 as above

from riskaudit.training.activations import ACTIVATIONS
from riskaudit.training.arrays import Array, generator
from riskaudit.training.descent import Plan, Rows, descend
from riskaudit.training.intake import features, held_out, relative
from riskaudit.training.losses import Loss
from riskaudit.training.network import INITS, Network, initialise, outputs
from riskaudit.training.optimizers import OPTIMIZERS, optimizer
from riskaudit.training.schedules import SCHEDULES, schedule

_POSITIVE = Interval(Real, 0, None, closed="neither")
_NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
_COUNT = Interval(Integral, 1, None, closed="left")


class Multilayer(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A network with settings, yet without a target; the settings are told in `NumpyPerceptronClassifier`."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden": ["array-like"],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "init": [StrOptions(set(INITS))],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "learning_rate": [_POSITIVE],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "schedule": [StrOptions(set(SCHEDULES))],
        "decay": [Interval(Real, 0, 1, closed="right")],
        "decay_every": [_COUNT],
        "l1": [_NOT_NEGATIVE],
        "l2": [_NOT_NEGATIVE],
        "batch_size": [_COUNT, None],
        "epochs": [_COUNT],
        "tol": [_NOT_NEGATIVE],
        "patience": [_COUNT, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "dtype": [StrOptions({"float32", "float64"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden: tuple[int, ...] = (32,),
        *,
        activation: str = "relu",
        init: str = "glorot",
        optimizer: str = "adam",
        learning_rate: float = 0.003,
        momentum: float = 0.9,
        schedule: str = "constant",
        decay: float = 0.95,
        decay_every: int = 10,
        l1: float = 0.0,
        l2: float = 1e-4,
        batch_size: int | None = 64,
        epochs: int = 100,
        tol: float = 1e-4,
        patience: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        dtype: str = "float32",
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.init = init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.schedule = schedule
        self.decay = decay
        self.decay_every = decay_every
        self.l1 = l1
        self.l2 = l2
        self.batch_size = batch_size
        self.epochs = epochs
        self.tol = tol
        self.patience = patience
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.dtype = dtype
        self.random_state = random_state

    @property
    def coefs_(self) -> list[Array]:
        """Weights W_l (d_{l-1}, d_l) of each layer: views into `parameters_`."""
        return Network(self.sizes_, self.activation, self.parameters_).weights

    @property
    def intercepts_(self) -> list[Array]:
        """Biases b_l (d_l,) of each layer: views into `parameters_`."""
        return Network(self.sizes_, self.activation, self.parameters_).biases

    def _train(self, X: Array, Y: Array, weights: Array, *, loss: Loss, codes: Array | None) -> None:
        """Fit all parameters to targets Y (n, K); `codes` are the classes to stratify by."""
        rng = generator(self.random_state)
        self.sizes_ = (X.shape[1], *self._widths(), Y.shape[1])
        network = initialise(Network(self.sizes_, self.activation, self._zeros()), rng, self.init)
        rows, held = Rows(X, Y, relative(weights, X.dtype)), None
        if self.early_stopping:
            stays = ~held_out(len(X), self.validation_fraction, rng, codes=codes)
            rows = Rows(X[stays], Y[stays], relative(weights[stays], X.dtype))
            held = Rows(X[~stays], Y[~stays], relative(weights[~stays], X.dtype))
        plan = self._plan(loss, rows=len(rows.X))
        walker = optimizer(self.optimizer, network.theta, momentum=self.momentum)
        curve = descend(network, rows, plan, optimizer=walker, rng=rng, held=held)
        self.parameters_ = network.theta
        self.loss_curve_, self.validation_curve_ = curve.train, curve.validation
        self.n_iter_, self.best_epoch_ = len(curve.train), curve.best + 1

    def _plan(self, loss: Loss, *, rows: int) -> Plan:
        """The settings as a plan of descent."""
        rate = schedule(
            self.schedule,
            start=self.learning_rate,
            epochs=self.epochs,
            decay=self.decay,
            every=self.decay_every,
        )
        return Plan(
            loss=loss,
            rate=rate,
            epochs=self.epochs,
            batch_size=self.batch_size or rows,
            l1=self.l1,
            l2=self.l2,
            tol=self.tol,
            patience=self.patience,
        )

    def _widths(self) -> tuple[int, ...]:
        """The hidden layers' sizes, checked."""
        widths = tuple(self.hidden)
        if not all(isinstance(k, Integral) and k > 0 for k in widths):
            raise ValueError(
                f"hidden must hold the positive size of each hidden layer, e.g. (64, 32); got {self.hidden!r}"
            )
        return tuple(int(k) for k in widths)

    def _zeros(self) -> Array:
        """Room for all parameters, in the type of training."""
        size = sum((a + 1) * b for a, b in pairwise(self.sizes_))
        return np.zeros(size, self.dtype)

    def _logits(self, X: Any) -> Array:
        """Raw outputs (n, K)."""
        X = features(self, X)
        return outputs(self.sizes_, self.activation, self.parameters_, X)
