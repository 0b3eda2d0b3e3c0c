"""Visits: how many nodes each row passes on its way through a model's trees, its leaves included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
FORESTS = ("RandomForest", "ExtraTrees", "GradientBoosting")


def visits_of(model: Any, rows: Any) -> Counts | None:
    """Nodes passed by each row (n,) over all trees; None where the model has no trees that are known here.

    Parameters
    ----------
    rows : array or DataFrame (n, d)
        As the model itself sees them.
    """
    if hasattr(model, "_predictors"):
        return _histogram(model, rows)
    if hasattr(model, "tree_"):
        return _trees([model.tree_], rows)
    if hasattr(model, "estimators_") and any(
        kind.__name__.startswith(FORESTS) for kind in type(model).__mro__
    ):
        return _trees((one.tree_ for one in np.ravel(model.estimators_)), rows)
    if hasattr(model, "get_booster"):
        return _xgboost(model.get_booster(), rows)
    if hasattr(model, "booster_"):
        return _lightgbm(model.booster_, rows)
    return None


def _trees(trees: Iterable[Any], rows: Any) -> Counts:
    """scikit-learn's trees: the leaf that each row ends in, and how deep it lies."""
    X = np.ascontiguousarray(np.asarray(rows, dtype=np.float32))
    total = np.zeros(len(X))
    for tree in trees:
        total += levels(tree.children_left, tree.children_right)[tree.apply(X)]
    return total


def levels(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.int64]:
    """How many nodes lie on the way to each node of a tree (nodes,), itself included: 1 for the root.

    Children have higher numbers than their parents, and a leaf has -1 for children.
    """
    found = np.ones(len(left), dtype=np.int64)
    for at in range(len(left)):
        for child in (left[at], right[at]):
            if child > 0:
                found[child] = found[at] + 1
    return found


def _histogram(model: Any, rows: Any) -> Counts:
    """scikit-learn's histogram boosting: each tree walked by its own thresholds.

    Raises
    ------
    NotImplementedError
        With splits on categories: those are sets that only the library looks into.
    """
    X = np.asarray(rows, dtype=np.float64)
    total = np.zeros(len(X))
    for trees in model._predictors:
        for tree in trees:
            total += _walked(tree.nodes, X)
    return total


def _walked(nodes: NDArray[Any], X: NDArray[np.float64]) -> Counts:
    """Nodes that each row passes in one tree of histogram boosting."""
    if nodes["is_categorical"].any():
        raise NotImplementedError("splits on categories")
    at, passed, every = np.zeros(len(X), dtype=np.int64), np.ones(len(X)), np.arange(len(X))
    while True:
        going = every[nodes["is_leaf"][at] == 0]
        if not going.size:
            return passed
        here = nodes[at[going]]
        value = X[going, here["feature_idx"]]
        lower = np.where(np.isnan(value), here["missing_go_to_left"] == 1, value <= here["num_threshold"])
        at[going] = np.where(lower, here["left"], here["right"])
        passed[going] += 1


def _xgboost(booster: Any, rows: Any) -> Counts:
    """XGBoost: the leaf of each row in each tree, and how deep the library's own dump has it."""
    import json

    import xgboost

    matrix = xgboost.DMatrix(
        np.asarray(rows, dtype=np.float32),
        feature_names=booster.feature_names,
        feature_types=booster.feature_types,
        nthread=1,
    )
    leaves = np.asarray(booster.predict(matrix, pred_leaf=True)).astype(np.int64).reshape(len(rows), -1)
    deep = [_deep(json.loads(tree), "nodeid", ("children",)) for tree in booster.get_dump(dump_format="json")]
    return _summed(leaves, deep)


def _lightgbm(booster: Any, rows: Any) -> Counts:
    """LightGBM: the same from its own answers."""
    leaves = np.asarray(booster.predict(np.asarray(rows, dtype=np.float64), pred_leaf=True))
    told = booster.dump_model()["tree_info"]
    deep = [_deep(tree["tree_structure"], "leaf_index", ("left_child", "right_child")) for tree in told]
    return _summed(leaves.astype(np.int64).reshape(len(rows), -1), deep)


def _deep(root: dict[str, Any], key: str, below: tuple[str, ...]) -> dict[int, int]:
    """The level of each leaf of a dumped tree by its number; a lone leaf may have none, and is number 0."""
    found: dict[int, int] = {}
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        parts = [node[name] for name in below if name in node]
        children = [child for part in parts for child in (part if isinstance(part, list) else [part])]
        if not children:
            found[int(node.get(key, 0))] = level
        waiting += [(child, level + 1) for child in children]
    return found


def _summed(leaves: NDArray[np.int64], deep: list[dict[int, int]]) -> Counts:
    """Levels of the leaves (n, trees) added over the trees."""
    total = np.zeros(len(leaves))
    for column, known in zip(leaves.T, deep, strict=True):
        met, at = np.unique(column, return_inverse=True)
        total += np.array([known[int(leaf)] for leaf in met], dtype=np.float64)[at]
    return total
