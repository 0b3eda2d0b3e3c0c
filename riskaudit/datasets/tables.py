"""Tables: what was read, whole and right or not at all, whatever format it came in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.reading.origin import Origin
from riskaudit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it was read: its rows, where from, the hash of the file's bytes, columns of no plain values."""

    name: str
    frame: pd.DataFrame
    sha256: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_table(
    path: str | Path,
    *,
    flag: str = "--data",
    text_columns: Iterable[str] = (),
    verbatim: Iterable[str] = (),
    decimal: str = ".",
    encoding: str = "",
) -> Table:
    """Read a table; `text_columns` (sensitive ones) keep words such as NA, None and 01 as they are.

    `verbatim` columns stay words even where all of them look like numbers: those a model learned as words.

    The format is told by the content, never by the name: Parquet, Arrow (Feather), JSON Lines or a JSON
    array, else CSV in any common dialect and encoding; each also packed as gz, bz2, xz, zst or zip. `-` is
    stdin. `encoding` is that of a text table that cannot be told. Only an empty cell is missing. A column whose words are all numbers, but for the usual signs of
    a missing number (NA, NaN, null, ?), is numeric.

    Raises
    ------
    InputError
        If the file is absent, empty, ragged, too large, has unnamed or duplicate columns, or is no table.
    UsageError
        If no encoding of text has that name.
    """
    import hashlib

    from riskaudit.datasets.reading.encodings import known_encoding
    from riskaudit.datasets.reading.intake import STDIN, raw_bytes, unpacked

    known = known_encoding(encoding)
    raw = raw_bytes(path, flag)
    origin = Origin(name="stdin" if str(path) == STDIN else Path(path).name, flag=flag)
    whole = unpacked(raw, origin)
    frame = _frame(whole, origin, frozenset(text_columns), frozenset(verbatim), decimal, known)
    return _table(frame, origin, hashlib.sha256(raw).hexdigest())


def table_of(frame: Any, *, flag: str = "--data", name: str = "a frame") -> Table:
    """The table that a data frame of any library is (pandas, polars, PyArrow, what narwhals knows).

    Raises
    ------
    InputError
        If it is no data frame, or holds what a file would be refused for.
    """
    import narwhals.stable.v2 as nw
    import pandas as pd

    from riskaudit.datasets.reading.columnar import frame_of
    from riskaudit.datasets.reading.origin import check_header, check_size

    origin = Origin(name=name, flag=flag)
    if isinstance(frame, pd.DataFrame):
        check_header([str(column) for column in frame.columns], origin)
        check_size(len(frame), len(frame.columns), origin)
        plain = frame.reset_index(drop=True)
        plain.columns = pd.Index([str(column).strip() for column in frame.columns])
        plain = _without_nested(plain, origin)
        return _table(plain, origin, _frame_sha256(plain))
    try:
        known = nw.from_native(frame)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} is a {type(frame).__name__}, no data frame",
            "give a pandas, polars or PyArrow table, or a path",
            where=flag,
        ) from error
    if isinstance(known, nw.LazyFrame):
        known = known.collect()
    plain = frame_of(known.to_arrow(), origin)
    return _table(plain, origin, _frame_sha256(plain))


def _without_nested(frame: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    """The frame without columns of lists, dicts and the like."""
    nested = [
        name
        for name in frame.columns
        if frame[name].dtype.kind == "O" and not all(kind.__hash__ for kind in set(frame[name].map(type)))
    ]
    if nested:
        origin.leave_out(nested, "lists or structures")
    return frame.drop(columns=nested)


def _frame(
    raw: bytes,
    origin: Origin,
    words: frozenset[str],
    verbatim: frozenset[str],
    decimal: str,
    encoding: str,
) -> pd.DataFrame:
    """The frame in the bytes, by their first characters."""
    from riskaudit.datasets.reading.columnar import columnar, is_columnar

    if is_columnar(raw):
        if encoding:
            origin.note(f"{origin.name} is no text table, so --encoding means nothing for it")
        return columnar(raw, origin)
    from riskaudit.datasets.reading.encodings import utf8

    text = utf8(raw, origin, encoding)
    if text[:1024].lstrip()[:1] in (b"{", b"["):
        from riskaudit.datasets.reading.json_rows import json_rows

        return json_rows(text, origin)
    from riskaudit.datasets.reading.delimited import delimited

    return delimited(text, origin, words=words, verbatim=verbatim, decimal=decimal)


def _table(frame: pd.DataFrame, origin: Origin, sha256: str) -> Table:
    """A table with rows, and what was noticed while it was read."""
    if frame.empty:
        raise origin.refused("{name} has a header but no rows")
    return Table(
        name=origin.name,
        frame=frame,
        sha256=sha256,
        notes=tuple(origin.notes),
        left_out=tuple(origin.left_out),
    )


def _frame_sha256(frame: pd.DataFrame) -> str:
    """The hash of a frame's column names and values."""
    import hashlib

    digest = hashlib.sha256("\0".join(map(str, frame.columns)).encode())
    for row in rows_of(frame):
        digest.update(row.to_bytes(8, "little"))
    return digest.hexdigest()


def column_kind(column: pd.Series) -> str:
    """number, boolean, category or date; dates are ISO 8601 words or datetime columns."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column) or _all_booleans(column):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    words = column.dropna()
    looks = words.astype(str).str.fullmatch(
        r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
    )
    return "date" if len(words) and bool(looks.all()) else "category"


def _all_booleans(column: pd.Series) -> bool:
    """Whether an object column holds booleans, missing ones aside."""
    values = column.dropna()
    return (
        len(values) > 0
        and column.dtype == object
        and all(isinstance(v, bool) for v in itertools.islice(values, 1000))
        and bool(values.map(type).eq(bool).all())
    )


OPERATORS: dict[str, Callable[[pd.Series, object], pd.Series]] = {
    "!=": lambda c, v: c != v,
    "==": lambda c, v: c == v,
    ">=": lambda c, v: c >= v,
    "<=": lambda c, v: c <= v,
    ">": lambda c, v: c > v,
    "<": lambda c, v: c < v,
}


def condition(text: str) -> tuple[str, str, str] | None:
    """`decile_score >= 5` as (column, operator, value); None where there is no operator."""
    for operator in OPERATORS:
        column, found, value = text.partition(operator)
        if found and column.strip() and value.strip():
            return column.strip(), operator, value.strip().strip("'\"")
    return None


def holds(column: pd.Series, operator: str, value: str) -> pd.Series:
    """Where a condition holds; compared as numbers where the column is numeric, as words elsewhere."""
    import pandas as pd

    absent = int(column.isna().sum())
    if absent:
        raise InputError(
            f"column '{column.name}' is missing in {absent:,} rows, so the condition says nothing of them",
            "leave those rows out",
            where="--prediction",
        )
    other: object = value
    if not pd.api.types.is_numeric_dtype(column) and operator not in ("==", "!="):
        raise InputError(
            f"column '{column.name}' holds words, which '{operator}' cannot put in order",
            "compare words with == or !=",
            where="--prediction",
        )
    if pd.api.types.is_numeric_dtype(column):
        try:
            other = float(value)
        except ValueError:
            raise InputError(
                f"'{value}' is not a number, but the column is",
                "compare it with a number",
                where="--prediction",
            ) from None
    return OPERATORS[operator](column, other)


def rows_of(frame: pd.DataFrame) -> Iterator[int]:
    """A hash for each row: exact duplicates share it."""
    import pandas as pd

    yield from pd.util.hash_pandas_object(frame, index=False).tolist()
