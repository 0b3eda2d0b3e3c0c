"""XGBoost files: JSON or UBJ, checked and rebuilt before the library sees them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError
from riskaudit.subjects.native.needing import needed
from riskaudit.subjects.native.xgboost_check import BINARY, MULTICLASS, Checked, checked
from riskaudit.subjects.norefit import NoRefit
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject, subject_of
from riskaudit.subjects.trust import Trust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "XGBoost model"


class XGBoostFormat:
    """`save_model('model.json')` and `save_model('model.ubj')` of XGBoost."""

    name = "XGBoost"

    def recognise(self, head: bytes, path: Path) -> bool:
        """An object that holds a learner."""
        start = head[:64].lstrip()
        if head[:1] == b"{" and head[1:2] in b"iUIlL" and b"learner" in head[:64]:
            return True
        return start[:1] == b"{" and b'"learner"' in head and b'"gradient_booster"' in head

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model, in this process: nothing in it was left unlooked at."""
        found = checked(_document(source, flag), name=source.name, flag=flag)
        xgboost = needed("xgboost", "XGBoost models", flag)
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(json.dumps(found.document).encode()))
        except xgboost.core.XGBoostError as error:
            first = str(error).splitlines()[0][:150] if str(error) else "it says nothing"
            raise InputError(
                f"{source.name} cannot be loaded by XGBoost: {first}",
                "it may be of another version; save it again",
                where=flag,
            ) from error
        names = tuple(found.document["learner"]["feature_names"])
        made = _estimator(xgboost, booster, found)
        subject = subject_of(
            made, name=source.name, features=names, sha256=source.sha256, size_bytes=source.size
        )
        return replace(subject, kind=KIND, numbered=not subject.regression)


def _document(source: Source, flag: str) -> Any:
    """The file as plain data."""
    from riskaudit.subjects.native.ubj import NotUbj, read_ubj

    hint = "save it again with model.save_model('model.json')"
    try:
        if source.raw[:2].strip(b"{") in (b"i", b"U", b"I", b"l", b"L"):
            return read_ubj(source.raw)
        return json.loads(source.raw, parse_constant=_no_constant)
    except (NotUbj, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"{source.name} is broken: {first}", hint, where=flag) from error


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _estimator(xgboost: Any, booster: Any, found: Checked) -> Any:
    """An estimator of XGBoost's own kinds, so that its trees are explained as trees."""
    kinds = found.document["learner"]["feature_types"] or None
    names = found.document["learner"]["feature_names"] or None

    class FromFile(NoRefit):
        """What both kinds share."""

        tree_nodes_ = found.nodes
        n_jobs = 1

        def __sklearn_is_fitted__(self) -> bool:
            return True

        @property
        def n_features_in_(self) -> int:
            """How many columns it takes."""
            return found.features

        def ask(self, rows: Any, *, margin: bool = False) -> NDArray[np.float64]:
            """The library's answer (n,) or (n, k)."""
            import numpy as np

            table = np.asarray(rows, dtype=np.float32)
            if table.ndim != 2 or table.shape[1] != found.features:
                raise ValueError(f"it takes {found.features} columns, not {table.shape[-1]}")
            matrix = xgboost.DMatrix(table, feature_names=names, feature_types=kinds, nthread=1)
            return np.asarray(booster.predict(matrix, output_margin=margin), dtype=np.float64)

    if found.objective not in (*BINARY, *MULTICLASS):

        class XGBFileRegressor(FromFile, xgboost.XGBRegressor):  # type: ignore[misc]
            """Values."""

            def predict(self, rows: Any) -> NDArray[np.float64]:
                """Values (n,)."""
                return self.ask(rows)

        return _filled(XGBFileRegressor(), booster)

    class XGBFileClassifier(FromFile, xgboost.XGBClassifier):  # type: ignore[misc]
        """Probabilities."""

        n_classes_ = max(2, found.classes)

        @property
        def classes_(self) -> NDArray[Any]:
            """0..k-1, or what they stand for."""
            import numpy as np

            return getattr(self, "labels", np.arange(self.n_classes_))

        def decision_function(self, rows: Any) -> NDArray[np.float64]:
            """Margins (n,) or (n, k)."""
            return self.ask(rows, margin=True)

        def predict_proba(self, rows: Any) -> NDArray[np.float64]:
            """Probabilities (n, k)."""
            import numpy as np
            from scipy.special import expit, softmax

            margins = self.decision_function(rows)
            if margins.ndim == 2:
                told: NDArray[np.float64] = softmax(margins, axis=1)
                return told
            upper = expit(margins)
            return np.column_stack([1 - upper, upper])

        def predict(self, rows: Any) -> Any:
            """Labels (n,)."""
            import numpy as np

            chances = self.predict_proba(rows)
            at = (chances[:, 1] > 0.5).astype(int) if chances.shape[1] == 2 else np.argmax(chances, axis=1)
            return self.classes_[at]

    return _filled(XGBFileClassifier(), booster)


def _filled(made: Any, booster: Any) -> Any:
    """The estimator with the booster where XGBoost's own code looks for it."""
    made._Booster = booster
    return made
