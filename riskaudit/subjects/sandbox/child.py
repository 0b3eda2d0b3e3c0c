"""Child: the process that holds a model nobody trusts; it answers with numbers, and can do nothing else."""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

from riskaudit.subjects.sandbox.lockdown import die_with_parent, leave_network, lock_down

ANSWER, ROWS_FAULT, REFUSED = b"A", b"E", b"R"
MOST_WORDS = 400
SCORES = ("predict_proba", "decision_function")


def main(descriptor_in: int, descriptor_out: int) -> None:
    """Serve the parent until it closes the pipe: start, lock down, load, answer."""
    die_with_parent()
    channel = _Channel(descriptor_in, descriptor_out)
    told = json.loads(channel.read()[1])
    layers = ["network"] if told["lock"] and leave_network() else []
    sys.path[:] = told["path"]
    _quiet()
    for name in told["imports"]:
        _imported(name)
    loader = _loader(told["loader"])
    _threads_known()
    if told["lock"]:
        layers += lock_down(told["readable"], memory=told["memory"])
    channel.write(ANSWER, json.dumps(layers).encode())
    model: Any = None
    while True:
        command, payload = channel.read()
        if not command:
            return
        try:
            if command == b"L":
                model, answer = loader(payload)
            else:
                answer = _told(model, command, payload)
            channel.write(ANSWER, answer)
        except MemoryError:
            model = None if command == b"L" else model
            channel.write(REFUSED, b"it asks for more memory than the sandbox has")
        except Exception as error:  # noqa: BLE001 -- whatever a hostile model raises is told, never more
            channel.write(_status(error, command), _words(error))


def _status(error: Exception, command: bytes) -> bytes:
    rows = command != b"L" and isinstance(error, ValueError | TypeError | KeyError | AttributeError)
    return ROWS_FAULT if rows else REFUSED


def _words(error: Exception) -> bytes:
    """An error's first line; its own text may fail too."""
    try:
        said = str(error).splitlines()
    except Exception:  # noqa: BLE001
        said = []
    kind = type(error).__name__
    line = said[0] if said else kind
    return (line if kind == "Refused" else f"{kind}: {line}")[:MOST_WORDS].encode("utf-8", "replace")


class _Channel:
    """Length-prefixed messages over two pipes."""

    def __init__(self, descriptor_in: int, descriptor_out: int) -> None:
        self.input = os.fdopen(descriptor_in, "rb", buffering=2**16)
        self.output = os.fdopen(descriptor_out, "wb", buffering=0)

    def read(self) -> tuple[bytes, bytes]:
        """A command and its payload; empty at the end."""
        head = self.input.read(9)
        if len(head) < 9:
            return b"", b""
        (size,) = struct.unpack("<Q", head[1:])
        return head[:1], self.input.read(size)

    def write(self, status: bytes, payload: bytes) -> None:
        """An answer."""
        left = memoryview(status + struct.pack("<Q", len(payload)) + payload)
        while left:
            left = left[self.output.write(left) or 0 :]


def _quiet() -> None:
    """What a model prints goes nowhere, and warnings are for its authors."""
    import warnings

    warnings.simplefilter("ignore")


def _imported(name: str) -> None:
    import importlib

    try:
        importlib.import_module(name)
    except ImportError:
        return  # told again, and in words, when the model is loaded


def _threads_known() -> None:
    """Let scikit-learn find the libraries with threads now: it asks /proc, and keeps the answer (k nearest neighbours)."""
    if "sklearn" in sys.modules:
        from sklearn.utils import parallel

        getattr(parallel, "_get_threadpool_controller", lambda: None)()


def _loader(name: str) -> Callable[[bytes], tuple[Any, bytes]]:
    """`package.module:function`, of riskaudit itself."""
    import importlib

    module, _, function = name.partition(":")
    found: Callable[[bytes], tuple[Any, bytes]] = getattr(importlib.import_module(module), function)
    return found


def _told(model: Any, command: bytes, payload: bytes) -> bytes:
    """What the model says of some rows: float64 scores, or the positions of its decisions among the classes."""
    import numpy as np

    from riskaudit.subjects.sandbox.rows import unpacked

    rows = unpacked(payload)
    if command == b"P":
        said = np.asarray(model.predict(rows))
        if not hasattr(model, "classes_"):
            return np.ascontiguousarray(said, dtype=np.float64).tobytes()
        return bytes(_positions(said, np.asarray(model.classes_)).tobytes())
    ask = {b"S": SCORES[0], b"D": SCORES[1]}[command]
    scores: Any = np.ascontiguousarray(getattr(model, ask)(rows), dtype=np.float64)
    return bytes(scores.tobytes())


def _positions(said: Any, classes: Any) -> Any:
    """Where each decision stands among the classes; -1 where it is none of them."""
    import numpy as np

    found = np.full(len(said), -1, dtype=np.float64)
    for at, label in enumerate(classes.tolist()):
        found[said == label] = at
    return found
