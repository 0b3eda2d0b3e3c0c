"""Recipes: what of an estimator the batched passes need to know, and how one is made from it, fitted."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from copy import copy
from typing import Any

import numpy as np

from riskaudit.training.arrays import Array


def seeded(recipe: Any, seed: int) -> Any:
    """An unfitted copy of the recipe, with that seed wherever it takes one."""
    from sklearn.base import clone

    model = clone(recipe)
    names = [k for k in model.get_params() if k == "random_state" or k.endswith("__random_state")]
    return model.set_params(**dict.fromkeys(names, seed)) if names else model


def single(recipe: Any, X: Any, y: Any, *, mask: Array, seed: int) -> Any:
    """One ordinary fit on the rows of the mask."""
    return seeded(recipe, seed).fit(taken(X, mask), taken(y, mask))


def fitted(seed: int, *, like: Any, **learnt: Any) -> Any:
    """A copy of `like`, an unfitted copy of the recipe that was shown the table, with a seed and what was learnt.

    Settings of the core are numbers, words and tuples, but for a dict of class weights: copying them is a
    hundred times as fast as scikit-learn's `clone`, which would cost more than a linear fit does.
    """
    model = copy(like)
    own = vars(model)
    if isinstance(own.get("class_weight"), dict):
        own["class_weight"] = dict(own["class_weight"])
    if "random_state" in own:
        own["random_state"] = seed
    own.update(learnt)
    return model


def taken(table: Any, rows: Array) -> Any:
    """Those rows of an array, a sparse matrix, a list or a data frame."""
    from sklearn.utils import _safe_indexing

    return table if rows.dtype == bool and rows.all() else _safe_indexing(table, np.flatnonzero(rows))


def plain(recipe: Any, known: Iterable[str]) -> bool:
    """Whether every setting that is not among the `known` is at its default.

    So a setting that the core learns one day (dropout, say) is never silently left out of a batch.
    """
    defaults = inspect.signature(type(recipe)).parameters
    others = {k: v for k, v in recipe.get_params(deep=False).items() if k not in set(known)}
    return all(k in defaults and defaults[k].default == v for k, v in others.items())


def class_weights(recipe: Any, classes: Array, counts: Array) -> Array | None:
    """Weights (K, C) of the classes, given how many rows of each (K, C) a model has; None: all alike.

    "balanced" gives every class of a model the same total, n_k / (C counts_kc).
    """
    if recipe.class_weight is None:
        return None
    if isinstance(recipe.class_weight, str):
        return np.asarray(counts.sum(axis=1, keepdims=True) / (counts.shape[1] * counts))
    row = [float(recipe.class_weight.get(label, 1.0)) for label in classes.tolist()]
    return np.tile(row, (len(counts), 1))


def usable_weights(recipe: Any, classes: Array) -> bool:
    """Whether the batch can weigh classes so: a dict of positive numbers, no unknown labels."""
    wanted = recipe.class_weight
    if not isinstance(wanted, dict):
        return True
    return all(v > 0 for v in wanted.values()) and set(wanted) <= set(classes.tolist())
