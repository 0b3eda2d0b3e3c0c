r"""Descent of K networks at once: `descent.py` with a model axis, on one shared table.

    batch     X_k = X[order_k[t B : (t + 1) B]]           gathered for every model: (K, B, d)
    forward   a_l = f(a_{l-1} W_l + b_l)                  a batched product (K, B, d_{l-1}) (K, d_{l-1}, d_l)
    backward  dJ_k/dW_l = a_{l-1}' D_l + l2 W_l + ...     of each model, in one array (K, P)
    step      theta (K, P), in place

Model k draws its weights, its held-out rows and its shuffles from its own seed, in the order in which a
single fit draws them, so both see the same batches. A short batch is padded with rows of weight 0. A
model with fewer rows rests while others finish the epoch; one that has converged leaves the stack with
its parameters, and so does one whose loss is no longer finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.descent import Curve, Plan
from riskaudit.training.many.losses import MANY
from riskaudit.training.many.steps import Steps
from riskaudit.training.network import Network


@dataclass(frozen=True, kw_only=True)
class Table:
    """What all K models share, and how each looks at it.

    Attributes
    ----------
    X : array of shape (n, d); Y : array of shape (n, C)
    centre, scale : arrays of shape (K,), or None
        Model k learns (Y - centre_k) / scale_k.
    codes : array of shape (n,), and weights : array of shape (2, K, classes), or None
        Row i weighs weights[0, k, codes_i] when model k learns from it, [1, ...] when it is held out.
    """

    X: Array
    Y: Array
    centre: Array | None = None
    scale: Array | None = None
    codes: Array | None = None
    weights: Array | None = None


@dataclass(frozen=True)
class Walkers:
    """Rows of each model: those learnt from, those held out (none: empty), and each one's random stream.

    Models come in falling order of the number of rows learnt from.
    """

    rows: Sequence[Array]
    held: Sequence[Array]
    rngs: Sequence[np.random.Generator]


class Stack:
    """K networks on their way; `theta` (K, P) is theirs to change."""

    def __init__(
        self,
        table: Table,
        walkers: Walkers,
        plan: Plan,
        *,
        sizes: tuple[int, ...],
        activation: str,
        theta: Array,
        optimizer: Steps,
    ) -> None:
        self.network, self.table, self.walkers = Network(sizes, activation, theta), table, walkers
        self.activation, self.plan, self.optimizer, self.loss = activation, plan, optimizer, MANY[plan.loss]
        self.ids = np.arange(len(theta))
        self._measure()

    def epoch(self, rate: float) -> Array:
        """One walk over all rows; each model's mean loss (K,) met on the way."""
        order, total = self._orders(), np.zeros(len(self.ids))
        for start in range(0, int(self.counts[0]), self.width):
            counts = np.clip(self.counts - start, 0, self.width)
            chosen = order[:, start : start + self.width]
            total += self._loss(chosen, counts) * counts
            self.network.backward(self.X, self.z)
            self._penalise()
            active = int(np.count_nonzero(counts))
            self.optimizer.step(self.network.theta, self.network.gradient, rate=rate, active=active)
        return np.asarray(total / self.counts)

    def held_loss(self) -> Array:
        """Each model's mean loss (K,) on the rows it holds out."""
        total, sizes = np.zeros(len(self.ids)), self.held_counts
        for start in range(0, int(sizes.max()), self.width):
            counts = np.clip(sizes - start, 0, self.width)
            total += self._loss(self.held[:, start : start + self.width], counts, held=1) * counts
        return np.asarray(total / sizes)

    def keep(self, rows: Array) -> None:
        """Go on with these models only."""
        self.network = Network(self.network.sizes, self.activation, self.network.theta[rows])
        self.optimizer.keep(rows)
        self.ids = self.ids[rows]
        self._measure()

    def _measure(self) -> None:
        """Room for the batches of the models still walking."""
        rows = [self.walkers.rows[k] for k in self.ids.tolist()]
        held = [self.walkers.held[k] for k in self.ids.tolist()]
        self.counts = np.array([len(own) for own in rows])
        self.held_counts = np.array([len(own) for own in held])
        self.width = min(self.plan.batch_size, int(self.counts[0]))
        self.order, self.held = _padded(rows, self.width), _padded(held, self.width)
        self.X = np.empty((len(rows), self.width, self.table.X.shape[1]), self.table.X.dtype)
        self.places = np.arange(self.width)

    def _orders(self) -> Array:
        """Every model's rows in the order of this epoch, shuffled unless they make but one batch."""
        for row, k in enumerate(self.ids.tolist()):
            rows, into = self.walkers.rows[k], self.order[row, : self.counts[row]]
            if len(rows) > self.plan.batch_size:
                rows.take(self.walkers.rngs[k].permutation(len(rows)), out=into, mode="clip")
        return self.order

    def _loss(self, chosen: Array, counts: Array, *, held: int = 0) -> Array:
        """Mean loss (K,) of these rows (K, B), of which the first `counts` (K,) are meant; z: its gradient."""
        table, dtype = self.table, self.X.dtype
        table.X.take(chosen, axis=0, out=self.X, mode="clip")
        w = (self.places < counts[:, None]).astype(dtype)
        if table.weights is not None and table.codes is not None:
            w *= np.take_along_axis(table.weights[held][self.ids], table.codes[chosen], axis=1)
        w *= (1 / np.maximum(counts, 1)).astype(dtype)[:, None]
        self.z = self.network.forward(self.X)
        return self.loss(self.z, self._targets(chosen), w)

    def _targets(self, chosen: Array) -> Array:
        """Y of these rows as each model sees them (K, B, C)."""
        Y = self.table.Y.take(chosen, axis=0)
        if self.table.centre is None or self.table.scale is None:
            return Y
        centre, scale = self.table.centre[self.ids, None, None], self.table.scale[self.ids, None, None]
        return np.asarray((Y - centre) / scale, self.X.dtype)

    def _penalise(self) -> None:
        """Add l2 W + l1 sign(W) to the gradients of the weights, in place."""
        some = slice(0, self.network.n_weights)
        W, g, t = (a[:, some] for a in (self.network.theta, self.network.gradient, self.optimizer.scratch))
        if self.plan.l2:
            g += np.multiply(W, self.plan.l2, out=t)
        if self.plan.l1:
            np.sign(W, out=t)
            t *= self.plan.l1
            g += t


