"""JSON rows: one object a line, or one array of objects, every key a column."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.reading.origin import (
    MOST_CELL,
    MOST_COLUMNS,
    MOST_JSON,
    Origin,
    check_header,
    check_size,
    first_line,
)

if TYPE_CHECKING:
    import pandas as pd


def json_rows(raw: bytes, origin: Origin) -> pd.DataFrame:
    """The table that JSON Lines or a JSON array holds; null and NaN are missing values.

    Raises
    ------
    InputError
        If a line is no object, a key stands twice in one, or a value is a list, an object or infinite.
    """
    import pandas as pd

    if len(raw) > MOST_JSON:
        raise origin.refused(
            f"{{name}} holds {len(raw) >> 20:,} MiB of JSON; at most {MOST_JSON >> 20} MiB are read",
            "give a larger table as Parquet or CSV: JSON takes ten times its size to read",
        )
    rows = list(_objects(raw, origin))
    names = list(dict.fromkeys(key for row in rows for key in row))
    if b"\\ud" in raw.lower():
        _check_letters(rows, origin)
    check_header(names, origin)
    check_size(len(rows), len(names), origin)
    frame = pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in names})
    absent = [name for name in names if any(name not in row for row in rows)]
    if absent:
        told = ", ".join(f"'{name}'" for name in absent[:5]) + (", ..." if len(absent) > 5 else "")
        origin.note(f"not every row of {origin.name} has a value for {told}; there it is missing")
    frame.columns = [name.strip() for name in names]
    return frame


def _objects(raw: bytes, origin: Origin) -> Iterator[dict[str, Any]]:
    """Every object in turn, its values plain."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_constant)
    number = 0
    try:
        if raw.lstrip()[:1] == b"[":
            for number, row in enumerate(decoder.decode(raw.decode("utf-8")), start=1):
                yield _row(row, f"row {number:,}", origin)
            return
        for number, line in enumerate(io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"), start=1):
            if line.strip():
                yield _row(decoder.decode(line.rstrip("\r\n")), f"line {number:,}", origin)
    except (ValueError, RecursionError) as error:
        place = (
            f", line {number + (raw.lstrip()[:1] == b'['):,}" if number or not raw.startswith(b"[") else ""
        )
        told = "nested too deeply" if isinstance(error, RecursionError) else first_line(error)
        hint = 'give JSON Lines: one object a line, such as {"age": 31, "sex": "f"}; or an array of them'
        raise origin.refused(f"{{name}}{place} is not JSON: {told}", hint) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key stands twice: the parser would keep the last in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _constant(word: str) -> float:
    """NaN is a missing number; infinity is no value."""
    if word == "NaN":
        return math.nan
    raise ValueError(f"{word} is not a number")


def _row(row: Any, place: str, origin: Origin) -> dict[str, Any]:
    """One row, every value a word, a number, a boolean or null."""
    if not isinstance(row, dict):
        raise origin.refused(
            f"{{name}}, {place}: {_kind(row)} where an object is expected",
            'give JSON Lines: one object a line, such as {"age": 31, "sex": "f"}; or an array of them',
        )
    if len(row) > MOST_COLUMNS:
        check_header(list(row), origin)
    for name, value in row.items():
        if isinstance(value, (dict, list)):
            raise origin.refused(
                f"{{name}}, {place}: '{name}' holds {_kind(value)}, which is no cell of a table",
                "give each value a column of its own",
            )
        if isinstance(value, str) and len(value) > MOST_CELL:
            raise origin.refused(f"{{name}}, {place}: a cell of more than {MOST_CELL:,} characters")
        if isinstance(value, float) and math.isinf(value):
            raise origin.refused(f"{{name}}, {place}: '{name}' is too large a number")
    return row


def _check_letters(rows: list[dict[str, Any]], origin: Origin) -> None:
    """Refuse halves of letters, which no text can hold."""
    for row in rows:
        for word in (*row, *(value for value in row.values() if isinstance(value, str))):
            try:
                word.encode("utf-8")
            except UnicodeEncodeError:
                raise origin.refused(
                    "{name} has a word with half a letter in it (a lone surrogate)"
                ) from None


def _kind(value: Any) -> str:
    """A JSON value's kind in words."""
    return {dict: "an object", list: "a list", str: "a word", bool: "true or false"}.get(
        type(value), "a number" if isinstance(value, (int, float)) else "null"
    )


def _column(values: list[Any]) -> Any:
    """One column: a missing number where all others are numbers, words and booleans as they are."""
    import pandas as pd

    kinds = {type(value) for value in values if value is not None and value == value}
    whole = [value for value in values if isinstance(value, int)]
    if kinds <= {int, float} and all(abs(value) <= 2**53 for value in whole):
        return pd.Series(
            values,
            dtype="int64"
            if kinds == {int} and None not in values and len(whole) == len(values)
            else "float64",
        )
    if kinds == {bool} and len(whole) == len(values):
        return pd.Series(values, dtype=bool)
    return pd.Series([None if value != value else value for value in values], dtype=object)
