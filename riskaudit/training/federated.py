r"""Federated averaging: clients train where their rows are, and only parameters travel; simulated here.

In each of R rounds, with theta the global parameters and n_k the rows (or their weight) of client k:

    choose a share of the clients, at least one; each starts from theta and walks E epochs over its own rows,
    with an optimizer of its own, started afresh, to theta_k;
    theta <- sum_k n_k theta_k / sum_k n_k, over the chosen.

With one full-batch epoch of plain gradient descent and all clients this is gradient descent on the pooled rows,
exactly: sum_k (n_k/n) (theta - r grad J_k) = theta - r grad J. With more local epochs, or unlike clients,
it is another walk, and a rougher one.

What it protects: raw rows stay with their clients. What it does not: parameters and updates tell of the rows
(membership and reconstruction attacks work on them), and the server sees each client's. There is neither secure
aggregation nor noise here; for a promise on rows, see `private/`. This simulation itself holds all rows, fits a
preparation (scaling, vocabularies), the classes and a numeric target's scale to the pool, which true clients would
have to agree on, and is for studying what averaging does to a model.

Source: McMahan, Moore, Ramage, Hampson, Aguera y Arcas (2017), Communication-efficient learning of deep networks
from decentralized data, algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskaudit.training.arrays import Array, generator
from riskaudit.training.classifying import cross_entropy
from riskaudit.training.descent import Plan, Rows, descend
from riskaudit.training.dropout import Dropout
from riskaudit.training.intake import labelled, one_hot, relative, valued
from riskaudit.training.losses import Loss, squared_error
from riskaudit.training.network import Network
from riskaudit.training.optimizers import optimizer
from riskaudit.training.schedules import Constant
from riskaudit.training.watching import Epoch, watcher


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client's rows, and what it weighs in the average."""

    rows: Rows
    weight: float


def fedavg(
    recipe: Any,
    X: Any,
    y: Any,
    clients: Any,
    *,
    rounds: int = 20,
    share: float = 1.0,
    local_epochs: int = 1,
    seed: int = 0,
    sample_weight: Any = None,
) -> Any:
    """A fitted copy of `recipe`, trained by averaging over clients.

    Parameters
    ----------
    recipe : NumpyPerceptronClassifier, NumpyPerceptronRegressor, or a Pipeline that ends in one
        Unfitted. `hidden=()` is logistic or linear regression. Its schedule counts rounds; its `epochs`,
        `patience` and `random_state` have no say.
    X, y : table (n, d) and target (n,)
    clients : array-like of shape (n,)
        Whose each row is.
    rounds, local_epochs : int
        R and E.
    share : float
        Of the clients in each round, in (0, 1].
    seed : int
        Of first weights, the choice of clients, and their shuffling.
    sample_weight : array-like of shape (n,), optional

    Returns
    -------
    estimator
        An ordinary one, with `loss_curve_` (the chosen clients' mean training loss by round), `n_iter_` (rounds) and
        `clients_` (how many there are).

    Raises
    ------
    ValueError
        If a number is out of range, a row has no client, or the recipe asks for what cannot be done by clients.
    """
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    fitted = clone(recipe)
    pipeline = isinstance(fitted, Pipeline)
    model = fitted[-1] if pipeline else fitted
    codes = _checked(model, clients, rounds=rounds, share=share, local_epochs=local_epochs)
    if pipeline and len(fitted) > 1:
        X = fitted[:-1].fit_transform(X, y)
    rows, loss, whose = _intake(model, X, y, sample_weight, codes)
    rng = generator(seed)
    network = model._drawn(rows.X, rows.Y.shape[1], rng)
    parties = _parties(rows, whose, str(model.dtype))
    model.loss_curve_ = list(
        _rounds(model, network, parties, loss, rng, rounds=rounds, share=share, epochs=local_epochs)
    )
    model.parameters_, model.validation_curve_ = network.theta, []
    model.n_iter_ = model.best_epoch_ = rounds
    model.clients_ = len(parties)
    return fitted


