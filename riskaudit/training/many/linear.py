r"""Linear regressions by the batch: K ridge problems on K memberships s_k (n,) of 0 and 1.

    G_k = sum_i s_ki (x_i - m_k)(x_i - m_k)' + l2 I,   w_k = G_k^-1 sum_i s_ki (x_i - m_k)(y_i - y_k)

with m_k, y_k the members' means. Normal equations square the condition number, so each solution is
refined twice from its residuals on the rows themselves, which wins the lost digits back; a model whose
G (columns scaled to a unit diagonal) has a condition number above 1e8, or whose refinement does not
settle, is left to a single fit's orthogonal factorisation.

Source: Bjorck (1987), Stability analysis of the method of seminormal equations for linear least squares.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.intake import valued
from riskaudit.training.many.recipes import fitted, plain
from riskaudit.training.many.sums import (
    MOST_FEATURES,
    blocks,
    groups_within,
    pairs,
    rows_at_once,
    symmetric,
)

WORST_CONDITION = 1e8


class Work(NamedTuple):
    """What all models share: rows as columns A (d, n) about `centre` (d,), targets about `level`."""

    recipe: Any
    like: Any
    A: Array
    y: Array
    centre: Array
    level: float
    masks: Array
    seeds: Array
    codes: None = None


def prepared(recipe: Any, X: Any, y: Any, *, masks: Array, seeds: Array) -> Work | None:
    """The work to be done, checked as a single fit would check it; None where it is not for the batch."""
    from sklearn.base import clone

    like = clone(recipe)
    like._validate_params()
    X, y, _ = valued(like, X, y, None, dtype=np.float64)
    known = ("l2", "fit_intercept", "solver", "tol", "max_iter")
    if not plain(recipe, known) or recipe.solver != "exact" or X.shape[1] > MOST_FEATURES:
        return None
    free = recipe.fit_intercept
    centre, level = (X.mean(axis=0), float(y.mean())) if free else (np.zeros(X.shape[1]), 0.0)
    return Work(recipe, like, np.ascontiguousarray((X - centre).T), y - level, centre, level, masks, seeds)


def stacks(work: Work, models: Array, *, budget: float) -> list[Array]:
    """The models in groups within the budget: 8 (4 d^2 + 8 d + 3 R) bytes each, R rows at a time."""
    d = len(work.A)
    return groups_within(models, each=8 * (4 * d * d + 8 * d + 3 * rows_at_once(d)), budget=budget)


def trained(work: Work, group: Array) -> list[Any]:
    """Fitted estimators of that group; None where a single fit must do."""
    gram, pull, at_x, at_y = _moments(work, group)
    scale = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2), np.finfo(float).tiny))
    gram /= scale[:, :, None] * scale[:, None, :]
    try:
        inverse = np.linalg.inv(gram)
    except np.linalg.LinAlgError:
        return [None] * len(group)
    condition = np.abs(gram).sum(axis=1).max(axis=1) * np.abs(inverse).sum(axis=1).max(axis=1)
    w = _times(inverse, pull, scale)
    for _ in range(2):
        change = _times(inverse, _gradient(work, group, w, at_x=at_x, at_y=at_y), scale)
        w += change
    settled = np.linalg.norm(change * scale, axis=1) <= 1e-11 * np.linalg.norm(w * scale, axis=1) + 1e-300
    good = settled & (condition < WORST_CONDITION) & np.isfinite(w).all(axis=1)
    b = work.level + at_y - np.einsum("kd,kd->k", w, work.centre + at_x)
    return [_estimator(work, k, w[i], float(b[i])) if good[i] else None for i, k in enumerate(group)]


def _moments(work: Work, group: Array) -> tuple[Array, Array, Array, Array]:
    """G (K, d, d), its right side (K, d), and the means m_k (K, d), y_k (K,)."""
    A, (d, n), K = work.A, work.A.shape, len(group)
    upper, pull, sums, total = (
        np.zeros((K, d * (d + 1) // 2)),
        np.zeros((K, d)),
        np.zeros((K, d)),
        np.zeros(K),
    )
    for rows in blocks(d, n):
        s, part, y = work.masks[group, rows].astype(np.float64), A[:, rows], work.y[rows]
        upper += s @ pairs(part).T
        pull += (s * y) @ part.T
        sums += s @ part.T
        total += s @ y
    N, gram = work.masks[group].sum(axis=1).astype(float), symmetric(upper, d)
    if not work.recipe.fit_intercept:
        sums, total = np.zeros_like(sums), np.zeros_like(total)
    at_x, at_y = sums / N[:, None], total / N
    gram -= sums[:, :, None] * at_x[:, None, :]
    gram[:, np.arange(d), np.arange(d)] += work.recipe.l2
    return gram, pull - sums * at_y[:, None], at_x, at_y


def _gradient(work: Work, group: Array, w: Array, *, at_x: Array, at_y: Array) -> Array:
    """sum_i s_ki (x_i - m_k) r_ki - l2 w_k (K, d), from the residuals r on the rows themselves."""
    result, lost = np.zeros_like(w), np.zeros(len(w))
    level = (at_y - np.einsum("kd,kd->k", w, at_x))[:, None]
    for rows in blocks(*work.A.shape):
        r = work.y[rows] - w @ work.A[:, rows] - level
        r *= work.masks[group, rows]
        result += r @ work.A[:, rows].T
        lost += r.sum(axis=1)
    return np.asarray(result - at_x * lost[:, None] - work.recipe.l2 * w)


def _times(inverse: Array, right: Array, scale: Array) -> Array:
    """G^-1 right (K, d), of the inverse of G with columns scaled."""
    return np.asarray(np.einsum("kde,ke->kd", inverse, right / scale) / scale)


def _estimator(work: Work, k: int, w: Array, b: float) -> Any:
    """The fitted estimator of model k."""
    return fitted(int(work.seeds[k]), like=work.like, coef_=w.copy(), intercept_=b, n_iter_=1)
