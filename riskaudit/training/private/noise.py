r"""Noise: where a private training's chance comes from; a secret source, and a repeatable one for tests.

The guarantee of differential privacy holds against those who do not know the noise. A seed that stands in a
training record is known, so the noise of a real training comes from the operating system's cryptographic
source, and nothing can bring it back. `Repeatable` is for tests, benchmarks and teaching.

Normals are made of uniforms U, V in (0, 1) by sqrt(-2 log U) * (cos, sin)(2 pi V).

Not covered: that floating-point normals have gaps (Mironov 2012, On significance of the least significant
bits). To use it an adversary must see the exact bits of a single step; only the last parameters are released.

Source: Box and Muller (1958), A note on the generation of random normal deviates.
"""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np

from riskaudit.training.arrays import Array


class Chance(Protocol):
    """Anything that can draw rows and noise."""

    def uniform(self, n: int) -> Array:
        """Numbers (n,) spread evenly over (0, 1)."""

    def normal(self, n: int) -> Array:
        """Numbers (n,) of mean 0 and variance 1."""


class Secret:
    """Chance from the operating system's cryptographic source: unpredictable, never twice the same."""

    def uniform(self, n: int) -> Array:
        """Numbers (n,) spread evenly over (0, 1), of 53 bits each."""
        bits = np.frombuffer(os.urandom(8 * n), np.uint64)
        return np.asarray(((bits >> np.uint64(11)) + 0.5) * 2.0**-53)

    def normal(self, n: int) -> Array:
        """Numbers (n,) of mean 0 and variance 1."""
        half = (n + 1) // 2
        radius = np.sqrt(-2 * np.log(self.uniform(half)))
        angle = 2 * np.pi * self.uniform(half)
        return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n]


class Repeatable:
    """Chance from a seed: who knows it can take the noise off again."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def uniform(self, n: int) -> Array:
        """Numbers (n,) spread evenly over [0, 1)."""
        return self._rng.random(n)

    def normal(self, n: int) -> Array:
        """Numbers (n,) of mean 0 and variance 1."""
        return self._rng.standard_normal(n)


def chance(seed: int | None) -> Chance:
    """Secret chance for None, repeatable chance for a seed."""
    return Secret() if seed is None else Repeatable(seed)
