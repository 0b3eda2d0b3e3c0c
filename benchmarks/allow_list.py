"""Allow-list: write it anew, from pickles of every estimator of the scikit-learn that is installed.

python benchmarks/allow_list.py > riskaudit/subjects/pickled/allowed.json

The file is reviewed by hand before it is committed: a name that was not there before is a name that every
trusted pickle may call. What is left out, and why, goes to stderr.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from riskaudit.subjects.scan.content import examine
from riskaudit.subjects.scan.look import Budget, Look

Pair = tuple[str, str]
# scipy.stats is left out: its distributions run a template of code from their own state when they are loaded.
ROOMS = ("sklearn.", "numpy", "scipy.sparse.", "scipy.interpolate.", "riskaudit.training.")
# What a ColumnTransformer keeps of the columns it was given as an Index; pyarrow's are checked when rebuilt.
INDEX: frozenset[Pair] = frozenset(
    [
        ("pandas", "Index"),
        ("pandas", "RangeIndex"),
        ("pandas", "StringDtype"),
        ("pandas.arrays", "ArrowStringArray"),
        ("pandas.core.arrays.string_arrow", "ArrowStringArray"),
        ("pandas.core.indexes.base", "Index"),
        ("pandas.core.indexes.base", "_new_Index"),
        ("pyarrow.lib", "_restore_array"),
        ("pyarrow.lib", "py_buffer"),
        ("pyarrow.lib", "type_for_alias"),
    ]
)
# Plain types and the rebuilders of the standard library; getattr, eval, partial and their like never.
PLAIN: frozenset[Pair] = frozenset(
    [
        *(("builtins", name) for name in ("bool", "bytearray", "bytes", "complex", "dict", "float")),
        *(("builtins", name) for name in ("frozenset", "int", "list", "object", "range", "set")),
        *(("builtins", name) for name in ("slice", "str", "tuple")),
        ("collections", "Counter"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("copyreg", "_reconstructor"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("_codecs", "encode"),
        ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("scipy._lib.array_api_compat.numpy._aliases", "asarray"),  # of SplineTransformer
    ]
)
# Functions of one array each, as FunctionTransformer takes them.
UFUNCS = frozenset(
    ["abs", "absolute", "cbrt", "exp", "expm1", "log", "log10", "log1p", "log2", "sign", "sqrt", "square"]
)
UFUNCS |= frozenset(["tanh", "reciprocal", "negative", "cos", "sin", "arcsinh"])
# The same functions under the names that older versions wrote.
OLDER = {"numpy._core.": "numpy.core."}
# They run what they are given, keep files, or are no part of a model.
NEVER: tuple[str, ...] = (
    "load",
    "loads",
    "open",
    "eval",
    "exec",
    "getattr",
    "partial",
    "f2py",
    "memmap",
    "system",
    "vectorize",
)


def pairs() -> tuple[set[Pair], set[Pair]]:
    """(module, name) pairs that models need: those to allow, and those that are left out."""
    found: set[Pair] = set()
    for thing in things():
        for raw in written(thing):
            look = Look()
            examine(raw, look, budget=Budget(seconds=60))
            found |= set(look.names)
    good = {pair for pair in found if pair[0].startswith(ROOMS) and _plain(pair)}
    good |= {("numpy", name) for name in UFUNCS} | PLAIN | INDEX | set(_kinds())
    older = {(module.replace(new, old), name) for module, name in good for new, old in OLDER.items()}
    return good | older, found - good - {("__builtin__", name) for _, name in PLAIN}


def _kinds() -> Iterator[Pair]:
    """Classes that no fit above has met: every estimator, splitter, kernel, metric, sparse and core type."""
    import inspect

    import scipy.sparse
    from sklearn import metrics, model_selection
    from sklearn._loss import _loss, loss
    from sklearn.gaussian_process import kernels
    from sklearn.metrics import _dist_metrics
    from sklearn.utils import all_estimators

    from riskaudit.subjects.trusted import PLAIN_TYPES, TRUSTED_TYPES

    kinds = [kind for _, kind in all_estimators()]
    kinds += [
        getattr(scipy.sparse, f"{form}_{sort}")
        for form in ("csr", "csc", "coo")
        for sort in ("matrix", "array")
    ]
    for room in (kernels, loss, _loss, _dist_metrics):
        kinds += [
            one for _, one in inspect.getmembers(room, inspect.isclass) if one.__module__ == room.__name__
        ]
    kinds += [one for _, one in inspect.getmembers(model_selection, inspect.isclass) if hasattr(one, "split")]
    kinds += [metrics.get_scorer(name)._score_func for name in metrics.get_scorer_names()]
    yield from ((one.__module__, one.__name__) for one in kinds)
    for name in TRUSTED_TYPES + PLAIN_TYPES:
        module, _, last = name.rpartition(".")
        yield module, last


def _plain(pair: Pair) -> bool:
    return "." not in pair[1] and pair[1] not in NEVER and "test" not in pair[0]


def written(thing: Any) -> Iterator[bytes]:
    """A thing as every pickler writes it."""
    import joblib

    try:
        for protocol in (2, 4, 5):
            yield pickle.dumps(thing, protocol)
        buffer = io.BytesIO()
        joblib.dump(thing, buffer)
        yield buffer.getvalue()
    except (pickle.PicklingError, TypeError, AttributeError):
        return


def things() -> Iterator[Any]:
    """Fitted estimators of every kind, and with the settings that bring in other parts."""
    import numpy as np
    import pandas as pd
    from sklearn.datasets import make_classification
    from sklearn.utils import all_estimators

    X, y = make_classification(60, 4, n_informative=3, n_redundant=0, random_state=0)
    X = np.abs(X)
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["e"] = np.where(y, "u", "v")
    for made in [*_plainly(all_estimators()), *_settings(), *_composed(frame), *_ours()]:
        for table, target in (
            (X, y),
            (X, X[:, 0]),
            (frame, y),
            (frame, X[:, 0]),
            (np.array(["good deal", "bad deal"] * 30), y),
            (X, X),
            (X, np.arange(60) % 3),
        ):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    yield made.fit(table, target)
            except Exception:  # noqa: BLE001 -- an estimator that takes no such table is tried on the next
                continue


def _plainly(listed: Any) -> Iterator[Any]:
    """Every estimator with its own defaults."""
    from sklearn.linear_model import LogisticRegression

    for _, kind in listed:
        for settings in (
            {},
            {"estimator": LogisticRegression()},
            {"estimators": [("a", LogisticRegression())]},
        ):
            try:
                yield kind(**settings)
            except TypeError:
                continue


def _settings() -> Iterator[Any]:
    """Settings that bring other classes into the file."""
    from sklearn import (
        ensemble,
        gaussian_process,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        preprocessing,
        svm,
        tree,
    )

    for criterion in ("gini", "entropy", "log_loss"):
        yield tree.DecisionTreeClassifier(criterion=criterion)
        yield ensemble.RandomForestClassifier(3, criterion=criterion)
    for criterion in ("squared_error", "friedman_mse", "absolute_error", "poisson"):
        yield tree.DecisionTreeRegressor(criterion=criterion)
        yield ensemble.RandomForestRegressor(3, criterion=criterion)
    for loss in ("log_loss", "exponential"):
        yield ensemble.GradientBoostingClassifier(loss=loss, n_estimators=3)
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield ensemble.GradientBoostingRegressor(loss=loss, n_estimators=3)
    for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile"):
        yield ensemble.HistGradientBoostingRegressor(loss=loss, quantile=0.5, max_iter=3)
    yield ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=True)
    yield ensemble.HistGradientBoostingClassifier(max_iter=3, categorical_features=[0])
    for loss in (
        "hinge",
        "log_loss",
        "modified_huber",
        "squared_hinge",
        "perceptron",
        "squared_error",
        "huber",
    ):
        yield linear_model.SGDClassifier(loss=loss)
    for loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        yield linear_model.SGDRegressor(loss=loss)
    for solver in ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"):
        yield linear_model.LogisticRegression(solver=solver)
    for solver in ("adam", "sgd", "lbfgs"):
        yield neural_network.MLPClassifier((4,), solver=solver, max_iter=5, early_stopping=solver != "lbfgs")
        yield neural_network.MLPRegressor((4,), solver=solver, max_iter=5)
    for algorithm in ("brute", "kd_tree", "ball_tree", "auto"):
        for metric in ("minkowski", "euclidean", "manhattan", "chebyshev"):
            yield neighbors.KNeighborsClassifier(algorithm=algorithm, metric=metric)
            yield neighbors.KNeighborsRegressor(algorithm=algorithm, metric=metric)
            yield neighbors.RadiusNeighborsClassifier(algorithm=algorithm, metric=metric, radius=100)
    for p in (1, 3, 4):
        for algorithm in ("kd_tree", "ball_tree"):
            yield neighbors.KNeighborsClassifier(p=p, algorithm=algorithm)
    for kernel in ("rbf", "linear", "poly", "sigmoid"):
        yield svm.SVC(kernel=kernel)
    kernels = gaussian_process.kernels
    for one in (
        kernels.RBF() + kernels.WhiteKernel(),
        kernels.Matern() * kernels.ConstantKernel(),
        kernels.RationalQuadratic() ** 2,
        kernels.ExpSineSquared() + kernels.DotProduct(),
    ):
        yield gaussian_process.GaussianProcessClassifier(one)
        yield gaussian_process.GaussianProcessRegressor(one)
    for prior in (naive_bayes.GaussianNB(), naive_bayes.CategoricalNB()):
        yield ensemble.BaggingClassifier(prior, 3)
    yield preprocessing.FunctionTransformer()
    yield preprocessing.KBinsDiscretizer(encode="onehot")
    yield preprocessing.OneHotEncoder(
        sparse_output=True, handle_unknown="infrequent_if_exist", min_frequency=2
    )


def _composed(frame: Any) -> Iterator[Any]:
    """Pipelines, searches and ensembles of ensembles."""
    from scipy.stats import loguniform, randint, uniform
    from sklearn import (
        calibration,
        compose,
        decomposition,
        ensemble,
        feature_extraction,
        feature_selection,
        impute,
        linear_model,
        metrics,
        model_selection,
        multiclass,
        multioutput,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    logistic, stump = linear_model.LogisticRegression(), tree.DecisionTreeClassifier(max_depth=1)
    numbers = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    for columns in (
        list("abcd"),
        compose.make_column_selector(dtype_include="number"),
        slice(0, 4),
        frame.columns[:4],
    ):
        table = compose.ColumnTransformer(
            [("n", numbers, columns), ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["e"])]
        )
        for last in (
            logistic,
            stump,
            ensemble.RandomForestClassifier(2),
            linear_model.Ridge(),
            svm.SVC(probability=False),
        ):
            yield pipeline.make_pipeline(table, last)
    for method in ("sigmoid", "isotonic"):
        yield calibration.CalibratedClassifierCV(stump, method=method, cv=2)
    for scoring in ("roc_auc", "accuracy", "neg_log_loss", "r2", None, metrics.make_scorer(metrics.f1_score)):
        for cv in (
            2,
            model_selection.StratifiedKFold(2),
            model_selection.ShuffleSplit(2),
            model_selection.RepeatedKFold(n_splits=2),
        ):
            yield model_selection.GridSearchCV(logistic, {"C": [1.0, 2.0]}, scoring=scoring, cv=cv)
            yield model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1.0]}, scoring=scoring, cv=cv)
    for drawn in (loguniform(0.1, 1), uniform(1, 2), randint(1, 3)):
        yield model_selection.RandomizedSearchCV(logistic, {"C": drawn}, n_iter=2, cv=2)
    named = [("a", logistic), ("b", stump)]
    yield from (ensemble.VotingClassifier(named), ensemble.VotingClassifier(named, voting="soft"))
    yield ensemble.StackingClassifier(named, cv=2)
    yield ensemble.AdaBoostClassifier(stump, n_estimators=3)
    yield from (multiclass.OneVsRestClassifier(logistic), multiclass.OneVsOneClassifier(logistic))
    yield multioutput.MultiOutputRegressor(linear_model.Ridge())
    yield compose.TransformedTargetRegressor(linear_model.Ridge(), transformer=preprocessing.StandardScaler())
    for kind in (
        feature_extraction.text.TfidfVectorizer,
        feature_extraction.text.CountVectorizer,
        feature_extraction.text.HashingVectorizer,
    ):
        yield pipeline.make_pipeline(kind(), logistic)
    for function in (
        feature_selection.f_classif,
        feature_selection.chi2,
        feature_selection.mutual_info_classif,
        feature_selection.f_regression,
    ):
        yield pipeline.make_pipeline(feature_selection.SelectKBest(function, k=2), logistic)
    yield pipeline.make_pipeline(decomposition.PCA(2), preprocessing.PolynomialFeatures(), logistic)
    yield pipeline.FeatureUnion([("a", decomposition.PCA(2)), ("b", preprocessing.StandardScaler())])
    yield model_selection.TunedThresholdClassifierCV(logistic, cv=2)
    yield model_selection.FixedThresholdClassifier(logistic)


def _ours() -> Iterator[Any]:
    """The training core's estimators behind its own preparation, as `riskaudit train` makes them."""
    from riskaudit.training.linear import NumpyLinearRegression
    from riskaudit.training.logistic import NumpyLogisticRegression
    from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor
    from riskaudit.training.text import NumpyTextClassifier

    yield from (NumpyLinearRegression(), NumpyLogisticRegression(), NumpyTextClassifier(epochs=1))
    yield from (NumpyPerceptronClassifier((3,), epochs=1), NumpyPerceptronRegressor((3,), epochs=1))


def main() -> None:
    """Print the list, and to stderr what is left out."""
    good, left = pairs()
    listed: dict[str, list[str]] = {}
    for module, name in sorted(good):
        listed.setdefault(module, []).append(name)
    sys.stdout.write(json.dumps(listed, indent=1) + "\n")
    sys.stderr.write("\n".join(f"left out: {module}.{name}" for module, name in sorted(left)) + "\n")


if __name__ == "__main__":
    main()
