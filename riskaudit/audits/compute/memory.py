"""Memory: how many bytes the fitted model takes once it is loaded."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from riskaudit.measure import Measure
from riskaudit.subjects.subject import Subject

NAME = "compute.memory_size"
# Objects of these libraries are walked: what they hold is in arrays, words, or a state that they give.
SEEN = (
    "builtins",
    "collections",
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "riskaudit",
    "functools",
    "datetime",
)
PLAIN = (str, bytes, bool, int, float, complex, type(None), np.generic)
NOT_HELD = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)


class Hidden(Exception):
    """A part of the model is kept where Python does not see it; the message names the part."""


def measure(subject: Subject) -> Measure:
    """The bytes, or whose memory cannot be seen."""
    try:
        size = bytes_in(subject.estimator)
    except Hidden as part:
        return Measure(
            name=NAME,
            value=None,
            n=0,
            unit="bytes",
            note=f"Not assessed: {part} keeps its numbers where Python does not see them.",
        )
    return Measure(
        name=NAME,
        value=size,
        n=1,
        unit="bytes",
        note="Arrays, trees and words of the fitted model, preparation included, each counted once; Python's own overhead "
        "and libraries are not in it. Counted, so without an interval.",
    )


def bytes_in(model: Any) -> int:
    """Bytes of all arrays and words that hang on a model.

    What Python takes for an object differs between equal runs, so it is left out: a model of size has arrays.

    Raises
    ------
    Hidden
        If a compiled library or another process keeps a part of it.
    """
    seen: set[int] = set()
    words: set[str] = set()
    waiting, total = [model], 0
    held = []  # what was made here on the way stays alive, so that no id comes twice
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, str):
            words.add(thing)
        if id(thing) in seen or isinstance(thing, (*PLAIN, *NOT_HELD)):
            continue
        seen.add(id(thing))
        size, parts = _look(thing)
        held.append(parts)
        total += size
        waiting += parts
    return total + sum(len(word.encode("utf-8", "surrogatepass")) for word in words)


def _look(thing: Any) -> tuple[int, list[Any]]:
    """The bytes of an array, and the things that others hold."""
    if isinstance(thing, np.ndarray):
        if isinstance(thing.base, np.ndarray):
            return 0, [thing.base]
        return int(thing.nbytes), list(thing.ravel()) if thing.dtype == object else []
    if isinstance(thing, dict):
        return 0, [*thing.keys(), *thing.values()]
    if isinstance(thing, (list, tuple, set, frozenset)):
        return 0, list(thing)
    room = type(thing).__module__.partition(".")[0]
    if room not in SEEN or hasattr(thing, "counted") or hasattr(thing, "tree_nodes_"):
        raise Hidden(f"a {type(thing).__name__}")
    if hasattr(thing, "__dict__"):
        return 0, [vars(thing)]
    if room == "sklearn" and hasattr(thing, "__getstate__"):  # a compiled tree gives its arrays
        return 0, [thing.__getstate__()]
    return 0, []
