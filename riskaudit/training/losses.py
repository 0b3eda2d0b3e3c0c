r"""Losses: how wrong the outputs are, in one number, and the gradient that says how to mend them.

Every loss takes the network's raw outputs z (logits, shape (n, K)), the targets y (n, K) and, where
rows count unequally, weights w (n,). It returns J = (1/n) sum_i w_i l(z_i, y_i) and writes dJ/dz into
`out` (which may be z itself). Weights are used as they are: give them mean 1, then a mini-batch's J is
an unbiased estimate of the whole sample's.

| loss                      | l(z, y)                             | dl/dz                    |
|---------------------------|-------------------------------------|--------------------------|
| squared_error             | 1/2 sum_k (z_k - y_k)^2             | z - y                    |
| binary_cross_entropy      | sum_k log(1 + exp(z_k)) - y_k z_k   | sigmoid(z) - y           |
| categorical_cross_entropy | log sum_k exp(z_k) - sum_k y_k z_k  | softmax(z) - y           |

The targets of a cross-entropy may be soft (any y_k in [0, 1]; rows of a categorical target sum to 1).

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 5.2; Goodfellow, Bengio,
Courville (2016), Deep Learning, section 6.2.2 (why from logits).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskaudit.training.activations import sigmoid
from riskaudit.training.arrays import Array

Loss = Callable[[Array, Array, Array | None, Array], float]


def squared_error(z: Array, y: Array, weights: Array | None, out: Array) -> float:
    """J = 1/(2n) sum_i w_i |z_i - y_i|^2; dJ/dz = w (z - y) / n. Half the mean squared error."""
    residual = np.subtract(z, y, out=out)
    rows = np.einsum("ij,ij->i", residual, residual)
    return 0.5 * _mean(rows, weights, residual)


def binary_cross_entropy(z: Array, y: Array, weights: Array | None, out: Array) -> float:
    """J = 1/n sum_i w_i [log(1 + exp(z)) - y z]; dJ/dz = w (sigmoid(z) - y) / n.

    log(1 + exp(z)) is `logaddexp(0, z)`, which neither overflows nor loses the tail.
    """
    rows = (np.logaddexp(0, z) - y * z).sum(axis=1)
    gradient = sigmoid(z, out=out)
    gradient -= y
    return _mean(rows, weights, gradient)


def categorical_cross_entropy(z: Array, y: Array, weights: Array | None, out: Array) -> float:
    """J = 1/n sum_i w_i [log sum_k exp(z_k) - sum_k y_k z_k]; dJ/dz = w (softmax(z) - y) / n.

    With m = max_k z_k taken off first, the exponentials are at most 1 and their sum at least 1.
    """
    top = z.T.copy().max(axis=0)  # along columns: four times as fast as along short rows
    shifted = np.subtract(z, top[:, None], out=out)
    told = np.einsum("ij,ij->i", y, shifted)
    gradient = np.exp(shifted, out=out)
    total = gradient @ np.ones(z.shape[1], z.dtype)
    gradient /= total[:, None]
    gradient -= y
    return _mean(np.log(total) - told, weights, gradient)


def _mean(rows: Array, weights: Array | None, gradient: Array) -> float:
    """Weigh row losses and, in place, their gradient; both are divided by n."""
    n = len(rows)
    if weights is None:
        gradient *= 1 / n
        return float(rows.sum()) / n
    gradient *= (weights / n)[:, None]
    return float(rows @ weights) / n


LOSSES: dict[str, Loss] = {
    "squared_error": squared_error,
    "binary_cross_entropy": binary_cross_entropy,
    "categorical_cross_entropy": categorical_cross_entropy,
}
