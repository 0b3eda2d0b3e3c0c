"""Size: how many numbers, or tree nodes, a fitted model holds."""

from __future__ import annotations

from typing import Any


def parameter_count(estimator: Any) -> int | None:
    """Coefficients of a linear model, weights and biases of a perceptron, nodes of trees.

    Looks into pipelines, searches and ensembles; None where nothing it knows is found, or where the
    estimator is not fitted. A count of nodes and a count of weights are not the same unit.
    """
    for count in (_inside, _perceptron, _linear, _tree, _boosting, _members):
        found = count(estimator)
        if found is not None:
            return found
    return None


def _inside(estimator: Any) -> int | None:
    """A pipeline's last step; a search's best estimator."""
    if getattr(estimator, "steps", None):
        return parameter_count(estimator.steps[-1][1])
    best = getattr(estimator, "best_estimator_", None)
    return None if best is None else parameter_count(best)


def _perceptron(estimator: Any) -> int | None:
    if not hasattr(estimator, "coefs_") or not hasattr(estimator, "intercepts_"):
        return None
    return sum(int(part.size) for part in (*estimator.coefs_, *estimator.intercepts_))


def _linear(estimator: Any) -> int | None:
    """Coefficients and, where fitted, intercepts; sparse or dense."""
    if not hasattr(estimator, "coef_"):
        return None
    fitted = getattr(estimator, "fit_intercept", True)
    return _entries(estimator.coef_) + (_entries(getattr(estimator, "intercept_", ())) if fitted else 0)


def _entries(array: Any) -> int:
    """How many numbers: in an array by its shape (a sparse one's `size` counts stored entries), or one."""
    shape = getattr(array, "shape", None)
    if shape is None:
        return len(array) if hasattr(array, "__len__") else 1
    count = 1
    for length in shape:
        count *= int(length)
    return count


def _tree(estimator: Any) -> int | None:
    return int(estimator.tree_.node_count) if hasattr(estimator, "tree_") else None


def _boosting(estimator: Any) -> int | None:
    """Histogram boosting keeps its trees, one for each class and round, in `_predictors`."""
    if not hasattr(estimator, "_predictors"):
        return None
    return sum(len(tree.nodes) for round_ in estimator._predictors for tree in round_)


def _members(estimator: Any) -> int | None:
    """The sum over an ensemble's members; None if one of them is unknown."""
    for name, inner in (("estimators_", _itself), ("calibrated_classifiers_", _calibrated)):
        members = getattr(estimator, name, None)
        if members is None:
            continue
        flat = members.ravel() if hasattr(members, "ravel") else members
        counts = [parameter_count(inner(member)) for member in flat if not isinstance(member, str)]
        known = [count for count in counts if count is not None]
        return sum(known) if counts and len(known) == len(counts) else None
    return None


def _itself(member: Any) -> Any:
    return member


def _calibrated(member: Any) -> Any:
    return getattr(member, "estimator", member)
