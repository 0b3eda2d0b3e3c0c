"""Protocols: rows as a request's body, and an answer's body as one raw answer a row.

    mlflow   {"dataframe_split": {"columns": [...], "data": [...]}} -> {"predictions": [...]}
    oip-v2   Open Inference Protocol (KServe v2, MLServer, Triton): {"inputs": [tensor, ...]} ->
             {"outputs": [tensor, ...]}
    json     {"instances": [{column: value}, ...]} -> {"predictions": [...]} (KServe v1, TensorFlow Serving)

Sources: MLflow documentation, "Deploy MLflow model as a local inference server"; Open Inference Protocol,
REST specification, sections "Inference" and "Tensor data".
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskaudit.errors import UsageError
from riskaudit.subjects.service.address import Address
from riskaudit.subjects.service.settings import Endpoint, ProtocolName
from riskaudit.subjects.service.wire import Trouble

Value = str | int | float | bool | None
Row = tuple[Value, ...]
NUMBERS = ("int", "float", "bool")
_TYPES = {"int": "INT64", "float": "FP64", "bool": "BOOL", "str": "BYTES"}
DEEPEST = 16
PROBE = b'{"riskaudit": "a request without rows"}'


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One of the protocols, for these columns.

    Attributes
    ----------
    kinds : tuple of str
        `int`, `float`, `bool` or `str` for each column.
    """

    name: ProtocolName
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    output: str = ""
    matrix: bool = False

    def body(self, rows: Sequence[Row]) -> bytes:
        """The request for these rows."""
        if self.name == "mlflow":
            told: dict[str, Any] = {
                "dataframe_split": {"columns": list(self.columns), "data": [list(row) for row in rows]}
            }
        elif self.name == "json":
            told = {"instances": [dict(zip(self.columns, row, strict=True)) for row in rows]}
        else:
            told = self._tensors(rows)
        return json.dumps(told, allow_nan=False).encode()

    def read(self, body: bytes, rows: int) -> list[Any]:
        """One raw answer for each row.

        Raises
        ------
        Trouble
            If the body is no such answer, or of another number of rows.
        """
        document = _document(body)
        found = self._outputs(document) if self.name == "oip-v2" else _predictions(document)
        if len(found) != rows:
            raise Trouble(f"{len(found):,} answers to {rows:,} rows")
        return found

    def _tensors(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Rows as one matrix of numbers, or as a tensor for each column."""
        if self.matrix:
            flat = [None if value is None else float(value) for row in rows for value in row]
            shape = [len(rows), len(self.columns)]
            told: dict[str, Any] = {
                "inputs": [{"name": "input-0", "shape": shape, "datatype": "FP64", "data": flat}]
            }
        else:
            told = {
                "parameters": {"content_type": "pd"},
                "inputs": [self._column(at, rows) for at in range(len(self.columns))],
            }
        return told | ({"outputs": [{"name": self.output}]} if self.output else {})

    def _column(self, at: int, rows: Sequence[Row]) -> dict[str, Any]:
        """One column as a tensor of shape (n, 1); integers with gaps travel as floats."""
        data = [row[at] for row in rows]
        kind = self.kinds[at]
        if kind in ("int", "bool") and None in data:
            kind, data = "float", [None if value is None else float(value) for value in data]
        words = {"parameters": {"content_type": "str"}} if kind == "str" else {}
        return {
            "name": self.columns[at],
            "shape": [len(rows), 1],
            "datatype": _TYPES[kind],
            "data": data,
            **words,
        }

    def _outputs(self, document: Any) -> list[Any]:
        """The rows of the output tensor that is meant."""
        outputs = document.get("outputs") if isinstance(document, dict) else None
        if not isinstance(outputs, list) or not all(isinstance(one, dict) for one in outputs):
            raise Trouble("an answer without 'outputs'")
        named = [one for one in outputs if not self.output or one.get("name") == self.output]
        if len(named) != 1:
            raise Trouble(f"{len(named)} output tensors where one is meant (--output names it)")
        return _rows(named[0])


def protocol_of(endpoint: Endpoint, columns: Sequence[str], kinds: Sequence[str]) -> Protocol:
    """The protocol that the settings name.

    Raises
    ------
    UsageError
        If none is named, or a matrix is asked for columns that are no numbers.
    """
    if not endpoint.protocol:
        raise UsageError(
            "which protocol does the service speak?",
            "give --protocol mlflow, --protocol oip-v2 or --protocol json",
            where="--protocol",
        )
    numeric = all(kind in NUMBERS for kind in kinds)
    if endpoint.tensors == "matrix" and not numeric:
        worded = next(name for name, kind in zip(columns, kinds, strict=True) if kind not in NUMBERS)
        raise UsageError(
            f"column '{worded}' holds words, which no matrix of numbers can",
            "give --tensors columns",
            where="--tensors",
        )
    return Protocol(
        name=endpoint.protocol,
        columns=tuple(columns),
        kinds=tuple(kinds),
        output=endpoint.output,
        matrix=endpoint.tensors == "matrix" or (not endpoint.tensors and numeric),
    )


def target_of(address: Address, name: ProtocolName) -> Address:
    """The address with the path that a protocol fixes, where it was left out.

    Raises
    ------
    UsageError
        If an Open Inference address names no model.
    """
    from dataclasses import replace

    path = address.path.rstrip("/")
    if name == "mlflow" and not path:
        return replace(address, path="/invocations")
    if name == "oip-v2" and not path.endswith("/infer"):
        if "/v2/models/" not in path:
            raise UsageError(
                f"{address.text} names no model",
                "write http(s)://HOST:PORT/v2/models/NAME, with /versions/V where it has versions",
                where="--model",
            )
        return replace(address, path=f"{path}/infer")
    return address


def _document(body: bytes) -> Any:
    """A JSON body; nesting is counted before it is parsed."""
    depth = deepest = 0
    for byte in body.translate(None, delete=bytes(set(range(256)) - set(b"[]{}"))):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Trouble("an answer that is nested too deep")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Trouble("an answer that is no JSON") from None


def _predictions(document: Any) -> list[Any]:
    """`predictions` of an object, or a bare list."""
    found = document.get("predictions") if isinstance(document, dict) else document
    if isinstance(found, dict):  # columns of a table: {"0": [...], "1": [...]}
        columns = list(found.items())
        if columns and all(isinstance(part, list) and len(part) == len(columns[0][1]) for _, part in columns):
            return [{name: part[at] for name, part in columns} for at in range(len(columns[0][1]))]
    if not isinstance(found, list):
        raise Trouble("an answer without 'predictions'")
    return found


def _rows(tensor: dict[str, Any]) -> list[Any]:
    """A tensor's rows, its shape believed only where the data bear it out."""
    shape, data = tensor.get("shape"), tensor.get("data")
    if not isinstance(shape, list) or not isinstance(data, list) or not 1 <= len(shape) <= 3:
        raise Trouble("an output tensor without shape or data")
    if not all(type(side) is int and side >= 0 for side in shape):
        raise Trouble("an output tensor without shape or data")
    flat = [inner for outer in data for inner in (outer if isinstance(outer, list) else [outer])]
    rows = shape[0]
    if len(flat) != math.prod(shape) or not rows:
        raise Trouble("an output tensor that is not as long as its shape")
    width = len(flat) // rows
    if width == 1:
        return flat
    return [flat[at : at + width] for at in range(0, len(flat), width)]
