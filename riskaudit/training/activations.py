r"""Activations: what a neuron makes of its input, and how steeply it does so.

A layer computes z = a_prev W + b and then a = f(z), element by element. Every slope f'(z) here is
written in terms of the *output* a, so that backward passes need not keep z:

| f        | a = f(z)               | f'(z) in terms of a |
|----------|------------------------|---------------------|
| identity | z                      | 1                   |
| sigmoid  | 1 / (1 + exp(-z))      | a (1 - a)           |
| tanh     | tanh(z)                | 1 - a^2             |
| relu     | max(z, 0)              | 1 if a > 0 else 0   |
| softmax  | exp(z) / sum_k exp(z_k)| Jacobian, see below |

`out` may be the input itself: the functions work in place.

Source: Goodfellow, Bengio, Courville (2016), Deep Learning, sections 6.2 and 6.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from riskaudit.training.arrays import Array


def identity(z: Array, out: Array | None = None) -> Array:
    """a = z."""
    return np.positive(z, out=out)


def identity_slope(a: Array, out: Array | None = None) -> Array:
    """f'(z) = 1."""
    out = np.empty_like(a) if out is None else out
    out.fill(1)
    return out


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """a = 1 / (1 + exp(-z)), exact in both tails.

    With e = exp(-|z|), which cannot overflow, a = 1/(1+e) for z >= 0 and e/(1+e) below:
    in one formula a = max(e, [z >= 0]) / (1 + e).
    """
    e = np.exp(-np.abs(z))
    top = np.maximum(e, z >= 0)
    e += 1
    return np.divide(top, e, out=out)


def sigmoid_slope(a: Array, out: Array | None = None) -> Array:
    """f'(z) = a (1 - a)."""
    return np.asarray(np.multiply(a, 1 - a, out=out))


def tanh(z: Array, out: Array | None = None) -> Array:
    """a = tanh(z)."""
    return np.tanh(z, out=out)


def tanh_slope(a: Array, out: Array | None = None) -> Array:
    """f'(z) = 1 - a^2."""
    out = np.multiply(a, a, out=out)
    return np.subtract(1, out, out=out)


def relu(z: Array, out: Array | None = None) -> Array:
    """a = max(z, 0); against an array of zeros, which NumPy does four times as fast as against one 0."""
    return np.maximum(z, _zeros(z.shape, z.dtype.char) if z.size <= 2**18 else 0, out=out)


@lru_cache(maxsize=8)
def _zeros(shape: tuple[int, ...], dtype: str) -> Array:
    """Zeros that nobody may write to, 2 MB at most."""
    zeros = np.zeros(shape, dtype)
    zeros.flags.writeable = False
    return zeros


def relu_slope(a: Array, out: Array | None = None) -> Array:
    """f'(z) = [a > 0]; at the kink we take 0."""
    out = np.empty_like(a) if out is None else out
    np.copyto(out, a > 0)  # faster in two steps than a comparison that casts as it goes
    return out


def softmax(z: Array, out: Array | None = None) -> Array:
    """a_k = exp(z_k - m) / sum_j exp(z_j - m) along the last axis, m = max_k z_k, so nothing overflows."""
    a = np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(a, out=a)
    a /= a.sum(axis=-1, keepdims=True)
    return np.asarray(a)


def softmax_pullback(a: Array, upstream: Array) -> Array:
    """dJ/dz from dJ/da = u: with the Jacobian da_j/dz_k = a_j (d_jk - a_k), J'u = a * (u - <u, a>)."""
    inner: Array = (upstream * a).sum(axis=-1, keepdims=True)
    return np.asarray(a * (upstream - inner))


class Activation(NamedTuple):
    """An elementwise f: `forward(z, out)` gives a, `slope(a, out)` gives f'(z)."""

    forward: Callable[[Array, Array | None], Array]
    slope: Callable[[Array, Array | None], Array]


ACTIVATIONS = {
    "identity": Activation(identity, identity_slope),
    "sigmoid": Activation(sigmoid, sigmoid_slope),
    "tanh": Activation(tanh, tanh_slope),
    "relu": Activation(relu, relu_slope),
}
