"""UBJ: XGBoost's binary form of JSON, read within bounds (Universal Binary JSON, draft 12)."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_NUMBERS = {"i": ">i1", "U": ">u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
DEEPEST = 32
MOST_ITEMS = 2_000_000
"""Items that are not in typed arrays: each costs a Python object."""


class NotUbj(ValueError):
    """The bytes are no UBJSON, or more than an honest model holds."""


def read_ubj(raw: bytes) -> Any:
    """The document; typed arrays as NumPy arrays of native order.

    Raises
    ------
    NotUbj
        If it is broken, nested deeper than 32, holds a key twice, or has bytes after its end.
    """
    reader = _Reader(raw)
    try:
        found = reader.value(reader.mark(), 0)
    except (struct.error, IndexError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise NotUbj(str(error).splitlines()[0][:120] if str(error) else type(error).__name__) from error
    if reader.at != len(raw):
        raise NotUbj(f"{len(raw) - reader.at:,} bytes after its end")
    return found


class _Reader:
    """A place in the bytes."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0
        self.items = 0

    def mark(self) -> str:
        """The next marker; no-ops are passed over."""
        while True:
            mark = self.take(1).decode("ascii")
            if mark != "N":
                return mark

    def take(self, n: int) -> bytes:
        """The next n bytes."""
        if n < 0 or self.at + n > len(self.raw):
            raise NotUbj("it ends too soon")
        self.at += n
        return self.raw[self.at - n : self.at]

    def value(self, mark: str, depth: int) -> Any:
        """The value that a marker announces."""
        self.items += 1
        if depth > DEEPEST or self.items > MOST_ITEMS:
            raise NotUbj("it is nested too deep, or holds too many things")
        if mark == "{":
            return self._object(depth)
        if mark == "[":
            return self._array(depth)
        if mark == "S":
            return self._text()
        if mark in _NUMBERS:
            found = np.frombuffer(self.take(np.dtype(_NUMBERS[mark]).itemsize), _NUMBERS[mark])[0]
            return float(found) if mark in "dD" else int(found)
        if mark in "TFZ":
            return {"T": True, "F": False, "Z": None}[mark]
        raise NotUbj(f"marker {mark!r} is not known")

    def _count(self) -> int:
        """A length."""
        mark = self.mark()
        if mark not in "iUIlL":
            raise NotUbj("a length is no integer")
        count = int(self.value(mark, 0))
        if not 0 <= count <= len(self.raw):
            raise NotUbj("a length is larger than the file")
        return count

    def _text(self) -> str:
        return self.take(self._count()).decode("utf-8")

    def _array(self, depth: int) -> Any:
        """Typed, counted, or ended by a bracket."""
        mark = self.mark()
        if mark == "$":
            kind = self.mark()
            if self.mark() != "#":
                raise NotUbj("a typed array without a count")
            count = self._count()
            if kind in _NUMBERS:
                dtype = np.dtype(_NUMBERS[kind])
                return np.frombuffer(self.take(count * dtype.itemsize), dtype).astype(dtype.newbyteorder("="))
            if kind in "TFZN":
                raise NotUbj("an array of nothing")  # a count of a thousand million in ten bytes
            return [self.value(kind, depth + 1) for _ in range(count)]
        if mark == "#":
            return [self.value(self.mark(), depth + 1) for _ in range(self._count())]
        found = []
        while mark != "]":
            found.append(self.value(mark, depth + 1))
            mark = self.mark()
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        """Keys are texts without their marker."""
        found: dict[str, Any] = {}
        mark = self.mark()
        if mark in "$#":
            raise NotUbj("a counted object, which XGBoost does not write")
        while mark != "}":
            self.at -= 1  # the marker was that of the key's length
            key = self._text()
            if key in found:
                raise NotUbj("a key stands twice")
            found[key] = self.value(self.mark(), depth + 1)
            mark = self.mark()
        return found
