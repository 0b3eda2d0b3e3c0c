r"""Schedules: how the learning rate falls as training goes on.

A schedule is a pure function of the epoch e = 0, 1, ...; with start rate r:

| schedule    | rate(e)                                        |
|-------------|------------------------------------------------|
| constant    | r                                              |
| exponential | r * decay^e                                    |
| step        | r * decay^floor(e / every)                     |
| cosine      | floor + (r - floor) (1 + cos(pi e / epochs))/2 |

Source: Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts (cosine).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

Schedule = Callable[[int], float]


@dataclass(frozen=True, kw_only=True)
class Constant:
    """rate(e) = r."""

    start: float

    def __call__(self, epoch: int) -> float:
        """The rate of that epoch."""
        return self.start


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """rate(e) = r * decay^e."""

    start: float
    decay: float

    def __call__(self, epoch: int) -> float:
        """The rate of that epoch."""
        return self.start * float(self.decay**epoch)


@dataclass(frozen=True, kw_only=True)
class Step:
    """rate(e) = r * decay^floor(e / every)."""

    start: float
    decay: float
    every: int

    def __call__(self, epoch: int) -> float:
        """The rate of that epoch."""
        return self.start * float(self.decay ** (epoch // self.every))


@dataclass(frozen=True, kw_only=True)
class Cosine:
    """rate(e) = floor + (r - floor) (1 + cos(pi e / epochs)) / 2; the floor from `epochs` on."""

    start: float
    epochs: int
    floor: float = 0.0

    def __call__(self, epoch: int) -> float:
        """The rate of that epoch."""
        share = (1 + cos(pi * min(epoch / self.epochs, 1.0))) / 2
        return self.floor + (self.start - self.floor) * share


def schedule(name: str, *, start: float, epochs: int, decay: float, every: int) -> Schedule:
    """The schedule of that name; each takes the settings it knows and leaves the others."""
    if name == "exponential":
        return Exponential(start=start, decay=decay)
    if name == "step":
        return Step(start=start, decay=decay, every=every)
    if name == "cosine":
        return Cosine(start=start, epochs=epochs)
    return Constant(start=start)


SCHEDULES = ("constant", "exponential", "step", "cosine")
