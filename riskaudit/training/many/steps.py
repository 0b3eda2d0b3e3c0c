r"""Steps: the optimizers of `optimizers.py` on K parameter vectors at once, in place.

Parameters are a matrix (K, P), a model a row. Models walk in step, but one with fewer batches rests
while the others finish their epoch: models are sorted by their number of rows, so those still walking
are the first `active` rows, and only these are touched. A model's own count of steps makes Adam's bias
correction that of a single fit; the formulae and their order of operations are those of `optimizers.py`.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from riskaudit.training.arrays import Array


class Steps(Protocol):
    """Anything that can take a step downhill with the first `active` of K models."""

    scratch: Array

    def step(self, theta: Array, gradient: Array, *, rate: float, active: int) -> None:
        """Change the first `active` rows of `theta` in place."""

    def keep(self, rows: Array) -> None:
        """Go on with these models only."""


class SGD:
    """v <- mu v - rate g;  theta <- theta + v, for arrays (K, P)."""

    def __init__(self, like: Array, *, momentum: float) -> None:
        self.momentum = momentum
        self.velocity, self.scratch = np.zeros_like(like), np.empty_like(like)

    def step(self, theta: Array, gradient: Array, *, rate: float, active: int) -> None:
        """One update of the first `active` models."""
        velocity, t = self.velocity[:active], self.scratch[:active]
        np.multiply(gradient[:active], rate, out=t)
        velocity *= self.momentum
        velocity -= t
        theta[:active] += velocity

    def keep(self, rows: Array) -> None:
        """Go on with these models only."""
        self.velocity, self.scratch = self.velocity[rows], self.scratch[: rows.sum()]


class Adam:
    """Adam for arrays (K, P), with t (K,) steps taken by each model."""

    def __init__(self, like: Array, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.betas, self.eps = betas, eps
        self.m, self.v, self.scratch = np.zeros_like(like), np.zeros_like(like), np.empty_like(like)
        self.t: np.ndarray[Any, np.dtype[np.int64]] = np.zeros(len(like), np.int64)

    def step(self, theta: Array, gradient: Array, *, rate: float, active: int) -> None:
        """One update of the first `active` models."""
        (b1, b2), g = self.betas, gradient[:active]
        m, v, t = self.m[:active], self.v[:active], self.scratch[:active]
        self.t[:active] += 1
        taken = self.t[:active, None].astype(np.float64)
        correction = np.sqrt(1 - b2**taken)
        np.subtract(g, m, out=t)
        t *= 1 - b1
        m += t
        np.multiply(g, g, out=t)
        t -= v
        t *= 1 - b2
        v += t
        np.sqrt(v, out=t)
        t += (self.eps * correction).astype(t.dtype)
        np.divide(m, t, out=t)
        t *= (rate * correction / (1 - b1**taken)).astype(t.dtype)
        theta[:active] -= t

    def keep(self, rows: Array) -> None:
        """Go on with these models only."""
        self.m, self.v, self.t = self.m[rows], self.v[rows], self.t[rows]
        self.scratch = self.scratch[: len(self.t)]


def steps(name: str, like: Array, *, momentum: float) -> Steps:
    """The optimizer of that name, fresh, for K models with parameters like these (K, P)."""
    return SGD(like, momentum=momentum) if name == "sgd" else Adam(like)
