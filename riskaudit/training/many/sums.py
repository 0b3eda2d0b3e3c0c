r"""Sums: what convex models need of shared rows, for K memberships at once, a block of rows at a time.

Rows are columns here: A (p, n). A model's Hessian or Gram matrix is sum_i w_ki a_i a_i', and all K of them
are one matrix product, with the p (p + 1)/2 products of pairs of features computed once for all models:

    H (K, q) = W (K, n) Q' (n, q),    Q = [a_j * a_l for j <= l] (q, n),    q = p (p + 1) / 2

Blocks keep Q under 4 MB, so it stays in the cache between its making and its use. Where all of Q is small it is
made once and kept, which saves an iterative solver a quarter of its time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.training.arrays import Array

BLOCK = 4 << 20  # bytes of Q
STRIP = 120_000  # bytes of one number for each row and model
KEPT = 16 << 20  # bytes of Q that are kept between passes
MOST_FEATURES = 300  # past which K Hessians are too many numbers, and single fits do as well


def blocks(p: int, n: int) -> Iterator[slice]:
    """Slices of rows, as many at a time as keep Q small."""
    rows = rows_at_once(p)
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


def strips(K: int, n: int) -> Iterator[slice]:
    """Slices of rows, as many at a time as keep one number per row and model small."""
    rows = max(64, STRIP // (8 * max(K, 1)))
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


def rows_at_once(p: int) -> int:
    """Rows in a block."""
    return max(64, BLOCK // (8 * (p * (p + 1) // 2)))


def pairs(A: Array) -> Array:
    """Q (q, R): the products of every two of the p rows of A (p, R), each pair once."""
    p = len(A)
    Q, at = np.empty((p * (p + 1) // 2, A.shape[1])), 0
    for j in range(p):
        np.multiply(A[j:], A[j], out=Q[at : at + p - j])
        at += p - j
    return Q


def kept_bytes(p: int, n: int) -> int:
    """Bytes of all of Q where it is small enough to be kept, else 0."""
    size = 8 * n * (p * (p + 1) // 2)
    return size if size <= KEPT else 0


def symmetric(H: Array, p: int) -> Array:
    """Matrices (K, p, p) from their upper halves (K, q), in the order of `pairs`."""
    full = np.empty((len(H), p, p))
    rows, columns = np.triu_indices(p)
    full[:, rows, columns] = H
    full[:, columns, rows] = H
    return full


def groups_within(models: Array, *, each: int, budget: float) -> list[Array]:
    """The models in as few groups as keep `each` bytes a model within the budget."""
    K = max(1, int(budget // each))
    return [models[start : start + K] for start in range(0, len(models), K)]
