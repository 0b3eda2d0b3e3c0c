"""Counterparts: the core's own recipe for another library's, so that many fits of it can go in one pass."""

from __future__ import annotations

from typing import Any

ACTIVATIONS = ("relu", "tanh", "identity")  # it draws first weights in a way of its own for "logistic"
SAME = {
    "solver": "adam",
    "early_stopping": False,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-8,
    "shuffle": True,
}
BATCH = 200  # what scikit-learn's "auto" is


def counterpart(recipe: Any) -> Any | None:
    """The core's perceptron with the settings of scikit-learn's `MLPClassifier`; None for anything else.

    Layers, activation, first weights, Adam, rate, batches, and the rule by which training ends are the same. scikit-learn's
    `alpha` is divided by the rows of a batch, so l2 = alpha / batch.
    Numbers are of single precision. Not for other solvers, early stopping on held-out accuracy, or
    `MLPRegressor`, which does not standardise its target as the core does.
    """
    if type(recipe).__name__ != "MLPClassifier" or not type(recipe).__module__.startswith("sklearn."):
        return None
    told = recipe.get_params(deep=False)
    if told["activation"] not in ACTIVATIONS or any(told.get(name, to) != to for name, to in SAME.items()):
        return None
    from riskaudit.training.perceptron import NumpyPerceptronClassifier

    widths = told["hidden_layer_sizes"]
    batch = BATCH if told["batch_size"] == "auto" else int(told["batch_size"])
    return NumpyPerceptronClassifier(
        tuple(int(k) for k in (widths if hasattr(widths, "__len__") else (widths,))),
        activation=told["activation"],
        init="glorot-biases",
        learning_rate=told["learning_rate_init"],
        l2=told["alpha"] / batch,
        batch_size=batch,
        epochs=told["max_iter"],
        tol=told["tol"],
        patience=told["n_iter_no_change"],
        random_state=told["random_state"],
    )
