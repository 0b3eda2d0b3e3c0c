r"""Proximal: accelerated gradient descent for a smooth convex F plus an L1 penalty.

    x_{t+1}  = shrink(y_t - grad F(y_t) / L, l1 / L)        shrink(u, s) = sign(u) max(|u| - s, 0)
    y_{t+1}  = x_{t+1} + (m_t - 1)/m_{t+1} (x_{t+1} - x_t)  m_{t+1} = (1 + sqrt(1 + 4 m_t^2)) / 2

L bounds the curvature of F. The momentum is dropped whenever it points uphill (adaptive restart),
which makes convergence linear on strongly convex problems. Shrinking sets coefficients to exactly 0.

Source: Beck and Teboulle (2009), A fast iterative shrinkage-thresholding algorithm; O'Donoghue and
Candes (2015), Adaptive restart for accelerated gradient schemes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskaudit.training.arrays import Array


def proximal(
    gradient: Callable[[Array], Array], l1: Array, *, steepness: float, tol: float, max_iter: int
) -> tuple[Array, int, bool]:
    """The minimiser of F + <l1, |theta|> from zero, the iterations it took, and whether it got there.

    Parameters
    ----------
    gradient : callable
        theta (p,) to grad F(theta) (p,).
    l1 : array of shape (p,)
        The penalty of each coefficient; 0 where there is none.
    steepness : float
        L, a bound on the eigenvalues of F's Hessian.
    tol : float
        It got there when one more step would gain at most `tol`: L/2 |x_{t+1} - y_t|^2 <= tol.
    """
    x, L = np.zeros(len(l1)), max(steepness, np.finfo(float).tiny)
    y, m = x.copy(), 1.0
    for iteration in range(1, max_iter + 1):
        before = x
        x = shrink(y - gradient(y) / L, l1 / L)
        step = y - x
        if 0.5 * L * float(step @ step) <= tol:
            return x, iteration, True
        if float(step @ (x - before)) > 0:  # momentum points uphill
            y, m = x.copy(), 1.0
            continue
        m, last = (1 + np.sqrt(1 + 4 * m * m)) / 2, m
        y = x + ((last - 1) / m) * (x - before)
    return x, max_iter, False


def shrink(u: Array, s: Array) -> Array:
    """sign(u) max(|u| - s, 0): the proximal map of s |.|."""
    return np.asarray(np.sign(u) * np.maximum(np.abs(u) - s, 0))
