r"""Embedding: words become vectors, a text the mean of its words' vectors; then dense layers.

With the embedding E (V + 1, e), one row a word and row 0 for all unknown ones, and a text of L_i tokens
t_i1 ... t_iL:

    forward    h_i = (1 / L_i) sum_j E[t_ij]             global average pooling; h_i = 0 for an empty text
    backward   dJ/dE[t] = sum_i (count of t in i / L_i) dJ/dh_i

Both are one sparse matrix product. With P (n, V + 1), P_it = count of t in i / L_i,

    h = P E;   dJ/dE = P' (dJ/dh)

The dense layers are a `Network` of e inputs. All parameters are one vector, theta = [dense W | dense b | E]:
penalties touch the dense weights alone (`n_weights`). An L2 on E would, under Adam, pull words that a
batch lacks to 0 at full speed, the rare ones above all.

Source: Bengio et al. (2003), A neural probabilistic language model; Joulin et al. (2016), Bag of tricks
for efficient text classification (averaged word vectors under a linear classifier).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.network import Network, initialise


class TextNetwork(Network):
    """A network over token numbers (n, T), trained as any other.

    Parameters
    ----------
    words : int
        Rows of the embedding: V + 1.
    sizes : tuple of int
        Of the dense layers: (e, hidden layers, outputs).
    theta : array of shape (`text_size(words, sizes)`,)

    Raises
    ------
    ValueError
        If theta is of another size.
    """

    def __init__(self, words: int, sizes: tuple[int, ...], activation: str, theta: Array) -> None:
        if len(theta) != text_size(words, sizes):  # compiled code follows the word numbers unchecked
            raise ValueError(f"{len(theta)} parameters are not those of {words} words and layers {sizes}")
        dense = len(theta) - words * sizes[0]
        self._name = activation
        self.theta, self.gradient = theta, np.zeros_like(theta)
        self.head = Network(sizes, activation, theta[:dense], self.gradient[:dense])
        self.embedding = theta[dense:].reshape(words, sizes[0])
        self.embedding_gradient = self.gradient[dense:].reshape(words, sizes[0])
        self.sizes, self.activation, self.n_weights = sizes, self.head.activation, self.head.n_weights
        self.weights, self.biases = self.head.weights, self.head.biases
        self.weight_gradients, self.bias_gradients = self.head.weight_gradients, self.head.bias_gradients
        self.dropout = None
        self._shares: Any = None
        self._pooled: Array = np.empty((0, sizes[0]), theta.dtype)

    def astype(self, dtype: Any) -> TextNetwork:
        """A copy that computes in another type."""
        return TextNetwork(len(self.embedding), self.sizes, self._name, self.theta.astype(dtype))

    def forward(self, X: Array, *, training: bool = False) -> Array:
        """Logits (n, K) of token numbers X (n, T)."""
        self.head.dropout = self.dropout
        self._shares = shares(X, len(self.embedding), self.theta.dtype)
        self._pooled = self._shares @ self.embedding
        return self.head.forward(self._pooled, training=training)

    def backward(self, X: Array, delta: Array) -> Array:
        """dJ/dtheta of the last `forward(X)`, given dJ/dlogits (n, K)."""
        self.head.backward(self._pooled, delta)
        self.embedding_gradient[...] = self._shares.T @ self.head.input_gradient(delta)
        return self.gradient


def shares(X: Array, words: int, dtype: Any) -> Any:
    """P (n, V + 1), sparse: P_it = share of word t among the tokens of text i; padding counts for nothing."""
    from scipy.sparse import csr_array

    said = X > 0
    lengths = said.sum(axis=1)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    values = np.repeat((1 / np.maximum(lengths, 1)).astype(dtype), lengths)
    return csr_array((values, X[said] - 1, ends), shape=(len(X), words))  # number 1 is row 0


def text_size(words: int, sizes: tuple[int, ...]) -> int:
    """How many parameters there are."""
    return words * sizes[0] + sum((a + 1) * b for a, b in pairwise(sizes))


def draw(network: TextNetwork, rng: np.random.Generator, init: str) -> TextNetwork:
    """First parameters, in place: dense layers as ever; E ~ U(-s, s), s = sqrt(3 / e), so that a word's vector
    has length 1; the unknown word's is 0, and stays there if training never meets it."""
    initialise(network.head, rng, init)
    scale = float(np.sqrt(3 / network.sizes[0]))
    network.embedding[...] = rng.uniform(-scale, scale, size=network.embedding.shape)
    network.embedding[0] = 0
    return network


def text_outputs(network: TextNetwork, X: Array, *, rows: int = 1024) -> Array:
    """Logits (n, K) in double precision and bounded memory."""
    exact = network.astype(np.float64)
    result: Array = np.empty((len(X), network.sizes[-1]))
    for start in range(0, len(X), rows):
        result[start : start + rows] = exact.forward(X[start : start + rows])
    return result
