r"""Perceptrons by the stack: what `multilayer.py` does for one, for as many as memory allows.

Models of nearly the same number of batches go together, K at a time, so that little is computed for
models at rest. K is bounded twice: by the memory budget, and by the processor's cache, past which more
models at once are slower. In bytes per model, for P parameters, batches of B rows, widths h_l, n rows
and numbers of s bytes:

    s (7 P  +  B (d + 2 sum h_l + 4 max h_l + 2 C))  +  24 n  +  32 B

seven vectors (parameters, gradient, two moments, scratch, the best epoch's, a copy when models leave),
the layers' outputs and their gradients, what activations and losses use on the way, and row numbers.
"""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from riskaudit.training.arrays import Array, generator
from riskaudit.training.descent import Plan
from riskaudit.training.intake import held_out, labelled, one_hot, valued
from riskaudit.training.losses import binary_cross_entropy, categorical_cross_entropy, squared_error
from riskaudit.training.many.descent import Arrival, Stack, Table, Walkers, descend
from riskaudit.training.many.recipes import class_weights, fitted, plain, usable_weights
from riskaudit.training.many.steps import steps
from riskaudit.training.network import Network, initialise
from riskaudit.training.schedules import schedule

KNOWN = (
    *("hidden", "activation", "init", "optimizer", "learning_rate", "momentum", "schedule", "decay"),
    *("decay_every", "l1", "l2", "batch_size", "epochs", "tol", "patience", "early_stopping"),
    *("validation_fraction", "dtype", "class_weight", "random_state"),
)
CACHE = 8 << 20  # bytes; stacks of about that size were the fastest per model, on 1 MB L2 and 32 MB L3
SIMILAR = 0.8  # least share of batches, of the longest in a stack


class Work(NamedTuple):
    """What all models of a recipe share: the checked table, targets, and the layers' sizes."""

    recipe: Any
    like: Any
    X: Array
    Y: Array
    codes: Array | None
    masks: Array
    seeds: Array
    sizes: tuple[int, ...]


def prepared(recipe: Any, X: Any, y: Any, *, masks: Array, seeds: Array) -> Work | None:
    """The work to be done, checked as a single fit would check it; None where it is not for the batch."""
    from sklearn.base import clone, is_classifier

    widths, like = tuple(recipe.hidden), clone(recipe)
    if not plain(recipe, KNOWN) or not all(isinstance(k, Integral) and int(k) > 0 for k in widths):
        return None
    like._validate_params()
    codes = None
    if is_classifier(recipe):
        X, codes, _ = labelled(like, X, y, None, dtype=recipe.dtype, class_weight=None)
        if not usable_weights(recipe, like.classes_):
            return None
        Y = one_hot(codes, len(like.classes_), recipe.dtype)
    else:
        X, y, _ = valued(like, X, y, None, dtype=recipe.dtype)
        Y = y[:, None]
    sizes = (X.shape[1], *(int(k) for k in widths), Y.shape[1])
    return Work(recipe, like, X, Y, codes, masks, seeds, sizes)


