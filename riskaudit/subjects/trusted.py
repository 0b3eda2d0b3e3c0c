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


# Plain Python parts of scikit-learn's ensembles, searches and networks: no code, no raw indices.
PLAIN_TYPES: tuple[str, ...] = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._bunch.Bunch",
)


def check_trees(estimator: Any, *, name: str, held: int = 0) -> None:
    """Refuse trees whose indices lead outside: compiled code would follow them into memory at random.

    Parameters
    ----------
    held : int
        How many trees the file holds: more than were found here is a place that was not looked at.

    Raises
    ------
    RefusedError
        If a child does not come after its parent, a node is out of range, or a feature is not there.
    """
    seen = 0
    for tree, features in _trees(estimator):
        seen += 1
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
    if seen < held:
        raise RefusedError(
            f"{name} holds {held} trees, but only {seen} could be checked",
            "save the model in a plainer form: a pipeline, a forest, boosting",
            where="--model",
        )


def _trees(estimator: Any) -> Iterator[tuple[Any, int]]:
    """Every compiled tree anywhere inside an estimator, with the number of features it will be shown."""
    yield from _walk(estimator, 0, set())


def _walk(thing: Any, features: int, seen: set[int]) -> Iterator[tuple[Any, int]]:
    """Depth first through attributes, lists, mappings and object arrays; each thing once."""
    if id(thing) in seen or isinstance(thing, str | bytes | int | float | type(None)):
        return
    seen.add(id(thing))
    if type(thing).__name__ in ("Tree", "TreePredictor"):
        yield thing, features
        return
    features = int(getattr(thing, "n_features_in_", features) or 0)
    for part in _parts(thing):
        yield from _walk(part, features, seen)


def _parts(thing: Any) -> Iterator[Any]:
    """What a thing is made of."""
    if isinstance(thing, dict):
        yield from thing.values()
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from thing
    elif type(thing).__name__ == "ndarray":
        if thing.dtype == object:
            yield from thing.ravel().tolist()
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        yield from vars(thing).values()


def _tree_fault(tree: Any, features: int) -> str:
    """What is wrong with a scikit-learn Tree; empty where nothing is."""
    import numpy as np

    left, right, feature, nodes = tree.children_left, tree.children_right, tree.feature, tree.node_count
    sizes = {len(part) for part in (left, right, feature, tree.threshold, tree.value)}
    if sizes != {nodes} or nodes == 0:
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
