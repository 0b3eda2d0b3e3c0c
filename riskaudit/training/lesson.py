"""Lesson: what a training may have beyond rows and settings; a loss, a start, layers held still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.losses import Loss
from riskaudit.training.network import Network
from riskaudit.training.optimizers import Optimizer


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """How one training differs from a plain one; `Lesson()` does not.

    Attributes
    ----------
    loss : Loss or None
        In place of the task's own.
    soft : array (n, K) or None
        Target columns set beside the task's own (n, K); then `loss` gets both as one (n, 2K).
    start : function of a Network, or None
        Writes the first parameters into a network already drawn at random, and tells layer by layer
        where they came from.
    frozen : int
        This many layers from below do not move.
    """

    loss: Loss | None = None
    soft: Array | None = None
    start: Callable[[Network], list[str]] | None = None
    frozen: int = 0


class Holding:
    """An optimizer whose steps leave the first layers where they are, to the bit.

    Their gradients, penalties included, are set to 0 before each step and their parameters put back after
    it, whatever the optimizer does with a gradient of 0.
    """

    def __init__(self, inner: Optimizer, network: Network, layers: int) -> None:
        self.inner = inner
        self._held = [
            (parameters, gradient, parameters.copy())
            for parameters, gradient in zip(
                network.weights[:layers] + network.biases[:layers],
                network.weight_gradients[:layers] + network.bias_gradients[:layers],
                strict=True,
            )
        ]

    def step(self, theta: Array, gradient: Array, rate: float) -> None:
        """One update of the layers that may move."""
        for _, slope, _ in self._held:
            slope.fill(0)
        self.inner.step(theta, gradient, rate)
        for parameters, _, kept in self._held:
            np.copyto(parameters, kept)


def holding(inner: Optimizer, network: Network, layers: int) -> Optimizer:
    """The optimizer itself where no layer is held."""
    return Holding(inner, network, layers) if layers else inner
