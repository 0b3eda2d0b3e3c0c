"""Callable: the user's own code as a model, named as `python:package.module:name`; it runs with all rights."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError, UsageError
from riskaudit.subjects.norefit import NoRefit
from riskaudit.subjects.service.answers import EDGE_SLACK, SUM_SLACK, Form, form_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

PREFIX = "python:"
FEW = 50  # rows that show what the callable gives
_FLAG = "--model"


def is_callable(model: str) -> bool:
    """Whether --model names code and not a file."""
    return model.startswith(PREFIX)


def found(spec: str) -> Any:
    """What `python:package.module:name` names; importing it runs it. The working folder may be imported from.

    Raises
    ------
    UsageError
        If the words are no such name.
    InputError
        If there is no such module or name, or importing it fails.
    """
    match = re.fullmatch(r"python:([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", spec)
    if not match:
        raise UsageError(
            f"'{spec[:80]}' names no callable", "write --model python:package.module:name", where=_FLAG
        )
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        thing = importlib.import_module(match[1])
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InputError(
            f"module '{match[1]}' cannot be imported: {_told(error)}",
            "run riskaudit from the folder it lies in, with its libraries installed",
            where=_FLAG,
        ) from error
    for name in match[2].split("."):
        if not hasattr(thing, name):
            raise InputError(f"module '{match[1]}' has no '{match[2]}'", "check the name", where=_FLAG)
        thing = getattr(thing, name)
    if not callable(thing) and not hasattr(thing, "predict") and not hasattr(thing, "predict_proba"):
        raise InputError(
            f"'{match[2]}' is a {type(thing).__name__}, which can neither be called nor asked to predict",
            "name a function of a table that gives scores, or an object with predict or predict_proba",
            where=_FLAG,
        )
    return thing


class CallableModel(NoRefit):
    """A function of a table, or an object with `predict` (and `predict_proba`), as audits see a model."""

    no_refit = "a callable cannot be fitted again"

    def __init__(self, asked: Callable[[Any], Any], *, spec: str, kinds: pd.DataFrame) -> None:
        self._ask = asked
        self._spec = spec
        self._kinds = {str(name): kinds[name].dtype for name in kinds.columns}

    @property
    def n_features_in_(self) -> int:
        """How many columns it is shown."""
        return len(self._kinds)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Their names."""
        import numpy as np

        return np.array(list(self._kinds), dtype=object)

    def said(self, table: Any) -> NDArray[Any]:
        """What the code gives, an entry a row.

        Raises
        ------
        InputError
            If it fails, or gives another number of rows.
        """
        import numpy as np

        try:
            given = np.asarray(self._ask(self._shown(table)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise InputError(f"{self._spec} failed: {_told(error)}", "mend it", where=_FLAG) from error
        if given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        if given.ndim not in (1, 2) or len(given) != len(table):
            raise InputError(
                f"{self._spec} gave something of shape {given.shape} for {len(table):,} rows",
                "give one score or label for each row, or one column for each class",
                where=_FLAG,
            )
        return given

    def _shown(self, table: Any) -> pd.DataFrame:
        """A table of its own, in the types of the audited one where no value stands against it."""
        import numpy as np
        import pandas as pd

        frame = (
            pd.DataFrame(np.asarray(table), columns=list(self._kinds))
            if not hasattr(table, "columns")
            else table.copy()
        )
        for name, kind in self._kinds.items():
            if frame[name].dtype == kind:
                continue
            if (
                frame[name].dtype.kind == "f"
                and getattr(kind, "kind", "") in "iu"
                and (frame[name] % 1 != 0).any()
            ):
                continue
            frame[name] = frame[name].astype(kind)
        return frame


class CallableRegressor(CallableModel):
    """Code that gives a value for each row."""

    def predict(self, table: Any) -> NDArray[np.float64]:
        """Values (n,)."""
        return _numbers(self.said(table), self._spec)


class CallableLabels(CallableModel):
    """Code that gives a label for each row."""

    form: Form

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes, as text."""
        import numpy as np

        return np.array(self.form.classes, dtype=object)

    def predict(self, table: Any) -> NDArray[Any]:
        """Labels (n,)."""
        from riskaudit.datasets.labels import texts

        told = texts(self.said(table))
        strange = sorted({str(one) for one in told} - set(self.form.classes))
        if strange:
            raise InputError(
                f"{self._spec} gave '{strange[0][:80]}', which is no class of the target ({', '.join(self.form.classes[:6])})",
                "give labels of the target, or name them with --classes",
                where=_FLAG,
            )
        return told


class CallableScores(CallableLabels):
    """Code that gives probabilities."""

    def predict_proba(self, table: Any) -> NDArray[np.float64]:
        """Probabilities (n, k), in the order of the classes."""
        import numpy as np

        told = _numbers(self.said(table), self._spec)
        told = np.column_stack([1 - told, told]) if told.ndim == 1 else told
        within = (
            told.shape[1] == len(self.form.classes)
            and (told >= -EDGE_SLACK).all()
            and (told <= 1 + EDGE_SLACK).all()
        )
        if not within or (np.abs(told.sum(axis=1) - 1) > SUM_SLACK).any():
            raise InputError(
                f"{self._spec} gave {told.shape[1]} columns that are not probabilities of {len(self.form.classes)} classes",
                "each row must add up to 1, in the order of --classes",
                where=_FLAG,
            )
        return np.clip(told, 0.0, 1.0)

    def predict(self, table: Any) -> NDArray[Any]:
        """The likeliest class (n,); of two, the second from 0.5 on."""
        import numpy as np

        chances = self.predict_proba(table)
        at = (chances[:, 1] >= 0.5).astype(int) if chances.shape[1] == 2 else np.argmax(chances, axis=1)
        said: NDArray[Any] = self.classes_[at]
        return said


def model_of(
    thing: Any, frame: pd.DataFrame, *, spec: str, classes: tuple[str, ...], regression: bool, named: bool
) -> CallableModel:
    """The model that some code is, by what it gives for the first rows.

    Raises
    ------
    InputError
        If what it gives cannot be told, or fails.
    """
    if regression:
        asked = thing.predict if hasattr(thing, "predict") else thing
        return CallableRegressor(asked, spec=spec, kinds=frame)
    asked = getattr(thing, "predict_proba", None) or getattr(thing, "predict", None) or thing
    own = tuple(map(_text, getattr(thing, "classes_", ()))) if hasattr(thing, "predict_proba") else ()
    shown = frame.head(FEW)
    raw = CallableModel(asked, spec=spec, kinds=frame).said(shown)
    form = form_of(raw.tolist(), own or classes, regression=False, named=named or bool(own))
    made = (CallableScores if form.graded else CallableLabels)(asked, spec=spec, kinds=frame)
    made.form = form
    return made


def _text(label: Any) -> str:
    from riskaudit.datasets.labels import text_of

    return text_of(label)


def _numbers(given: NDArray[Any], spec: str) -> NDArray[np.float64]:
    """As floats.

    Raises
    ------
    InputError
        If they are no finite numbers.
    """
    import numpy as np

    try:
        told = given.astype(np.float64)
    except (ValueError, TypeError):
        told = np.array([np.nan])
    if not np.isfinite(told).all():
        raise InputError(f"{spec} gave scores that are no finite numbers", "mend it", where=_FLAG)
    return told


def _told(error: BaseException) -> str:
    """An error of another's code in a line."""
    first = str(error).splitlines()[0][:200] if str(error) else ""
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
