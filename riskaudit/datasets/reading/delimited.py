"""Delimited: CSV in its dialects, every row as long as the header, no cell lost, shifted or filled in."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.reading.origin import (
    A_TABLE,
    MOST_CELL,
    Origin,
    check_header,
    check_size,
    first_line,
)

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
NOT_A_NUMBER = frozenset({"na", "n/a", "nan", "null", "none", "?", "."})
_BLOCK = 4 << 20
_SNIFFED = 64 << 10
_PLAIN = re.compile(r"[+-]?(0|[1-9]\d{0,14})(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d{1,15},\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


def delimited(
    raw: bytes,
    origin: Origin,
    *,
    words: frozenset[str] = frozenset(),
    verbatim: frozenset[str] = frozenset(),
    decimal: str = ".",
) -> pd.DataFrame:
    """A CSV table, UTF-8; the columns in `words` keep every word as it is (NA, None, 01).

    Columns in `words` whose words are all plain numbers, or all truth values, become such; those in
    `verbatim` do not. `decimal` is the sign before the fraction of a number.

    Raises
    ------
    InputError
        If it is empty or ragged, a quote is never closed, or a column is unnamed or named twice.
    """
    raw, delimiter = _dialect(_line_ends(raw), origin)
    if delimiter == decimal:
        raise origin.refused(
            "the cells of {name} are parted by commas, which cannot be decimal signs too",
            "leave --decimal out, or save the table with semicolons",
        )
    quoted = b'"' in raw
    header, rows = (_checked_quoted if quoted else _checked_plain)(raw, delimiter, origin)
    check_size(rows, len(header), origin)
    names, left_out = _named(header, origin)
    frame = _parsed(raw, delimiter, names, words | verbatim, origin, quoted=quoted, decimal=decimal)
    if len(frame) != rows:
        raise origin.refused(
            f"{{name}} has {rows:,} rows, or {len(frame):,}: its lines can be read in two ways"
        )
    if left_out is not None:
        frame = _without_index(frame, left_out, origin)
    check_header([str(name) for name in frame.columns], origin)
    for name in frame.columns:
        column = frame[name]
        read = column if name in verbatim else (_words if name in words else _numbers)(column)
        if read is not column:
            frame[name] = read
    _tell_numbers(frame, origin)
    return frame


def _line_ends(raw: bytes) -> bytes:
    """Lines that end in CR alone, as old Macs write them, with LF instead; within quotes a CR is a value."""
    old = b"\r" in raw and b"\n" not in raw and b'"' not in raw
    return raw.replace(b"\r", b"\n") if old else raw


def _dialect(raw: bytes, origin: Origin) -> tuple[bytes, str]:
    """The delimiter: what a `sep=` line says, or the one that cuts header and first rows alike."""
    if raw[:4].lower() == b"sep=":
        line, _, rest = raw.partition(b"\n")
        named = line[4:].strip(b"\r").decode("utf-8", "replace")
        if named in DELIMITERS:
            return rest, named
    text = raw[:_SNIFFED].decode("utf-8", "ignore")
    if not text.strip():
        raise origin.refused("{name} is empty")
    delimiter = max(DELIMITERS, key=lambda one: _fit(text, one, whole=len(raw) <= _SNIFFED))
    if delimiter != ",":
        origin.note(f"the cells of {origin.name} are parted by {DELIMITERS[delimiter]}")
    return raw, delimiter


def _fit(text: str, delimiter: str, *, whole: bool) -> tuple[bool, int]:
    """How well a delimiter fits the first rows: whether all are as long as the header, and how long."""
    try:
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row for row in itertools.islice(found, 20) if row]
    except csv.Error:
        return (False, text.split("\n", 1)[0].count(delimiter))
    if not whole and len(rows) > 1 and len(rows) < 20:
        rows.pop()  # cut in two by the end of the sample
    width = len(rows[0]) if rows else 0
    return (width > 1 and all(len(row) == width for row in rows), width)


def _checked_plain(raw: bytes, delimiter: str, origin: Origin) -> tuple[list[str], int]:
    """Header and number of rows of a table without a quote, its delimiters counted line by line."""
    import numpy as np

    header: list[str] | None = None
    lines = rows = 0
    for block in _blocks(raw):
        code = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(code == 10)
        starts = np.concatenate(([0], ends[:-1] + 1))
        lengths = ends - starts
        lengths -= (lengths > 0) & (code[np.maximum(ends - 1, 0)] == 13)
        marks = np.searchsorted(np.flatnonzero(code == ord(delimiter)), ends)
        cells = np.diff(marks, prepend=0) + 1
        filled = np.flatnonzero(lengths > 0)
        if header is None and len(filled):
            first, filled = filled[0], filled[1:]
            header = block[starts[first] : starts[first] + lengths[first]].decode("utf-8").split(delimiter)
        if header is not None:
            wrong = filled[cells[filled] != len(header)]
            if len(wrong):
                raise _ragged(lines + int(wrong[0]) + 1, int(cells[wrong[0]]), len(header), origin)
        for at in np.flatnonzero(lengths > MOST_CELL):
            line = block[starts[at] : starts[at] + lengths[at]]
            _check_cell(max(map(len, line.split(delimiter.encode()))), lines + int(at) + 1, origin)
        if code.size and _bare_returns(block):
            raise origin.refused(
                "{name} mixes line ends (CR and LF)", "save it again with one kind of line end"
            )
        lines += len(ends)
        rows += len(filled)
    if header is None:
        raise origin.refused("{name} is empty")
    return header, rows


def _blocks(raw: bytes) -> Iterator[bytes]:
    """Whole lines, some 4 MiB at a time, the last with a line end."""
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", min(at + _BLOCK, len(raw)))
        block = raw[at:] if end < 0 else raw[at : end + 1]
        yield block if block.endswith(b"\n") else block + b"\n"
        at += len(block)


def _bare_returns(block: bytes) -> bool:
    """Whether a CR stands where no line ends."""
    return b"\r" in block and block.count(b"\r") != block.count(b"\r\n")


def _checked_quoted(raw: bytes, delimiter: str, origin: Origin) -> tuple[list[str], int]:
    """Header and number of rows of a table with quotes, read by the strict parser."""
    csv.field_size_limit(MOST_CELL)
    lines = csv.reader(
        io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8", newline=""), delimiter=delimiter, strict=True
    )
    rows = 0
    try:
        header = next(row for row in lines if row)
        width = len(header)
        for row in lines:
            if len(row) != width and row:
                raise _ragged(lines.line_num, len(row), width, origin)
            rows += bool(row)
    except csv.Error as error:
        told = str(error)
        if "field larger" in told:
            _check_cell(MOST_CELL + 1, lines.line_num, origin)
        if "unexpected end" in told:
            told = "a quote is opened and never closed"
        raise origin.refused(
            f"{{name}}, line {lines.line_num}: {told}", 'a cell with a quote in it is written "like ""this"""'
        ) from error
    return header, rows


