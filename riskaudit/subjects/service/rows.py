"""Rows: a table's cells as what goes over the wire, and the key that a row is known by."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError
from riskaudit.subjects.service.protocols import Row, Value

if TYPE_CHECKING:
    import pandas as pd


def kinds_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """`int`, `float`, `bool` or `str` for each column."""
    import pandas as pd

    found = []
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_bool_dtype(column):
            found.append("bool")
        elif pd.api.types.is_integer_dtype(column):
            found.append("int")
        else:
            found.append("float" if pd.api.types.is_numeric_dtype(column) else "str")
    return tuple(found)


def rows_of(table: Any, kinds: Sequence[str]) -> list[Row]:
    """Cells by row, in the kinds of the audited table: 35.0 in a column of integers is 35.

    Raises
    ------
    InputError
        If a number is infinite: JSON has no word for it.
    """
    import numpy as np

    if hasattr(table, "columns"):
        columns = [table[name].tolist() for name in table.columns]
    else:
        columns = [column.tolist() for column in np.asarray(table).T]
    return list(zip(*(_column(c, kind) for c, kind in zip(columns, kinds, strict=True)), strict=True))


def _column(cells: Sequence[Any], kind: str) -> list[Value]:
    return [_cell(cell, kind) for cell in cells]


def _cell(cell: Any, kind: str) -> Value:
    """One cell; a missing one is None, whatever it is called."""
    if cell is None or cell != cell or type(cell).__name__ in ("NAType", "NaTType"):
        return None
    if kind == "str":
        return str(cell)
    if kind == "bool":
        return bool(cell)
    number = float(cell)
    if not math.isfinite(number):
        raise InputError(
            "a row holds an infinite number, which JSON cannot carry", "mend the table", where="--data"
        )
    return int(cell) if kind == "int" and number.is_integer() else number


def key_of(row: Row) -> str:
    """A row's name: the SHA-256 of its cells, half of it."""
    return hashlib.sha256(json.dumps(row, ensure_ascii=True).encode()).hexdigest()[:32]
