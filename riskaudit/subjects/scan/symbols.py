"""Symbols: what stands for a pickle's values while its program is followed: names, calls, places in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LONGEST_NAME = 1000


class Fault(Exception):
    """The program breaks here."""


@dataclass(frozen=True, slots=True)
class Name:
    """A global."""

    module: str
    name: str


@dataclass(slots=True)
class Call:
    """What a callable would give, and the state that it would be given."""

    of: Any
    arguments: Any
    state: Any = None


class Pairs(list[Any]):
    """A mapping's keys and values, in turn."""

    def get(self, key: str) -> Any:
        """The last value of a text key."""
        for at in range(len(self) - 2, -1, -2):
            if isinstance(self[at], str) and self[at] == key:
                return self[at + 1]
        return None


class Blob:
    """Bytes or a long text that stand in the file; only where, not what."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


@dataclass(kw_only=True)
class Program:
    """What a walk found.

    Attributes
    ----------
    names : list of (module, name, byte)
    calls : list of (what, byte)
        Calls of what is no plain name: an attribute of something, the result of another call.
    forbidden : list of (opcode, byte)
        Opcodes that no plain pickle of a model needs.
    arrays : list of (start, end, object)
        Raw arrays of joblib; `object` where the content is a pickle of its own.
    blobs : list of (start, end)
        Bytes that could hold something.
    end : int
        One past STOP, or where the walk broke.
    """

    names: list[tuple[str, str, int]] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    forbidden: list[tuple[str, int]] = field(default_factory=list)
    arrays: list[tuple[int, int]] = field(default_factory=list)
    nested: list[int] = field(default_factory=list)
    blobs: list[tuple[int, int]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    protocol: int = 0
    opcodes: int = 0
    end: int = 0
    fault: str = ""
    stopped: bool = False
    value: Any = None


MARK = object()


def array_bytes(state: Pairs) -> tuple[int, bool]:
    """How many bytes an array wrapper's array has, and whether it is a pickle instead."""
    shape, dtype = state.get("shape"), state.get("dtype")
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise Fault("an array has no shape")
    width, pickled = dtype_width(dtype)
    count = 1
    for side in shape[:64]:
        count *= side
        if count > 2**40:
            raise Fault("an array is larger than any file")
    return count * width, pickled


def dtype_width(dtype: Any) -> tuple[int, bool]:
    """Bytes of an element of a symbolic `numpy.dtype(...)`, and whether it is a Python object."""
    if not isinstance(dtype, Call) or not isinstance(dtype.arguments, tuple) or not dtype.arguments:
        raise Fault("an array has no dtype")
    told = dtype.arguments[0]
    if not isinstance(told, str):
        raise Fault("an array has no plain dtype")
    state = dtype.state if isinstance(dtype.state, tuple) else ()
    fields = state[4] if len(state) > 4 else None
    if isinstance(fields, Pairs) and fields:
        inner = [dtype_width(one[0]) for one in fields[1::2] if isinstance(one, tuple) and one]
        if any(pickled for _, pickled in inner):
            return 0, True
    if told.lstrip("<>=|").startswith("O"):
        return 0, True
    width = int("".join(c for c in told if c.isdigit()) or 0)
    kind = told.lstrip("<>=|")[:1]
    if kind == "U":
        width *= 4
    if isinstance(state, tuple) and len(state) > 5 and isinstance(state[5], int) and state[5] > 0:
        width = state[5]
    if width <= 0 or width > 2**24:
        if kind in ("S", "U", "V") and width == 0:
            return 0, False
        raise Fault("an array's dtype has no width")
    return width, False
