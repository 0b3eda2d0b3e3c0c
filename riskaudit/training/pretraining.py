r"""Pretraining: layers learnt before, elsewhere or without labels, and how a perceptron starts from them.

**Unsupervised, layer by layer** (`pretrain`). With h_0 = X, hidden layer l learns to keep what the layer
below says, as the first half of an autoencoder of its own, mean squared error its loss:

    h_l = f(h_{l-1} W_l + b_l);  x^ = h_l V + c;  min over W_l, b_l, V, c of 1/(2n) sum_i |x^_i - h_{l-1,i}|^2

V and c (d_{l-1} outputs) are thrown away; h_l is what layer l + 1 learns from. No label is looked at.

**Fine-tuning** (`fine_tune`). Layers are copied from below for as long as their shapes are those of the
source; the first that differs, and all above it, are drawn at random as ever (a layer means nothing over
another one than it was trained on). Most often that is the output layer alone. The first `frozen` layers
stay as they were, to the bit. `layer_origins_` of the fitted estimator tells what became of each layer.

The features must mean the same as they did to the source: the same columns, in the same order, scaled by
the same preparation.

Source: Bengio et al. (2007), Greedy layer-wise training of deep networks; Yosinski et al. (2014), How
transferable are features in deep neural networks?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskaudit.training.arrays import Array, generator
from riskaudit.training.descent import Rows, descend
from riskaudit.training.lesson import Lesson
from riskaudit.training.losses import squared_error
from riskaudit.training.network import Network, initialise
from riskaudit.training.optimizers import optimizer
from riskaudit.training.unusable import Unusable


@dataclass(frozen=True)
class Layers:
    """Weights W_l (d_{l-1}, d_l) and biases b_l (d_l,) to start from, named as a perceptron names them.

    Attributes
    ----------
    loss_curves_ : list of list of float
        Mean reconstruction loss by epoch, for each layer.
    activation : str
        f of the layers.
    """

    coefs_: list[Array]
    intercepts_: list[Array]
    loss_curves_: list[list[float]]
    activation: str


def pretrain(estimator: Any, X: Any, *, epochs: int | None = None) -> Layers:
    """The hidden layers of a perceptron, learnt from X (n, d) alone.

    Parameters
    ----------
    estimator : NumpyPerceptronClassifier or NumpyPerceptronRegressor
        Its settings (hidden, activation, init, optimizer, learning_rate, schedule, batch_size, l1, l2, dtype,
        random_state) are used; it is neither fitted nor changed.
    epochs : int
        For each layer; the estimator's own if left out.

    Raises
    ------
    ValueError
        If X has gaps or infinity, or there is no hidden layer.
    """
    from sklearn.utils import check_array

    _perceptron(estimator)
    widths = estimator._widths()
    if not widths:
        raise ValueError("there is no hidden layer to pre-train: hidden is empty")
    codes: Array = check_array(X, dtype=estimator.dtype)
    rng = np.random.default_rng(generator(estimator.random_state).integers(2**63))
    coefs, intercepts, curves = [], [], []
    for width in widths:
        network, curve = _autoencoder(estimator, codes, width, rng=rng, epochs=epochs or estimator.epochs)
        coefs.append(network.weights[0].copy())
        intercepts.append(network.biases[0].copy())
        curves.append(curve)
        codes = network.activation.forward(codes @ coefs[-1] + intercepts[-1], None)
    return Layers(coefs, intercepts, curves, estimator.activation)


def fine_tune(
    estimator: Any, X: Any, y: Any, *, source: Any, frozen: int = 0, sample_weight: Any = None
) -> Any:
    """Fit a perceptron to X and y from the layers of another; the estimator itself, fitted.

    Parameters
    ----------
    estimator : NumpyPerceptronClassifier or NumpyPerceptronRegressor
    source : fitted perceptron, or Layers
        Anything with `coefs_` and `intercepts_`, scikit-learn's MLPClassifier included. The source is only
        read. It need not have learnt the same task.
    frozen : int
        Layers from below that do not move; they must be among those copied.

    Raises
    ------
    ValueError
        If the source is not fitted, its activation is another, not even its first layer has the shape
        wanted, or more layers are to be frozen than were copied.
    """
    _perceptron(estimator)
    if isinstance(frozen, bool) or not isinstance(frozen, int | np.integer) or frozen < 0:
        raise ValueError(f"frozen must be a number of layers from 0; got {frozen!r}")
    lesson = Lesson(start=layers_into(source, frozen=int(frozen)), frozen=int(frozen))
    return estimator._learn(X, y, sample_weight, lesson)


def layers_into(source: Any, *, frozen: int = 0) -> Callable[[Network], list[str]]:
    """What copies the layers of a source into a network and tells, layer by layer, what it did."""
    if not (hasattr(source, "coefs_") and hasattr(source, "intercepts_")):
        raise ValueError(f"{type(source).__name__} has no layers to start from: fit it first")

    if len(source.coefs_) != len(source.intercepts_):
        raise ValueError(f"{type(source).__name__} is no perceptron: its layers cannot be copied")

    def start(network: Network) -> list[str]:
        _same_activation(source, network)
        told: list[str] = []
        pairs = zip(source.coefs_, source.intercepts_, strict=True)
        for at, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            given = next(pairs, None)
            shape = None if given is None else given[0].shape
            if given is None or shape != W.shape or len(told) > sum(map(_copied, told)):
                told.append(f"layer {at + 1} {W.shape}: new{_why(shape, W.shape)}")
                continue
            W[...], b[...] = given
            told.append(f"layer {at + 1} {W.shape}: copied{', frozen' if at < frozen else ''}")
        _refuse(told, network, source, frozen)
        return told

    return start


def _copied(told: str) -> bool:
    return ": copied" in told


def _why(shape: Any, wanted: Any) -> str:
    """Why a layer is new."""
    if shape is None:
        return " (the source has no such layer)"
    return f" (the source's is {shape})" if shape != wanted else " (the layer below is new)"


def _same_activation(source: Any, network: Network) -> None:
    """Layers learnt under one f are not copied to work under another."""
    from riskaudit.training.activations import ACTIVATIONS

    named = str(getattr(source, "activation", ""))
    named = {"logistic": "sigmoid"}.get(named, named)  # scikit-learn's word
    if named and ACTIVATIONS.get(named) is not network.activation and len(network.weights) > 1:
        own = next(name for name, f in ACTIVATIONS.items() if f is network.activation)
        raise ValueError(f"the source's activation is '{named}', not '{own}': set activation='{named}'")


def _refuse(told: list[str], network: Network, source: Any, frozen: int) -> None:
    """A start that would be none, or would hold random layers still."""
    copied = sum(map(_copied, told))
    if not copied:
        raise ValueError(
            f"no layer of the source fits: its first is {source.coefs_[0].shape}, "
            f"wanted {network.weights[0].shape} (features, first hidden layer)"
        )
    most = min(copied, len(network.weights) - 1)
    if frozen > most:
        why = (
            f"but only {copied} layer(s) could be copied"
            if frozen > copied
            else "then nothing is left to learn"
        )
        raise Unusable(f"frozen={frozen}, {why}", "--freeze", f"it takes a whole number from 0 to {most}")


def _autoencoder(
    estimator: Any, X: Array, width: int, *, rng: np.random.Generator, epochs: int
) -> tuple[Network, list[float]]:
    """A network (d, width, d) that has learnt to give back what it is given."""
    d = X.shape[1]
    size = d * width + width * d + width + d
    network = Network((d, width, d), estimator.activation, np.zeros(size, estimator.dtype))
    initialise(network, rng, estimator.init)
    plan = estimator._plan(squared_error, rows=len(X), epochs=epochs)
    walker = optimizer(estimator.optimizer, network.theta, momentum=estimator.momentum)
    return network, descend(network, Rows(X, X), plan, optimizer=walker, rng=rng).train


def _perceptron(estimator: Any) -> None:
    """Only perceptrons have layers to start from."""
    from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor

    if not isinstance(estimator, NumpyPerceptronClassifier | NumpyPerceptronRegressor):
        raise ValueError(
            f"{type(estimator).__name__} has no hidden layers to start from elsewhere; a perceptron has"
        )
    estimator._validate_params()