def stacks(work: Work, models: Array, *, budget: float) -> list[Array]:
    """The models, of nearly equal numbers of batches, in groups that keep within the budget of bytes."""
    counts = work.masks[models].sum(axis=1)
    models, counts = models[np.argsort(-counts, kind="stable")], np.sort(counts)[::-1]
    groups: list[list[int]] = []
    most, longest = 0, 0
    for k, n in zip(models.tolist(), counts.tolist(), strict=True):
        batches = -(-n // min(_batch(work.recipe, n), n))
        if not groups or len(groups[-1]) >= most or batches < SIMILAR * longest:
            groups.append([])
            size = bytes_per_model(work, n)
            most, longest = max(1, int(min(budget, max(CACHE, 8 * size)) // size)), batches
        groups[-1].append(k)
    return [np.array(group) for group in groups]


def bytes_per_model(work: Work, n: int) -> int:
    """The formula above, for a model of n rows."""
    (d, *hidden), s = work.sizes, np.dtype(work.recipe.dtype).itemsize
    B, P = min(_batch(work.recipe, n), n), sum((a + 1) * b for a, b in pairwise(work.sizes))
    rooms = 2 if work.recipe.early_stopping else 1
    layers = B * (d + 2 * rooms * sum(hidden) + 4 * max(hidden) + 2 * hidden[-1])
    return int(s * (7 * P + layers) + 24 * n + 32 * B)


def trained(work: Work, group: Array) -> list[Any]:
    """Fitted estimators of that group; None for a model whose loss blew up: a single fit says so best."""
    walkers, theta, order = _walkers(work, group)
    group = group[order]
    facts, table = _targets(work, group, walkers)
    most = len(walkers.rows[0])
    stack = Stack(
        table,
        walkers,
        _plan(work, rows=most),
        sizes=work.sizes,
        activation=work.recipe.activation,
        theta=theta,
        optimizer=steps(work.recipe.optimizer, theta, momentum=work.recipe.momentum),
    )
    ends = descend(stack)
    models = [_estimator(work, int(k), end, fact) for k, end, fact in zip(group, ends, facts, strict=True)]
    return [models[row] for row in np.argsort(order)]


def _walkers(work: Work, group: Array) -> tuple[Walkers, Array, Array]:
    """Rows and streams, first parameters (K, P), and the order in which they stand: most rows first."""
    rows, held, rngs, thetas = [], [], [], []
    size = sum((a + 1) * b for a, b in pairwise(work.sizes))
    for k in group:
        rng = generator(int(work.seeds[k]))
        network = Network(work.sizes, work.recipe.activation, np.zeros(size, work.recipe.dtype))
        thetas.append(initialise(network, rng, work.recipe.init).theta)
        members = np.flatnonzero(work.masks[k])
        out = np.zeros(len(members), bool)
        if work.recipe.early_stopping:
            codes = None if work.codes is None else work.codes[members]
            out = held_out(len(members), work.recipe.validation_fraction, rng, codes=codes)
        rows.append(members[~out])
        held.append(members[out])
        rngs.append(rng)
    order = np.argsort([-len(r) for r in rows], kind="stable")
    walkers = Walkers([rows[k] for k in order], [held[k] for k in order], [rngs[k] for k in order])
    return walkers, np.array([thetas[k] for k in order]), order


def _targets(work: Work, group: Array, walkers: Walkers) -> tuple[list[dict[str, Any]], Table]:
    """What each model learns about its own target, and the table as all of them see it."""
    if work.codes is None:
        y = [work.Y[work.masks[k], 0] for k in group]
        centre = np.array([np.average(part, weights=np.ones(len(part))) for part in y])
        spread = np.array([np.sqrt(np.mean((part - c) ** 2)) for part, c in zip(y, centre, strict=True)])
        scale = np.where(spread > 0, spread, 1.0)
        facts = [
            {"target_mean_": float(c), "target_scale_": float(s)} for c, s in zip(centre, scale, strict=True)
        ]
        return facts, Table(X=work.X, Y=work.Y, centre=centre, scale=scale)
    weights = _relative(work, group, walkers)
    return [{} for _ in group], Table(X=work.X, Y=work.Y, codes=work.codes, weights=weights)


def _relative(work: Work, group: Array, walkers: Walkers) -> Array | None:
    """Weights (2, K, C) of the classes, of mean 1 over the rows learnt from, and over those held out."""
    C, codes = len(work.like.classes_), work.codes
    if codes is None:
        return None
    counts = np.array([np.bincount(codes[work.masks[k]], minlength=C) for k in group])
    weights = class_weights(work.recipe, work.like.classes_, counts)
    if weights is None:
        return None
    sides = []
    for side in (walkers.rows, walkers.held):
        seen = np.array([np.bincount(codes[rows], minlength=C) for rows in side])
        mean = (weights * seen).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
        sides.append(weights / np.where(mean > 0, mean, 1))
    return np.asarray(sides, work.recipe.dtype)


def _batch(recipe: Any, rows: int) -> int:
    """Rows in a batch; all where the recipe wants no batches."""
    return rows if recipe.batch_size in (0, "all", None) else int(recipe.batch_size)


def _plan(work: Work, *, rows: int) -> Plan:
    """The recipe's settings as a plan of descent."""
    recipe, C = work.recipe, work.sizes[-1]
    cross_entropy = binary_cross_entropy if C == 1 else categorical_cross_entropy
    rate = schedule(
        recipe.schedule,
        start=recipe.learning_rate,
        epochs=recipe.epochs,
        decay=recipe.decay,
        every=recipe.decay_every,
    )
    return Plan(
        loss=squared_error if work.codes is None else cross_entropy,
        rate=rate,
        epochs=recipe.epochs,
        batch_size=_batch(recipe, rows),
        l1=recipe.l1,
        l2=recipe.l2,
        tol=recipe.tol,
        patience=recipe.patience,
    )


def _estimator(work: Work, k: int, end: Arrival, facts: dict[str, Any]) -> Any:
    """The fitted estimator of model k."""
    if end.theta is None:
        return None
    curve = end.curve
    return fitted(
        int(work.seeds[k]),
        like=work.like,
        sizes_=work.sizes,
        parameters_=end.theta,
        loss_curve_=curve.train,
        validation_curve_=curve.validation,
        n_iter_=len(curve.train),
        best_epoch_=curve.best + 1,
        **facts,
    )
