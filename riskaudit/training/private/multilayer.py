"""Private multilayer: what both private perceptrons share; the settings, the budget, and the training."""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: TID253 only imported to train

from riskaudit.training.activations import ACTIVATIONS
from riskaudit.training.arrays import Array, generator
from riskaudit.training.descent import Plan, Rows
from riskaudit.training.layered import Layered
from riskaudit.training.losses import Loss
from riskaudit.training.network import INITS, Network, initialise
from riskaudit.training.optimizers import OPTIMIZERS, optimizer
from riskaudit.training.private.accountant import epsilon, noise_for
from riskaudit.training.private.descent import Privacy, private_descend
from riskaudit.training.private.guarantee import Spent
from riskaudit.training.private.noise import chance
from riskaudit.training.schedules import SCHEDULES

_POSITIVE = Interval(Real, 0, None, closed="neither")
_NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
_COUNT = Interval(Integral, 1, None, closed="left")


class PrivateMultilayer(Layered):
    """What both private perceptrons share; the settings are told in `PrivatePerceptronClassifier`."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden": ["array-like"],
        "epsilon": [_POSITIVE],
        "delta": [Interval(Real, 0, 1, closed="neither")],
        "clip": [_POSITIVE],
        "epochs": [_COUNT],
        "batch_size": [Interval(Integral, 0, None, closed="left"), StrOptions({"all"}), None],
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
        "dtype": [StrOptions({"float32", "float64"})],
        "noise_seed": [Interval(Integral, 0, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden: tuple[int, ...] = (16,),
        *,
        epsilon: float = 3.0,
        delta: float = 1e-5,
        clip: float = 1.0,
        epochs: int = 20,
        batch_size: int | str | None = 256,
        activation: str = "tanh",
        init: str = "glorot",
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        schedule: str = "constant",
        decay: float = 0.95,
        decay_every: int = 10,
        l1: float = 0.0,
        l2: float = 0.0,
        dtype: str = "float32",
        noise_seed: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.epsilon = epsilon
        self.delta = delta
        self.clip = clip
        self.epochs = epochs
        self.batch_size = batch_size
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
        self.dtype = dtype
        self.noise_seed = noise_seed
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """Secret noise is never the same twice, and noise costs accuracy on small tables."""
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.noise_seed is None
        return tags

    def _train(self, X: Array, Y: Array, weights: Array, *, loss: Loss, outside: tuple[str, ...]) -> None:
        """Fit all parameters to targets Y (n, K); `outside` is what was learnt from the rows without noise."""
        self.sizes_ = (X.shape[1], *self._widths(), Y.shape[1])
        theta = np.zeros(sum((a + 1) * b for a, b in pairwise(self.sizes_)), self.dtype)
        network = initialise(
            Network(self.sizes_, self.activation, theta), generator(self.random_state), self.init
        )
        rows = Rows(X, Y, None if (weights == 1).all() else weights.astype(self.dtype))
        privacy = self._privacy(len(X))
        private_descend(
            network,
            rows,
            self._plan(loss),
            privacy=privacy,
            optimizer=optimizer(self.optimizer, network.theta, momentum=self.momentum),
            chance=chance(self.noise_seed),
        )
        self.parameters_ = network.theta
        self._tell(privacy, rows, outside)

    def _privacy(self, n: int) -> Privacy:
        """The mechanism for n rows, with the noise that keeps it within epsilon."""
        whole = self.batch_size in (0, "all", None)
        rate = 1.0 if whole else min(1.0, int(self.batch_size) / n)  # type: ignore[arg-type] # whole caught it
        steps = max(1, round(self.epochs / rate))
        noise = noise_for(float(self.epsilon), rate, steps, float(self.delta))
        return Privacy(rate=rate, noise=noise, clip=float(self.clip), steps=steps)

    def _tell(self, privacy: Privacy, rows: Rows, outside: tuple[str, ...]) -> None:
        """What was spent, and on what."""
        self.noise_, self.sampling_rate_, self.steps_ = privacy.noise, privacy.rate, privacy.steps
        self.delta_ = float(self.delta)
        self.epsilon_ = epsilon(privacy.noise, privacy.rate, privacy.steps, self.delta_)
        self.n_iter_ = int(self.epochs)
        weighed = () if rows.weights is None else ("the rows' weights, where they rest on other rows",)
        self.guarantee_ = Spent(
            privacy=privacy,
            epsilon=self.epsilon_,
            delta=self.delta_,
            rows=len(rows.X),
            outside=(*outside, *weighed),
            seeded=self.noise_seed is not None,
        ).words

    def _plan(self, loss: Loss) -> Plan:
        """The settings as a plan of descent; patience and tolerance have no say."""
        return Plan(
            loss=loss,
            rate=self._rate(),
            epochs=self.epochs,
            batch_size=1,
            l1=self.l1,
            l2=self.l2,
            patience=None,
        )
