r"""Loss distribution: the privacy spent by a sampled Gaussian, counted exactly but for a grid, and never short.

The privacy loss is L = log P(z)/Q(z) at an outcome z ~ P; what an adversary has beyond epsilon is the
hockey-stick divergence

    delta(epsilon) = E_P [ (1 - exp(epsilon - L))_+ ],

and the losses of T steps add up, so their distribution is the T-fold convolution of one step's. (P, Q)
are those of `renyi.py` when a row is removed, and change places when one is added; each order is composed by
itself and the larger epsilon counts.

1. *Grid* (connect the dots). The P- and Q-mass of each cell (e_j, e_{j+1}] of losses are both given to
   its two ends: up + down = P_j and up exp(-e_{j+1}) + down exp(-e_j) = Q_j. Then delta is right at every
   e_j and, as a function of exp(epsilon), straight in between. The true one is convex, so ours is never below it:
   the discrete pair dominates, and so it does after composition. Mass beyond the last loss counts as infinite.
2. *Convolution* by FFT on a window that Chernoff's bound says the sum leaves with probability at most `tail`:
   P(S > t) <= E[exp(a L)]^T exp(-a t). What leaves it, and the rounding of the FFT, is added to delta.

Source: Koskela, Jalko, Honkela (2020), Computing tight differential privacy guarantees using FFT; Gopi, Lee,
Wutschitz (2021), Numerical composition of differential privacy; Doroshenko, Ghazi, Kamath, Kumar,
Manurangsi (2022), Connect the dots; Zhu, Dong, Wang (2022), Optimal accounting of differential privacy via
characteristic function (dominating pairs under Poisson sampling).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.private.renyi import privacy_loss

FINENESS = 20  # cells in one standard deviation of a step's loss: epsilon is then high by less than 0.1 %
MOST_CELLS = 100_000  # where losses are spread so wide that this would be more, epsilon errs upwards by more


@dataclass(frozen=True, kw_only=True)
class LossDistribution:
    """Masses (m,) at the losses cell * (first + j), and the mass at infinity."""

    masses: Array
    first: int
    cell: float
    infinite: float

    @property
    def losses(self) -> Array:
        """The loss of each mass (m,)."""
        return np.asarray((self.first + np.arange(len(self.masses))) * self.cell)


def tight_epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    """Epsilon at that delta; infinity where delta is too small for double precision to tell."""
    tail = 1e-5 * delta
    return max(
        epsilon_of(composed(one, steps, tail), delta) for one in one_step(noise, rate, tail=tail / steps)
    )


def one_step(noise: float, rate: float, *, tail: float) -> tuple[LossDistribution, LossDistribution]:
    """One step's losses when a row is removed and when one is added, cut where less than `tail` lies beyond."""
    from scipy.special import ndtri

    reach = -float(ndtri(tail))
    low, high = (
        float(loss) for loss in privacy_loss(np.array([-reach, 1 / noise + reach]) * noise, noise, rate)
    )
    removed, added = (
        max(deviation / FINENESS, (high - low) / MOST_CELLS) for deviation in _deviations(noise, rate)
    )
    return _removed(noise, rate, low, high, removed), _added(noise, rate, low, high, added)


def _removed(noise: float, rate: float, low: float, high: float, cell: float) -> LossDistribution:
    """Losses log P/Q of outcomes of P."""
    first, last = math.floor(low / cell), math.ceil(high / cell)
    edges = np.arange(first, last + 1) * cell
    P, Q = _cell_masses(edges, noise, rate)
    return LossDistribution(masses=_dots(edges, P, Q), first=first, cell=cell, infinite=float(P[-1]))


def _added(noise: float, rate: float, low: float, high: float, cell: float) -> LossDistribution:
    """Losses log Q/P of outcomes of Q: the same cells, read from the other end."""
    first, last = math.floor(low / cell), math.ceil(high / cell)
    edges = np.arange(first, last + 1) * cell
    P, Q = _cell_masses(edges, noise, rate)
    masses = _dots(-edges[::-1], Q[::-1], P[::-1])
    return LossDistribution(masses=masses, first=-last, cell=cell, infinite=float(Q[0]))


def _deviations(noise: float, rate: float) -> tuple[float, float]:
    """The loss's standard deviation under P and under Q."""
    u = np.arange(-12, 12 + 1 / noise, 0.02)
    told, bell = privacy_loss(noise * u, noise, rate), np.exp(-u * u / 2)
    mixture = (1 - rate) * bell + rate * np.exp(-((u - 1 / noise) ** 2) / 2)
    P, Q = (weights / weights.sum() for weights in (mixture, bell))
    return math.sqrt(float(P @ (told - P @ told) ** 2)), math.sqrt(float(Q @ (told - Q @ told) ** 2))


