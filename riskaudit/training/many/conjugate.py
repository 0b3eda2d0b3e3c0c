r"""Conjugate gradients: Newton directions of K models whose Hessians are nearly alike, without K Hessians.

The Hessians H_k = A diag(w_k) A' + D_k of models on random subsets of the same rows scatter about their mean
M = LL' by about sqrt(p/n). In coordinates where M is the identity,

    (L^-1 H_k L^-T) c = -L^-1 g_k,     d_k = L^-T c,     Z = L^-1 A (p, n)

every H_k is close to the identity, so that conjugate gradients win a digit or so per iteration, at two
products with Z, 2 n p multiplications a model, where a Hessian costs n p (p + 1)/2. They stop at
|H_k d + g|_{M^-1} <= epsilon lambda with lambda = |g|_{M^-1}, about the square root of Newton's decrement, and
epsilon = max(lambda/100, 1e-12/lambda, 1e-5), at most 0.1: a hundredth of what a Newton step leaves (it squares
lambda), so models stop after as many steps as Newton's, and where it stops. In these coordinates condition
numbers are near 1 whatever A's are, and single precision is enough for the products. Models that do not
arrive, or on the way take a step that tells of a much flatter Hessian, are not like the others, and are
told so.

Source: Nocedal and Wright (2006), Numerical Optimization, algorithms 5.3 (preconditioning) and 7.1
(inexact Newton; theorem 7.2: quadratic where epsilon falls with the gradient).
"""

from __future__ import annotations

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.many.sums import strips

WORTH = 16  # parameters, and models, from which this is faster than K Hessians
TINY = 1e-300  # for quotients of what has arrived to the last digit
FAR = 3  # a step so long is taken where H_k is a third of M, and rounding and goals would mean less
MOST = 0.4  # iterations per parameter, past which a Hessian would have been as fast


def conjugate(A: Array, bend: Array, ridge: Array, g: Array) -> tuple[Array, Array]:
    """d (K, p) with H_k d_k = -g_k for weights `bend` (K, n) and diagonals `ridge` (K, p), and who arrived (K,)."""
    p = len(A)
    try:
        root = np.linalg.inv(np.linalg.cholesky(_mean(A, bend, ridge)))
    except np.linalg.LinAlgError:
        return np.zeros_like(g), np.zeros(len(g), bool)
    Z, right = np.empty(A.shape, np.float32), -g @ root.T
    for rows in strips(p, A.shape[1]):
        Z[:, rows] = root @ A[:, rows]
    length = np.sqrt(_dots(right, right))
    length[length == 0] = 1
    r = right / length[:, None]
    goal = np.clip(np.maximum(length / 100, 1e-12 / length), 1e-5, 0.1) ** 2
    c, v, rho, longest = np.zeros_like(g), r.copy(), _dots(r, r), np.zeros(len(g))
    for _ in range(int(MOST * p)):
        Hv = _product(Z, bend, v) + ((v @ root) * ridge) @ root.T
        step = rho / np.maximum(_dots(v, Hv), TINY)
        np.maximum(longest, step, out=longest, where=rho > goal)
        c += step[:, None] * v
        r -= step[:, None] * Hv
        rho, before = _dots(r, r), rho
        if (rho <= goal).all():
            break
        v = r + (rho / np.maximum(before, TINY))[:, None] * v
    return (c * length[:, None]) @ root, (rho <= goal) & (longest < FAR)


def _mean(A: Array, bend: Array, ridge: Array) -> Array:
    """M (p, p)."""
    M, w = np.diag(ridge.mean(axis=0)), np.ones(len(bend), bend.dtype) @ bend / len(bend)
    for rows in strips(len(A), A.shape[1]):
        M += (A[:, rows] * w[rows]) @ A[:, rows].T
    return np.asarray(M)


def _product(Z: Array, bend: Array, v: Array) -> Array:
    """sum_i w_ki z_i <z_i, v_k> (K, p)."""
    result, v = np.zeros_like(v), v.astype(Z.dtype)
    for rows in strips(len(v), Z.shape[1]):
        U = v @ Z[:, rows]
        U *= bend[:, rows]
        result += U @ Z[:, rows].T
    return result


def _dots(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("kp,kp->k", a, b))
