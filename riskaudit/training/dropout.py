r"""Dropout: hidden neurons left out at random while a network learns, so that none leans on another.

For a rate p and a hidden layer's output a (n, k), each step draws r_ij = 1 with probability 1 - p, else 0:

    forward    a~ = a * m,  m = r / (1 - p)      (inverted: E[a~] = a, so answers need no correction)
    backward   dJ/dz = (dJ/da~ * m) * f'(z)

The masks come from a stream of their own, so that a rate of 0 changes no other draw. Nothing is left out
when a model answers, nor when the loss on held-out rows is watched.

Source: Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from riskaudit.training.arrays import Array


class Dropout:
    """Masks for the hidden layers of one network.

    Parameters
    ----------
    rate : float
        p, the share left out; 0 <= p < 1.
    rng : Generator
        Where the masks come from.
    """

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng = rate, rng
        self.keep = 1.0 - rate

    def mask(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """m = r / (1 - p): zeros and 1 / (1 - p)."""
        kept = self.rng.random(shape, dtype=np.float32) < self.keep
        return np.asarray(kept * np.asarray(1 / self.keep, dtype), dtype)
