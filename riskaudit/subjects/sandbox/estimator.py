"""Estimator: a model in a box, asked as if it were here."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskaudit.errors import InputError
from riskaudit.subjects.norefit import NoRefit
from riskaudit.subjects.sandbox.box import Box, BoxError, parsed
from riskaudit.subjects.sandbox.rows import packed

MOST_ABOUT = 2**22
LOAD_SECONDS, ASK_SECONDS = 7.0, 6.0  # with start, scan and all, what hangs ends within 20 s
BYTES_PER_SECOND = 10e6  # of a file, at the least
SLOWEST = 600.0
COMMANDS = {"predict_proba": b"S", "decision_function": b"D"}
NO_REFIT = "the model lives in a sandbox and cannot be fitted again"


class BoxedEstimator(NoRefit):
    """What a model in a box lets be seen, every answer checked for shape, type and range.

    Attributes
    ----------
    classes_ : array (k,)
        Of a classifier only.
    kind : str
        The estimator's class, as the box says.
    numbers_held : int
        How many numbers, or tree nodes, a row meets in it: for what a question costs, not for a report.
    layers : tuple of str
        What holds the box shut.
    """

    def __init__(self, box: Box, about: dict[str, Any], layers: tuple[str, ...]) -> None:
        self._box, self.layers = box, layers
        self.kind = str(about["type"])[:200]
        self._methods = frozenset(about["methods"]) & frozenset(COMMANDS)
        self._seconds_per_row = 0.0
        self.numbers_held = int(about["numbers"])
        self.counted = {str(kind)[:40]: int(n) for kind, n in about["counted"].items()}
        self.n_features_in_ = int(about["n_features"])
        self.either = bool(about.get("either", False))
        self._recipe = about.get("recipe")
        self.no_refit = f"{NO_REFIT}: {str(about.get('no_recipe') or 'its file holds no recipe')[:200]}"
        if about["features"] is not None:
            self.feature_names_in_ = np.array([str(one) for one in about["features"]], dtype=object)
        if about["classes"] is not None:
            self.classes_ = _classes(about["classes"])

    def __getattr__(self, name: str) -> Any:
        if name in COMMANDS and name in self.__dict__.get("_methods", ()):
            return lambda rows: self._scores(name, rows)
        raise AttributeError(f"a model in a sandbox has no {name}")

    def unfitted(self) -> Any:
        """The estimator's recipe, made again in this process from plain settings; None where there is none."""
        from riskaudit.subjects.unfitted import NotPlain, made

        if self._recipe is None:
            return None
        try:
            return made(self._recipe)
        except (NotPlain, ValueError, TypeError) as error:
            self.no_refit = f"{NO_REFIT}: {str(error)[:200]}"
            return None

    def predict(self, rows: Any) -> Any:
        """Labels, or values (n,)."""
        said = self._numbers(b"P", rows, width=1)[:, 0]
        if not hasattr(self, "classes_"):
            return said
        if not (np.isin(said, np.arange(len(self.classes_)))).all():
            raise self._wrong("a decision that is none of its classes")
        return self.classes_[said.astype(np.intp)]

    def values(self) -> BoxedValues:
        """The same box, asked for its one number a row as a value and not as a score."""
        return BoxedValues(self)

    def probe(self, rows: Any) -> None:
        """Ask once for a few rows, so that a model that hangs or dies does it before the audit starts."""
        import time

        self.predict(rows)
        began = time.monotonic()
        self.predict(rows)
        self._seconds_per_row = (time.monotonic() - began) / max(1, len(rows))

    def _scores(self, method: str, rows: Any) -> Any:
        k = len(self.classes_) if hasattr(self, "classes_") else 1
        if method == "decision_function":
            return self._decision(rows, k)
        said = self._numbers(COMMANDS[method], rows, width=k)
        if not ((said >= -1e-9) & (said <= 1 + 1e-9)).all():
            raise self._wrong("probabilities outside 0 to 1")
        return said

    def _decision(self, rows: Any, k: int) -> Any:
        """(n,) for two classes, (n, k) for more; a one-against-one machine's (n, k (k - 1) / 2) is refused."""
        width = 1 if k <= 2 else k
        said = self._numbers(COMMANDS["decision_function"], rows, width=width)
        return said[:, 0] if width == 1 else said

    def _numbers(self, command: bytes, rows: Any, *, width: int) -> Any:
        """Raw float64 (n, width), just as many as there must be."""
        n = len(rows)
        if n == 0:
            return np.empty((0, width))
        expected = n * width * 8
        answer = self._box.ask(
            command,
            packed(rows),
            seconds=min(SLOWEST, ASK_SECONDS + 10 * self._seconds_per_row * n + n / 2_000),
            most=expected,
            doing=f"predict {n:,} rows",
        )
        if len(answer) != expected:
            raise self._wrong(f"{len(answer):,} bytes where {expected:,} belong")
        return np.frombuffer(answer, dtype=np.float64).reshape(n, width)

    def _wrong(self, what: str) -> InputError:
        return InputError(
            f"{self._box.name} gave {what}", "mend the model; it cannot be audited", where=self._box.flag
        )


class BoxedValues:
    """A model in a box that gives values: a regressor."""

    def __init__(self, inner: BoxedEstimator) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        if name in ("classes_", "predict_proba", "decision_function", "values", "_inner"):
            raise AttributeError(f"a regressor has no {name}")
        return getattr(self._inner, name)

    def predict(self, rows: Any) -> Any:
        """Values (n,)."""
        return self._inner._numbers(COMMANDS["decision_function"], rows, width=1)[:, 0]


def _classes(told: dict[str, Any]) -> Any:
    """The labels, in the type that the model has them in."""
    values, kind = told["values"], str(told["dtype"])
    if not isinstance(values, list) or not 2 <= len(values) <= 100_000:
        raise ValueError("it has no classes")
    if not all(isinstance(one, str | int | float | bool) for one in values):
        raise ValueError("its classes are neither words nor numbers")
    if kind == "object":
        found = np.empty(len(values), dtype=object)
        found[:] = values
        return found
    if kind[:1] not in "biufU":
        raise ValueError("its classes are neither words nor numbers")
    return np.array(
        values, dtype={"b": bool, "i": np.int64, "u": np.uint64, "f": np.float64, "U": str}[kind[:1]]
    )


def loaded(box: Box, raw: bytes, layers: tuple[str, ...]) -> BoxedEstimator:
    """The model in a file, made in the box.

    Raises
    ------
    InputError
        If the box refuses it, dies of it, or tells nonsense.
    """
    seconds = LOAD_SECONDS + len(raw) / BYTES_PER_SECOND
    answer = box.ask(b"L", raw, seconds=seconds, most=MOST_ABOUT, doing="load")
    try:
        return BoxedEstimator(box, parsed(answer), layers)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        box.close()
        raise BoxError(
            f"{box.name} says of itself what cannot be: {str(error)[:200]}",
            "train the model again",
            where=box.flag,
        ) from error
