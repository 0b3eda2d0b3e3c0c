r"""Newton: a smooth convex function minimised to the last digits.

    solve  H d = -g   at theta,   theta <- theta + t d   with t = 1, 1/2, 1/4, ... until F falls enough

For logistic regression this is iteratively reweighted least squares. While H is small it is built and
solved outright, with 1e-12 of its mean diagonal added so that directions nobody penalises and nobody
sees (the common shift of softmax intercepts) do not make it singular; otherwise d comes from
conjugate gradients, which need products H v only and stop early while theta is still far away.

Source: Nocedal and Wright (2006), Numerical Optimization, algorithms 3.1 and 7.1; Bishop (2006),
section 4.3.3.
"""

from __future__ import annotations

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.likelihood import Curvature, Likelihood

MOST_WORK = 2e10  # multiplications n p^2, above which the Hessian is not built
FEW = 100  # parameters, above which a softmax, whose Hessian has K^2 blocks, is better off without it


def newton(F: Likelihood, *, tol: float, max_iter: int) -> tuple[Array, int, bool]:
    """The minimiser of F from zero, the iterations it took, and whether it got there.

    It got there when the Newton decrement -<g, d>/2, which estimates how much F could still fall,
    is at most `tol`; the step that follows is still taken. The decrement does not depend on the
    scale of the features.
    """
    theta = np.zeros(F.size)
    value, gradient = F.value_and_gradient(theta)
    small = len(F.A) * F.size**2 <= MOST_WORK and (F.K == 1 or F.size <= FEW)
    for iteration in range(1, max_iter + 1):
        curvature = F.curvature(theta)
        d = _solved(curvature.matrix(), gradient) if small else _conjugate(curvature, gradient)
        slope = float(gradient @ d)
        theta, value = _line_search(F, theta, value, d=d, slope=slope)
        if -slope / 2 <= tol:
            return theta, iteration, True
        gradient = F.value_and_gradient(theta)[1]
    return theta, max_iter, False


def _solved(H: Array, g: Array) -> Array:
    """d = -H^-1 g."""
    H[np.diag_indices(len(H))] += 1e-12 * max(float(np.trace(H)) / len(H), 1e-300)
    return np.asarray(np.linalg.solve(H, -g))


def _conjugate(curvature: Curvature, g: Array) -> Array:
    """d with |H d + g| <= min(1/10, sqrt|g|) |g|, by conjugate gradients."""
    d, residual = np.zeros_like(g), -g
    direction, rho = residual.copy(), float(g @ g)
    goal = (min(0.1, rho**0.25) ** 2) * rho
    for _ in range(10 * len(g)):
        Hv = curvature.times(direction)
        bend = float(direction @ Hv)
        if rho <= goal or bend <= 0:
            break
        d += (rho / bend) * direction
        residual -= (rho / bend) * Hv
        rho, before = float(residual @ residual), rho
        direction = residual + (rho / before) * direction
    return d


def _line_search(F: Likelihood, theta: Array, value: float, *, d: Array, slope: float) -> tuple[Array, float]:
    """theta + t d with F(theta + t d) <= F + 1e-4 t <g, d>; theta itself where rounding hides the fall."""
    t, rounding = 1.0, 4 * np.finfo(float).eps * abs(value)
    for _ in range(40):
        tried = F.value(theta + t * d)
        if tried <= value + 1e-4 * t * slope + rounding:
            return theta + t * d, tried
        t /= 2
    return theta, value
