"""Rows: a table as bytes and back, for the way into the sandbox; plain values only."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

RAW = "biufmM"  # kinds of dtype that travel as their own bytes


def packed(rows: Any) -> bytes:
    """A DataFrame, or an array (n, d), as a header in JSON and the columns' bytes."""
    parts: list[bytes] = []
    if hasattr(rows, "columns"):
        told = [_column(rows.iloc[:, at], parts) for at in range(rows.shape[1])]
        header = {"n": len(rows), "columns": told, "names": [str(name) for name in rows.columns]}
    else:
        array = np.asarray(rows)
        header = {"n": len(array), "array": _column(array.ravel(), parts), "shape": list(array.shape)}
    words = json.dumps(header, allow_nan=True).encode()
    return b"".join([struct.pack("<Q", len(words)), words, *parts])


def _column(values: Any, parts: list[bytes]) -> dict[str, Any]:
    """One column's description; its bytes go to `parts`."""
    kind = getattr(values, "dtype", None)
    if str(kind) == "category":
        codes = np.asarray(values.cat.codes)
        inner = _column(np.asarray(values.cat.categories), parts)
        return {"category": inner, "codes": _column(codes, parts), "ordered": bool(values.cat.ordered)}
    if isinstance(kind, np.dtype) and kind.kind in RAW:
        content = np.ascontiguousarray(np.asarray(values)).tobytes()
        parts.append(content)
        return {"dtype": kind.str, "bytes": len(content)}
    listed = [_plain(value) for value in values.tolist()]
    content = json.dumps(listed).encode()
    parts.append(content)
    return {
        "dtype": "object" if isinstance(kind, np.dtype) else str(kind),
        "bytes": len(content),
        "json": True,
    }


def _plain(value: Any) -> Any:
    """A value of an object column as JSON has it; NaN and NA keep apart from None."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if value is _na():
        return float("nan")
    return str(value)


def _na() -> Any:
    import pandas as pd

    return pd.NA


def unpacked(content: bytes) -> Any:
    """What `packed` packed."""
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    rest = memoryview(content)[8 + size :]
    at = 0

    def take(length: int) -> memoryview:
        nonlocal at
        at += length
        return rest[at - length : at]

    if "array" in header:
        return np.asarray(_values(header["array"], take)).reshape(header["shape"])
    import pandas as pd

    columns = [pd.Series(_values(one, take)) for one in header["columns"]]
    if not columns:
        return pd.DataFrame(index=range(header["n"]))
    frame = pd.concat(columns, axis=1)
    frame.columns = pd.Index(header["names"])
    return frame


def _values(told: dict[str, Any], take: Any) -> Any:
    """One column's values."""
    import pandas as pd

    if "category" in told:
        categories = _values(told["category"], take)
        codes = _values(told["codes"], take)
        return pd.Categorical.from_codes(codes, categories=pd.Index(categories), ordered=told["ordered"])
    raw = take(told["bytes"])
    if not told.get("json"):
        return np.frombuffer(raw, dtype=told["dtype"]).copy()
    listed = json.loads(bytes(raw))
    if told["dtype"] == "object":
        found = np.empty(len(listed), dtype=object)
        found[:] = listed
        return found
    return pd.array(listed, dtype=told["dtype"])
