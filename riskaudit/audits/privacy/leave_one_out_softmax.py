"""Leave-one-out for softmax regression: what a model of several classes would say with and without a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 400  # coefficients, (classes - 1) times columns
WORK = {"quick": 5e8, "normal": 2e9, "deep": 2e10}  # rows times coefficients squared: a pass over the Hessian
STEPS = 25


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A softmax regression at its optimum, in contrasts of the K classes; k = K - 1.

    Attributes
    ----------
    z, slope : float arrays (n, k)
        Each row's scores, and the gradient of its loss in them.
    bend, leverage, variance : float arrays (n, k, k)
        The loss's second derivative, (I x x)' H^-1 (I x x), and how the scores vary over training sets.
    """

    z: Floats
    slope: Floats
    bend: Floats
    leverage: Floats
    variance: Floats


def contrasts(classes: int) -> Floats:
    """Orthonormal columns (K, K - 1) that sum to 0.

    Softmax does not change where all K scores rise together, and a ridge puts that sum to 0; in these coordinates
    the penalty on K weight vectors is the same ridge on K - 1, and the Hessian has an inverse.
    """
    basis: Floats = np.linalg.qr(np.column_stack([np.ones(classes), np.eye(classes)[:, 1:]]))[0][:, 1:]
    return basis


def solved(
    X: Floats, codes: NDArray[np.int64], C: Floats, *, weight: float, penalty: Floats, share: float
) -> Surface:
    """Damped Newton's method on sum weight l(C theta' x, y) + theta' penalty theta / 2, and what follows at its end.

    Parameters
    ----------
    X : float array (n, d)
    codes : int array (n,)
        Classes from 0.
    C : float array (K, K - 1)
        `contrasts`.
    penalty : float array (d,)
        The ridge on each column, the same for every class.
    """
    k, d = C.shape[1], X.shape[1]
    ridge = np.tile(penalty + 1e-9 * weight * float((X * X).sum() / d), k)
    theta = np.zeros(k * d)
    value = _objective(X, codes, C, theta, weight, ridge)
    for _ in range(STEPS):
        slope, bend = _derivatives(X @ theta.reshape(k, d).T, codes, C)
        gradient = weight * (slope.T @ X).ravel() + ridge * theta
        step = np.linalg.solve(_hessian(X, bend, weight) + np.diag(ridge), gradient)
        size = 1.0
        while (lower := _objective(X, codes, C, theta - size * step, weight, ridge)) > value and size > 1e-4:
            size /= 2  # unpenalised classes that hardly overlap: a whole step would overshoot
        theta, before, value = theta - size * step, value, min(lower, value)
        if before - value <= 1e-12 * max(abs(value), 1.0):
            break
    z = X @ theta.reshape(k, d).T
    slope, bend = _derivatives(z, codes, C)
    inverse: Floats = np.asarray(np.linalg.inv(_hessian(X, bend, weight) + np.diag(ridge)), dtype=np.float64)
    noise: Floats = (
        inverse @ _hessian(X, slope[:, :, None] * slope[:, None, :], weight * (1 - share)) @ inverse
    )
    return Surface(
        z=z,
        slope=slope,
        bend=bend,
        leverage=_quadratic(X, inverse, k),
        variance=_quadratic(X, noise, k),
    )


def _softmax(z: Floats, C: Floats) -> tuple[Floats, Floats]:
    """Log-probabilities and probabilities (n, K) of contrast scores (n, k)."""
    full = z @ C.T
    full = full - full.max(axis=1, keepdims=True)
    logs = full - np.log(np.exp(full).sum(axis=1, keepdims=True))
    return logs, np.exp(logs)


def _objective(
    X: Floats, codes: NDArray[np.int64], C: Floats, theta: Floats, weight: float, ridge: Floats
) -> float:
    logs, _ = _softmax(X @ theta.reshape(C.shape[1], -1).T, C)
    return float(-weight * logs[np.arange(len(codes)), codes].sum() + (ridge * theta) @ theta / 2)


def _derivatives(z: Floats, codes: NDArray[np.int64], C: Floats) -> tuple[Floats, Floats]:
    """Gradient (n, k) and Hessian (n, k, k) of each row's loss in its contrast scores."""
    p = _softmax(z, C)[1]
    error = p.copy()
    error[np.arange(len(codes)), codes] -= 1
    spread = p @ C
    bend = np.einsum("nc,ck,cl->nkl", p, C, C, optimize=True) - spread[:, :, None] * spread[:, None, :]
    return error @ C, bend


def _hessian(X: Floats, bend: Floats, weight: float) -> Floats:
    """weight * sum of bend_i (x) x_i x_i', (k d, k d)."""
    k, d = bend.shape[1], X.shape[1]
    H = np.empty((k, d, k, d))
    for a in range(k):
        for b in range(a + 1):
            H[a, :, b, :] = weight * (X.T * bend[:, a, b]) @ X
            H[b, :, a, :] = H[a, :, b, :].T
    return H.reshape(k * d, k * d)


def _quadratic(X: Floats, M: Floats, k: int) -> Floats:
    """(I (x) x)' M (I (x) x) of each row (n, k, k)."""
    d = X.shape[1]
    blocks = M.reshape(k, d, k, d)
    found = np.empty((len(X), k, k))
    for a in range(k):
        for b in range(a + 1):
            found[:, a, b] = found[:, b, a] = np.einsum("ij,ij->i", X @ blocks[a, :, b, :], X)
    return found


def with_and_without(surface: Surface, *, weight: float) -> tuple[Floats, Floats]:
    """The contrast scores (n, k) of each row had it weight 1, and none, where the fit gave it `weight`."""
    eye = np.eye(surface.z.shape[1])
    pull = np.einsum("nab,nb->na", surface.leverage, surface.slope)
    bent = surface.leverage @ surface.bend

    def moved(by: float) -> Floats:
        change: Floats = np.linalg.solve(eye + by * bent, by * pull[:, :, None])[:, :, 0]
        return surface.z - change

    return moved(1 - weight), moved(-weight)


def ratio(surface: Surface, said: Floats, *, weight: float) -> Floats:
    """log N(s; z_in, V) - log N(s; z_out, V) of each row (n,), s the audited model's contrast scores (n, k)."""
    inside, outside = with_and_without(surface, weight=weight)
    k = said.shape[1]
    floor = 1e-9 * float(np.einsum("naa->n", surface.variance).mean()) / k + 1e-300
    lean = np.linalg.solve(surface.variance + floor * np.eye(k), (inside - outside)[:, :, None])[:, :, 0]
    score: Floats = np.einsum("nk,nk->n", lean, said - (inside + outside) / 2)
    return score
