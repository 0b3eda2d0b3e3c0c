"""Classifying: logits become probabilities and labels, the same way for every network here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin  # noqa: TID253 only imported to train

from riskaudit.training.activations import sigmoid, softmax
from riskaudit.training.arrays import Array
from riskaudit.training.losses import Loss, binary_cross_entropy, categorical_cross_entropy


class Classifying(ClassifierMixin):  # type: ignore[misc] # scikit-learn is untyped
    """Answers of a classifier with `classes_` and `_logits(X)`: (n, 1) for two classes, else (n, K)."""

    classes_: Array
    _logits: Callable[[Any], Array]

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


def cross_entropy(K: int) -> Loss:
    """The loss of K classes: of one sigmoid for two, of softmax for more."""
    return binary_cross_entropy if K == 2 else categorical_cross_entropy
