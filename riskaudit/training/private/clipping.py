r"""Clipping: the sum of the rows' gradients, none longer than C, without one gradient per row.

Row i's gradient at layer l is a_i d_i' for the weights (a: what comes in, d: the delta coming back) and d_i for
the biases. Its squared length needs no product, for |a d'|_F^2 = |a|^2 |d|^2:

    |g_i|^2 = sum_l (|a_{l-1,i}|^2 + 1) |d_{l,i}|^2.

With c_i = min(1, C / |g_i|), the clipped sum is sum_i c_i g_i = (a_{l-1}' (c * d_l), 1'(c * d_l)) by layer: the
deltas are scaled and used again. One way back, memory as for plain training.

Source: Goodfellow (2015), Efficient per-example gradient computations; Li, Tramer, Liang, Hashimoto (2022),
Large language models can be strong differentially private learners (ghost clipping).
"""

from __future__ import annotations

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.losses import Loss
from riskaudit.training.network import Network

SLACK = 1 - 1e-5  # lengths are rounded (float32): C is missed by less than this


class Clipper:
    """Clipped gradients of one network, for batches of any length, in buffers that grow with the longest."""

    def __init__(self, network: Network, loss: Loss, bound: float) -> None:
        self.network, self.loss, self.bound = network, loss, bound
        self._buffers: list[Array] = []

    def gradient(self, X: Array, Y: Array, weights: Array | None = None) -> Array:
        """The clipped sum over rows X (m, d_0) with targets Y (m, d_L): all of `network.gradient`.

        A row's loss is times its weight before it is clipped: no weight lends a row more than C. A row whose
        gradient is no finite number is left out.
        """
        if not len(X):
            self.network.gradient.fill(0)
            return self.network.gradient
        inputs = self._forward(X)
        deltas, squares = self._backward(inputs, Y, weights)
        with np.errstate(divide="ignore", over="ignore"):
            kept = np.minimum(1, SLACK * self.bound / np.sqrt(squares))
        broken = ~np.isfinite(squares)
        if broken.any():
            inputs = [np.where(broken[:, None], 0, a) for a in inputs[:-1]]
            deltas = [np.where(broken[:, None], 0, delta) for delta in deltas]
            kept[broken] = 0
        for layer, delta in enumerate(deltas):
            delta *= kept[:, None]
            np.matmul(inputs[layer].T, delta, out=self.network.weight_gradients[layer])
            np.sum(delta, axis=0, out=self.network.bias_gradients[layer])
        return self.network.gradient

    def _forward(self, X: Array) -> list[Array]:
        """What each layer gets, X first, and the logits last."""
        rooms, network = self._rooms(len(X)), self.network
        inputs, last = [X], len(network.weights) - 1
        for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            z = np.matmul(inputs[-1], W, out=rooms[layer])
            z += b
            inputs.append(network.activation.forward(z, z) if layer < last else z)
        return inputs

    def _backward(self, inputs: list[Array], Y: Array, weights: Array | None) -> tuple[list[Array], Array]:
        """Each layer's deltas (m, d_l) of the rows' own losses, and the rows' squared lengths (m,)."""
        z, layers = inputs[-1], len(self.network.weights)
        rooms = self._rooms(len(z))[layers:]
        self.loss(z, Y, None, z)
        z *= len(z) if weights is None else (weights * len(z))[:, None]  # a loss divides by m
        deltas, squares = [z], np.zeros(len(z), z.dtype)
        for layer in reversed(range(layers)):
            a, delta = inputs[layer], deltas[0]
            squares += (_squares(a) + 1) * _squares(delta)
            if layer:
                upstream = np.matmul(delta, self.network.weights[layer].T, out=rooms[2 * layer - 2])
                upstream *= self.network.activation.slope(a, rooms[2 * layer - 1])
                deltas.insert(0, upstream)
        return deltas, squares

    def _rooms(self, m: int) -> list[Array]:
        """Room for m rows: each layer's outputs, then for each hidden one its deltas and slopes."""
        if not self._buffers or len(self._buffers[0]) < m:
            sizes = self.network.sizes[1:]
            widths = [*sizes, *(k for k in sizes[:-1] for _ in range(2))]
            capacity = m + m // 4
            self._buffers = [np.empty((capacity, k), self.network.theta.dtype) for k in widths]
        return [buffer[:m] for buffer in self._buffers]


def _squares(rows: Array) -> Array:
    """Squared lengths (m,)."""
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
