"""Layered: what every network has as an estimator, however it was trained; its layers, and its answers."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.base import BaseEstimator  # noqa: TID253 an estimator is a scikit-learn class; only imported to train

from riskaudit.training.arrays import Array
from riskaudit.training.intake import features
from riskaudit.training.network import Network, outputs
from riskaudit.training.schedules import Schedule, schedule


class Layered(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Settings `hidden`, `activation` and those of a schedule in; `sizes_` and `parameters_` once fitted."""

    hidden: tuple[int, ...]
    activation: str
    schedule: str
    learning_rate: float
    epochs: int
    decay: float
    decay_every: int
    sizes_: tuple[int, ...]
    parameters_: Array

    @property
    def coefs_(self) -> list[Array]:
        """Weights W_l (d_{l-1}, d_l) of each layer: views into `parameters_`."""
        return Network(self.sizes_, self.activation, self.parameters_).weights

    @property
    def intercepts_(self) -> list[Array]:
        """Biases b_l (d_l,) of each layer: views into `parameters_`."""
        return Network(self.sizes_, self.activation, self.parameters_).biases

    def _rate(self, epochs: int | None = None) -> Schedule:
        """The learning rate by epoch, of as many as these; the setting's own if left out."""
        return schedule(
            self.schedule,
            start=self.learning_rate,
            epochs=epochs or self.epochs,
            decay=self.decay,
            every=self.decay_every,
        )

    def _widths(self) -> tuple[int, ...]:
        """The hidden layers' sizes, checked."""
        widths = tuple(self.hidden)
        if not all(isinstance(k, Integral) and k > 0 for k in widths):
            raise ValueError(
                f"hidden must hold the positive size of each hidden layer, e.g. (64, 32); got {self.hidden!r}"
            )
        return tuple(int(k) for k in widths)

    def _logits(self, X: Any) -> Array:
        """Raw outputs (n, K)."""
        X = features(self, X)
        return outputs(self.sizes_, self.activation, self.parameters_, X)
