r"""Likelihood: the penalised log-loss of a linear classifier; value, gradient and curvature.

For rows A (n, p), the features and where wanted a column of ones, coefficients Theta (K, p) with K = 1
for two classes, logits z_i = Theta a_i, weights w of mean 1 and D = diag(penalised), 1 for a feature
and 0 for the intercept:

    F(Theta)  = (1/n) sum_i w_i l(z_i, y_i) + l2/2 tr(Theta D Theta')
    grad F    = (1/n) (P - Y)' diag(w) A + l2 Theta D                   P = sigmoid or softmax of z
    Hess_{jk} = (1/n) A' diag(w p_j ([j = k] - p_k)) A + l2 [j = k] D   blocks (p, p); K = 1: p (1 - p)

F is convex. Theta is kept flat, row after row.

Source: Bishop (2006), Pattern Recognition and Machine Learning, sections 4.3.2 to 4.3.4.
"""

from __future__ import annotations

import numpy as np

from riskaudit.training.activations import sigmoid, softmax
from riskaudit.training.arrays import Array
from riskaudit.training.losses import binary_cross_entropy, categorical_cross_entropy


class Likelihood:
    """F on rows A (n, p), targets Y (n, K), weights (n,) of mean 1, and `penalised` (p,) of 0 and 1."""

    def __init__(self, A: Array, Y: Array, weights: Array, *, l2: float, penalised: Array) -> None:
        self.A, self.Y, self.weights = A, Y, weights
        self.K, self.p = Y.shape[1], A.shape[1]
        self.size = self.K * self.p
        self.ridge = np.tile(l2 * penalised, self.K)
        self._loss = binary_cross_entropy if self.K == 1 else categorical_cross_entropy

    def value(self, theta: Array) -> float:
        """F(theta)."""
        return self.value_and_gradient(theta)[0]

    def value_and_gradient(self, theta: Array) -> tuple[float, Array]:
        """F(theta) and its gradient (K p,)."""
        z = self._logits(theta)
        value = self._loss(z, self.Y, self.weights, z)  # z now holds dF/dz
        return value + 0.5 * float(theta @ (self.ridge * theta)), (z.T @ self.A).ravel() + self.ridge * theta

    def curvature(self, theta: Array) -> Curvature:
        """The Hessian at theta, as a matrix or as a map."""
        z = self._logits(theta)
        return Curvature(self, sigmoid(z, z) if self.K == 1 else softmax(z, z))

    def steepness(self) -> float:
        """A bound on the Hessian's eigenvalues: (1/4 or 1/2) of the largest of A' diag(w) A / n, plus l2."""
        gram = _weighted_gram(self.A, self.weights) / len(self.A)
        return float(np.linalg.eigvalsh(gram)[-1]) / (4 if self.K == 1 else 2) + float(self.ridge.max())

    def _logits(self, theta: Array) -> Array:
        return np.asarray(self.A @ theta.reshape(self.K, self.p).T)


class Curvature:
    """The Hessian of a `Likelihood` where its probabilities are P (n, K)."""

    def __init__(self, at: Likelihood, P: Array) -> None:
        self.at, self.P = at, P

    def times(self, v: Array) -> Array:
        """Hess v, without the matrix: with U = A V', row i of K sees w_i p_i * (u_i - <p_i, u_i>)."""
        at, P = self.at, self.P
        U = at.A @ v.reshape(at.K, at.p).T
        U -= P * U if at.K == 1 else (P * U).sum(axis=1, keepdims=True)
        U *= P * (at.weights / len(P))[:, None]
        return np.asarray((U.T @ at.A).ravel() + at.ridge * v)

    def matrix(self) -> Array:
        """Hess (K p, K p), block by block; the blocks mirror one another."""
        at, P = self.at, self.P
        blocks = np.empty((at.K, at.p, at.K, at.p))
        for j in range(at.K):
            for k in range(j + 1):
                pull = P[:, j] * ((j == k) - P[:, k]) * at.weights / len(P)
                blocks[j, :, k, :] = blocks[k, :, j, :] = _weighted_gram(at.A, pull)
        H = blocks.reshape(at.size, at.size)
        H[np.diag_indices(at.size)] += at.ridge
        return H


def _weighted_gram(A: Array, weights: Array, *, rows: int = 8192) -> Array:
    """A' diag(weights) A, in bounded memory."""
    gram = np.zeros((A.shape[1], A.shape[1]))
    for start in range(0, len(A), rows):
        part = A[start : start + rows]
        gram += (part * weights[start : start + rows, None]).T @ part
    return gram
