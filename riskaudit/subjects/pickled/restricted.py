"""Restricted: an unpickler that knows the names on the list and no way around it.

It is Python's own unpickler written in Python, with these differences:

- a global is looked up by its exact (module, name) pair, never through a dotted path;
- EXT, PERSID, INST, OBJ and out-of-band buffers are refused, as is a state given to a class or a function;
- joblib's arrays are read here: joblib itself hands object arrays to plain `pickle.load`, which no
  `find_class` would see;
- nothing may follow the end.
"""

from __future__ import annotations

import functools
import io
import pickle
import types
from typing import Any

from riskaudit.subjects.pickled.allowed import CALLED, PARTIAL, is_allowed, renamed

MOST_ELEMENTS = 2**31


class Refused(Exception):
    """The pickle holds what no honest model does."""


_Python: Any = pickle._Unpickler  # the one in Python, whose every step can be replaced


class RestrictedUnpickler(_Python):  # type: ignore[misc]
    """One pickle, or one joblib file, from a stream of bytes in memory."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.file = file

    def find_class(self, module: str, name: str) -> Any:
        """The object behind a name, if it is on the list."""
        if (module, name) == PARTIAL:
            return _partial
        if not is_allowed(module, name):
            raise Refused(f"it names {module}.{name}, which is not on the list")
        module, name = renamed(module, name)
        if (module, name) in _CHECKED:
            return _CHECKED[module, name]
        import importlib

        return getattr(importlib.import_module(module), name)

    def persistent_load(self, pid: Any) -> Any:
        """Never."""
        raise Refused("it asks for an object from outside (PERSID)")

    def get_extension(self, code: int) -> None:
        """Never."""
        raise Refused("it asks for a name from the registry of extensions (EXT)")

    def _refused_opcode(self) -> None:
        raise Refused(
            "it has an opcode that no plain pickle of a model has (EXT, PERSID, INST, OBJ, buffers)"
        )

    def load_build(self) -> None:
        """Give an object its state; a wrapper becomes its array."""
        thing = self.stack[-2] if len(self.stack) > 1 else None
        if isinstance(thing, type | types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
            raise Refused("it gives a state to a class or a function")
        state = self.stack[-1]
        if isinstance(thing, functools.partial):
            _partial(*state[:1])
        slots = state[1] if isinstance(state, tuple) and len(state) == 2 else None
        if isinstance(slots, dict) and any(str(key).startswith("__") for key in slots):
            raise Refused("it replaces a special attribute")
        super().load_build()
        if type(self.stack[-1]) is _Wrapper:
            self.stack[-1] = self._array(self.stack[-1])

    def _array(self, wrapper: _Wrapper) -> Any:
        """The array that follows its wrapper in the file."""
        import numpy as np

        told = vars(wrapper)
        shape, dtype, order = told.get("shape"), told.get("dtype"), told.get("order")
        if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
            raise Refused("an array has no shape")
        if type(dtype) is not np.dtype and not isinstance(dtype, np.dtype):
            raise Refused("an array has no dtype")
        if getattr(self._unframer.current_frame, "read", lambda _: b"")(1):
            raise Refused("an array begins inside a frame")
        if dtype.hasobject:
            array = _one(self.file)
            if not isinstance(array, np.ndarray):
                raise Refused("an array is something else")
            return array
        if told.get("numpy_array_alignment_bytes") is not None:
            self.file.read(int.from_bytes(self.file.read(1), "little"))
        return _read(self.file, shape, dtype, order, told.get("subclass"))

    dispatch = dict(_Python.dispatch)
    dispatch[pickle.BUILD[0]] = load_build
    for _code in (
        pickle.EXT1,
        pickle.EXT2,
        pickle.EXT4,
        pickle.PERSID,
        pickle.BINPERSID,
        pickle.INST,
        pickle.OBJ,
        pickle.NEXT_BUFFER,
    ):
        dispatch[_code[0]] = _refused_opcode


class _Wrapper:
    """Stands where joblib's NumpyArrayWrapper would, which reads arrays in its own, open way."""


def _read(file: io.BytesIO, shape: tuple[int, ...], dtype: Any, order: Any, subclass: Any) -> Any:
    """A plain array's bytes, no more than the file has."""
    import numpy as np

    count = 1
    for side in shape:
        count *= side
    if count > MOST_ELEMENTS or count * dtype.itemsize > _left(file):
        raise Refused("an array is longer than the file")
    flat = np.empty(count * dtype.itemsize, dtype=np.uint8)
    file.readinto(flat.data)  # one copy, and aligned; getbuffer() would first copy the whole file
    array = flat.view(dtype).reshape(shape, order="F" if order == "F" else "C")
    if subclass not in (np.ndarray, None):
        if subclass is not np.ma.MaskedArray:
            raise Refused("an array is of a class that is not known")
        return array.view(subclass)
    return array


def _left(file: io.BytesIO) -> int:
    """How many bytes follow in a stream."""
    here = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(here)
    return end - here


def _encode(text: Any, encoding: str = "latin1") -> bytes:
    """`_codecs.encode`, for the one purpose that pickles have for it: bytes in protocols 0 to 2."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise Refused("it encodes something else than bytes")
    return text.encode("latin1")


def _partial(*arguments: Any) -> Any:
    """`functools.partial`, of the one function that models keep so."""
    import importlib

    module, name = CALLED
    if len(arguments) != 1 or arguments[0] is not getattr(importlib.import_module(module), name):
        raise Refused("it keeps a call of what is no check of an array (functools.partial)")
    return functools.partial(arguments[0])


def _restored(data: Any) -> Any:
    """`pyarrow.lib._restore_array`, its buffers checked before anybody follows an offset in them."""
    import pyarrow as pa

    array = pa.lib._restore_array(data)
    array.validate(full=True)
    return array


_CHECKED: dict[tuple[str, str], Any] = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _Wrapper,
    ("_codecs", "encode"): _encode,
    ("pyarrow.lib", "_restore_array"): _restored,
}


def _one(file: io.BytesIO) -> Any:
    """The next pickle in a stream."""
    return RestrictedUnpickler(file).load()


def load_restricted(raw: bytes) -> Any:
    """The object in a pickle or a joblib file, unpacked already.

    Raises
    ------
    Refused
        If it names, calls or holds what no honest model does, or something follows its end.
    """
    file = io.BytesIO(raw)
    try:
        thing = _one(file)
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"it cannot be read as a pickle: {type(error).__name__}: {str(error)[:150]}") from error
    if file.read(1):
        raise Refused("something follows its end")
    return thing
