"""Dataset: a table whose columns have roles; nothing about them is guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.labels import encode, factors
from riskaudit.rulebook import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Which group each row is in: `codes` (n,) into `names`, each a slice such as {"sex": "female"}."""

    by: tuple[str, ...]
    codes: NDArray[np.int64]
    names: tuple[dict[str, str], ...]

    @property
    def attribute(self) -> str:
        """The columns in words: `sex` or `sex x race`."""
        return " x ".join(self.by)


def label_of(where: dict[str, str]) -> str:
    """A group in words: `female`, or `female, black` for an intersection."""
    return ", ".join(where.values())


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Rows and the roles of their columns.

    Attributes
    ----------
    frame : DataFrame (n, columns)
        Sensitive columns stay beside the features unless named as features.
    classes : tuple of str
        The target's labels as text, sorted; empty for regression.
    positive : str
        The class that TPR, FPR and the score speak of (fairlearn's pos_label).
    favourable : tuple of str
        The outcome(s) that are good for the person: asked for, never guessed. What selection means.
    """

    name: str
    frame: pd.DataFrame
    target: str
    task: Task
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    positive: str = ""
    favourable: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    control: str = ""
    weight: str = ""
    unit: str = ""
    prediction: str = ""
    score: str = ""
    sha256: str | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: Any, *, name: str | None = None) -> Dataset:
        """The same dataset with only these rows (mask or positions)."""
        import numpy as np

        at = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        return replace(self, frame=self.frame.iloc[at].reset_index(drop=True), name=name or self.name)

    @property
    def labels(self) -> Any:
        """The outcome as the file has it (n,): what a model is trained on."""
        return self.frame[self.target].to_numpy()

    @property
    def outcome(self) -> NDArray[Any]:
        """Class codes (n,) for classification, floats (n,) for regression."""
        import numpy as np

        if self.task == "regression":
            return np.asarray(self.frame[self.target], dtype=np.float64)
        return encode(self.frame[self.target], self.classes)

    @property
    def positive_code(self) -> int:
        """The code of the positive class."""
        return self.classes.index(self.positive)

    @property
    def favourable_codes(self) -> tuple[int, ...]:
        """The codes of the favourable classes."""
        return tuple(self.classes.index(label) for label in self.favourable)

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """Survey weights (n,), or None."""
        import numpy as np

        return np.asarray(self.frame[self.weight], dtype=np.float64) if self.weight else None

    def groups(self, *by: str) -> Grouping:
        """The groups that occur, sorted by name; a missing value is a group of its own."""
        import numpy as np

        codes = np.zeros(len(self), dtype=np.int64)
        values: list[list[str]] = []
        for column in by:
            found, words = factors(self.frame[column])
            values.append(words)
            codes = codes * len(words) + found
        used, codes = (
            np.unique(codes, return_inverse=True) if len(by) > 1 else (np.arange(len(values[0])), codes)
        )
        names = []
        for code in used:
            parts = []
            for words in reversed(values):
                code, at = divmod(int(code), len(words))
                parts.append(words[at])
            names.append(dict(zip(by, reversed(parts), strict=True)))
        return Grouping(by=by, codes=codes.astype(np.int64, copy=False), names=tuple(names))
