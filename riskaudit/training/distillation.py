r"""Distillation: a small student learns from what a teacher says, not from the labels alone.

With the student's logits z, the teacher's probabilities p, the labels y (one-hot) and a temperature T, the
student minimises, as a mean over rows,

    l = alpha T^2 CE(q, softmax(z / T)) + (1 - alpha) CE(y, softmax(z)),    q_k = p_k^(1/T) / sum_j p_j^(1/T)
    dl/dz = alpha T (softmax(z / T) - q) + (1 - alpha) (softmax(z) - y)

CE(q, a) = -sum_k q_k log a_k. q is the teacher's own softmax at temperature T: p = softmax(u) gives
p^(1/T) ~ exp(u / T), so a black-box teacher that shows no logits will do. T^2 keeps the soft part's
gradient of one size as T grows. Two classes are one sigmoid: the same with sigmoid(z / T) and
q = sigmoid(logit(p) / T). A teacher that tells labels alone is taken to be sure of them; probabilities
are kept above 1e-7 before they are softened, so that a forest's 0 stays a small number.

A regressor's student learns the mixed target alpha * (the teacher's value) + (1 - alpha) * y; with squared
error that is the mixed loss, up to a constant.

Source: Hinton, Vinyals, Dean (2015), Distilling the knowledge in a neural network.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from riskaudit.training.activations import sigmoid, softmax
from riskaudit.training.arrays import Array
from riskaudit.training.classifying import cross_entropy
from riskaudit.training.lesson import Lesson
from riskaudit.training.losses import Loss

SMALLEST = 1e-7


def distil(
    teacher_scores: Any,
    X: Any,
    y: Any,
    student: Any,
    *,
    temperature: float = 2.0,
    alpha: float = 0.5,
    sample_weight: Any = None,
) -> Any:
    """Fit a student to what a teacher says of the rows; the student itself, fitted.

    Parameters
    ----------
    teacher_scores : array
        Of a classifier: probabilities (n, K) in the order of the sorted labels of y, or labels (n,).
        Of a regressor: values (n,). `teacher_scores(teacher, X, classes)` asks a teacher.
    X, y : arrays (n, d) and (n,)
        As `student.fit` takes them.
    student : estimator
        A NumPy perceptron, logistic regression or text classifier; for a numeric target any regressor.
        Only its own class and settings remain when it is done: it is an ordinary fitted estimator, whose
        `loss_curve_` tells the mixed loss. `fit` would teach it by labels alone again.
    temperature : float
        T > 0; the higher, the more the teacher's small probabilities count. Not used in regression.
    alpha : float
        Weight of the teacher beside the labels, 0 to 1.

    Raises
    ------
    ValueError
        If the scores are no finite probabilities of these rows and classes, a setting is out of range, or
        the student cannot be taught so.
    """
    from sklearn.base import is_regressor

    _refuse_settings(temperature, alpha)
    if is_regressor(student):
        return _mixed(teacher_scores, X, y, student, alpha=alpha, sample_weight=sample_weight)
    if isinstance(getattr(student, "class_weight", None), dict) and 0 in student.class_weight.values():
        raise ValueError("a class of weight 0 cannot be distilled: leave its rows out instead")
    X, y, scores, weights = _counting(X, y, teacher_scores, sample_weight)
    soft = soft_targets(scores, np.unique(y), temperature)
    loss = distillation_loss(soft.shape[1], temperature=temperature, alpha=alpha)
    if hasattr(student, "_learn"):
        return student._learn(X, y, weights, Lesson(loss=loss, soft=soft))
    from riskaudit.training.logistic import NumpyLogisticRegression
    from riskaudit.training.taught import taught_logistic

    if isinstance(student, NumpyLogisticRegression):
        return taught_logistic(student, X, y, weights, Q=soft, temperature=temperature, alpha=alpha)
    raise ValueError(
        f"{type(student).__name__} cannot learn from probabilities; take a perceptron, logistic or text student"
    )


def teacher_scores(teacher: Any, X: Any, classes: Any) -> Array:
    """What a teacher says of X, as `distil` takes it: probabilities (n, K) in the order of `classes`.

    Only `predict_proba` is asked; where there is none, `predict`, and its labels (or values) are given.
    """
    if not hasattr(teacher, "predict_proba"):
        return np.asarray(teacher.predict(X))
    own, wanted = list(teacher.classes_), list(classes)
    if set(own) != set(wanted):
        raise ValueError(f"the teacher knows the classes {own}, the target has {wanted}")
    return np.asarray(teacher.predict_proba(X))[:, [own.index(label) for label in wanted]]


def distillation_loss(K: int, *, temperature: float, alpha: float) -> Loss:
    """The loss of targets (n, 2K), the labels' K columns and then the teacher's K; K = 1 for a sigmoid."""
    plain, T = cross_entropy(2 if K == 1 else K), temperature

    def loss(z: Array, y: Array, weights: Array | None, out: Array) -> float:
        towards_labels, warm = np.empty_like(z), z / np.asarray(T, z.dtype)
        hard = plain(z, y[:, :K], weights, towards_labels)
        soft = plain(warm, y[:, K:], weights, warm)  # leaves d/d(z/T) there: d/dz of T^2 CE is T times that
        np.multiply(warm, alpha * T, out=out)
        towards_labels *= 1 - alpha
        out += towards_labels
        return alpha * T**2 * soft + (1 - alpha) * hard

    return loss


def soft_targets(scores: Array, classes: Array, temperature: float) -> Array:
    """The teacher's probabilities at temperature T: (n, K), or (n, 1) for two classes.

    Parameters
    ----------
    scores : array (n, K) of probabilities in the order of `classes`, or (n,) of labels
    """
    logs = np.log(np.clip(_probabilities(scores, classes), SMALLEST, None)) / temperature
    if len(classes) == 2:
        return np.asarray(sigmoid(logs[:, 1:] - logs[:, :1]))
    return softmax(logs)


def _probabilities(scores: Array, classes: Array) -> Array:
    """Probabilities (n, K), checked; labels become ones and zeros."""
    if scores.ndim == 1:
        strange = sorted(set(scores.tolist()) - set(classes.tolist()))
        if strange:
            raise ValueError(f"the teacher says {strange[:3]}, which the target never does")
        return np.asarray(scores[:, None] == classes[None], np.float64)
    P = np.asarray(scores, np.float64)
    if P.shape[1] != len(classes):
        raise ValueError(f"the teacher has {P.shape[1]} classes, the target {len(classes)}: {classes[:9]}")
    if not (np.isfinite(P).all() and (P >= 0).all() and np.allclose(P.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("the teacher's scores are no probabilities: each row must be finite and sum to 1")
    return P


def _counting(X: Any, y: Any, scores: Any, sample_weight: Any) -> tuple[Any, Array, Array, Any]:
    """The rows that weigh something, of all four; estimators drop the others, and so must the scores."""
    from sklearn.utils import _safe_indexing, check_consistent_length, column_or_1d

    y, scores = column_or_1d(y), np.asarray(scores)
    check_consistent_length(X, y, scores)
    if sample_weight is None:
        return X, y, scores, None
    weights = np.asarray(sample_weight, np.float64)
    check_consistent_length(y, weights)
    kept = np.flatnonzero(weights)
    return _safe_indexing(X, kept), y[kept], scores[kept], weights[kept]


def _refuse_settings(temperature: float, alpha: float) -> None:
    """Both must be usable numbers."""
    if not isinstance(temperature, Real) or not 0 < temperature < np.inf:
        raise ValueError(f"temperature must be a number above 0; got {temperature!r}")
    if not isinstance(alpha, Real) or not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be a number from 0 to 1; got {alpha!r}")


def _mixed(scores: Any, X: Any, y: Any, student: Any, *, alpha: float, sample_weight: Any) -> Any:
    """A regressor, fitted to teacher and truth mixed."""
    from sklearn.utils import check_consistent_length, column_or_1d

    said, truth = column_or_1d(scores, dtype=np.float64), column_or_1d(y, dtype=np.float64)
    check_consistent_length(said, truth)
    if not np.isfinite(said).all():
        raise ValueError("the teacher's values hold NaN or infinity")
    target = alpha * said + (1 - alpha) * truth
    weighing = {} if sample_weight is None else {"sample_weight": sample_weight}
    return student.fit(X, target, **weighing)
