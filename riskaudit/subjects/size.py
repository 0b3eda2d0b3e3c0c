"""Size: how many numbers, or nodes of trees, a fitted model decides by."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

INNER = ("best_estimator_", "regressor_", "final_estimator_")
MANY = ("estimators_", "calibrated_classifiers_")


def parameter_count(estimator: Any) -> int | None:
    """All that `count` finds, added up; None where it knows nothing, or the estimator is not fitted.

    Weights and nodes of trees are not one unit: two counts compare models of one kind only.
    """
    return sum(count(estimator).values()) or None


def count(estimator: Any) -> Counter[str]:
    """How many coefficients, network weights, tree nodes or stored values; empty where none is known."""
    if hasattr(estimator, "counted"):  # in a sandbox, where it was counted
        return Counter(estimator.counted)
    if hasattr(estimator, "steps"):
        return count(estimator.steps[-1][1])
    for name in INNER:
        if hasattr(estimator, name):
            return count(getattr(estimator, name)) + _members(estimator)
    return _own(estimator) or _members(estimator)


DEEP = 5  # passing a node of a tree costs as much as this many multiplications


def numbers_in(model: Any) -> int:
    """How many numbers a model holds in its arrays, lists and parts, as a row meets them in a tree."""
    import numpy as np

    seen: set[int] = set()
    waiting, total = [model], 0
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, (str, bytes, type)):
            continue
        seen.add(id(thing))
        if hasattr(thing, "numbers_held"):
            total += int(thing.numbers_held)
        elif isinstance(thing, np.ndarray) and thing.dtype != object:
            total += int(thing.size)
        elif hasattr(thing, "nnz"):
            total += int(thing.nnz)
        elif hasattr(thing, "node_count"):
            total += int(thing.max_depth * DEEP)
        elif isinstance(thing, dict):
            waiting += thing.values()
        elif isinstance(thing, (list, tuple, np.ndarray)):
            waiting += list(thing)
        elif hasattr(thing, "__dict__"):
            waiting += vars(thing).values()
    return total


def _own(estimator: Any) -> Counter[str]:
    """What a single model holds."""
    if hasattr(estimator, "tree_nodes_"):  # of boosting from another library's file
        return Counter({"tree nodes": int(estimator.tree_nodes_)})
    if hasattr(estimator, "tree_"):
        return Counter({"tree nodes": int(estimator.tree_.node_count)})
    if hasattr(estimator, "_predictors"):  # histogram boosting: a list of trees, one a class, for each round
        nodes = sum(len(tree.nodes) for trees in estimator._predictors for tree in trees)
        return Counter({"tree nodes": nodes})
    if hasattr(estimator, "coefs_"):
        return Counter({"network weights": _entries(estimator.coefs_) + _entries(estimator.intercepts_)})
    if hasattr(estimator, "support_vectors_"):
        held = (estimator.support_vectors_, estimator.dual_coef_, estimator.intercept_)
        return Counter({"support vector entries": _entries(held)})
    if hasattr(estimator, "coef_"):
        intercept = [estimator.intercept_] if getattr(estimator, "fit_intercept", True) else []
        return Counter({"coefficients": _entries([estimator.coef_, *intercept])})
    for name, kind in (("_fit_X", "stored training values"), ("theta_", "class means and variances")):
        if hasattr(estimator, name):
            parts = [getattr(estimator, part) for part in (name, "var_") if hasattr(estimator, part)]
            return Counter({kind: _entries(parts)})
    return Counter()


def _members(estimator: Any) -> Counter[str]:
    """The sum over an ensemble's members."""
    total: Counter[str] = Counter()
    for name in MANY:
        for member in _flat(getattr(estimator, name, ())):
            total += count(
                getattr(member, "estimator", member) if name == "calibrated_classifiers_" else member
            )
    return total


def _flat(members: Any) -> Iterable[Any]:
    """Members in a list or array of any shape; words such as 'drop' left out."""
    listed = members.ravel() if hasattr(members, "ravel") else members
    return [one for one in listed if not isinstance(one, str)]


def _entries(arrays: Iterable[Any]) -> int:
    """How many numbers in some arrays, sparse or dense, or plain numbers."""
    return sum(math.prod(getattr(array, "shape", ())) for array in arrays)
