r"""Descent: mini-batch training of a network, epoch by epoch, with penalties and early stopping.

The objective, over all weights W (biases are free):

    J(theta) = (1/n) sum_i w_i l(z_i, y_i) + l2/2 |W|_2^2 + l1 |W|_1

An epoch shuffles the rows and walks them in batches B: g = (1/|B|) sum_{i in B} w_i dl_i/dtheta
+ l2 W + l1 sign(W), then one optimizer step. The L1 part is a subgradient (sign(0) = 0): it shrinks
weights, but leaves few of them at exactly 0. With one batch for all rows nothing is shuffled: plain
gradient descent.

Source: Goodfellow, Bengio, Courville (2016), Deep Learning, sections 7.1, 7.8 and 8.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.losses import Loss
from riskaudit.training.network import Network
from riskaudit.training.optimizers import Optimizer
from riskaudit.training.schedules import Schedule
from riskaudit.training.unusable import Unusable
from riskaudit.training.watching import Epoch, Watcher, watcher


@dataclass(frozen=True)
class Rows:
    """Rows to learn from: X (n, d), targets Y (n, K), and weights (n,) of mean 1, or None for equal ones."""

    X: Array
    Y: Array
    weights: Array | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to descend; `patience` None walks all epochs, `fixed_biases` leaves b where it is."""

    loss: Loss
    rate: Schedule
    epochs: int
    batch_size: int
    l1: float = 0.0
    l2: float = 0.0
    tol: float = 1e-4
    patience: int | None = 10
    fixed_biases: bool = False
    on_epoch: Watcher | None = field(default_factory=watcher)


@dataclass
class Curve:
    """What was seen on the way: mean loss (without penalties) per epoch; `best` is the watched epoch."""

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best: int = 0


def descend(
    network: Network,
    rows: Rows,
    plan: Plan,
    *,
    optimizer: Optimizer,
    rng: np.random.Generator,
    held: Rows | None = None,
) -> Curve:
    """Train `network` in place and tell how it went.

    With rows `held` out, the loss on them is watched and the best epoch's parameters are kept;
    otherwise the training loss is watched and the last parameters stay. Either way training ends when
    the watched loss has not fallen by `tol` below its best for `patience` epochs.

    Raises
    ------
    Unusable
        If the loss is no longer finite: the learning rate is too high.
    """
    curve, lowest, waited, kept = Curve(), np.inf, 0, network.theta.copy()
    for epoch in range(plan.epochs):
        with np.errstate(over="ignore", invalid="ignore"):  # a blow-up is told in words
            curve.train.append(
                _epoch(network, rows, plan, optimizer=optimizer, rng=rng, rate=plan.rate(epoch))
            )
            watched = curve.train[-1] if held is None else loss_on(network, held, plan)
        _refuse_divergence(watched, epoch, plan)
        if plan.on_epoch:
            plan.on_epoch(Epoch(epoch + 1, plan.epochs, watched))
        if held is not None:
            curve.validation.append(watched)
        waited = 0 if watched < lowest - plan.tol else waited + 1
        if watched < lowest:
            lowest, curve.best = watched, epoch
            np.copyto(kept, network.theta)
        if plan.patience is not None and waited >= plan.patience:
            break
    if held is not None:
        np.copyto(network.theta, kept)
    return curve


def _refuse_divergence(loss: float, epoch: int, plan: Plan) -> None:
    """A loss must stay a number."""
    if not np.isfinite(loss):
        raise Unusable(
            f"training diverged in epoch {epoch + 1}: the loss is {loss}; lower learning_rate "
            f"(now {plan.rate(epoch):g}) or scale the features",
            "--learning-rate",
            f"try --learning-rate {plan.rate(epoch) / 10:.2g}, or --optimizer adam",
        )


def loss_on(network: Network, rows: Rows, plan: Plan) -> float:
    """The mean loss on rows, without penalties."""
    total = 0.0
    for start in range(0, len(rows.X), 4096):
        part = slice(start, start + 4096)
        z = network.forward(rows.X[part])
        weights = None if rows.weights is None else rows.weights[part]
        total += plan.loss(z, rows.Y[part], weights, z) * len(z)
    return total / len(rows.X)


def _epoch(
    network: Network, rows: Rows, plan: Plan, *, optimizer: Optimizer, rng: np.random.Generator, rate: float
) -> float:
    """One walk over all rows; the mean loss met on the way."""
    total = 0.0
    for X, Y, weights in _batches(rows, plan.batch_size, rng):
        z = network.forward(X, training=True)
        total += plan.loss(z, Y, weights, z) * len(X)
        gradient = network.backward(X, z)
        penalise(network, plan)
        optimizer.step(network.theta, gradient, rate)
    return total / len(rows.X)


def penalise(network: Network, plan: Plan) -> None:
    """Add l2 W + l1 sign(W) to the gradient of the weights, in place."""
    W, g = network.theta[: network.n_weights], network.gradient[: network.n_weights]
    if plan.l2:
        g += plan.l2 * W
    if plan.l1:
        g += plan.l1 * np.sign(W)
    if plan.fixed_biases:
        network.gradient[network.n_weights :] = 0


def _batches(rows: Rows, size: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array, Array | None]]:
    """Shuffled batches in reused buffers; all rows, in their order, if they make but one batch."""
    n, weights = len(rows.X), rows.weights
    if size >= n:
        yield rows.X, rows.Y, weights
        return
    order = rng.permutation(n)
    X, Y = np.empty((size, rows.X.shape[1]), rows.X.dtype), np.empty((size, rows.Y.shape[1]), rows.Y.dtype)
    for start in range(0, n, size):
        chosen = order[start : start + size]
        k = len(chosen)
        # "clip" lets NumPy write straight into the buffer; no index is out of range.
        rows.X.take(chosen, axis=0, out=X[:k], mode="clip")
        rows.Y.take(chosen, axis=0, out=Y[:k], mode="clip")
        yield X[:k], Y[:k], None if weights is None else weights.take(chosen)
