"""Unfitted: an estimator's settings as plain words, and the estimator made again from them without what it learnt.

A model in a sandbox is never taken out of it. Its recipe can be: the class by its name, which must be on the
list, and settings that are numbers, words, and other estimators of the list. Nothing is unpickled.
"""

from __future__ import annotations

import math
from typing import Any

from riskaudit.subjects.pickled.allowed import is_allowed

MOST_DEPTH = 12
MOST_PARTS = 2_000
MOST_VALUES = 20_000
LONGEST_WORD = 200
LARGEST = 10**6
"""A setting beyond this is no recipe that anybody could fit: a bound of work, where work is what it counts."""
ROUNDS = 10_000
_ROUNDS = ("n_estimators", "max_iter", "n_iter", "n_init", "degree", "n_components", "n_restarts_optimizer")
_DTYPES = ("float64", "float32", "int64", "int32", "uint8", "bool")
_LEFT = frozenset({"memory", "n_jobs", "verbose", "warm_start"})  # they change nothing that is learnt


class NotPlain(ValueError):
    """A setting that is no plain value, or a class that is not on the list."""


def told(estimator: Any) -> dict[str, Any]:
    """The recipe in values that JSON has; settings that are the class's own are left out.

    Raises
    ------
    NotPlain
        Naming the setting that cannot be told.
    """
    return _told_estimator(getattr(estimator, "best_estimator_", estimator), 0)


def _told_estimator(estimator: Any, depth: int) -> dict[str, Any]:
    kind = type(estimator)
    if depth > MOST_DEPTH:
        raise NotPlain("it is nested too deep")
    if not is_allowed(kind.__module__, kind.__name__):
        raise NotPlain(f"{kind.__name__} is not on the list")
    own = _defaults(kind)
    settings = {}
    for name, value in estimator.get_params(deep=False).items():
        if name in _LEFT or (name in own and _same(own[name], value)):
            continue
        try:
            settings[name] = _told(value, depth + 1)
        except NotPlain as error:
            raise NotPlain(f"{name} of {kind.__name__}: {error}") from error
    return {"class": [kind.__module__, kind.__name__], "settings": settings}


def _told(value: Any, depth: int) -> Any:
    """A setting's value as JSON has it."""
    import numpy as np

    if depth > MOST_DEPTH:
        raise NotPlain("it is nested too deep")
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.ndarray):
        held = value.dtype.kind if value.dtype.kind in "biufU" else "O"
        return {"array": _told(value.tolist(), depth), "dtype": held}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_told(one, depth + 1) for one in value]}
    if isinstance(value, dict):
        return {"pairs": [[_told(key, depth + 1), _told(one, depth + 1)] for key, one in value.items()]}
    if isinstance(value, slice):
        return {"slice": [_told(one, depth + 1) for one in (value.start, value.stop, value.step)]}
    if isinstance(value, type | np.dtype) and np.dtype(value).name in _DTYPES:
        return {"dtype": np.dtype(value).name}
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _told_estimator(value, depth + 1)
    raise NotPlain(f"a {type(value).__name__} is no plain value")


def made(recipe: Any) -> Any:
    """The unfitted estimator that `told` told of; believes nothing of what it is given.

    Raises
    ------
    NotPlain
        If a class is not on scikit-learn's part of the list, or a setting is none or beyond all measure.
    """
    return _Making().estimator(recipe, 0)


