r"""Private descent: training on noisy sums of clipped gradients of rows drawn by chance (DP-SGD).

One of T steps, with sampling rate q, clipping norm C and noise multiplier s, B = q n the expected batch:

    draw each row on its own with probability q (a batch of any length, none included);
    g = (1/B) ( sum_{i drawn} min(1, C/|g_i|) g_i  +  N(0, (s C)^2 I) )  +  l2 W + l1 sign(W);
    one step of any optimizer along g.

Rows are divided by B, not by how many were drawn, which is private. All that looks at the rows is the noisy sum;
momentum, moments, penalties and rates are computed from it and cost nothing more.

Released: the last parameters; all steps' noisy sums could be, at the same price. *Not* private, hence neither
computed nor kept: losses along the way, the length of batches, the share of rows clipped. There is no early
stopping either.

Source: Abadi et al. (2016), Deep learning with differential privacy, algorithm 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.descent import Plan, Rows, penalise
from riskaudit.training.network import Network
from riskaudit.training.optimizers import Optimizer
from riskaudit.training.private.clipping import Clipper
from riskaudit.training.private.noise import Chance
from riskaudit.training.unusable import Unusable
from riskaudit.training.watching import Epoch


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """The mechanism: sampling rate q, noise multiplier s, clipping norm C, and how many steps."""

    rate: float
    noise: float
    clip: float
    steps: int


def private_descend(
    network: Network, rows: Rows, plan: Plan, *, privacy: Privacy, optimizer: Optimizer, chance: Chance
) -> None:
    """Train `network` in place by `privacy.steps` noisy steps.

    `plan` gives the loss, the penalties and the learning rate, the epoch being the expected passes over the rows
    so far; its epochs, batch size, tolerance and patience are not looked at. Weights of rows are used as they
    are.

    Raises
    ------
    Unusable
        If the parameters are no longer finite: the learning rate is too high. (Told of the noisy parameters.)
    """
    clipper = Clipper(network, plan.loss, privacy.clip)
    for step in range(privacy.steps):
        rate = plan.rate(int(step * privacy.rate + 1e-9))
        with np.errstate(over="ignore", invalid="ignore"):
            clipper.gradient(*_drawn(rows, privacy.rate, chance))
            _disturb(network, privacy, chance, expected=privacy.rate * len(rows.X))
            penalise(network, plan)
            optimizer.step(network.theta, network.gradient, rate)
        _tell(plan, step, privacy)
    if not np.isfinite(network.theta).all():
        raise Unusable(
            f"private training diverged; lower learning_rate (now {rate:g})",
            "--learning-rate",
            f"try --learning-rate {rate / 10:.2g}",
        )


def _tell(plan: Plan, step: int, privacy: Privacy) -> None:
    """At the end of each expected pass, whom the plan names; the loss is nobody's to know, hence NaN."""
    done = int((step + 1) * privacy.rate + 1e-9)
    if plan.on_epoch and done > int(step * privacy.rate + 1e-9):
        plan.on_epoch(Epoch(done, plan.epochs, math.nan))


def _drawn(rows: Rows, rate: float, chance: Chance) -> tuple[Array, Array, Array | None]:
    """Each row with probability `rate`."""
    if rate == 1:
        return rows.X, rows.Y, rows.weights
    chosen = np.flatnonzero(chance.uniform(len(rows.X)) < rate)
    weights = None if rows.weights is None else rows.weights.take(chosen)
    return rows.X.take(chosen, axis=0), rows.Y.take(chosen, axis=0), weights


def _disturb(network: Network, privacy: Privacy, chance: Chance, *, expected: float) -> None:
    """From the clipped sum to the noisy mean, in place."""
    g = network.gradient
    noise = chance.normal(g.size)
    noise *= privacy.noise * privacy.clip
    g += noise.astype(g.dtype, copy=False)
    g /= expected
