"""Asked: a network that takes one table of numbers, as an estimator; made and asked inside the sandbox.

What it gives is found out, not believed: made-up rows are put to it, and answers that are all within 0 to 1
(and, for several columns, add up to 1) are probabilities; all others are margins, before a sigmoid or softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from riskaudit.subjects.pickled.restricted import Refused

MADE_UP = 64
SPREAD = 10.0
MOST_CLASSES = 10_000
SLACK = 1e-5


class Network:
    """A network as an estimator.

    Attributes
    ----------
    either : bool
        Whether it gives one number a row: the score of the second of two classes, or a value.
    graded : bool
        Whether its answers are probabilities.
    """

    def __init__(
        self,
        ask: Callable[[Any], Any],
        *,
        features: int,
        parameters: int,
        kind: str,
        names: list[str] | None = None,
    ) -> None:
        self._ask, self.kind, self.parameters, self.names = ask, kind, parameters, names
        self.n_features_in_ = features
        rows = np.random.default_rng(0).normal(size=(MADE_UP, features)) * SPREAD
        said = self.raw(rows)
        self.either = said.shape[1] == 1
        if not 1 <= said.shape[1] <= MOST_CLASSES:
            raise Refused(f"it gives {said.shape[1]:,} columns")
        within = bool((said >= -SLACK).all() and (said <= 1 + SLACK).all())
        whole = self.either or bool((np.abs(said.sum(axis=1) - 1) < 1e-3).all())
        self.graded = within and whole
        self.classes_ = np.arange(max(2, said.shape[1]))

    def about(self) -> dict[str, Any]:
        """What the parent needs to know."""
        return {
            "type": self.kind,
            "classes": {"dtype": "i", "values": self.classes_.tolist()},
            "features": self.names,
            "n_features": self.n_features_in_,
            "methods": ["predict_proba", "decision_function"] if self.graded else ["decision_function"],
            "counted": {"network weights": self.parameters},
            "numbers": self.parameters,
            "either": self.either,
        }

    def raw(self, rows: Any) -> Any:
        """The network's own answers (n, k)."""
        table = self._numbers(rows)
        try:
            said = np.asarray(self._ask(table), dtype=np.float64)
        except (RuntimeError, IndexError) as error:
            first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise Refused(f"it cannot be asked: {first}") from error
        if said.ndim == 1:
            said = said[:, None]
        if said.ndim != 2 or len(said) != len(table):
            raise Refused(f"it gives an array of shape {said.shape} for {len(table):,} rows")
        return said

    @staticmethod
    def _numbers(rows: Any) -> Any:
        """A table as numbers.

        Raises
        ------
        ValueError
            Naming the first column of words.
        """
        if hasattr(rows, "columns"):
            import pandas as pd

            worded = [str(name) for name in rows.columns if not pd.api.types.is_numeric_dtype(rows[name])]
            if worded:
                raise ValueError(f"column '{worded[0]}' holds words; the network takes numbers")
        return np.ascontiguousarray(rows, dtype=np.float64)

    def decision_function(self, rows: Any) -> Any:
        """Margins or what else it gives: (n,) for two classes, (n, k) for more."""
        said = self.raw(rows)
        if self.either:
            return said[:, 0]
        return said[:, 1] - said[:, 0] if said.shape[1] == 2 else said

    def predict_proba(self, rows: Any) -> Any:
        """Probabilities (n, k)."""
        said = self.raw(rows)
        if self.either:
            said = np.column_stack([1 - said, said])
        return np.clip(said, 0.0, 1.0)

    def predict(self, rows: Any) -> Any:
        """The likeliest class (n,); of two, the second from even odds on."""
        if self.either:
            return (self.raw(rows)[:, 0] >= (0.5 if self.graded else 0.0)).astype(np.int64)
        return self.raw(rows).argmax(axis=1)