def _cell_masses(edges: Array, noise: float, rate: float) -> tuple[Array, Array]:
    """P and Q (m + 1,) of the cells between m edges, and of the two beyond: outcomes z(e), and Phi of them."""
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.expm1(edges) / rate  # z(e) = 1/2 + s^2 log(1 + (exp(e) - 1)/q), none below log(1 - q)
        z = np.where(share > -1, 0.5 + noise**2 * np.log1p(np.maximum(share, -1)), -np.inf)

    def between(u: Array) -> Array:
        u = np.concatenate([[-np.inf], u, [np.inf]])
        below, above = np.diff(ndtr(u)), -np.diff(ndtr(-u))  # each is precise in its own tail
        return np.asarray(np.where(u[:-1] > 0, above, below))

    Q = between(z / noise)
    return (1 - rate) * Q + rate * between((z - 1) / noise), Q


def _dots(edges: Array, P: Array, Q: Array) -> Array:
    """Masses (m,) at the edges: each cell's shared by its two ends, all below the first one given to it."""
    inner = P[1:-1]
    up = (inner - np.exp(edges[:-1]) * Q[1:-1]) / -np.expm1(edges[:-1] - edges[1:])
    up = np.clip(up, 0, inner)
    masses = np.zeros(len(edges))
    masses[:-1] += inner - up
    masses[1:] += up
    masses[0] += P[0]
    return masses


def composed(one: LossDistribution, steps: int, tail: float) -> LossDistribution:
    """The sum of `steps` such losses; mass that may be lost is counted as infinite."""
    from scipy.fft import irfft, next_fast_len, rfft

    low, high = _window(one, steps, tail)
    size = int(next_fast_len(high - low + 1, real=True))
    places = (one.first + np.arange(len(one.masses))) % size
    spectrum = rfft(np.bincount(places, one.masses, minlength=size)) ** steps
    masses = irfft(spectrum, size)[np.arange(low, low + size) % size]
    rounding = np.finfo(float).eps * math.log2(size) * (steps * np.linalg.norm(spectrum) + 1)
    infinite = -math.expm1(steps * math.log1p(-one.infinite)) + tail + float(rounding)
    return LossDistribution(masses=np.maximum(masses, 0), first=low, cell=one.cell, infinite=infinite)


def _window(one: LossDistribution, steps: int, tail: float) -> tuple[int, int]:
    """The first and last place that a sum of losses falls between, but for `tail` on either side."""
    losses, masses = one.losses, one.masses
    mean = float(masses @ losses)
    width = math.sqrt(steps * float(masses @ (losses - mean) ** 2))
    with np.errstate(divide="ignore"):
        logs = np.log(masses)

    def reach(sign: int) -> float:
        """The least t with P(sign S > t) <= tail that some a proves."""
        farthest = steps * float((sign * losses).max())
        # The first for sums like a bell's, the second for those of few, large losses (small rates, few steps).
        for a in (*np.geomspace(0.05, 50, 16) / width, *np.geomspace(0.1, 20, 8)):
            tilted = logs + a * sign * losses
            top = float(tilted.max())
            growth = top + math.log(np.exp(tilted - top).sum())
            farthest = min(farthest, (steps * growth - math.log(tail)) / a)
        return farthest

    return math.floor(-reach(-1) / one.cell), math.ceil(reach(1) / one.cell)


def epsilon_of(distribution: LossDistribution, delta: float) -> float:
    """The least epsilon >= 0 with delta(epsilon) <= delta.

    Between two losses only those above count: delta(epsilon) = A - exp(epsilon) B + infinite, with
    A = sum p_i and B = sum p_i exp(-L_i), which is solved for epsilon.
    """
    counts = distribution.losses > 0
    losses, masses = distribution.losses[counts], distribution.masses[counts]
    A = np.cumsum(masses[::-1])[::-1] + distribution.infinite
    B = np.cumsum((masses * np.exp(-losses))[::-1])[::-1]
    over = np.flatnonzero(A - np.exp(np.minimum(losses, 700)) * B > delta)  # the cap errs upwards
    at = int(over[-1]) + 1 if len(over) else 0
    if at == len(losses):
        return math.inf if distribution.infinite > delta or len(over) else 0.0
    below = float(losses[at - 1]) if at else 0.0
    share = (A[at] - delta) / B[at] if B[at] > 0 else math.inf
    return float(np.clip(math.log(share) if share > 0 else below, below, losses[at]))
