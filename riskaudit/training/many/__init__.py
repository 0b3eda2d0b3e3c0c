r"""Many: K models of one recipe on K subsets of one table, in one pass where the mathematics allows.

Shadow models of a privacy audit, ensembles, seeds of a stability check: always the same table, the same
recipe, other rows and other seeds. Trained one by one, small models spend their time in the interpreter;
trained side by side, each step is one batched matrix product for all.

| recipe                                           | how                                            |
|--------------------------------------------------|------------------------------------------------|
| NumpyPerceptronClassifier, ...Regressor          | stacked weights, batched descent: `descent.py` |
| NumpyLogisticRegression, two classes, no L1      | Newton about the mean Hessian: `logistic.py`   |
| NumpyLinearRegression, solver "exact"            | normal equations, refined: `linear.py`         |
| anything else: other solvers, pipelines, dropout | single fits over `workers` processes           |

A batch gives the models of single fits, seed for seed, to rounding. A model that a batch cannot take (a
class it has no rows of, a singular system, a loss that blows up) is fitted by itself, so it ends, or
fails, as it would alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.many.counterparts import counterpart
from riskaudit.training.many.recipes import single, taken
from riskaudit.workers import map_work

BUDGET = 256 << 20  # bytes


def train_many(
    recipe: Any, X: Any, y: Any, masks: Any, seeds: Any, *, workers: int = 1, budget: int = BUDGET
) -> list[Any]:
    """K fitted estimators: the recipe, with seed k, on the rows of mask k.

    Parameters
    ----------
    recipe : estimator
        Unfitted; it is copied and stays as it is. Its seeds (`random_state`, wherever it has one) are set.
    X : array or data frame of shape (n, d); y : array of shape (n,)
        The table that all models share.
    masks : array of bool, shape (K, n)
        Row i is learnt from by model k where masks[k, i].
    seeds : array of int, shape (K,)
    workers : int
        Threads over stacks of models, or processes over single fits.
    budget : int
        Bytes that the batched passes may use beside the table, its checked copy and the models
        themselves. K is worked through in stacks that keep within it; at least one model at a time, and 16 MB
        of products of columns for logistic regressions.

    Returns
    -------
    list of K estimators, in the order of the masks

    Raises
    ------
    ValueError
        If masks and seeds do not fit the table; whatever a single fit raises.
    """
    masks, seeds = _checked(masks, seeds, rows=len(y))
    models = _batched(recipe, X, y, masks, seeds, workers=workers, budget=budget)
    left = [k for k, model in enumerate(models) if model is None]
    if left:
        fit = partial(_alone, recipe, X, y)
        fits = map_work(fit, [(masks[k], int(seeds[k])) for k in left], workers=workers, threads=False)
        for k, model in zip(left, fits, strict=True):
            models[k] = model
    return models


def fit_many(recipe: Any, X: Any, y: Any, masks: Any, seeds: Any, workers: int) -> list[Any]:
    """`train_many` in the form that `Evidence.fit_many` takes; of scikit-learn's perceptron its counterpart here."""
    return train_many(counterpart(recipe) or recipe, X, y, masks, seeds, workers=workers)


def _checked(masks: Any, seeds: Any, *, rows: int) -> tuple[Array, Array]:
    masks, seeds = np.asarray(masks), np.asarray(seeds)
    if masks.ndim != 2 or masks.dtype != bool or masks.shape[1] != rows:
        raise ValueError(
            f"masks must be bool of shape (models, {rows} rows); got {masks.dtype} of shape {masks.shape}"
        )
    if seeds.shape != (len(masks),):
        raise ValueError(f"{len(masks)} masks need {len(masks)} seeds; got an array of shape {seeds.shape}")
    return masks, seeds


def _alone(recipe: Any, X: Any, y: Any, task: tuple[Array, int]) -> Any:
    return single(recipe, X, y, mask=task[0], seed=task[1])


def _batched(
    recipe: Any, X: Any, y: Any, masks: Array, seeds: Array, *, workers: int, budget: int
) -> list[Any]:
    """What the batch can train, in order; None for the rest."""
    from scipy.sparse import issparse

    models: list[Any] = [None] * len(masks)
    room = _room_for(recipe)
    if room is None or issparse(X) or len(masks) < 2:
        return models
    used: Array = np.any(masks, axis=0)
    own = masks if used.all() else masks[:, used]
    work = room.prepared(recipe, taken(X, used), taken(y, used), masks=own, seeds=seeds)
    if work is None:
        return models
    groups = room.stacks(work, _complete(work), budget=budget / workers)
    for group, found in zip(
        groups, map_work(partial(room.trained, work), groups, workers=workers), strict=True
    ):
        for k, model in zip(group, found, strict=True):
            models[k] = model
    return models


def _room_for(recipe: Any) -> Any:
    """The module that trains such recipes by the batch; None where there is none."""
    from riskaudit.training.linear import NumpyLinearRegression
    from riskaudit.training.logistic import NumpyLogisticRegression
    from riskaudit.training.many import linear, logistic, perceptrons
    from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor

    rooms = {
        NumpyPerceptronClassifier: perceptrons,
        NumpyPerceptronRegressor: perceptrons,
        NumpyLogisticRegression: logistic,
        NumpyLinearRegression: linear,
    }
    return rooms.get(type(recipe))  # not of its children: they may differ in anything


def _complete(work: Any) -> Array:
    """The models that have rows, and rows of every class."""
    if work.codes is None:
        return np.flatnonzero(work.masks.any(axis=1))
    has: Sequence[Array] = [
        work.masks[:, work.codes == c].any(axis=1) for c in range(len(work.like.classes_))
    ]
    return np.flatnonzero(np.all(has, axis=0))