def _ragged(line: int, found: int, wanted: int, origin: Origin) -> Exception:
    """The error for a row of another length than the header."""
    return origin.refused(
        f"{{name}}, line {line:,}: {found:,} cells, but the header has {wanted:,}",
        "quote cells that hold the delimiter, or mend the line",
    )


def _check_cell(length: int, line: int, origin: Origin) -> None:
    """Refuse a cell that is longer than any value."""
    if length > MOST_CELL:
        raise origin.refused(
            f"{{name}}, line {line:,}: a cell of more than {MOST_CELL:,} characters",
            "leave out columns that hold whole documents",
        )


def _named(header: list[str], origin: Origin) -> tuple[list[str], int | None]:
    """Column names, and the position of one without a name that may be an index or a trailing delimiter."""
    names = [name.strip() for name in header]
    blank = [at for at, name in enumerate(names) if not name]
    if len(blank) == 1 and len(names) > 2 and blank[0] in (0, len(names) - 1):
        names[blank[0]] = "\0"  # no name of a text table has a NUL in it
        check_header(names, origin)
        return names, blank[0]
    return check_header(names, origin), None


def _without_index(frame: pd.DataFrame, at: int, origin: Origin) -> pd.DataFrame:
    """The table without its unnamed column, if that holds row numbers, or nothing behind a last delimiter."""
    import numpy as np

    column = frame["\0"]
    if at and column.isna().all():
        origin.note(
            f"every line of {origin.name} ends in a delimiter; the empty column behind it was left out"
        )
        return frame.drop(columns="\0")
    if not at and column.dtype.kind in "iu" and len(column):
        steps = np.diff(column.to_numpy())
        if column.iloc[0] in (0, 1) and (steps == 1).all():
            origin.note(f"the first column of {origin.name} has no name and counts the rows; it was left out")
            return frame.drop(columns="\0")
    raise origin.refused(
        f"column {at + 1} of {{name}} has no name", "name it, or leave the index out when saving"
    )


