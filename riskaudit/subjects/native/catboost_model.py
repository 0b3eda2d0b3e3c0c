"""CatBoost model: a .cbm as an estimator, made and asked inside the sandbox."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from riskaudit.subjects.pickled.restricted import Refused


def made(raw: bytes) -> tuple[Any, bytes]:
    """The model in a file, and what is told of it, as JSON.

    Raises
    ------
    Refused
        If it is no model of one outcome.
    """
    import catboost

    try:
        model = catboost.CatBoost()
        model.load_model(blob=raw)
    except catboost.CatBoostError as error:
        raise Refused(str(error).splitlines()[-1][:200]) from error
    found = CatBoostModel(model)
    return found, json.dumps(found.about()).encode()


class CatBoostModel:
    """A booster, asked on one thread."""

    def __init__(self, model: Any) -> None:
        self.model = model
        labels = np.asarray(model.classes_).tolist()
        self.n_features_in_ = len(model.feature_names_)
        self.worded = set(model.get_cat_feature_indices())
        if labels:
            self.classes_ = np.array([_plain(one) for one in labels], dtype=object)

    def about(self) -> dict[str, Any]:
        """What the parent needs to know."""
        classes = {"dtype": "object", "values": self.classes_.tolist()} if hasattr(self, "classes_") else None
        names = list(self.model.feature_names_)
        unnamed = names == [str(at) for at in range(len(names))]
        return {
            "type": "CatBoost model",
            "classes": classes,
            "features": None if unnamed else names,
            "n_features": self.n_features_in_,
            "methods": ["predict_proba"] if classes else [],
            "counted": {},
            "numbers": 1_000 * int(self.model.tree_count_ or 1),
        }

    def shown(self, rows: Any) -> Any:
        """Rows as CatBoost takes them: categories as words, all else as numbers."""
        import pandas as pd

        frame = pd.DataFrame(rows) if not hasattr(rows, "columns") else rows.copy()
        for at, name in enumerate(frame.columns):
            if at in self.worded:
                frame[name] = frame[name].map(_word).astype(object)
        return frame

    def predict_proba(self, rows: Any) -> Any:
        """Probabilities (n, k)."""
        said = np.asarray(self.model.predict(self.shown(rows), prediction_type="Probability", thread_count=1))
        return said.reshape(len(rows), -1)

    def predict(self, rows: Any) -> Any:
        """Labels or values (n,)."""
        if not hasattr(self, "classes_"):
            return np.asarray(self.model.predict(self.shown(rows), thread_count=1), dtype=np.float64).reshape(
                -1
            )
        chances = self.predict_proba(rows)
        at = (chances[:, 1] > 0.5).astype(int) if chances.shape[1] == 2 else chances.argmax(axis=1)
        return self.classes_[at]


def _word(value: Any) -> str:
    """A category as the word it had: integers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _plain(label: Any) -> Any:
    return int(label) if isinstance(label, float) and label.is_integer() else label
