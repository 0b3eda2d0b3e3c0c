r"""Optimizers: how a step is taken from a gradient, in place on one flat parameter vector.

An optimizer holds its own running vectors, of the parameters' shape and type, made once: a step
allocates nothing. `step(theta, gradient, rate)` changes theta; the gradient is left as it is.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from riskaudit.training.arrays import Array


class Optimizer(Protocol):
    """Anything that can take a step downhill."""

    def step(self, theta: Array, gradient: Array, rate: float) -> None:
        """Change `theta` in place."""


class SGD:
    r"""Stochastic gradient descent with (heavy-ball) momentum.

    v <- mu v - rate * g;  theta <- theta + v.  With mu = 0: theta <- theta - rate * g.

    Source: Polyak (1964); Sutskever et al. (2013), On the importance of initialization and momentum.
    """

    def __init__(self, like: Array, *, momentum: float = 0.9) -> None:
        self.momentum = momentum
        self.velocity = np.zeros_like(like)
        self._scratch = np.empty_like(like)

    def step(self, theta: Array, gradient: Array, rate: float) -> None:
        """One update of all parameters."""
        velocity, t = self.velocity, self._scratch
        np.multiply(gradient, rate, out=t)
        velocity *= self.momentum
        velocity -= t
        theta += velocity


class Adam:
    r"""Adam: a step size for every parameter, from running moments of its gradient.

    m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;
    theta <- theta - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).

    Both bias corrections are folded into the rate and eps, so that they cost scalars, not vectors:
    with c = sqrt(1 - b2^t), theta <- theta - (rate c / (1 - b1^t)) * m / (sqrt(v) + eps c).

    Source: Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1 and section 2.
    """

    def __init__(self, like: Array, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.betas, self.eps = betas, eps
        self.m, self.v = np.zeros_like(like), np.zeros_like(like)
        self.t = 0
        self._scratch = np.empty_like(like)

    def step(self, theta: Array, gradient: Array, rate: float) -> None:
        """One update of all parameters."""
        (b1, b2), m, v, t = self.betas, self.m, self.v, self._scratch
        self.t += 1
        correction = float(np.sqrt(1 - b2**self.t))
        np.subtract(gradient, m, out=t)
        t *= 1 - b1
        m += t
        np.multiply(gradient, gradient, out=t)
        t -= v
        t *= 1 - b2
        v += t
        np.sqrt(v, out=t)
        t += self.eps * correction
        np.divide(m, t, out=t)
        t *= rate * correction / (1 - b1**self.t)
        theta -= t


def optimizer(name: str, like: Array, *, momentum: float) -> Optimizer:
    """The optimizer of that name, fresh, for parameters like these."""
    return SGD(like, momentum=momentum) if name == "sgd" else Adam(like)


OPTIMIZERS = ("adam", "sgd")
