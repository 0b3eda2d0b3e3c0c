"""Core archive: bytes to named arrays and back; a plain .npz, read without trusting a byte of it.

The zip holds `header.npy` (UTF-8 JSON as bytes) first and then one `.npy` of float32 or float64 for each
array, stored and not compressed: so nothing can unpack to more than the file is long.
"""

from __future__ import annotations

import io
import re
import zipfile
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.errors import InputError, RefusedError

Arrays = dict[str, NDArray[Any]]
HEADER = "header"
MOST_MEMBERS = 20_001
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[0-9]{1,5})?\.npy")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes
_HINT = "save the model again with 'riskaudit train ... -o model.npz'"


def pack(header: str, arrays: Arrays) -> bytes:
    """The archive's bytes."""
    buffer = io.BytesIO()
    told = np.frombuffer(header.encode("utf-8"), np.uint8)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in {HEADER: told, **arrays}.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", date_time=_DATE), member.getvalue())
    return buffer.getvalue()


def unpack(raw: bytes, *, name: str, flag: str) -> tuple[bytes, Arrays]:
    """The header's JSON and the arrays.

    Raises
    ------
    InputError
        If the archive is broken or cut short, or an array is not as long as it says.
    RefusedError
        If it holds Python objects, compressed members, or names of paths.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            _check_members(members, len(raw), name=name, flag=flag)
            found = {one.filename[:-4]: archive.read(one) for one in members}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(f"{name} is a broken archive: {_first(error)}", _HINT, where=flag) from error
    arrays = {key: _array(content, key, name=name, flag=flag) for key, content in found.items()}
    if HEADER not in arrays or arrays[HEADER].dtype != np.uint8:
        raise InputError(f"{name} is no model of the NumPy core: it has no header", _HINT, where=flag)
    return arrays.pop(HEADER).tobytes(), arrays


def _check_members(members: list[zipfile.ZipInfo], size: int, *, name: str, flag: str) -> None:
    """Refuse members by what the archive's directory says of them, before any is read."""
    names = [one.filename for one in members]
    strange = [one for one in names if not _NAME.fullmatch(one)]
    if strange or len(set(names)) != len(names) or len(names) > MOST_MEMBERS:
        what = repr(strange[0][:80]) if strange else "one name twice, or too many members"
        raise RefusedError(f"{name} holds {what}, which no core model does", _HINT, where=flag)
    packed = any(one.compress_type != zipfile.ZIP_STORED or one.flag_bits & 1 for one in members)
    if packed or any(one.file_size != one.compress_size for one in members):
        raise RefusedError(
            f"{name} holds compressed or encrypted members; it was not opened", _HINT, where=flag
        )
    if sum(one.file_size for one in members) > size:
        raise RefusedError(f"{name} says it holds more than it is long", _HINT, where=flag)


def _array(content: bytes, key: str, *, name: str, flag: str) -> NDArray[Any]:
    """One member as an array, read-only, its length just what its own header says."""
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"version {version} of the .npy format")
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, EOFError, SyntaxError, TypeError, RecursionError, MemoryError, TokenError) as error:
        raise InputError(f"'{key}' in {name} is no array: {_first(error)}", _HINT, where=flag) from error
    if dtype.hasobject:
        raise RefusedError(
            f"'{key}' in {name} holds Python objects, which are pickles: it was not opened", _HINT, where=flag
        )
    if dtype.str not in (("|u1",) if key == HEADER else ("<f4", "<f8")) or by_columns or len(shape) > 2:
        told = f"type {dtype.str}, shape {shape}{', by columns' if by_columns else ''}"
        raise InputError(f"'{key}' in {name} is no such array as a core model has: {told}", _HINT, where=flag)
    rest = content[stream.tell() :]
    if any(side < 0 for side in shape) or int(np.prod(shape, dtype=object)) * dtype.itemsize != len(rest):
        raise InputError(
            f"'{key}' in {name} says shape {shape}, but has {len(rest):,} bytes", _HINT, where=flag
        )
    return np.frombuffer(rest, dtype).reshape(shape)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:150] if str(error) else type(error).__name__
