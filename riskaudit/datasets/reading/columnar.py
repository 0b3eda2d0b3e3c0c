"""Columnar: Parquet and Arrow (Feather) tables, their checksums verified, their columns plain values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.reading.origin import (
    MOST_BYTES,
    MOST_CELL,
    Origin,
    check_header,
    check_size,
    first_line,
)

if TYPE_CHECKING:
    import pandas as pd

PARQUET = b"PAR1"
ARROW_FILE = b"ARROW1"
ARROW_STREAM = b"\xff\xff\xff\xff"
_HEADER = re.compile(rb"[^\x00-\x08\x0e-\x1f\x7f-\xff]*[,;\t|]")
_EXACT = 2**53  # the largest whole number that a float holds with all those below


def is_columnar(raw: bytes) -> bool:
    """Whether the bytes are Parquet or Arrow."""
    if raw.startswith(PARQUET) and not raw.endswith(PARQUET):
        return not _HEADER.match(raw)  # cut short, unless it is a text table with a column PAR1
    if raw.startswith(PARQUET):
        return True
    if raw.startswith(ARROW_FILE):
        return raw[6:8] in (b"", b"\0\0")
    return raw.startswith(ARROW_STREAM)


def columnar(raw: bytes, origin: Origin) -> pd.DataFrame:
    """A Parquet file, page checksums verified, or an Arrow file or stream.

    Raises
    ------
    InputError
        If it is damaged, or its values would not fit into bounded memory.
    """
    import pyarrow

    kind = "Parquet" if raw.startswith(PARQUET) else "Arrow"
    try:
        table = _parquet(raw, origin) if kind == "Parquet" else _arrow(raw, origin)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise origin.refused(f"{{name}} is not a readable {kind} file: {first_line(error)}") from error
    return frame_of(table, origin)


def _parquet(raw: bytes, origin: Origin) -> Any:
    """The table in a Parquet file; words stay dictionaries until their size is known."""
    import pyarrow
    import pyarrow.parquet

    source = pyarrow.BufferReader(raw)
    schema = pyarrow.parquet.ParquetFile(source).schema_arrow
    wordy = [
        field.name
        for field in schema
        if pyarrow.types.is_string(field.type) or pyarrow.types.is_binary(field.type)
    ]
    file = pyarrow.parquet.ParquetFile(
        pyarrow.BufferReader(raw), page_checksum_verification=True, read_dictionary=wordy
    )
    check_header(list(file.schema_arrow.names), origin)
    check_size(file.metadata.num_rows, len(file.schema_arrow.names), origin)
    table = file.read()
    declared = {field.name: field.type for field in schema}
    for at, name in enumerate(table.column_names):
        column = table.column(at)
        if name in wordy and pyarrow.types.is_dictionary(column.type):
            _check_words(column, name, origin)
            table = table.set_column(at, name, column.cast(declared[name]))
    return table


def _check_words(column: Any, name: str, origin: Origin) -> None:
    """Refuse words that are short in the file and endless in memory."""
    import pyarrow.compute as pc

    total = 0
    for chunk in column.chunks:
        lengths = pc.binary_length(chunk.dictionary)
        total += int(pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0)
        longest = int(pc.max(lengths).as_py() or 0)
        if longest > MOST_CELL:
            raise origin.refused(
                f"column '{name}' of {{name}} has a cell of {longest:,} bytes; at most {MOST_CELL:,} are read",
                "leave out columns that hold whole documents",
            )
    if total > MOST_BYTES:
        raise origin.refused(f"column '{name}' of {{name}} unpacks to more than {MOST_BYTES >> 30} GiB")


def _arrow(raw: bytes, origin: Origin) -> Any:
    """The table in an Arrow file or stream, a batch at a time, each validated."""
    import pyarrow
    import pyarrow.ipc

    source = pyarrow.BufferReader(raw)
    file = pyarrow.ipc.open_file(source) if raw.startswith(ARROW_FILE) else pyarrow.ipc.open_stream(source)
    check_header(list(file.schema.names), origin)
    batches, held = [], 0
    source_batches = (
        (file.get_batch(at) for at in range(file.num_record_batches)) if raw.startswith(ARROW_FILE) else file
    )
    rows = 0
    for batch in source_batches:
        batch.validate(full=True)
        rows, held = rows + batch.num_rows, held + batch.nbytes
        check_size(rows, len(file.schema.names), origin)
        if held > MOST_BYTES:
            raise origin.refused(f"{{name}} unpacks to more than {MOST_BYTES >> 30} GiB")
        batches.append(batch)
    if not raw.startswith(ARROW_FILE) and raw[source.tell() :].strip(b"\0"):
        raise origin.refused(
            "{name} goes on behind the end of its Arrow stream", "write all rows into one stream"
        )
    return pyarrow.Table.from_batches(batches, schema=file.schema)


def frame_of(table: Any, origin: Origin) -> pd.DataFrame:
    """An Arrow table as a frame of plain values; columns of lists and the like are left out, and said so."""
    import pyarrow

    check_header(list(table.column_names), origin)
    check_size(table.num_rows, table.num_columns, origin)
    left_out = []
    for name in table.column_names:
        at = table.column_names.index(name)
        plain = _plain(table.column(at))
        if plain is None or name == "__index_level_0__":
            left_out.append(name)
            table = table.remove_column(at)
        elif plain is not table.column(at):
            table = table.set_column(at, name, plain)
    nested = [name for name in left_out if name != "__index_level_0__"]
    if nested:
        origin.leave_out(nested, "lists, structures or raw bytes")
    try:
        table.validate(full=True)
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    except (pyarrow.ArrowException, ValueError, OverflowError) as error:
        raise origin.refused(f"{{name}} cannot be read: {first_line(error)}") from error
    frame.columns = [str(name).strip() for name in frame.columns]
    return frame


def _plain(column: Any) -> Any:
    """The column as values that pandas holds exactly; None for lists, structures and raw bytes."""
    import pyarrow
    import pyarrow.compute as pc

    kind = column.type
    types = pyarrow.types
    if types.is_nested(kind) or isinstance(kind, pyarrow.BaseExtensionType):
        return None
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        try:
            return column.cast(pyarrow.binary()).cast(pyarrow.string())
        except pyarrow.ArrowException:
            return None
    if types.is_decimal(kind):
        return column.cast(pyarrow.float64())
    if types.is_null(kind):
        return column.cast(pyarrow.float64())
    if types.is_integer(kind) and column.null_count:
        ends = pc.min_max(column)
        if (ends["max"].as_py() or 0) > _EXACT or (ends["min"].as_py() or 0) < -_EXACT:
            return column.cast(pyarrow.string())  # a float would make one number of two
    return column
