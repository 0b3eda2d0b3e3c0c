"""Trusted: the types a skops file may hold, and the checks that honest types are honest inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


FORESTS = ("RandomForest", "ExtraTrees", "GradientBoosting", "IsolationForest", "RandomTreesEmbedding")

# Plain Python parts of scikit-learn's ensembles, searches and networks: no code, no raw indices.
# Families whose predictions end after a bounded time and whose compiled code follows nothing but what is checked
# below: these may live in this process. All others (topic models, neighbours, splines, regular expressions of
# text vectorizers, ...) go round in circles, or follow memory, as their own file says: they live in the sandbox.
OPEN_FAMILIES: tuple[str, ...] = (
    *("sklearn._loss.", "sklearn.calibration.", "sklearn.compose.", "sklearn.decomposition._pca."),
    *("sklearn.discriminant_analysis.", "sklearn.dummy.", "sklearn.ensemble.", "sklearn.feature_selection."),
    *("sklearn.gaussian_process.", "sklearn.impute._base.", "sklearn.isotonic.", "sklearn.linear_model."),
    *("sklearn.metrics.", "sklearn.model_selection.", "sklearn.multiclass.", "sklearn.naive_bayes."),
    *("sklearn.neural_network._multilayer_perceptron.", "sklearn.neural_network._stochastic_optimizers."),
    *("sklearn.pipeline.", "sklearn.preprocessing._data.", "sklearn.preprocessing._discretization."),
    *("sklearn.preprocessing._encoders.", "sklearn.preprocessing._function_transformer."),
    *("sklearn.preprocessing._label.", "sklearn.preprocessing._target_encoder."),
    *("sklearn.svm._classes.Linear", "sklearn.tree.", "sklearn.utils.", "scipy.sparse.", "riskaudit."),
)


def must_be_boxed(names: Iterable[str]) -> bool:
    """Whether some type, by its full name, is of a library that is known, but of no family that may live here."""
    return any(
        name == "functools.partial"
        or (name.startswith(("sklearn.", "scipy.")) and not name.startswith(OPEN_FAMILIES))
        for name in names
    )


def splits_by_category(estimator: Any) -> bool:
    """Whether histogram boosting asks for categories, which compiled code looks up in sets it does not measure."""
    return any(
        hasattr(tree, "nodes") and bool((tree.nodes["is_categorical"] == 1).any())
        for tree, _ in _trees(estimator)
        if type(tree).__name__ == "TreePredictor"
    )


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
    seen: set[int] = set()
    for tree, features in _trees(estimator):
        seen.add(id(tree))
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
    if len(seen) < held:
        raise RefusedError(
            f"{name} holds {held} trees, but only {len(seen)} could be checked",
            "save the model in a plainer form: a pipeline, a forest, boosting",
            where="--model",
        )


def _trees(estimator: Any) -> Iterator[tuple[Any, int]]:
    """Every compiled tree anywhere inside an estimator, with the number of features it will be shown."""
    for thing, features in _walk(estimator):
        if type(thing).__name__ in ("Tree", "TreePredictor"):
            yield thing, features


def _walk(estimator: Any) -> Iterator[tuple[Any, int]]:
    """Through attributes, lists, mappings and object arrays, each thing once; never by recursion.

    With each comes the number of features that the nearest estimator around it takes. A part that stands in
    two estimators is given once for each count, so that the smaller one is not overlooked.
    """
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Any, int, bool]] = [(estimator, 0, False)]
    while waiting:
        thing, features, fixed = waiting.pop()
        if isinstance(thing, str | bytes | int | float | type(None)):
            continue
        told = getattr(thing, "n_features_in_", None) if hasattr(thing, "__dict__") and not fixed else None
        features = _whole(told, features)
        if (id(thing), features) in seen:
            continue
        seen.add((id(thing), features))
        yield thing, features
        # A forest checks the rows once and hands them to its trees as they are.
        fixed = fixed or type(thing).__name__.startswith(FORESTS)
        waiting += [(part, features, fixed) for part in insides(thing)]


def _whole(told: Any, otherwise: int) -> int:
    """A count that an estimator tells of itself, if it is one."""
    try:
        return otherwise if told is None else int(told)
    except (TypeError, ValueError, OverflowError):
        return otherwise


def insides(thing: Any) -> list[Any]:
    """What a thing is made of."""
    if isinstance(thing, dict):
        return [*thing.values(), *(key for key in thing if hasattr(key, "__dict__"))]
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    if type(thing).__name__ == "ndarray":
        return thing.ravel().tolist() if thing.dtype == object else []
    if hasattr(thing, "__dict__") and not isinstance(thing, type):
        return list(vars(thing).values())
    return []


def check_parts(estimator: Any, *, name: str) -> None:
    """Refuse sparse matrices whose indices lead outside, and support vectors that disagree in number.

    Raises
    ------
    RefusedError
        Naming the part.
    """
    for thing, _ in _walk(estimator):
        fault = _sparse_fault(thing) if hasattr(thing, "check_format") else _vectors_fault(thing)
        fault = fault or _stages_fault(thing)
        if fault:
            raise RefusedError(
                f"{name} holds {fault}",
                "the file is damaged or hostile; train the model again",
                where="--model",
            )


def _sparse_fault(matrix: Any) -> str:
    """What is wrong with a CSR or CSC matrix."""
    try:
        matrix.check_format(full_check=True)
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        return f"a sparse matrix that is none: {str(error)[:100]}"
    return ""


def _vectors_fault(machine: Any) -> str:
    """What is wrong with a support vector machine: libsvm believes the counts it is given."""
    held = vars(machine) if hasattr(machine, "__dict__") and not isinstance(machine, type) else {}
    if "_n_support" not in held or "support_vectors_" not in held or "_dual_coef_" not in held:
        return ""
    vectors, counts, weights = held["support_vectors_"], held["_n_support"], held["_dual_coef_"]
    k = len(held["classes_"]) if "classes_" in held else 1  # a regression has one row of weights
    try:
        n = vectors.shape[0]
        agree: tuple[bool, ...] = (
            bool((counts[:k] >= 0).all()) and int(counts[:k].sum()) == n == len(held["support_"]),
            bool(weights.shape == (max(1, k - 1), n)),
            len(held["_intercept_"]) == max(1, k * (k - 1) // 2),
            vectors.shape[1]
            in (0, int(machine.n_features_in_), int(getattr(machine, "shape_fit_", (0,))[0])),
        )
    except (AttributeError, TypeError, ValueError, IndexError, KeyError):
        agree = (False,)
    return "" if all(agree) else "support vectors whose counts disagree"


def _stages_fault(model: Any) -> str:
    """What is wrong with gradient boosting: its compiled loop writes a column for each tree of a stage, unchecked."""
    import warnings

    import numpy as np

    stages = vars(model).get("estimators_") if hasattr(model, "_raw_predict_init") else None
    if stages is None:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = np.zeros((1, int(model.n_features_in_)), dtype=np.float32)
            agree = stages.ndim == 2 and stages.shape[1] == model._raw_predict_init(row).shape[1]
    except Exception:  # noqa: BLE001 -- its parts may fail in any way
        agree = False
    return "" if agree else "boosting with another number of trees in a stage than of scores"


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