def _parsed(
    raw: bytes,
    delimiter: str,
    names: list[str],
    words: frozenset[str],
    origin: Origin,
    *,
    quoted: bool,
    decimal: str,
) -> pd.DataFrame:
    """The cells, numbers where a column holds nothing else; only an empty cell is missing."""
    import pandas as pd

    kinds: dict[Any, Any] = {name: str for name in names if name in words}
    try:
        return pd.read_csv(
            io.BytesIO(raw),
            sep=delimiter,
            header=0,
            names=names,
            dtype=kinds,
            encoding="utf-8",
            keep_default_na=False,
            na_values=[""],
            index_col=False,
            decimal=decimal,
            low_memory=False,
            **_exactly(),
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        )
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise origin.refused(f"{{name}} cannot be read as CSV: {first_line(error)}", A_TABLE) from error


def _exactly() -> dict[str, str]:
    """What makes pandas read floats to the last digit: nothing since 3.1, where it is the default."""
    import pandas as pd

    old = tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1)
    return {"float_precision": "round_trip"} if old else {}


def _numbers(column: pd.Series) -> pd.Series:
    """A column of words as numbers, where all but the signs of a missing number are numbers."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column
    words = column.dropna().astype(str).str.strip()
    signs = words.str.lower().isin(NOT_A_NUMBER)
    if not signs.any() or signs.all():
        return column
    found = pd.to_numeric(words[~signs], errors="coerce")
    return found.reindex(column.index) if found.notna().all() else column


def _words(column: pd.Series) -> pd.Series:
    """A column of groups: numbers and booleans where that loses nothing, so that 1 and 1.0 are one group."""
    import pandas as pd

    blank = [word for word in column.dropna().unique() if not word.strip()]
    if blank:
        column = column.mask(column.isin(blank))  # a cell of blanks is as empty as one of nothing
    found = [str(word).strip() for word in column.dropna().unique()]
    if found and all(_PLAIN.fullmatch(word) for word in found):
        return pd.to_numeric(column)
    if found and all(word.lower() in ("true", "false") for word in found):
        return column.map(lambda word: word.strip().lower() == "true", na_action="ignore").astype(
            object if column.isna().any() else bool
        )
    return column


def _tell_numbers(frame: pd.DataFrame, origin: Origin) -> None:
    """Say which columns of words look like numbers with a decimal comma or thousands separators."""
    import pandas as pd

    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            continue
        some = [str(word).strip() for word in column.dropna().iloc[:200]]
        if not some or not any("," in word for word in some):
            continue
        if all(_GROUPED.fullmatch(word) or _PLAIN.fullmatch(word) for word in some):
            told = "thousands separators, or with a decimal comma"
        elif all(_COMMA.fullmatch(word) or _PLAIN.fullmatch(word) for word in some):
            told = "a decimal comma"
        else:
            continue
        origin.note(
            f"column '{name}' looks like numbers with {told}; it was read as words: write 1234.5, or say --decimal ,"
        )
