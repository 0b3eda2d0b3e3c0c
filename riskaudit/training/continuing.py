"""Continuing: one more epoch on whatever rows come next; `partial_fit` of the perceptrons.

Each call walks its rows once, in batches, at the rate that the schedule gives epoch `n_iter_`. The
optimizer's running vectors are kept between calls as plain arrays (`optimizer_state_`), so a model that
was written and read goes on as if it had not been. An integer seed gives each call a shuffle of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from riskaudit.training.arrays import Array, generator
from riskaudit.training.optimizers import Optimizer

_STATE = ("velocity", "m", "v", "t")


def state_of(walker: Optimizer) -> dict[str, Any]:
    """The optimizer's running vectors and counts."""
    return {name: value for name, value in vars(walker).items() if name in _STATE}


def restore(walker: Optimizer, state: dict[str, Any]) -> Optimizer:
    """The optimizer as it was; untouched if the state is another optimizer's, or of another size."""
    own = state_of(walker)
    if own.keys() == state.keys() and all(np.shape(own[key]) == np.shape(state[key]) for key in own):
        vars(walker).update(state)
    return walker


def stream(random_state: Any, calls: int) -> np.random.Generator:
    """The random stream of a call, given how many went before."""
    if isinstance(random_state, int | np.integer):
        return np.random.default_rng([int(random_state), calls])
    return generator(random_state)


def first_call(estimator: Any, classes: Any) -> bool:
    """Whether nothing was learnt yet; takes `classes` as scikit-learn does and refuses what it refuses.

    Raises
    ------
    ValueError
        Without `classes` on the first call, with others later, with fewer than two; with early stopping
        or balanced weights, which need all rows at once.
    """
    from sklearn.utils.multiclass import _check_partial_fit_first_call

    if isinstance(estimator.class_weight, str):
        raise ValueError(
            "class_weight='balanced' needs all rows at once and partial_fit sees a part of them; "
            "give the weights as a dict"
        )
    first = bool(_check_partial_fit_first_call(estimator, classes))
    if len(estimator.classes_) < 2:
        raise ValueError(f"{type(estimator).__name__} needs at least two classes; got {classes!r}")
    return first


def codes_of(classes: Array, y: Array) -> Array:
    """Each label as its place among the sorted classes."""
    strange = np.setdiff1d(y, classes)
    if len(strange):
        raise ValueError(f"y holds labels that are not among the classes of the first call: {strange[:5]}")
    return np.searchsorted(classes, y)
