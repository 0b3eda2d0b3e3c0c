"""LightGBM files: text, checked and rebuilt before the library sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError
from riskaudit.subjects.native.lightgbm_check import Checked, checked
from riskaudit.subjects.native.needing import needed
from riskaudit.subjects.norefit import NoRefit
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject, subject_of
from riskaudit.subjects.trust import Trust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "LightGBM model"


class LightGBMFormat:
    """`booster.save_model('model.txt')` of LightGBM."""

    name = "LightGBM"

    def recognise(self, head: bytes, path: Path) -> bool:
        """The word tree, and a version."""
        return head[:13] == b"tree\nversion="

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model, in this process: nothing in it was left unlooked at."""
        try:
            found = checked(source.raw, name=source.name, flag=flag)
        except UnicodeDecodeError as error:
            raise InputError(f"{source.name} is no text", "save it again", where=flag) from error
        lightgbm = needed("lightgbm", "LightGBM models", flag)
        try:
            booster = lightgbm.Booster(model_str=found.text)
        except lightgbm.basic.LightGBMError as error:
            first = str(error).splitlines()[0][:150] if str(error) else "it says nothing"
            raise InputError(
                f"{source.name} cannot be loaded by LightGBM: {first}",
                "it may be of another version; save it again",
                where=flag,
            ) from error
        made = _estimator(lightgbm, booster, found)
        subject = subject_of(
            made, name=source.name, features=found.features, sha256=source.sha256, size_bytes=source.size
        )
        return replace(subject, kind=KIND, numbered=not subject.regression)


def _numbers(
    rows: Any, words: tuple[tuple[str | int, ...], ...], placed: tuple[int, ...]
) -> NDArray[np.float64]:
    """Rows as LightGBM takes them: category columns as the codes they had in training, unknown values as missing.

    Raises
    ------
    ValueError
        If other columns hold words than the model was trained on, or words stand where numbers did.
    """
    import numpy as np
    import pandas as pd

    if not hasattr(rows, "columns"):
        if any(isinstance(known[0], int) for known in words):
            rows = pd.DataFrame(np.asarray(rows))
        else:
            return np.asarray(rows, dtype=np.float64)
    worded = [name for name in rows.columns if not pd.api.types.is_numeric_dtype(rows[name])]
    if not placed and len(worded) != len(words):
        raise ValueError(f"{len(worded)} columns hold words, but it was trained on {len(words)}")
    chosen = [rows.columns[at] for at in placed] if placed else worded
    frame = rows.copy()
    for name, known in zip(chosen, words, strict=True):
        if isinstance(known[0], int) is (name in worded):
            was, is_ = ("whole numbers", "words") if isinstance(known[0], int) else ("words", "numbers")
            raise ValueError(f"column '{name}' held {was} in training and holds {is_} now")
        kind = np.float64 if isinstance(known[0], int) else object
        held = pd.Index(np.array(known, dtype=kind))
        codes = held.get_indexer(frame[name].to_numpy(dtype=kind)).astype(np.float64)
        frame[name] = np.where(codes < 0, np.nan, codes)
    told: NDArray[np.float64] = frame.to_numpy(dtype=np.float64)
    return told


def _estimator(lightgbm: Any, booster: Any, found: Checked) -> Any:
    """An estimator of LightGBM's own kinds, so that its trees are explained as trees."""
    width = booster.num_feature()

    class FromFile(NoRefit):
        """What both kinds share."""

        tree_nodes_ = found.nodes
        booster_ = booster
        n_features_in_ = width

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def ask(self, rows: Any, *, margin: bool = False) -> NDArray[np.float64]:
            """The library's answer (n,) or (n, k)."""
            import numpy as np

            table = _numbers(rows, found.words, found.placed)
            if table.ndim != 2 or table.shape[1] != width:
                raise ValueError(f"it takes {width} columns, not {table.shape[-1]}")
            return np.asarray(booster.predict(table, raw_score=margin, num_threads=1), dtype=np.float64)

    if not found.classes:

        class LGBMFileRegressor(FromFile, lightgbm.LGBMRegressor):  # type: ignore[misc]
            """Values."""

            def predict(self, rows: Any) -> NDArray[np.float64]:
                """Values (n,)."""
                return self.ask(rows)

        return LGBMFileRegressor()

    class LGBMFileClassifier(FromFile, lightgbm.LGBMClassifier):  # type: ignore[misc]
        """Probabilities."""

        n_classes_ = found.classes

        @property
        def classes_(self) -> NDArray[Any]:
            """0..k-1, or what they stand for."""
            import numpy as np

            return getattr(self, "labels", np.arange(found.classes))

        def decision_function(self, rows: Any) -> NDArray[np.float64]:
            """Margins (n,) or (n, k)."""
            return self.ask(rows, margin=True)

        def predict_proba(self, rows: Any) -> NDArray[np.float64]:
            """Probabilities (n, k); those of one-against-all are scaled to add up to 1."""
            import numpy as np

            told = self.ask(rows)
            if told.ndim == 1:
                return np.column_stack([1 - told, told])
            scaled: NDArray[np.float64] = told / told.sum(axis=1, keepdims=True)
            return scaled

        def predict(self, rows: Any) -> Any:
            """Labels (n,)."""
            import numpy as np

            chances = self.predict_proba(rows)
            at = (chances[:, 1] > 0.5).astype(int) if chances.shape[1] == 2 else np.argmax(chances, axis=1)
            return self.classes_[at]

    return LGBMFileClassifier()
