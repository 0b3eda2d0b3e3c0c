"""Distilled: a model that learns labels from models that never saw the row, not the row's own."""

from __future__ import annotations

from typing import Any

import numpy as np

FOLDS = 5


class OutOfFold:
    """Fits the recipe to labels predicted out of fold.

    Each row is labelled by one of five fits of the recipe that did not have it; the model that answers is
    fitted to those labels, so it never meets a row's own outcome, and its answers about members come from
    what others taught. A plain student of a teacher that saw the rows passes on what the teacher remembers.

    References
    ----------
    Tang, X. et al. (2022). Mitigating membership inference attacks by self-distillation through a novel
    ensemble architecture. USENIX Security.
    """

    _estimator_type = "classifier"

    def __init__(self, recipe: Any, random_state: int | None = None) -> None:
        self.recipe = recipe
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The recipe and the seed, as scikit-learn's clone asks for them."""
        return {"recipe": self.recipe, "random_state": self.random_state}

    def set_params(self, **params: Any) -> OutOfFold:
        """Set the recipe or the seed."""
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def fit(self, X: Any, y: Any) -> OutOfFold:
        """Label out of fold, then fit to the labels."""
        from sklearn.base import clone
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        seed = self.random_state or 0
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        model = clone(self.recipe)
        seeds = {key: seed for key in model.get_params() if key.split("__")[-1] == "random_state"}
        model.set_params(**seeds)
        labels = cross_val_predict(model, X, y, cv=folds)
        first = {label: int(np.argmax(np.asarray(y) == label)) for label in np.unique(y)}
        for label, at in first.items():
            if not (labels == label).any():
                labels[at] = label  # so that no class is lost
        self.model_ = model.fit(X, labels)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X: Any) -> Any:
        """What the student decides."""
        return self.model_.predict(X)

    def predict_proba(self, X: Any) -> Any:
        """What the student says."""
        return self.model_.predict_proba(X)
