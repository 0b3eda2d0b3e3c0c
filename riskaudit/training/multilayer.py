"""Multilayer: what both perceptrons share; the settings, the training, and the way forward."""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: TID253 only imported to train

from riskaudit.training.activations import ACTIVATIONS
from riskaudit.training.arrays import Array, generator
from riskaudit.training.continuing import restore, state_of, stream
from riskaudit.training.descent import Plan, Rows, descend
from riskaudit.training.dropout import Dropout
from riskaudit.training.intake import held_out, relative
from riskaudit.training.layered import Layered
from riskaudit.training.lesson import Lesson, holding
from riskaudit.training.losses import Loss
from riskaudit.training.network import INITS, Network, initialise
from riskaudit.training.optimizers import OPTIMIZERS, optimizer
from riskaudit.training.schedules import SCHEDULES, Constant, Schedule

_POSITIVE = Interval(Real, 0, None, closed="neither")
_NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
_COUNT = Interval(Integral, 1, None, closed="left")


class Multilayer(Layered):
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
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [Interval(Integral, 0, None, closed="left"), StrOptions({"all"}), None],
        "epochs": [_COUNT],
        "tol": [_NOT_NEGATIVE],
        "patience": [_COUNT, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "dtype": [StrOptions({"float32", "float64"})],
        "pretrain_epochs": [Interval(Integral, 0, None, closed="left")],
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
        dropout: float = 0.0,
        batch_size: int | str | None = 64,
        epochs: int = 100,
        tol: float = 1e-4,
        patience: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        dtype: str = "float32",
        pretrain_epochs: int = 0,
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
        self.dropout = dropout
        self.batch_size = batch_size
        self.epochs = epochs
        self.tol = tol
        self.patience = patience
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.dtype = dtype
        self.pretrain_epochs = pretrain_epochs
        self.random_state = random_state

    def _train(
        self, X: Array, Y: Array, weights: Array, *, loss: Loss, codes: Array | None, lesson: Lesson
    ) -> None:
        """Fit all parameters to targets Y (n, K); `codes` are the classes to stratify by."""
        rng = generator(self.random_state)
        network = self._drawn(X, Y.shape[1], rng)
        targets = Y if lesson.soft is None else np.hstack([Y, lesson.soft]).astype(Y.dtype)
        rows, held = Rows(X, targets, relative(weights, self.dtype)), None
        if self.early_stopping:
            stays = ~held_out(len(X), self.validation_fraction, rng, codes=codes)
            rows = Rows(X[stays], targets[stays], relative(weights[stays], self.dtype))
            held = Rows(X[~stays], targets[~stays], relative(weights[~stays], self.dtype))
        self._begin(network, rows.X, rng, lesson)
        walker = optimizer(self.optimizer, network.theta, momentum=self.momentum)
        curve = descend(
            network,
            rows,
            self._plan(lesson.loss or loss, rows=len(rows.X)),
            optimizer=holding(walker, network, lesson.frozen),
            rng=rng,
            held=held,
        )
        self.parameters_ = network.theta
        self.loss_curve_, self.validation_curve_ = curve.train, curve.validation
        self.n_iter_, self.best_epoch_ = len(curve.train), curve.best + 1
        self.__dict__.pop("optimizer_state_", None)

    def _drawn(self, X: Array, K: int, rng: np.random.Generator) -> Network:
        """A network of K outputs with its first weights."""
        self.sizes_ = (X.shape[1], *self._widths(), K)
        return initialise(Network(self.sizes_, self.activation, self._zeros()), rng, self.init)

    def _begin(self, network: Network, X: Array, rng: np.random.Generator, lesson: Lesson) -> None:
        """Dropout, and the first parameters where they are not to be random: streams of their own."""
        if self.dropout:
            network.dropout = Dropout(self.dropout, rng.spawn(1)[0])
        start = lesson.start
        if start is None and self.pretrain_epochs:
            from riskaudit.training.pretraining import layers_into, pretrain

            start = layers_into(pretrain(self, X, epochs=self.pretrain_epochs))
        self.__dict__.pop("layer_origins_", None)
        if start is not None:
            self.layer_origins_ = start(network)

    def _continue(self, X: Array, Y: Array, weights: Array, *, loss: Loss, first: bool) -> None:
        """One epoch more, on these rows alone; see `continuing.py`."""
        if self.early_stopping:
            raise ValueError("early_stopping needs all rows at once; partial_fit does not support it")
        if first:
            network = self._drawn(X, Y.shape[1], generator(self.random_state))
            self.parameters_, self.n_iter_, self.best_epoch_ = network.theta, 0, 0
            self.loss_curve_, self.validation_curve_ = [], []
            self.__dict__.pop("optimizer_state_", None)
        network = Network(self.sizes_, self.activation, self.parameters_)
        rng = stream(self.random_state, self.n_iter_ + 1)
        if self.dropout:
            network.dropout = Dropout(self.dropout, rng.spawn(1)[0])
        walker = optimizer(self.optimizer, network.theta, momentum=self.momentum)
        restore(walker, getattr(self, "optimizer_state_", {}))
        plan = self._plan(loss, rows=len(X), rate=Constant(start=self._rate()(self.n_iter_)), epochs=1)
        rows = Rows(X, Y, None if (weights == 1).all() else weights.astype(self.dtype))  # no mean is known
        self.loss_curve_ += descend(network, rows, plan, optimizer=walker, rng=rng).train
        self.optimizer_state_ = state_of(walker)
        self.n_iter_ = self.best_epoch_ = self.n_iter_ + 1

    def _plan(
        self, loss: Loss, *, rows: int, rate: Schedule | None = None, epochs: int | None = None
    ) -> Plan:
        """The settings as a plan of descent."""
        whole = self.batch_size in (0, "all", None)
        return Plan(
            loss=loss,
            rate=rate or self._rate(epochs),
            epochs=epochs or self.epochs,
            batch_size=rows if whole else int(self.batch_size or rows),
            l1=self.l1,
            l2=self.l2,
            tol=self.tol,
            patience=self.patience,
        )

    def _zeros(self) -> Array:
        """Room for all parameters, in the type of training."""
        size = sum((a + 1) * b for a, b in pairwise(self.sizes_))
        return np.zeros(size, self.dtype)
