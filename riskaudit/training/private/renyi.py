r"""Renyi: the privacy spent by a sampled Gaussian, counted in Renyi divergence.

One step draws each row with probability q, adds up vectors of norm at most 1 and adds N(0, s^2). The
worst pair of neighbouring tables looks, along the one direction that differs, like

    Q = N(0, s^2)    and    P = (1 - q) N(0, s^2) + q N(1, s^2),

and the Renyi divergence of order a > 1 is

    D_a(P || Q) = 1/(a - 1) log E_{z ~ Q} [ (1 - q + q exp((2z - 1)/(2 s^2)))^a ],

which is never below D_a(Q || P). Divergences of steps add up. Whole a have a closed sum, fractional a
two infinite series (Mironov, Talwar, Zhang); the trapezoid rule gives either to rounding, for the integrand is a
Gaussian times an analytic function with its nearest singularity at distance pi s (in units of s): with
step h the error is of the order of exp(-2 pi^2 s / h).

To (epsilon, delta):

    epsilon = min_a  D_a + log(1 - 1/a) - log(delta a) / (a - 1).

Source: Mironov, Talwar, Zhang (2019), Renyi differential privacy of the sampled Gaussian mechanism;
Canonne, Kamath, Steinke (2020), The discrete Gaussian for differential privacy, proposition 12.
"""

from __future__ import annotations

import math

import numpy as np

from riskaudit.training.arrays import Array

ORDERS = (
    *(1.01, 1.02, 1.05),
    *(1 + k / 10 for k in range(1, 100)),
    *range(11, 64),
    *(64, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096),
)
MOST_POINTS = 2**21  # of an integrand's grid: 16 MB an array


def renyi_divergence(noise: float, rate: float, order: float) -> float:
    """D_a(P || Q) of one step, for noise s > 0, sampling rate q in [0, 1] and order a > 1."""
    if rate == 1:
        return order / (2 * noise**2)
    step = min(0.25, noise / 2)
    u = np.arange(-14.0, order / noise + 14.0, step)  # z = s u; the integrand lives around 0 ... a
    logs = order * privacy_loss(noise * u, noise, rate) - u * u / 2
    top = logs.max()
    total = top + math.log(np.exp(logs - top).sum() * step / math.sqrt(2 * math.pi))
    return float(max(total, 0.0) / (order - 1))


def privacy_loss(z: Array, noise: float, rate: float) -> Array:
    """log P(z)/Q(z) = log(1 - q + q exp((2z - 1)/(2 s^2))): how much one outcome tells."""
    exponent = (2 * z - 1) / (2 * noise**2)
    if rate == 1:
        return np.asarray(exponent)
    return np.asarray(np.logaddexp(math.log1p(-rate), math.log(rate) + exponent))


def renyi_epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    """Epsilon at that delta after that many steps, by the best of `ORDERS`."""
    best, step = math.inf, min(0.25, noise / 2)
    for order in ORDERS:
        if rate < 1 and order / noise > MOST_POINTS * step:
            break  # any order bounds epsilon; for so little noise the best is a low one
        spent = steps * renyi_divergence(noise, rate, order)
        best = min(best, spent + math.log1p(-1 / order) - math.log(delta * order) / (order - 1))
    return max(best, 0.0)
