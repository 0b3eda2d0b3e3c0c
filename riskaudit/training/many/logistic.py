r"""Logistic regressions by the batch: Newton's method on K likelihoods over shared rows, two classes.

For memberships s_k (n,), weighted by class and summing to 1, rows a_i (p,) with a 1 for the intercept:

    F_k(theta) = sum_i s_ki log(1 + exp(u_ki)) + l2_k/2 |D theta|^2,                   u_k = A' theta_k
    grad F_k   = sum_i s_ki sigmoid(u_ki) a_i + l2_k D theta
    H_k        = sum_i s_ki sigmoid'(u_ki) a_i a_i' + l2_k D                           (p, p)

where rows of the second class have changed their sign, a_i = -a_i, which takes the labels out of it all.
All u and gradients of a strip of rows are two matrix products. Steps come from conjugate gradients about
the models' mean Hessian (see `conjugate.py`); for few models, few features, models that are unlike the
others, and where inexact steps would show (a loose tolerance, no penalty), from their own Hessians, a third
product (see `sums.py`). Newton's iterates do not depend on how
columns are centred, so these are the iterates of `newton.py`, line search and stopping rule included; each
model stops by itself. Models still under way after `max_iter` iterations are left to a single fit, which
says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.intake import labelled
from riskaudit.training.many.conjugate import WORTH, conjugate
from riskaudit.training.many.recipes import class_weights, fitted, plain, usable_weights
from riskaudit.training.many.sums import (
    MOST_FEATURES,
    blocks,
    groups_within,
    kept_bytes,
    pairs,
    rows_at_once,
    strips,
    symmetric,
)
from riskaudit.training.newton import MOST_WORK

KNOWN = (
    *("C", "l1_ratio", "fit_intercept", "class_weight", "solver", "tol", "max_iter", "learning_rate"),
    *("batch_size", "epochs", "random_state"),
)


TIGHT = 1e-12  # above it a last step still counts in the digits that single fits are compared in


class Work(NamedTuple):
    """What all models share: rows as columns A (p, n) about `centre` (d,), of class 1 with their sign changed,
    and classes 0 and 1 (n,)."""

    recipe: Any
    like: Any
    A: Array
    codes: Array
    centre: Array
    masks: Array
    seeds: Array


def prepared(recipe: Any, X: Any, y: Any, *, masks: Array, seeds: Array) -> Work | None:
    """The work to be done, checked as a single fit would check it; None where it is not for the batch."""
    from sklearn.base import clone

    like = clone(recipe)
    like._validate_params()
    X, codes, _ = labelled(like, X, y, None, dtype=np.float64, class_weight=None)
    exact = recipe.solver in ("auto", "newton") and recipe.l1_ratio == 0 and plain(recipe, KNOWN)
    two = len(like.classes_) == 2 and usable_weights(recipe, like.classes_)
    work = len(X) * (X.shape[1] + 1) ** 2
    if not exact or not two or X.shape[1] > MOST_FEATURES or work > MOST_WORK:
        return None
    centre = X.mean(axis=0) if recipe.fit_intercept else np.zeros(X.shape[1])
    A = np.empty((X.shape[1] + bool(recipe.fit_intercept), len(X)))
    A[-1] = 1
    A[: X.shape[1]] = (X - centre).T
    A[:, codes == 1] *= -1
    return Work(recipe, like, A, codes, centre, masks, seeds)


def stacks(work: Work, models: Array, *, budget: float) -> list[Array]:
    """The models in groups within the budget: 8 (4 p^2 + 12 p + 9 R + n) bytes each, R rows at a time."""
    p, n = work.A.shape
    each = 8 * (4 * p * p + 12 * p + 9 * rows_at_once(p) + n)
    return groups_within(models, each=each, budget=budget - kept_bytes(p, n) - 4 * n * (p + 3))


class Likelihoods:
    """F_k, its gradient and its Hessian, for the models of a group."""

    def __init__(self, work: Work, group: Array) -> None:
        self.work, self.group = work, group
        ones, rows = (work.masks[group].astype(np.float64) @ np.column_stack([work.codes, work.codes**0])).T
        counts = np.column_stack([rows - ones, ones])
        weights = class_weights(work.recipe, work.like.classes_, counts)
        weights = np.ones((len(group), 2)) if weights is None else weights
        total = (weights * counts).sum(axis=1)
        self.share = weights / total[:, None]
        self.weighted = work.recipe.class_weight is not None
        penalised = np.arange(len(work.A)) < len(work.centre)
        self.ridge = (1 / (work.recipe.C * total))[:, None] * penalised
        few = len(work.A) < WORTH or len(group) < WORTH
        far = work.recipe.tol > TIGHT or not np.isfinite(work.recipe.C)
        self.unlike = np.full(len(group), few or far)
        K, n = len(group), work.A.shape[1]
        self._rooms = np.empty((4, K, next(iter(strips(K, n))).stop))
        self._bend = np.empty((K, n), np.float32)
        squares = np.einsum("pn,pn->n", work.A, work.A)
        self._largest = float(squares.max()) or 1.0
        self._squares = (squares / self._largest).astype(np.float32)
        self._pairs: dict[int, Array] = {}

    def at(self, theta: Array, live: Array) -> tuple[Array, Array, Array]:
        """F (k,), gradients (k, p) and s p (1 - p) (k, n) of the `live` models at theta (k, p)."""
        A = self.work.A
        value, gradient, bend = np.zeros(len(live)), np.zeros_like(theta), self._bend[: len(live)]
        for rows in strips(len(self.group), A.shape[1]):
            losses, pull = self._block(theta, live, rows, bend=bend[:, rows])
            value += losses
            gradient += pull @ A[:, rows].T
        ridge = self.ridge[live]
        value += 0.5 * (ridge * theta * theta).sum(axis=1)
        return value, gradient + ridge * theta, bend

    def directions(self, models: Array, gradient: Array, bend: Array) -> Array:
        """d_k = -H_k^-1 g_k (k, p) of some models: by conjugate gradients where they are alike, else outright."""
        d, hard, ridge = np.empty_like(gradient), self.unlike[models], self._touched(models, bend)
        easy = np.flatnonzero(~hard)
        if len(easy):
            W = bend if len(easy) == len(models) else bend[easy]
            d[easy], arrived = conjugate(self.work.A, W, ridge[easy], gradient[easy])
            self.unlike[models[easy[~arrived]]] = hard[easy[~arrived]] = True
        if hard.any():
            H = self._hessians(bend[hard], ridge[hard])
            d[hard] = np.linalg.solve(H, -gradient[hard, :, None])[..., 0]
        return d

    def _touched(self, models: Array, bend: Array) -> Array:
        """What stands on the Hessians' diagonals (k, p): the penalty, and the touch of `newton.py`."""
        traces = (bend @ self._squares) * self._largest + self.ridge[models].sum(axis=1)
        return np.asarray(self.ridge[models] + 1e-12 * np.maximum(traces / len(self.work.A), 1e-300)[:, None])

    def _hessians(self, bend: Array, ridge: Array) -> Array:
        """H (k, p, p)."""
        p, n = self.work.A.shape
        upper = np.zeros((len(bend), p * (p + 1) // 2))
        for rows in blocks(p, n):
            upper += bend[:, rows].astype(np.float64) @ self._products(rows).T
        H = symmetric(upper, p)
        H[:, np.arange(p), np.arange(p)] += ridge
        return H

    def _products(self, rows: slice) -> Array:
        """Q of some rows, made once where it may be kept."""
        if rows.start in self._pairs:
            return self._pairs[rows.start]
        made = pairs(self.work.A[:, rows])
        if kept_bytes(*self.work.A.shape):
            self._pairs[rows.start] = made
        return made

    def _block(self, theta: Array, live: Array, rows: slice, *, bend: Array) -> tuple[Array, Array]:
        """Sums (k,) of s log(1 + exp(u)), and s sigmoid(u) (k, R), on some rows; s e q^2 is left in `bend`.

        With e = exp(-|u|) and q = 1 / (1 + e): log(1 + exp(u)) = max(u, 0) + log(1 + e), and the sigmoid's
        slope is e q^2, itself q or 1 - q as u is positive or not. All in place: fresh memory costs more.
        """
        u, s, e, q = self._rooms[:, : len(live), : rows.stop - rows.start]
        np.multiply(self.work.masks[self.group[live], rows], self.share[live, :1], out=s)
        if self.weighted:
            s *= 1 + self.work.codes[rows] * (self.share[live, 1:] / self.share[live, :1] - 1)
        np.matmul(theta, self.work.A[:, rows], out=u)
        np.abs(u, out=e)
        np.exp(np.negative(e, out=e), out=e)
        np.add(e, 1, out=q)
        value = np.einsum("kr,kr->k", s, np.log(q)) + np.einsum("kr,kr->k", s, np.maximum(u, 0))
        np.divide(1, q, out=q)
        for factor in (q, q, s):
            e *= factor
        bend[...] = e
        q -= 0.5
        np.copysign(q, u, out=q)
        q += 0.5
        q *= s
        return value, q


def trained(work: Work, group: Array) -> list[Any]:
    """Fitted estimators of that group; None where a single fit must do."""
    F = Likelihoods(work, group)
    try:
        theta, iterations = newton(F, tol=work.recipe.tol, max_iter=work.recipe.max_iter)
    except np.linalg.LinAlgError:
        return [None] * len(group)
    return [
        _estimator(work, k, theta[i], int(iterations[i])) if iterations[i] else None
        for i, k in enumerate(group)
    ]


def newton(F: Likelihoods, *, tol: float, max_iter: int) -> tuple[Array, Array]:
    """Minimisers (K, p) from zero, and the iterations (K,) each took; 0 for one that did not arrive.

    Every pass tries theta + t d for all models at once. A model that fell enough takes its next
    direction from the same pass; the others halve t.
    """
    K, p = len(F.group), len(F.work.A)
    theta, done, iterations = np.zeros((K, p)), np.zeros(K, int), np.zeros(K, int)
    value, slope, t, d = np.full(K, np.inf), np.zeros(K), np.ones(K), np.zeros((K, p))
    last, live = np.zeros(K, bool), np.arange(K)
    while len(live):
        tried = theta[live] + t[live, None] * d[live]
        now, gradient, bend = F.at(tried, live)
        known = np.where(np.isfinite(value[live]), value[live], 1e300)
        rounding = 4 * np.finfo(float).eps * np.abs(known)
        fell = now <= known + 1e-4 * t[live] * slope[live] + rounding
        t[live[~fell]] /= 2
        theta[live[fell]], value[live[fell]] = tried[fell], now[fell]
        done[live[fell & last[live]]] = 1
        on = fell & ~last[live]
        turn = live[on]
        if len(turn):
            d[turn] = F.directions(turn, gradient[on], bend if on.all() else bend[on])
        slope[turn] = np.einsum("kp,kp->k", gradient[on], d[turn])
        t[turn] = 1
        iterations[turn] += 1
        last[turn] = -slope[turn] / 2 <= tol
        live = live[(done[live] == 0) & (t[live] > 2.0**-40) & (iterations[live] <= max_iter)]
    return theta, np.where(iterations <= max_iter, iterations * done, 0)


def _estimator(work: Work, k: int, theta: Array, iterations: int) -> Any:
    """The fitted estimator of model k."""
    d, free = len(work.centre), work.recipe.fit_intercept
    w = theta[:d].copy()
    b = np.array([theta[-1] - w @ work.centre]) if free else np.zeros(1)
    return fitted(
        int(work.seeds[k]),
        like=work.like,
        coef_=w[None],
        intercept_=b,
        n_iter_=iterations,
        loss_curve_=[],
    )