def _padded(rows: list[Array], width: int) -> Array:
    """Row numbers of K models side by side, the shorter filled up with 0, in whole batches of that width."""
    batches = -(-max(len(own) for own in rows) // width)
    padded = np.zeros((len(rows), batches * width), np.intp)
    for into, own in zip(padded, rows, strict=True):
        into[: len(own)] = own
    return padded


@dataclass
class Arrival:
    """One model's end: its parameters (P,) and its curve; parameters None if its loss blew up."""

    theta: Array | None
    curve: Curve


def descend(stack: Stack) -> list[Arrival]:
    """Train all models of the stack, each until it stops by itself, as `descent.descend` would."""
    plan, K, watching = stack.plan, len(stack.ids), len(stack.walkers.held[0]) > 0
    arrivals = [Arrival(None, Curve()) for _ in range(K)]
    lowest, waited = np.full(K, np.inf), np.zeros(K, int)
    kept = stack.network.theta.copy() if watching else None
    for epoch in range(plan.epochs):
        with np.errstate(over="ignore", invalid="ignore"):  # a blow-up is told by the single fit
            met = stack.epoch(plan.rate(epoch))
            watched = stack.held_loss() if watching else met
        ids, theta = stack.ids, stack.network.theta
        better = watched < lowest[ids]
        waited[ids] = np.where(watched < lowest[ids] - plan.tol, 0, waited[ids] + 1)
        lowest[ids] = np.where(better, watched, lowest[ids])
        if kept is not None:
            kept[ids[better]] = theta[better]
        _record(arrivals, ids, met, watched=watched, better=better, watching=watching)
        finite = np.isfinite(watched)
        stays = finite & (waited[ids] < (plan.patience or np.inf)) & (epoch + 1 < plan.epochs)
        for row in np.flatnonzero(finite & ~stays):
            arrivals[ids[row]].theta = (theta[row] if kept is None else kept[ids[row]]).copy()
        if not stays.any():
            break
        if not stays.all():
            stack.keep(stays)
    return arrivals


def _record(
    arrivals: list[Arrival], ids: Array, met: Array, *, watched: Array, better: Array, watching: bool
) -> None:
    """Append this epoch to the curves of the models that walked it."""
    for row, k in enumerate(ids.tolist()):
        curve = arrivals[k].curve
        curve.train.append(float(met[row]))
        if better[row]:
            curve.best = len(curve.train) - 1
        if watching:
            curve.validation.append(float(watched[row]))
