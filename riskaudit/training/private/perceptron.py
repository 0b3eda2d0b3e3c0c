r"""Private perceptrons: networks trained with differential privacy, as scikit-learn estimators.

Given epsilon and delta they find the noise that keeps the whole training within them, and tell in `epsilon_`
and `guarantee_` what was spent and what that covers. Without a hidden layer (`hidden=()`) they are private
logistic, softmax and linear regression.

They are no subclasses of the plain perceptrons: nothing that trains without noise (`partial_fit`, early
stopping, pre-training, weights of classes counted from the rows) is inherited by accident.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin  # noqa: TID253 only imported to train

from riskaudit.training.arrays import Array
from riskaudit.training.classifying import Classifying, cross_entropy
from riskaudit.training.intake import labelled, one_hot, spread, valued
from riskaudit.training.losses import squared_error
from riskaudit.training.private.multilayer import PrivateMultilayer


class PrivatePerceptronClassifier(Classifying, PrivateMultilayer):
    """A network that gives the probabilities of classes, trained with differential privacy (DP-SGD).

    Two tables that differ by one row give, up to a factor exp(epsilon) and a slack delta, equally probable
    parameters. This covers the parameters and all that is computed from them. It does *not* cover what was
    learnt from the rows outside of this class, unless that was private too or made from public data: scaling,
    filled gaps and one-hot vocabularies of a preparation, validation splits, settings chosen by looking at
    scores. Nor does it cover the number of rows, the set of labels (`classes_`), or scores on the same rows.

    Parameters
    ----------
    hidden : tuple of int
        Sizes of the hidden layers; () for private logistic and softmax regression.
    epsilon, delta : float
        The budget of one `fit`. Keep delta well below one over the number of rows.
    clip : float
        C, the length no row's gradient exceeds.
    epochs : int
        Expected passes over the rows; more of them need more noise.
    batch_size : int, "all" or None
        Expected rows in a step: each is drawn on its own with probability batch_size/n. "all", 0 or None: every
        row.
    noise_seed : int or None
        None draws rows and noise from the operating system's secret source. A number makes them repeatable, for
        tests and teaching: whoever knows it can take the noise off. `random_state` draws first weights only.
    activation, init, optimizer, learning_rate, momentum, schedule, decay, decay_every, l1, l2, dtype
        As in `NumpyPerceptronClassifier`.

    Attributes
    ----------
    epsilon_, delta_ : float, what was spent, at most `epsilon`
    noise_, sampling_rate_, steps_ : the mechanism: multiplier s, rate q, steps T
    guarantee_ : str, the statement for a training record
    classes_, parameters_, sizes_, coefs_, intercepts_ : as in `NumpyPerceptronClassifier`
    n_iter_ : int, the epochs. There is no `loss_curve_`: training losses are not private.

    Source: Abadi et al. (2016), Deep learning with differential privacy.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PrivatePerceptronClassifier:
        """Learn from X (n, d) and labels y (n,).

        Weights (n,) multiply a row's gradient before it is clipped and are used as they are, not brought to
        mean 1. The promise holds if each is a function of its own row; those of `reweigh` are not.
        """
        self._validate_params()
        X, codes, weights = labelled(self, X, y, sample_weight, dtype=self.dtype, class_weight=None)
        K = len(self.classes_)
        Y = one_hot(codes, K, self.dtype)
        self._train(X, Y, weights, loss=cross_entropy(K), outside=("the set of labels",))
        return self


class PrivatePerceptronRegressor(RegressorMixin, PrivateMultilayer):  # type: ignore[misc] # scikit-learn is untyped
    """A network that gives a number, trained with differential privacy; see `PrivatePerceptronClassifier`.

    Parameters
    ----------
    target_range : (low, high) or None
        Public bounds of the target: values beyond are cut, and learnt as numbers from -1 to 1. None takes mean and
        deviation from the rows, which the promise then does not cover (`guarantee_` says so).

    Attributes
    ----------
    target_mean_, target_scale_ : float
        From the network's output to the target's unit.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PrivateMultilayer._parameter_constraints,
        "target_range": ["array-like", None],
    }

    def __init__(
        self,
        hidden: tuple[int, ...] = (16,),
        *,
        target_range: tuple[float, float] | None = None,
        epsilon: float = 3.0,
        delta: float = 1e-5,
        clip: float = 1.0,
        epochs: int = 20,
        batch_size: int | str | None = 256,
        activation: str = "tanh",
        init: str = "glorot",
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        schedule: str = "constant",
        decay: float = 0.95,
        decay_every: int = 10,
        l1: float = 0.0,
        l2: float = 0.0,
        dtype: str = "float32",
        noise_seed: int | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden,
            epsilon=epsilon,
            delta=delta,
            clip=clip,
            epochs=epochs,
            batch_size=batch_size,
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
            dtype=dtype,
            noise_seed=noise_seed,
            random_state=random_state,
        )
        self.target_range = target_range

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PrivatePerceptronRegressor:
        """Learn from X (n, d) and numbers y (n,); weights as in `PrivatePerceptronClassifier`."""
        self._validate_params()
        X, y, weights = valued(self, X, y, sample_weight, dtype=self.dtype)
        outside = self._measure(y)
        Y = np.clip((y - self.target_mean_) / self.target_scale_, *((-1, 1) if not outside else (None, None)))
        self._train(X, Y[:, None].astype(self.dtype), weights, loss=squared_error, outside=outside)
        return self

    def predict(self, X: Any) -> Array:
        """Numbers (n,)."""
        return np.asarray(self._logits(X)[:, 0] * self.target_scale_ + self.target_mean_)

    def _measure(self, y: Array) -> tuple[str, ...]:
        """Set the target's middle and scale, and tell what that gives away."""
        if self.target_range is not None:
            low, high = (float(bound) for bound in self.target_range)
            if not -np.inf < low < high < np.inf:
                raise ValueError(f"target_range needs two numbers, low < high; got {self.target_range!r}")
            self.target_mean_, self.target_scale_ = (low + high) / 2, (high - low) / 2
            return ()
        with np.errstate(over="ignore", invalid="ignore"):  # told in words
            self.target_mean_ = float(y.mean())
            self.target_scale_ = spread(y - self.target_mean_)
        return ("the target's mean and deviation (public bounds, target_range, would take their place)",)
