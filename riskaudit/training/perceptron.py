r"""Perceptrons: multilayer networks as scikit-learn estimators, trained by mini-batch descent.

The mathematics is elsewhere, a page each: layers, forward and backward in `network.py`; the objective,
batches and early stopping in `descent.py`; losses, activations, optimizers and schedules under their
names. Here is the estimator: targets in, probabilities or numbers out.

Classes are coded 0/1 on one sigmoid output, or one-hot on K softmax outputs; both are trained from
logits. A numeric target is standardised first (weighted mean and deviation) and given back in its own
unit, so that the learning rate does not depend on euros or cents.

Training runs in `dtype` (float32 by default), answers are computed in double precision.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin  # noqa: TID253 only imported to train
from sklearn.utils._param_validation import StrOptions  # noqa: TID253 as above

from riskaudit.training.arrays import Array
from riskaudit.training.classifying import Classifying, cross_entropy
from riskaudit.training.continuing import first_call
from riskaudit.training.intake import labelled, labelled_more, one_hot, spread, valued
from riskaudit.training.lesson import Lesson
from riskaudit.training.losses import squared_error
from riskaudit.training.multilayer import Multilayer


class NumpyPerceptronClassifier(Classifying, Multilayer):
    """A multilayer perceptron that gives the probabilities of classes.

    Parameters
    ----------
    hidden : tuple of int
        Sizes of the hidden layers; () for none (then it is softmax regression).
    activation : "relu", "tanh", "sigmoid" or "identity"
    init : "glorot", "he" or "glorot-biases"
        How the weights are drawn at first, see `network.initialise`.
    optimizer : "adam" or "sgd"
    learning_rate : float
        The first epoch's; `schedule` ("constant", "exponential", "step", "cosine") says how it falls,
        with `decay` and, for "step", `decay_every` epochs.
    momentum : float
        For "sgd".
    l1, l2 : float
        Penalties on the weights (not the biases), added to the *mean* loss.
    dropout : float
        Share of each hidden layer's neurons left out in each step, 0 to below 1; see `dropout.py`.
    batch_size : int, "all" or None
        "all", 0 or None: all rows at once, unshuffled (gradient descent). 1: stochastic gradient descent.
        Between: mini-batches.
    epochs, tol, patience
        At most `epochs`; fewer once the watched loss has not fallen by `tol` for `patience` epochs.
    early_stopping : bool
        Watch the loss on a seeded, stratified `validation_fraction` of rows and keep the best epoch.
    dtype : "float32" or "float64"
        Of training.
    pretrain_epochs : int
        Epochs that each hidden layer first learns as an autoencoder, from X alone; see `pretraining.py`.
    class_weight : None, "balanced" or dict
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : array of shape (K,), the labels as they came
    parameters_ : array, all weights and biases in one vector; `coefs_`, `intercepts_`: by layer
    sizes_ : tuple of int, (d_0, ..., d_L)
    loss_curve_, validation_curve_ : lists of float, mean loss by epoch, without penalties
    n_iter_, best_epoch_ : int, epochs run, and the one with the lowest watched loss
    layer_origins_ : list of str, where each layer's first parameters came from, if not from chance
    optimizer_state_ : dict, the running vectors that `partial_fit` goes on with
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Multilayer._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        hidden: tuple[int, ...] = (32,),
        *,
        activation: str = "relu",
        init: str = "glorot",
        optimizer: str = "adam",
        learning_rate: float = 0.003,
        momentum: float = 0.9,
        schedule: str = "constant",
        decay: float = 0.95,
        decay_every: int = 10,
        l1: float = 0.0,
        l2: float = 1e-4,
        dropout: float = 0.0,
        batch_size: int | str | None = 64,
        epochs: int = 100,
        tol: float = 1e-4,
        patience: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        dtype: str = "float32",
        pretrain_epochs: int = 0,
        class_weight: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden,
            activation=activation,
            init=init,
            optimizer=optimizer,
            learning_rate=learning_rate,
            momentum=momentum,
            schedule=schedule,
            decay=decay,
            decay_every=decay_every,
            l1=l1,
            l2=l2,
            dropout=dropout,
            batch_size=batch_size,
            epochs=epochs,
            tol=tol,
            patience=patience,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            dtype=dtype,
            pretrain_epochs=pretrain_epochs,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyPerceptronClassifier:
        """Learn from X (n, d) and labels y (n,), with weights (n,) where given."""
        return self._learn(X, y, sample_weight, Lesson())

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> NumpyPerceptronClassifier:
        """One epoch more, on these rows; the first call must name all `classes`, as in scikit-learn.

        Weights of rows and classes are used as they are, not brought to mean 1: a part knows no other part.
        """
        self._validate_params()
        first = first_call(self, classes) or not hasattr(self, "parameters_")
        X, codes, weights = labelled_more(self, X, y, sample_weight, first=first)
        Y = one_hot(codes, len(self.classes_), self.dtype)
        self._continue(X, Y, weights, loss=cross_entropy(len(self.classes_)), first=first)
        return self

    def _learn(self, X: Any, y: Any, sample_weight: Any, lesson: Lesson) -> NumpyPerceptronClassifier:
        self._validate_params()
        X, codes, weights = labelled(
            self, X, y, sample_weight, dtype=self.dtype, class_weight=self.class_weight
        )
        Y = one_hot(codes, len(self.classes_), self.dtype)
        self._train(X, Y, weights, loss=cross_entropy(len(self.classes_)), codes=codes, lesson=lesson)
        return self


class NumpyPerceptronRegressor(RegressorMixin, Multilayer):  # type: ignore[misc] # scikit-learn is untyped
    """A multilayer perceptron that gives a number.

    Parameters and attributes are those of `NumpyPerceptronClassifier`, without classes; besides,
    `target_mean_` and `target_scale_` (float) turn the network's output into the target's unit.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyPerceptronRegressor:
        """Learn from X (n, d) and numbers y (n,), with weights (n,) where given."""
        return self._learn(X, y, sample_weight, Lesson())

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyPerceptronRegressor:
        """One epoch more, on these rows; the first call's rows set `target_mean_` and `target_scale_`.

        Weights are used as they are, not brought to mean 1: a part knows no other part.
        """
        self._validate_params()
        first = not hasattr(self, "parameters_")
        X, y, weights = valued(self, X, y, sample_weight, dtype=self.dtype, reset=first)
        Y = self._standard(y, weights, first=first)
        self._continue(X, Y, weights, loss=squared_error, first=first)
        return self

    def _learn(self, X: Any, y: Any, sample_weight: Any, lesson: Lesson) -> NumpyPerceptronRegressor:
        self._validate_params()
        X, y, weights = valued(self, X, y, sample_weight, dtype=self.dtype)
        Y = self._standard(y, weights, first=True)
        self._train(X, Y, weights, loss=squared_error, codes=None, lesson=lesson)
        return self

    def _standard(self, y: Array, weights: Array, *, first: bool) -> Array:
        """Targets (n, 1) of mean 0 and deviation 1, by the first rows."""
        if first:
            with np.errstate(over="ignore", invalid="ignore"):  # told in words
                self.target_mean_ = float(np.average(y, weights=weights))
                self.target_scale_ = spread(y - self.target_mean_, weights)
        return np.asarray((y - self.target_mean_) / self.target_scale_, self.dtype)[:, None]

    def predict(self, X: Any) -> Array:
        """Numbers (n,)."""
        return np.asarray(self._logits(X)[:, 0] * self.target_scale_ + self.target_mean_)
