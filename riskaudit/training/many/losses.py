r"""Losses of K models at once: those of `losses.py`, with one number per model.

Outputs z and targets y are (K, B, C) for K models, B rows and C outputs; weights w (K, B) hold each
row's weight divided by its batch's length, and 0 where a short batch is padded. Each function returns
J_k = sum_i w_ki l(z_ki, y_ki), shape (K,), and leaves dJ_k/dz = w (prediction - y) in z.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskaudit.training import losses as single
from riskaudit.training.activations import sigmoid
from riskaudit.training.arrays import Array

ManyLoss = Callable[[Array, Array, Array], Array]


def squared_error(z: Array, y: Array, w: Array) -> Array:
    """l = |z - y|^2 / 2."""
    z -= y
    return _weigh(0.5 * np.einsum("kbc,kbc->kb", z, z), w, z)


def binary_cross_entropy(z: Array, y: Array, w: Array) -> Array:
    """l = sum_c log(1 + exp(z_c)) - y_c z_c."""
    rows = (np.logaddexp(0, z) - y * z).sum(axis=-1)
    sigmoid(z, out=z)
    z -= y
    return _weigh(rows, w, z)


def categorical_cross_entropy(z: Array, y: Array, w: Array) -> Array:
    """l = log sum_c exp(z_c) - sum_c y_c z_c, with the largest z_c taken off first."""
    z -= z.max(axis=-1, keepdims=True)
    told = np.einsum("kbc,kbc->kb", y, z)
    np.exp(z, out=z)
    total = z @ np.ones(z.shape[-1], z.dtype)
    z /= total[..., None]
    z -= y
    return _weigh(np.log(total) - told, w, z)


def _weigh(rows: Array, w: Array, gradient: Array) -> Array:
    """Weighted sums (K,) of the rows' losses; their gradient is weighed in place."""
    gradient *= w[..., None]
    rows *= w
    return np.asarray(rows.sum(axis=1), np.float64)


MANY: dict[single.Loss, ManyLoss] = {
    single.squared_error: squared_error,
    single.binary_cross_entropy: binary_cross_entropy,
    single.categorical_cross_entropy: categorical_cross_entropy,
}
