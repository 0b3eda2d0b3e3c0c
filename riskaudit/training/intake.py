"""Intake: what every estimator asks of its table, its target and its weights before it learns."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.unusable import Unusable


def features(estimator: Any, X: Any, dtype: Any = np.float64) -> Array:
    """X as a checked array, with the columns the fitted estimator knows."""
    from sklearn.utils.validation import check_is_fitted, validate_data

    check_is_fitted(estimator)
    return np.asarray(validate_data(estimator, X, dtype=dtype, reset=False))


def labelled(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, dtype: Any, class_weight: Any
) -> tuple[Array, Array, Array]:
    """X (n, d), classes as codes (n,) and weights (n,); sets `classes_`. Rows of no weight are left out.

    Raises
    ------
    ValueError
        NaN, infinity, wrong shapes, a continuous target, fewer than two classes, unusable weights.
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import validate_data

    X, y = validate_data(estimator, X, y, dtype=dtype)
    check_classification_targets(y)
    weights = _weights(sample_weight, X)
    X, y, weights = _weighing(X, y, weights)
    estimator.classes_, codes = np.unique(y, return_inverse=True)
    if len(estimator.classes_) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs at least two classes in the target; "
            f"found one class: {estimator.classes_[0]!r}"
        )
    weights = weights * _class_weights(class_weight, estimator.classes_, codes, weights=weights)[codes]
    return _weighing(X, codes, weights)


def labelled_more(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, first: bool
) -> tuple[Array, Array, Array]:
    """The same for `partial_fit`: codes among the `classes_` that the first call named."""
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import validate_data

    from riskaudit.training.continuing import codes_of

    X, y = validate_data(estimator, X, y, dtype=estimator.dtype, reset=first)
    check_classification_targets(y)
    X, y, weights = _weighing(X, y, _weights(sample_weight, X))
    codes = codes_of(estimator.classes_, y)
    by_class = _class_weights(estimator.class_weight, estimator.classes_, codes, weights=weights)
    return _weighing(X, codes, weights * by_class[codes])


def valued(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, dtype: Any, reset: bool = True
) -> tuple[Array, Array, Array]:
    """X (n, d), a numeric target (n,) of float64 and weights (n,). Rows of no weight are left out."""
    from sklearn.utils.validation import validate_data

    X, y = validate_data(estimator, X, y, dtype=dtype, y_numeric=True, reset=reset)
    return _weighing(X, np.asarray(y, np.float64), _weights(sample_weight, X))


def one_hot(codes: Array, K: int, dtype: Any) -> Array:
    """Targets (n, K): a 1 in the class's column; for two classes (n, 1): 1 for the second."""
    if K == 2:
        return np.asarray(codes[:, None], dtype)
    return np.asarray(np.eye(K, dtype=dtype)[codes])


def relative(weights: Array, dtype: Any) -> Array | None:
    """Weights of mean 1; None where all are equal."""
    if np.ptp(weights) == 0:
        return None
    return np.asarray(weights / weights.mean(), dtype)


def spread(deviations: Array, weights: Array | None = None) -> float:
    """The (weighted) root mean square of deviations (n,) from their mean; 1 where all of them are 0.

    Where squares leave double precision, the deviations are brought to at most 1 first.

    Raises
    ------
    ValueError
        If the deviations themselves are no finite numbers.
    """
    largest = float(np.abs(deviations).max())
    if not np.isfinite(largest):
        raise ValueError("the target's numbers are too large for their mean: give it in a larger unit")
    unit = 1.0 if 1e-150 < largest < 1e150 else largest or 1.0
    return unit * float(np.sqrt(np.average((deviations / unit) ** 2, weights=weights))) or 1.0


def _weights(sample_weight: Any, X: Array) -> Array:
    """Checked weights; ones where none are given."""
    from sklearn.utils.validation import _check_sample_weight

    weights: Array = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number: all rows weigh nothing")
    return weights


def _weighing(X: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """The rows that weigh something."""
    if weights.all():
        return X, y, weights
    counts = weights > 0
    return X[counts], y[counts], weights[counts]


def _class_weights(class_weight: Any, classes: Array, codes: Array, *, weights: Array) -> Array:
    """One weight for each class: "balanced" gives every class the same total; a dict names labels."""
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):
        totals = np.bincount(codes, weights, minlength=len(classes))
        return np.asarray(totals.sum() / (len(classes) * totals))
    unknown = [label for label in class_weight if label not in classes]
    if unknown:
        raise ValueError(f"class_weight names classes that the target lacks: {unknown}")
    return np.array([float(class_weight.get(label, 1.0)) for label in classes.tolist()])


def held_out(n: int, fraction: float, rng: np.random.Generator, *, codes: Array | None) -> Array:
    """Which of n rows to hold out (n,) of bool: that fraction, of each class where `codes` are given.

    Raises
    ------
    Unusable
        If there are too few rows to hold one out and keep one of each class.
    """
    strata = np.zeros(n, int) if codes is None else codes
    held = np.zeros(n, bool)
    for code in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == code))
        held[members[: min(round(fraction * len(members)), len(members) - 1)]] = True
    if not held.any():
        raise Unusable(
            f"early stopping cannot hold out {fraction:g} of {n} rows: too few; turn it off or give more rows",
            "--early-stopping",
            "leave it out, or raise --param validation_fraction",
        )
    return held
