"""Fuzz: whatever the bytes, a table is read exactly or refused; nothing else ever happens.

RISKAUDIT_FUZZ multiplies the number of inputs; the slow run tries ten times as many as the fast one.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hostile_tables import P, arrow, frame, jsonl, parquet, zstd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from riskaudit.datasets.tables import read_table
from riskaudit.errors import InputError

TIMES = int(os.environ.get("RISKAUDIT_FUZZ", "1"))
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def examples(count: int) -> Any:
    return settings(
        max_examples=count * TIMES, deadline=None, derandomize=TIMES == 1, suppress_health_check=QUIET
    )


CELL = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1a"), max_size=8),
    st.sampled_from(
        [
            "",
            "NA",
            "None",
            "null",
            "nan",
            "01",
            "1",
            "1.0",
            "1e5",
            "inf",
            " ",
            " x",
            "a,b",
            "a;b",
            'q"q',
            "l\nl",
        ]
    ),
    st.sampled_from(
        ["l\rl", "l\r\nl", '"', '""', "\t", "|", "é", "ß", "“", "1,5", "1.234,5", "True", "-", "=1+1", "#"]
    ),
)
PACKED = {
    "none": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}


@st.composite
def written(draw: st.DrawFn) -> tuple[list[list[str]], bytes]:
    """A table of words, and the bytes that the csv module makes of it in some dialect and encoding."""
    width = draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    if any("\r" in cell for row in rows for cell in row):  # which the module leaves bare before a LF
        quoting = csv.QUOTE_ALL
    out = io.StringIO(newline="")
    csv.writer(
        out,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=quoting,
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
    ).writerows([[f"c{k}" for k in range(width)], *rows])
    encoding = draw(
        st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252"])
    )
    try:
        raw = out.getvalue().encode(encoding)
    except UnicodeEncodeError:
        assume(False)
    return rows, PACKED[draw(st.sampled_from(sorted(PACKED)))](raw)


def read_or_refused(path: Path, raw: bytes, **options: Any) -> pd.DataFrame | None:
    """The frame, or None where it is refused in two short lines."""
    path.write_bytes(raw)
    try:
        return read_table(path, **options).frame
    except InputError as error:
        told = error
    assert told.problem
    assert len(told.problem) < 400
    return None


def exact(tmp_path: Path, case: tuple[list[list[str]], bytes]) -> bool:
    rows, raw = case
    names = [f"c{k}" for k in range(len(rows[0]))]
    found = read_or_refused(tmp_path / "t", raw, verbatim=names)
    if found is None:
        return False
    assert list(found.columns) == names
    assert found.astype(object).where(found.notna(), "").to_numpy().tolist() == rows
    return True


@examples(300)
@given(case=written())
def test_a_table_of_words_is_read_exactly_or_refused(tmp_path: Path, case: Any) -> None:
    """300 tables in random dialects, encodings and packings: no cell lost, shifted, merged or changed."""
    exact(tmp_path, case)


@pytest.mark.slow
@examples(3000)
@given(case=written())
def test_many_tables_of_words_are_read_exactly_or_refused(tmp_path: Path, case: Any) -> None:
    """3,000 more."""
    exact(tmp_path, case)


NUMBER = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.none())


@examples(150)
@given(
    values=st.lists(NUMBER, min_size=1, max_size=20),
    kind=st.sampled_from(["csv", "jsonl", "parquet", "arrow"]),
)
def test_numbers_keep_every_digit(tmp_path: Path, values: list[Any], kind: str) -> None:
    """150 columns of numbers through four formats: the same floats and whole numbers come back."""
    if any(isinstance(v, float) for v in values):  # a column is one kind of number
        values = [None if v is None else float(v) for v in values]
    rows = [["x", v] for v in values]
    if kind == "csv":
        raw = ("a,b\n" + "".join("x," + ("" if v is None else repr(v)) + "\n" for v in values)).encode()
    elif kind == "jsonl":
        raw = "".join(json.dumps(dict(zip("ab", row, strict=True))) + "\n" for row in rows).encode()
    else:
        table = pa.table({"a": [r[0] for r in rows], "b": pa.array(values)})
        raw = parquet(table) if kind == "parquet" else arrow(table)
    found = read_or_refused(tmp_path / "t", raw)
    assert found is not None
    for value, got in zip(values, found["b"].tolist(), strict=True):
        if value is None:
            assert got is None or got != got
        else:
            assert type(value)(got) == value


GOOD = {
    "csv": P.encode(),
    "quoted": P.replace(",", '","').replace("\n", '"\n"').encode()[:-1],
    "utf-16": P.encode("utf-16"),
    "gz": gzip.compress(P.encode()),
    "xz": lzma.compress(P.encode()),
    "zst": zstd(P.encode()),
    "jsonl": jsonl().encode(),
    "parquet": parquet(frame(), write_page_checksum=True),
    "feather": arrow(frame()),
    "stream": arrow(frame(), stream=True),
}


def mutated(raw: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, cut, put in changes:
        at %= len(raw) + 1
        raw = raw[:at] + put + raw[at + cut :]
    return raw


CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4
)


@examples(300)
@given(kind=st.sampled_from(sorted(GOOD)), changes=CHANGES)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, kind: str, changes: Any) -> None:
    """300 files with bytes turned, lost or put in: a table or one clear error, never another exception."""
    read_or_refused(tmp_path / "t", mutated(GOOD[kind], changes), text_columns=["sex"])


@pytest.mark.slow
@examples(3000)
@given(kind=st.sampled_from(sorted(GOOD)), changes=CHANGES)
def test_many_damaged_files_are_read_or_refused(tmp_path: Path, kind: str, changes: Any) -> None:
    """3,000 more."""
    read_or_refused(tmp_path / "t", mutated(GOOD[kind], changes), text_columns=["sex"])


@examples(200)
@given(
    raw=st.binary(max_size=200),
    start=st.sampled_from(
        [b"", b"PAR1", b"ARROW1", b"\xff\xff\xff\xff", b"{", b"[", b"a,b\n", b"PK\x03\x04", b"\x1f\x8b"]
    ),
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, raw: bytes, start: bytes) -> None:
    """200 strings of bytes behind the first bytes of each format."""
    read_or_refused(tmp_path / "t", start + raw)