def _rounds(
    model: Any,
    network: Network,
    clients: list[Client],
    loss: Loss,
    rng: np.random.Generator,
    *,
    rounds: int,
    share: float,
    epochs: int,
) -> Iterator[float]:
    """Train `network` in place, round by round; each round's mean training loss."""
    if model.dropout:
        network.dropout = Dropout(model.dropout, rng.spawn(1)[0])
    rate, told = model._rate(rounds), watcher()
    many = max(1, round(share * len(clients)))
    for turn in range(rounds):
        chosen = clients
        if many < len(clients):
            chosen = [clients[k] for k in np.sort(rng.choice(len(clients), many, replace=False))]
        losses = _round(model, network, chosen, loss, rng, rate=rate(turn), epochs=epochs)
        if told:
            told(Epoch(turn + 1, rounds, losses))
        yield losses


def _round(
    model: Any,
    network: Network,
    chosen: list[Client],
    loss: Loss,
    rng: np.random.Generator,
    *,
    rate: float,
    epochs: int,
) -> float:
    """One round: from the network's parameters to the mean of those the clients came to."""
    start = network.theta.copy()
    mean = np.zeros(start.shape)  # double precision, whatever the type of training
    total, met = sum(client.weight for client in chosen), 0.0
    for client in chosen:
        np.copyto(network.theta, start)
        plan = _local(model, loss, rows=len(client.rows.X), rate=rate, epochs=epochs)
        walker = optimizer(model.optimizer, network.theta, momentum=model.momentum)
        curve = descend(network, client.rows, plan, optimizer=walker, rng=rng)
        mean += client.weight / total * network.theta
        met += client.weight / total * curve.train[-1]
    np.copyto(network.theta, mean, casting="same_kind")
    return met


def _local(model: Any, loss: Loss, *, rows: int, rate: float, epochs: int) -> Plan:
    """A client's walk: all its epochs, at the round's rate, told to nobody."""
    from dataclasses import replace

    plan: Plan = model._plan(loss, rows=rows, rate=Constant(start=rate), epochs=epochs)
    return replace(plan, patience=None, on_epoch=None)


def _parties(rows: Rows, whose: Array, dtype: str) -> list[Client]:
    """Each client's rows in their order; weights are brought to mean 1 within each."""
    parties = []
    for code in np.unique(whose):
        at = np.flatnonzero(whose == code)
        weights = np.ones(len(at)) if rows.weights is None else rows.weights[at]
        own = Rows(rows.X[at], rows.Y[at], relative(weights, dtype))
        parties.append(Client(rows=own, weight=float(weights.sum())))
    return parties


def _intake(model: Any, X: Any, y: Any, sample_weight: Any, codes: Array) -> tuple[Rows, Loss, Array]:
    """The pool's rows with their weights as given, the loss, and the client of each row that weighs something."""
    from sklearn.base import is_classifier

    model._validate_params()
    if is_classifier(model):
        X, targets, weights = labelled(
            model, X, y, sample_weight, dtype=model.dtype, class_weight=model.class_weight
        )
        K = len(model.classes_)
        Y, loss = one_hot(targets, K, model.dtype), cross_entropy(K)
    else:
        X, y, weights = valued(model, X, y, sample_weight, dtype=model.dtype)
        Y, loss = model._standard(y, weights, first=True), squared_error
    if sample_weight is not None and len(codes) == len(sample_weight):
        codes = codes[np.asarray(sample_weight) > 0]
    if len(codes) != len(X):
        raise ValueError(f"each row needs a client, and each class a weight; got {len(codes)} for {len(X)}")
    return Rows(X, Y, weights), loss, codes


def _checked(model: Any, clients: Any, *, rounds: int, share: float, local_epochs: int) -> Array:
    """Codes (n,) of the clients, all numbers being in range."""
    import pandas as pd

    if not hasattr(model, "_drawn"):
        raise ValueError(
            f"{type(model).__name__} cannot be averaged over clients; a perceptron can (hidden=() for logistic)"
        )
    if rounds < 1 or local_epochs < 1 or not 0 < share <= 1:
        raise ValueError(
            "rounds and local_epochs must be at least 1, and share above 0 up to 1; "
            f"got {rounds}, {local_epochs} and {share}"
        )
    if model.early_stopping or model.pretrain_epochs:
        raise ValueError("early_stopping and pretrain_epochs look at all rows at once; clients cannot")
    codes, _ = pd.factorize(pd.Series(np.asarray(clients).tolist(), dtype=object), sort=False)
    if (codes < 0).any():
        raise ValueError(f"{int((codes < 0).sum())} rows name no client")
    return np.asarray(codes)
