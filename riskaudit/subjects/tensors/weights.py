"""Weights: named arrays of a PyTorch state dict or a safetensors file, read without PyTorch and without its pickle.

`torch.load(weights_only=True)` is an allow-list too, and was got around (CVE-2025-32434). A state dict needs six
names; here there are no others, and what they make are NumPy arrays.
"""

from __future__ import annotations

import io
import json
import math
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np

from riskaudit.errors import InputError
from riskaudit.subjects.pickled.restricted import Refused, RestrictedUnpickler
from riskaudit.subjects.source import Source

MOST_HEADER = 100 * 2**20
DEEPEST_KEY = 500
_KINDS = {"Double": "<f8", "Float": "<f4", "Half": "<f2", "BFloat16": "bf16", "Long": "<i8", "Int": "<i4"}
_KINDS |= {"Short": "<i2", "Char": "<i1", "Byte": "<u1", "Bool": "|b1"}
_SAFE = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "bf16", "I64": "<i8", "I32": "<i4", "I16": "<i2"}
_SAFE |= {"I8": "<i1", "U8": "<u1", "BOOL": "|b1"}
_HINT = "save them again: torch.save(model.state_dict(), 'weights.pt'), or safetensors.torch.save_file"


def read_weights(source: Source, *, flag: str = "--weights") -> dict[str, Any]:
    """Arrays by name.

    Raises
    ------
    InputError
        If the file holds something else, or is broken.
    """
    try:
        if source.look.format == "PyTorch archive" and not source.look.fault:
            return _state_dict(source.raw)
        if source.raw[8:9] == b"{":
            return _safetensors(source.raw)
    except (Refused, ValueError, KeyError, TypeError, IndexError, OverflowError, zipfile.BadZipFile) as error:
        said = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise InputError(
            f"{source.name} holds no weights that can be read: {said}", _HINT, where=flag
        ) from error
    raise InputError(
        f"{source.name} is a {source.look.format or 'file of no known format'}, not weights",
        _HINT,
        where=flag,
    )


def _safetensors(raw: bytes) -> dict[str, Any]:
    """An eight-byte length, a header in JSON, arrays end to end."""
    size = int.from_bytes(raw[:8], "little")
    if size > min(MOST_HEADER, len(raw) - 8):
        raise ValueError("its header is longer than the file")
    try:
        header = json.loads(raw[8 : 8 + size])
    except RecursionError as error:
        raise ValueError("its header is nested too deep") from error
    body, found = memoryview(raw)[8 + size :], {}
    for name, told in header.items():
        if name == "__metadata__":
            continue
        begin, end = told["data_offsets"]
        shape = _shape(told["shape"])
        if not 0 <= begin <= end <= len(body):
            raise ValueError("an array lies outside the file")
        found[name] = _array(body[begin:end], _SAFE[told["dtype"]]).reshape(shape)
    return found


def _shape(told: Any) -> tuple[int, ...]:
    if (
        not isinstance(told, list | tuple)
        or len(told) > 16
        or not all(type(one) is int and one >= 0 for one in told)
    ):
        raise ValueError("an array has no shape")
    return tuple(told)


def _array(content: Any, kind: str) -> Any:
    """Numbers from their bytes; bfloat16, which NumPy does not know, as the upper half of float32."""
    if kind != "bf16":
        return np.frombuffer(content, dtype=kind)
    return (np.frombuffer(content, dtype="<u2").astype(np.uint32) << 16).view(np.float32)


class _Kind(str):
    """A type of storage, by name."""


class _Weights(RestrictedUnpickler):
    """A pickle that may name tensors, storages and an ordered mapping."""

    def __init__(self, file: io.BytesIO, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(file)
        self.archive, self.root = archive, root
        self.held: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        """What the few names stand for."""
        if module == "torch" and name.endswith("Storage") and name.removesuffix("Storage") in _KINDS:
            return _Kind(_KINDS[name.removesuffix("Storage")])
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
            ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
            ("torch", "Size"): tuple,
        }
        if (module, name) not in known:
            raise Refused(f"it names {module}.{name}, which no state dict needs")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """The numbers of a storage, a member of the archive."""
        match pid:
            case ("storage", _Kind() as kind, str(key), str(), int()) if len(key) < DEEPEST_KEY:
                if key not in self.held:
                    self.held[key] = _array(self.archive.read(f"{self.root}data/{key}"), str(kind))
                return self.held[key]
        raise Refused("it asks for an object from outside")

    dispatch = dict(RestrictedUnpickler.dispatch)
    dispatch[pickle.BINPERSID[0]] = pickle._Unpickler.dispatch[pickle.BINPERSID[0]]


def _rebuilt(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Any:
    """A tensor: a view of a storage, copied, every index within it."""
    shape, steps = _shape(size), _shape(stride)
    if (
        not isinstance(storage, np.ndarray)
        or len(shape) != len(steps)
        or type(offset) is not int
        or offset < 0
    ):
        raise Refused("a tensor is none")
    if not math.prod(shape):
        return np.empty(shape, dtype=storage.dtype)
    last = offset + sum((side - 1) * step for side, step in zip(shape, steps, strict=True))
    if last >= len(storage) or math.prod(shape) > len(storage):
        raise Refused("a tensor is larger than its storage")
    width = storage.itemsize
    view = np.lib.stride_tricks.as_strided(storage[offset:], shape, tuple(step * width for step in steps))
    return view.copy()


def _state_dict(raw: bytes) -> dict[str, Any]:
    """The mapping in an archive's data.pkl; one level of nesting under a usual name is looked through."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        name = next(one for one in archive.namelist() if one.endswith("data.pkl"))
        root = name.removesuffix("data.pkl")
        if f"{root}byteorder" in archive.namelist() and archive.read(f"{root}byteorder") != b"little":
            raise ValueError("its bytes are in the other order")
        try:
            held = _Weights(io.BytesIO(archive.read(name)), archive, root).load()
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"its pickle is broken ({type(error).__name__})") from error
    if isinstance(held, dict) and isinstance(held.get("state_dict"), dict):
        held = held["state_dict"]
    if not isinstance(held, dict) or not all(
        isinstance(key, str) and isinstance(one, np.ndarray) for key, one in held.items()
    ):
        raise Refused("it is no mapping of names to tensors")
    return dict(held)
