r"""Network: layers of neurons on one flat parameter vector; forward and backward, written out.

For sizes (d_0, ..., d_L) layer l has weights W_l (d_{l-1}, d_l) and biases b_l (d_l,).

    forward    a_0 = X;  z_l = a_{l-1} W_l + b_l;  a_l = f(z_l) for l < L;  the outputs are z_L (logits)
    backward   D_L = dJ/dz_L, from the loss;  dJ/dW_l = a_{l-1}' D_l;  dJ/db_l = 1' D_l;
               D_{l-1} = (D_l W_l') * f'(z_{l-1})

All parameters are views into one vector, theta = [W_1 | ... | W_L | b_1 | ... | b_L], and their
gradients are views into another: an optimizer sees two vectors, and a penalty on the weights alone is
one on the first `n_weights` numbers. Activations live in buffers made once per batch length. With a
`dropout`, the steps of training leave hidden neurons out at random (see `dropout.py`).

With parameters (K, P) in place of (P,) it is K networks of the same sizes side by side: rows are
(K, n, d_0), and every array above has K as its first axis. `many` trains such stacks.

Source: Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from riskaudit.training.activations import ACTIVATIONS
from riskaudit.training.arrays import Array
from riskaudit.training.dropout import Dropout


class _Room(NamedTuple):
    """The buffers of one batch length: layer outputs, their gradients, and a row of ones."""

    outputs: list[Array]
    deltas: list[Array]
    ones: Array


class Network:
    """A feed-forward network.

    Parameters
    ----------
    sizes : tuple of int
        Features, hidden layers, outputs: (d_0, ..., d_L).
    activation : str
        f of the hidden layers, a name in `ACTIVATIONS`.
    theta : array of shape (size of all parameters,) or (K, size of all parameters)
        The parameters; zeros of float32 if left out. Its type is the type of all computation.
    gradient : array like theta
        Where gradients are written; room of its own if left out.
    """

    def __init__(
        self,
        sizes: tuple[int, ...],
        activation: str = "relu",
        theta: Array | None = None,
        gradient: Array | None = None,
    ) -> None:
        self.sizes = sizes
        self.activation = ACTIVATIONS[activation]
        self.n_weights = sum(a * b for a, b in pairwise(sizes))
        size = self.n_weights + sum(sizes[1:])
        self.theta = np.zeros(size, np.float32) if theta is None else theta
        self.gradient = np.zeros_like(self.theta) if gradient is None else gradient
        self.weights, self.biases = self._layers(self.theta)
        self.weight_gradients, self.bias_gradients = self._layers(self.gradient)
        self.dropout: Dropout | None = None
        self._masks: list[Array] = []
        self._bias_rows = [b[..., None, :] for b in self.biases]
        self._rooms: dict[tuple[int, ...], _Room] = {}

    def forward(self, X: Array, *, training: bool = False) -> Array:
        """Logits (n, d_L) of rows X (n, d_0); in a buffer that the next call of this length reuses.

        With `training`, hidden neurons are left out as `dropout` says.
        """
        outputs, a = self._room(X.shape[:-1]).outputs, X
        self._masks = self._drawn(X.shape[:-1]) if training else []
        for layer, (W, b) in enumerate(zip(self.weights, self._bias_rows, strict=True)):
            z = np.matmul(a, W, out=outputs[layer])
            z += b
            a = self.activation.forward(z, z) if layer < len(self.weights) - 1 else z
            if layer < len(self._masks):
                a *= self._masks[layer]
        return a

    def backward(self, X: Array, delta: Array) -> Array:
        """dJ/dtheta of the last `forward(X)`, given delta = dJ/dlogits (n, d_L). Uses up the activations."""
        outputs, deltas, ones = self._room(X.shape[:-1])
        for layer in reversed(range(len(self.weights))):
            a = outputs[layer - 1] if layer else X
            np.matmul(a.mT, delta, out=self.weight_gradients[layer])
            np.matmul(ones, delta, out=self.bias_gradients[layer])
            if layer:
                # One output makes an outer product, which is three times as fast as a matrix product of it.
                product = np.multiply if delta.shape[-1] == 1 else np.matmul
                upstream = product(delta, self.weights[layer].mT, out=deltas[layer - 1])
                if self._masks and self.dropout:  # f' is told from a, which forward turned into a * m
                    upstream *= self._masks[layer - 1]
                    a *= self.dropout.keep
                upstream *= self.activation.slope(a, a)
                delta = upstream
        return self.gradient

    def input_gradient(self, delta: Array) -> Array:
        """dJ/dX (n, d_0) = D_1 W_1' after `backward(X, delta)`, for whatever lies below the first layer."""
        if len(self.weights) > 1:
            delta = self._room(delta.shape[:-1]).deltas[0]
        return np.asarray(delta @ self.weights[0].mT)

    def _drawn(self, rows: tuple[int, ...]) -> list[Array]:
        """Masks for rows (n,) or (K, n), one a hidden layer; none without dropout."""
        if not self.dropout:
            return []
        return [self.dropout.mask((*rows, k), self.theta.dtype) for k in self.sizes[1:-1]]

    def _layers(self, flat: Array) -> tuple[list[Array], list[Array]]:
        """Views of a flat vector as weights and biases."""
        shapes: list[tuple[int, ...]] = [*pairwise(self.sizes), *((k,) for k in self.sizes[1:])]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        cut, lead = np.split(flat, ends[:-1], axis=-1), flat.shape[:-1]
        parts = [part.reshape(lead + shape) for part, shape in zip(cut, shapes, strict=True)]
        return parts[: len(parts) // 2], parts[len(parts) // 2 :]

    def _room(self, rows: tuple[int, ...]) -> _Room:
        """The buffers for rows (n,) or (K, n), made on first use."""
        dtype = self.theta.dtype
        if rows not in self._rooms:
            outputs = [np.empty((*rows, k), dtype) for k in self.sizes[1:]]
            self._rooms[rows] = _Room(outputs, [np.empty_like(a) for a in outputs], np.ones(rows[-1], dtype))
        return self._rooms[rows]


INITS = ("glorot", "he", "glorot-biases")


def initialise(network: Network, rng: np.random.Generator, init: str = "glorot") -> Network:
    """Draw the weights and zero the biases, in place.

    Glorot: W ~ U(-s, s) with s = sqrt(6 / (d_in + d_out)), which keeps variances on the way forward and
    back. He: s = sqrt(6 / d_in) for hidden layers, which makes up for the half that ReLU cuts off; it is
    meant for very deep stacks. On tables Glorot did better at every depth from 1 to 6, ReLU included.
    "glorot-biases": Glorot, and the biases drawn from the same range, as scikit-learn's perceptrons do.

    Source: Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks; He et al. (2015), Delving deep into rectifiers.
    """
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        hidden = layer < len(network.weights) - 1
        fan = W.shape[0] if init == "he" and hidden else sum(W.shape)
        scale = float(np.sqrt(6 / fan))
        W[...] = rng.uniform(-scale, scale, size=W.shape)
        b[...] = rng.uniform(-scale, scale, size=b.shape) if init == "glorot-biases" else 0
    return network


def outputs(sizes: tuple[int, ...], activation: str, theta: Array, X: Array, *, rows: int = 4096) -> Array:
    """Logits (n, d_L) for any number of rows, in double precision and bounded memory.

    Training may run in float32; answers do not: a row's answer then does not depend on its neighbours
    beyond 1e-15, and probabilities near 0 and 1 keep the digits that privacy audits look at.
    """
    network = Network(sizes, activation, theta.astype(np.float64))
    result: np.ndarray[Any, np.dtype[np.float64]] = np.empty((len(X), sizes[-1]))
    for start in range(0, len(X), rows):
        part = slice(start, start + rows)
        result[part] = network.forward(np.asarray(X[part], np.float64))
    return result