class _Making:
    def __init__(self) -> None:
        self.left = MOST_VALUES
        self.parts = MOST_PARTS

    def estimator(self, recipe: Any, depth: int) -> Any:
        """One estimator, its parts made first."""
        self.parts -= 1
        if depth > MOST_DEPTH or self.parts < 0:
            raise NotPlain("it has too many parts")
        module, name = _pair(recipe)
        settings = recipe.get("settings")
        kind = _class(module, name)
        if not isinstance(settings, dict):
            raise NotPlain(f"{name} has no settings")
        own = _defaults(kind)
        if unknown := [one for one in settings if one not in own or one in _LEFT]:
            raise NotPlain(f"{name} has no setting '{unknown[0][:40]}'")
        given = {key: self.value(one, depth + 1) for key, one in settings.items()}
        for key, value in given.items():
            _in_measure(name, key, value)
        return kind(**given)

    def value(self, one: Any, depth: int) -> Any:
        """One value."""
        self.left -= 1
        if depth > MOST_DEPTH or self.left < 0:
            raise NotPlain("it has too many parts")
        if one is None or isinstance(one, bool | int | float):
            return one
        if isinstance(one, str):
            if len(one) > LONGEST_WORD or not one.isprintable():
                raise NotPlain("a word in it is none")
            return one
        if not isinstance(one, dict):
            raise NotPlain("a value of it is none")
        if "class" in one:
            return self.estimator(one, depth + 1)
        return self.composed(one, depth)

    def composed(self, one: dict[str, Any], depth: int) -> Any:
        """Lists, arrays, mappings and what else JSON has no word for."""
        import numpy as np

        match list(one.items()):
            case [("float", "inf" | "-inf" | "nan" as word)]:
                return float(word)
            case [("list", list(held))]:
                return [self.value(each, depth + 1) for each in held]
            case [("tuple", list(held))]:
                return tuple(self.value(each, depth + 1) for each in held)
            case [("array", dict(held)), ("dtype", str(kind))] if kind in "biufUO" and "list" in held:
                values = self.value(held, depth + 1)
                return np.array(values, dtype=object if kind == "O" else None)
            case [("pairs", list(held))] if all(isinstance(pair, list) and len(pair) == 2 for pair in held):
                found = [(self.value(key, depth + 1), self.value(each, depth + 1)) for key, each in held]
                return {
                    key: each
                    for key, each in found
                    if key is None or isinstance(key, bool | int | float | str)
                }
            case [("slice", [start, stop, step])]:
                return slice(*(self.value(each, depth + 1) for each in (start, stop, step)))
            case [("dtype", str(name))] if name in _DTYPES:
                return np.dtype(name)
        raise NotPlain("a value of it is none")


def _pair(recipe: Any) -> tuple[str, str]:
    """Module and name of the class."""
    match recipe:
        case {"class": [str(module), str(name)], "settings": _}:
            return module, name
    raise NotPlain("it names no class")


def _class(module: str, name: str) -> Any:
    """The class of that name, if it is an estimator, or a kernel, of scikit-learn or of our core."""
    import importlib

    if not module.startswith(("sklearn.", "riskaudit.training.")) or not is_allowed(module, name):
        raise NotPlain(f"{module[:80]}.{name[:80]} is not on the list")
    kind = getattr(importlib.import_module(module), name, None)
    if not isinstance(kind, type) or not hasattr(kind, "get_params"):
        raise NotPlain(f"{name} is no estimator")
    return kind


def _defaults(kind: Any) -> dict[str, Any]:
    """Settings of a class, and what they are where nothing is said."""
    import inspect

    return {
        name: one.default
        for name, one in inspect.signature(kind.__init__).parameters.items()
        if name != "self" and one.kind is not one.VAR_KEYWORD
    }


def _same(own: Any, value: Any) -> bool:
    """Whether a setting is the class's own."""
    if own is value:
        return True
    plain = bool | int | float | str
    return (
        isinstance(value, plain)
        and type(own) is type(value)
        and (own == value or (own != own and value != value))
    )


def _in_measure(name: str, key: str, value: Any) -> None:
    """Refuse settings that ask for work without end, patterns and files."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        most = (
            ROUNDS if key in _ROUNDS else 2**32 if key == "random_state" else LARGEST if key != "C" else 1e6
        )
        if abs(value) > most:
            raise NotPlain(f"{key} of {name} is {value:g}, more than anybody would fit")
    if key in ("token_pattern", "input", "decode_error", "preprocessor", "tokenizer"):
        raise NotPlain(f"{key} of {name} is not its own")
