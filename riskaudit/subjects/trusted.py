"""Trusted: the types a skops file may hold, and the checks that honest types are honest inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from riskaudit.errors import RefusedError

TRUSTED_TYPES: tuple[str, ...] = (
    "numpy.dtype",  # of SimpleImputer
    "riskaudit.training.columns.Booleans",
    "riskaudit.training.columns.Categories",
    "riskaudit.training.columns.DaysSinceEpoch",
    "riskaudit.training.columns.Numbers",
    "riskaudit.training.columns.Texts",
    "riskaudit.training.columns.value_name",
    "riskaudit.training.linear.NumpyLinearRegression",
    "riskaudit.training.logistic.NumpyLogisticRegression",
    "riskaudit.training.perceptron.NumpyPerceptronClassifier",
    "riskaudit.training.perceptron.NumpyPerceptronRegressor",
    "riskaudit.training.private.perceptron.PrivatePerceptronClassifier",
    "riskaudit.training.private.perceptron.PrivatePerceptronRegressor",
    "riskaudit.training.text.NumpyTextClassifier",
    # These two hold raw indices that compiled code follows unchecked: check_trees() looks at them first.
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)


def check_trees(estimator: Any, *, name: str) -> None:
    """Refuse trees whose indices lead outside: compiled code would follow them into memory at random.

    Raises
    ------
    RefusedError
        If a child does not come after its parent, a node is out of range, or a feature is not there.
    """
    for tree, features in _trees(estimator):
        fault = (
            _tree_fault(tree, features)
            if hasattr(tree, "children_left")
            else _predictor_fault(tree, features)
        )
        if fault:
            raise RefusedError(
                f"{name} holds a tree that is not one: {fault}",
                "the file is damaged or hostile; train the model again",
                where="--model",
            )


def _trees(estimator: Any) -> Iterator[tuple[Any, int]]:
    """Every compiled tree inside an estimator, with the number of features it will be shown.

    Pipelines, ensembles, searches and calibrated models are gone through.
    """
    for _, step in getattr(estimator, "steps", ()):
        yield from _trees(step)
    for inner in (
        "estimators_",
        "calibrated_classifiers_",
        "best_estimator_",
        "estimator_",
        "final_estimator_",
    ):
        for member in _flat([getattr(estimator, inner, ())]):
            yield from _trees(
                getattr(member, "estimator", member) if inner == "calibrated_classifiers_" else member
            )
    features = int(getattr(estimator, "n_features_in_", 0))
    if hasattr(estimator, "tree_"):
        yield estimator.tree_, features
    for predictor in _flat(getattr(estimator, "_predictors", ())):
        yield predictor, features


def _flat(members: Any) -> Iterator[Any]:
    """Members of nested lists and object arrays."""
    for member in members if hasattr(members, "__iter__") and not isinstance(members, str) else ():
        if isinstance(member, list | tuple) or type(member).__name__ == "ndarray":
            yield from _flat(member)
        else:
            yield member


def _tree_fault(tree: Any, features: int) -> str:
    """What is wrong with a scikit-learn Tree; empty where nothing is."""
    import numpy as np

    left, right, feature, nodes = tree.children_left, tree.children_right, tree.feature, tree.node_count
    if not len(left) == len(right) == len(feature) == len(tree.value) == nodes or nodes == 0:
        return "its arrays differ in length"
    at = np.arange(nodes)
    inner = (left != -1) | (right != -1)
    for child in (left[inner], right[inner]):
        if ((child <= at[inner]) | (child >= nodes)).any():
            return "a child does not come after its parent"
    if ((feature[inner] < 0) | (feature[inner] >= features)).any():
        return "it asks for a feature that is not there"
    return ""


def _predictor_fault(predictor: Any, features: int) -> str:
    """What is wrong with a histogram boosting predictor; empty where nothing is."""
    import numpy as np

    nodes = predictor.nodes
    at, inner = np.arange(len(nodes)), nodes["is_leaf"] == 0
    for side in ("left", "right"):
        child = nodes[side][inner].astype(np.int64)
        if ((child <= at[inner]) | (child >= len(nodes))).any():
            return "a child does not come after its parent"
    if (nodes["feature_idx"][inner].astype(np.int64) >= features).any():
        return "it asks for a feature that is not there"
    bitsets = len(predictor.raw_left_cat_bitsets)
    if (nodes["bitset_idx"][inner & (nodes["is_categorical"] == 1)] >= bitsets).any():
        return "it asks for a category set that is not there"
    return ""
