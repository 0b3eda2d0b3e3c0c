"""Core models: each estimator of the NumPy core told as layers, and made again from them.

To add one: a `CoreModel` in `CORES`, under the name of its class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from riskaudit.errors import InputError, UsageError
from riskaudit.subjects.core_archive import Arrays
from riskaudit.subjects.core_header import Classes, Fitted, Model, Vectors

_SKOPS = "save it as .skops, which takes every model"


@dataclass(frozen=True, kw_only=True)
class CoreModel:
    """How one class becomes layers W (d, k), b (k,), and how its fitted attributes come back from them;
    `factory` makes the unfitted estimator from `learner`, task, seed and settings, which it checks."""

    learner: str
    factory: str = "riskaudit.training.learners:build"
    layers: Callable[[Any], tuple[list[Any], list[Any]]]
    restore: Callable[[Any, Model, list[Any], list[Any]], None]


def told_model(estimator: Any) -> tuple[Model, Arrays]:
    """The model part of a header, and its arrays.

    Raises
    ------
    InputError
        If the format has no words for it.
    """
    name = type(estimator).__name__
    if name not in CORES:
        raise InputError(f"a {name} is no model of the NumPy core: .npz cannot hold it", _SKOPS, where="-o")
    core = CORES[name]
    weights, biases = core.layers(estimator)
    arrays = {f"weights.{at}": W for at, W in enumerate(weights)}
    arrays |= {f"biases.{at}": b for at, b in enumerate(biases)}
    classes = _classes(estimator.classes_) if hasattr(estimator, "classes_") else None
    settings = estimator.get_params(deep=False)
    seed = settings.pop("random_state", None)
    if not (seed is None or isinstance(seed, int | np.integer)) or isinstance(
        settings.get("class_weight"), dict
    ):
        raise InputError("settings that are Python objects cannot be written to .npz", _SKOPS, where="-o")
    model = Model(
        learner=core.learner,
        task="classification" if classes else "regression",
        layers=len(weights),
        activation=settings.get("activation", "identity"),
        output="identity" if classes is None else "sigmoid" if len(classes.labels) == 2 else "softmax",
        target_mean=getattr(estimator, "target_mean_", 0.0),
        target_scale=getattr(estimator, "target_scale_", 1.0),
        classes=classes,
        vectors=_vectors(estimator, arrays),
        settings={key: _word(value) for key, value in settings.items()},
        seed=None if seed is None else int(seed),
        fitted=_fitted(estimator),
    )
    return model, arrays


def made_model(model: Model, arrays: Arrays, *, width: int) -> Any:
    """The fitted estimator.

    Raises
    ------
    ValueError
        If the arrays do not fit the header, or hold what is no number.
    """
    core = next((core for core in CORES.values() if core.learner == model.learner), None)
    if core is None or (core.learner == "text") != (model.vectors is not None):
        raise ValueError(f"learner '{model.learner}' is none of the NumPy core")
    weights, biases = _layers(model, arrays, width=width)
    module, _, name = core.factory.partition(":")
    try:
        estimator = getattr(import_module(module), name)(
            model.learner, task=model.task, seed=model.seed, settings=model.settings
        )
    except UsageError as error:
        raise ValueError(error.problem) from error
    core.restore(estimator, model, weights, biases)
    estimator.n_features_in_ = width
    if model.vectors:
        _restore_vectors(estimator, model.vectors, arrays["embedding"])
    if model.classes:
        estimator.classes_ = _labels(model.classes)
    for name, value in model.fitted:
        if value is not None:
            setattr(estimator, f"{name}_", list(value) if isinstance(value, tuple) else value)
    return estimator


def _layers(model: Model, arrays: Arrays, *, width: int) -> tuple[list[Any], list[Any]]:
    """Weights and biases in order, their shapes in agreement from the first layer to the last."""
    names = {part: [f"{part}.{at}" for at in range(model.layers)] for part in ("weights", "biases")}
    words = {"embedding"} if model.vectors else set()
    if {*names["weights"], *names["biases"], *words} != set(arrays):
        raise ValueError(f"{model.layers} layers, but these arrays: {', '.join(sorted(arrays)[:6])}")
    weights, biases = ([arrays[name] for name in listed] for listed in names.values())
    before = width
    for at, (W, b) in enumerate(zip(weights, biases, strict=True)):
        if W.ndim != 2 or W.shape[0] != before or b.shape != W.shape[1:] or W.dtype != weights[0].dtype:
            raise ValueError(f"layer {at} of shape {W.shape} and {b.shape} does not follow {before} inputs")
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError(f"layer {at} holds NaN or infinity")
        before = W.shape[1]
    if before != model.outputs or any(b.dtype != weights[0].dtype for b in biases):
        raise ValueError(f"the last layer gives {before} numbers, the header speaks of {model.outputs}")
    return weights, biases


def _restore_perceptron(estimator: Any, model: Model, weights: list[Any], biases: list[Any]) -> None:
    sizes = (weights[0].shape[0], *(W.shape[1] for W in weights))
    if tuple(estimator.hidden) != sizes[1:-1] or estimator.activation != model.activation:
        raise ValueError("the settings of hidden layers or activation are not those of the layers")
    estimator.sizes_ = tuple(int(size) for size in sizes)
    estimator.parameters_ = np.concatenate([*(W.ravel() for W in weights), *biases])
    if model.task == "regression":
        estimator.target_mean_, estimator.target_scale_ = model.target_mean, model.target_scale


def _restore_logistic(estimator: Any, model: Model, weights: list[Any], biases: list[Any]) -> None:
    _only_one(weights)
    estimator.coef_, estimator.intercept_ = np.ascontiguousarray(weights[0].T), biases[0].copy()


def _restore_linear(estimator: Any, model: Model, weights: list[Any], biases: list[Any]) -> None:
    _only_one(weights)
    estimator.coef_, estimator.intercept_ = weights[0][:, 0].copy(), float(biases[0][0])


def _vectors(estimator: Any, arrays: Arrays) -> Vectors | None:
    """The vocabulary of a text classifier; its embedding joins the arrays."""
    if not hasattr(estimator, "words_"):
        return None
    arrays["embedding"] = estimator.embedding_
    words, length = tuple(estimator.words_.tolist()), estimator.embedding_.shape[1]
    return Vectors(words=words, max_tokens=estimator.max_tokens, length=length)


def _restore_vectors(estimator: Any, vectors: Vectors, embedding: Any) -> None:
    """The vocabulary and the embedding, which is the last of the parameters."""
    if embedding.shape != (len(vectors.words) + 1, vectors.length) or not np.isfinite(embedding).all():
        raise ValueError(f"an embedding {embedding.shape} of {len(vectors.words)} words, or NaN in it")
    if (estimator.max_tokens, estimator.embedding) != (vectors.max_tokens, vectors.length):
        raise ValueError("the settings of texts are not those of the vectors")
    if embedding.dtype != estimator.parameters_.dtype:
        raise ValueError("the embedding is of another type than the layers")
    estimator.words_, estimator.n_features_in_ = np.array(vectors.words), 1
    estimator.parameters_ = np.concatenate([estimator.parameters_, embedding.ravel()])


def _only_one(weights: list[Any]) -> None:
    if len(weights) != 1 or weights[0].dtype != np.float64:
        raise ValueError("a linear model has one layer, of float64")


_PERCEPTRON = CoreModel(
    learner="perceptron", layers=lambda e: (e.coefs_, e.intercepts_), restore=_restore_perceptron
)
_PRIVATE = replace(
    _PERCEPTRON, learner="private-perceptron", factory="riskaudit.training.recipes.private:build"
)
CORES: dict[str, CoreModel] = {
    "NumpyLogisticRegression": CoreModel(
        learner="logistic", layers=lambda e: ([e.coef_.T], [e.intercept_]), restore=_restore_logistic
    ),
    "NumpyLinearRegression": CoreModel(
        learner="linear",
        layers=lambda e: ([e.coef_[:, None]], [np.array([e.intercept_])]),
        restore=_restore_linear,
    ),
    "NumpyPerceptronClassifier": _PERCEPTRON,
    "NumpyPerceptronRegressor": _PERCEPTRON,
    "NumpyTextClassifier": replace(
        _PERCEPTRON, learner="text", layers=lambda e: (e.coefs_[1:], e.intercepts_)
    ),
    "PrivatePerceptronClassifier": _PRIVATE,
    "PrivatePerceptronRegressor": _PRIVATE,
}


def _classes(labels: Any) -> Classes:
    kind = "str" if labels.dtype.kind == "U" else str(labels.dtype)
    return Classes(labels=tuple(labels.tolist()), dtype=kind)


def _labels(classes: Classes) -> Any:
    words = all(isinstance(label, str) for label in classes.labels)
    if words != (classes.dtype in ("str", "object")) or len(set(classes.labels)) != len(classes.labels):
        raise ValueError("the class labels are not of the type it says, or one is there twice")
    return np.array(classes.labels, dtype=classes.dtype)


def _word(value: Any) -> str:
    """A setting as it is typed in a terminal."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "none"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _fitted(estimator: Any) -> Fitted:
    """What of `Fitted` the estimator has."""
    found: dict[str, Any] = {name: getattr(estimator, f"{name}_", None) for name in Fitted.model_fields}
    return Fitted(**{k: tuple(map(float, v)) if isinstance(v, list) else v for k, v in found.items()})
