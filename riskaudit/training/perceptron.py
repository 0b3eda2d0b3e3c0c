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
from sklearn.base import ClassifierMixin, RegressorMixin  # noqa: TID253 only imported to train
from sklearn.utils._param_validation import StrOptions  # noqa: TID253 as above

from riskaudit.training.activations import sigmoid, softmax
from riskaudit.training.arrays import Array
from riskaudit.training.intake import labelled, one_hot, valued
from riskaudit.training.losses import binary_cross_entropy, categorical_cross_entropy, squared_error
from riskaudit.training.multilayer import Multilayer


class NumpyPerceptronClassifier(ClassifierMixin, Multilayer):  # type: ignore[misc] # scikit-learn is untyped
    """A multilayer perceptron that gives the probabilities of classes.

    Parameters
    ----------
    hidden : tuple of int
        Sizes of the hidden layers; () for none (then it is softmax regression).
    activation : "relu", "tanh", "sigmoid" or "identity"
    init : "glorot" or "he"
        How the weights are drawn at first, see `network.initialise`.
    optimizer : "adam" or "sgd"
    learning_rate : float
        The first epoch's; `schedule` ("constant", "exponential", "step", "cosine") says how it falls,
        with `decay` and, for "step", `decay_every` epochs.
    momentum : float
        For "sgd".
    l1, l2 : float
        Penalties on the weights (not the biases), added to the *mean* loss.
    batch_size : int or None
        None: all rows at once. 1: stochastic gradient descent.
    epochs, tol, patience
        At most `epochs`; fewer once the watched loss has not fallen by `tol` for `patience` epochs.
    early_stopping : bool
        Watch the loss on a seeded, stratified `validation_fraction` of rows and keep the best epoch.
    dtype : "float32" or "float64"
        Of training.
    class_weight : None, "balanced" or dict
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : array of shape (K,), the labels as they came
    parameters_ : array, all weights and biases in one vector; `coefs_`, `intercepts_`: by layer
    sizes_ : tuple of int, (d_0, ..., d_L)
    loss_curve_, validation_curve_ : lists of float, mean loss by epoch, without penalties
    n_iter_, best_epoch_ : int, epochs run, and the one with the lowest watched loss
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
        batch_size: int | None = 64,
        epochs: int = 100,
        tol: float = 1e-4,
        patience: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        dtype: str = "float32",
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
            batch_size=batch_size,
            epochs=epochs,
            tol=tol,
            patience=patience,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            dtype=dtype,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyPerceptronClassifier:
        """Learn from X (n, d) and labels y (n,), with weights (n,) where given."""
        self._validate_params()
        X, codes, weights = labelled(
            self, X, y, sample_weight, dtype=self.dtype, class_weight=self.class_weight
        )
        Y = one_hot(codes, len(self.classes_), self.dtype)
        loss = binary_cross_entropy if Y.shape[1] == 1 else categorical_cross_entropy
        self._train(X, Y, weights, loss=loss, codes=codes)
        return self

    def decision_function(self, X: Any) -> Array:
        """Logits: (n,) for two classes, (n, K) for more."""
        z = self._logits(X)
        return z.ravel() if len(self.classes_) == 2 else z

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, K) in the order of `classes_`."""
        z = self._logits(X)
        return softmax(z) if len(self.classes_) > 2 else np.hstack([sigmoid(-z), sigmoid(z)])

    def predict(self, X: Any) -> Array:
        """The most probable label of each row."""
        z = self._logits(X)
        return np.asarray(
            self.classes_[z.argmax(axis=1) if len(self.classes_) > 2 else (z[:, 0] > 0).astype(int)]
        )


class NumpyPerceptronRegressor(RegressorMixin, Multilayer):  # type: ignore[misc] # scikit-learn is untyped
    """A multilayer perceptron that gives a number.

    Parameters and attributes are those of `NumpyPerceptronClassifier`, without classes; besides,
    `target_mean_` and `target_scale_` (float) turn the network's output into the target's unit.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NumpyPerceptronRegressor:
        """Learn from X (n, d) and numbers y (n,), with weights (n,) where given."""
        self._validate_params()
        X, y, weights = valued(self, X, y, sample_weight, dtype=self.dtype)
        self.target_mean_ = float(np.average(y, weights=weights))
        spread = float(np.sqrt(np.average((y - self.target_mean_) ** 2, weights=weights)))
        self.target_scale_ = spread or 1.0
        Y = ((y - self.target_mean_) / self.target_scale_)[:, None].astype(self.dtype)
        self._train(X, Y, weights, loss=squared_error, codes=None)
        return self

    def predict(self, X: Any) -> Array:
        """Numbers (n,)."""
        return np.asarray(self._logits(X)[:, 0] * self.target_scale_ + self.target_mean_)
