"""Tables: CSV (gz too) and Parquet read whole, refused where they could be misread."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riskaudit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 20_000
NOT_A_NUMBER = frozenset({"na", "n/a", "nan", "null", "none", "?", "."})
_A_TABLE = "give a CSV (also .csv.gz) or Parquet file with a header line"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it was read: its rows, where from, and the hash of the file's bytes."""

    name: str
    frame: pd.DataFrame
    sha256: str
    notes: tuple[str, ...] = ()


def read_table(path: str | Path, *, flag: str = "--data", text_columns: Iterable[str] = ()) -> Table:
    """Read a table; `text_columns` (sensitive ones) keep words such as NA and None as they are.

    Only an empty cell is missing. A column whose words are all numbers, but for the usual signs of a
    missing number (NA, NaN, null, ?), is numeric.

    Raises
    ------
    InputError
        If the file is absent, empty, ragged, has unnamed or duplicate columns, or is no table.
    """
    path = Path(path)
    raw = _bytes(path, flag)
    if raw[:4] == b"PAR1":
        frame = _parquet(raw, path, flag)
    else:
        frame = _csv(_text(raw, path, flag), path, flag, frozenset(text_columns))
    if frame.empty:
        raise InputError(f"{path.name} has a header but no rows", _A_TABLE, where=flag)
    import hashlib

    return Table(name=path.name, frame=frame, sha256=hashlib.sha256(raw).hexdigest())


def _bytes(path: Path, flag: str) -> bytes:
    """The file's bytes, or one clear error."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no regular file", _A_TABLE, where=flag)
        raw = path.read_bytes()
    except FileNotFoundError:
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        from riskaudit.errors import did_you_mean

        hint = did_you_mean(path.name, sorted(near)) if near else "check the path"
        raise InputError(f"there is no file {path}", hint, where=flag) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", _A_TABLE, where=flag) from error
    if not raw:
        raise InputError(f"{path.name} is empty", _A_TABLE, where=flag)
    return raw


def _parquet(raw: bytes, path: Path, flag: str) -> pd.DataFrame:
    """A Parquet file, its page checksums verified."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(raw), page_checksum_verification=True)
        _check_header(list(file.schema_arrow.names), path, flag)
        return file.read().to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path.name} is not a readable Parquet file: {_first(error)}", _A_TABLE, where=flag
        ) from error


def _text(raw: bytes, path: Path, flag: str) -> str:
    """The text of a CSV file, unpacked where it is gzip."""
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, ValueError) as error:
            raise InputError(
                f"{path.name} is a broken gzip file: {_first(error)}", _A_TABLE, where=flag
            ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 text (byte {error.start})", f"save it as UTF-8; {_A_TABLE}", where=flag
        ) from error
    if "\0" in text:
        raise InputError(f"{path.name} holds NUL bytes, so it is no text table", _A_TABLE, where=flag)
    if not text.strip():
        raise InputError(f"{path.name} is empty", _A_TABLE, where=flag)
    return text


def _csv(text: str, path: Path, flag: str, text_columns: frozenset[str]) -> pd.DataFrame:
    """A CSV table: the delimiter sniffed, every row as long as the header."""
    import pandas as pd

    delimiter = _delimiter(text)
    header = _check_rows(text, delimiter, path, flag)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            keep_default_na=False,
            na_values=[""],
            index_col=False,
            low_memory=False,
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(
            f"{path.name} cannot be read as CSV: {_first(error)}", _A_TABLE, where=flag
        ) from error
    frame.columns = pd.Index(header)
    for name in frame.columns:
        if name not in text_columns and not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = _numbers(frame[name])
    return frame


def _delimiter(text: str) -> str:
    """Of comma, semicolon, tab and bar the one that the header has most of."""
    first = text.split("\n", 1)[0]
    return max(",;\t|", key=first.count)


def _check_rows(text: str, delimiter: str, path: Path, flag: str) -> list[str]:
    """The header, after every row was found to be as long: pandas would shift or fill in silence."""
    csv.field_size_limit(10_000_000)
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = _check_header(next(lines), path, flag)
        for row in lines:
            if row and len(row) != len(header):
                raise InputError(
                    f"{path.name}, line {lines.line_num}: {len(row)} cells, but the header has {len(header)}",
                    "quote cells that hold the delimiter, or mend the line",
                    where=flag,
                )
    except csv.Error as error:
        raise InputError(f"{path.name}, line {lines.line_num}: {error}", _A_TABLE, where=flag) from error
    return header


def _check_header(header: list[str], path: Path, flag: str) -> list[str]:
    """Column names: each there, each once."""
    header = [name.strip() for name in header]
    if len(header) > MOST_COLUMNS:
        raise InputError(
            f"{path.name} has {len(header):,} columns; at most {MOST_COLUMNS:,} can be audited",
            _A_TABLE,
            where=flag,
        )
    twice = (
        sorted({name for name in header if header.count(name) > 1}) if len(set(header)) < len(header) else []
    )
    if twice:
        raise InputError(
            f"{path.name} has more than one column named '{twice[0]}'",
            "give each column a name of its own",
            where=flag,
        )
    if "" in header:
        raise InputError(
            f"column {header.index('') + 1} of {path.name} has no name",
            "name it, or leave the index out when saving",
            where=flag,
        )
    return header


def _numbers(column: pd.Series) -> pd.Series:
    """A column of words as numbers, where all but the signs of a missing number are numbers."""
    import pandas as pd

    words = column.dropna().astype(str).str.strip()
    signs = words.str.lower().isin(NOT_A_NUMBER)
    if not signs.any() or signs.all():
        return column
    found = pd.to_numeric(words[~signs], errors="coerce")
    return found.reindex(column.index) if found.notna().all() else column


def _first(error: BaseException) -> str:
    """The first line of an error, short: parsers quote whole rows of people's data in the rest."""
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


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
