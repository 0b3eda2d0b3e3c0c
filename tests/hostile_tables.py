"""Tables that lie: some must be refused, some must be read right, made here from one honest table."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import itertools
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

HEADER = ["y", "yhat", "sex", "score", "age"]
ROWS = [
    [
        k // 2 % 2,
        int(k * 7 % 10 < (6 if k % 2 else 3)),
        "m" if k % 2 else "f",
        (k * 37 % 101) / 101,
        18 + k * 13 % 60,
    ]
    for k in range(160)
]


def text(rows: list[list[Any]] = ROWS, header: list[str] = HEADER, **dialect: Any) -> str:
    """The rows as the csv module writes them."""
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n", **dialect}).writerows([header, *rows])
    return out.getvalue()


def column(name: str, change: Callable[[Any], Any]) -> list[list[Any]]:
    """The rows with one column changed."""
    at = HEADER.index(name)
    return [[change(cell) if k == at else cell for k, cell in enumerate(row)] for row in ROWS]


def rates(
    rows: list[list[Any]] = ROWS, *, group: Callable[[list[Any]], str] = lambda r: r[2]
) -> dict[str, float]:
    """The selection rate of each group of 30 rows or more, counted by hand."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(group(row), []).append(int(row[1]))
    return {name: sum(hits) / len(hits) for name, hits in found.items() if len(hits) >= 30}


def frame(rows: list[list[Any]] = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=HEADER)


def parquet(data: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    table = data if isinstance(data, pa.Table) else pa.Table.from_pandas(data)
    pyarrow.parquet.write_table(table, out, **options)
    return out.getvalue()


def arrow(data: Any, *, stream: bool = False, **options: Any) -> bytes:
    out = io.BytesIO()
    table = data if isinstance(data, pa.Table) else pa.Table.from_pandas(data, preserve_index=False)
    if stream:
        with pa.ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table)
    else:
        pyarrow.feather.write_feather(table, out, **options)
    return out.getvalue()


def jsonl(rows: list[list[Any]] = ROWS, header: list[str] = HEADER) -> str:
    return "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def zstd(raw: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(raw, asbytes=True)
    return packed


def bomb(pack: str, megabytes: int = 200) -> bytes:
    """A short file of many members that unpacks to one huge table."""
    packed = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[pack]
    rows = packed(b"0,0,f,0.5,30\n" * 400_000)  # 5.2 MB
    return packed(LINES[0].encode()) + rows * (megabytes // 5)


def broken_page() -> bytes:
    """A Parquet file with one bit of one page turned."""
    raw = bytearray(parquet(frame(), write_page_checksum=True, compression="none", use_dictionary=False))
    at = raw.find(struct.pack("<q", ROWS[3][4]), 100)
    raw[at] ^= 1
    return bytes(raw)


def dictionary_bomb() -> bytes:
    """A Parquet file of some kilobytes whose words fill gigabytes."""
    n = 100_000
    words = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array(["x" * 90_000]))
    table = pa.table({"y": [k % 2 for k in range(n)], "yhat": [0] * n, "sex": ["f"] * n, "note": words})
    return parquet(table, compression="zstd", store_schema=False)


P = text()
LINES = P.splitlines(keepends=True)
LATIN = text(column("sex", lambda s: "féminin" if s == "f" else "m"))

# name: (content, words that the error must have, exit code)
REFUSED: dict[str, tuple[Callable[[], bytes | str], str, int]] = {
    "empty": (lambda: "", "is empty", 4),
    "blanks": (lambda: " \n\t\n", "", 4),
    "BOM only": (lambda: b"\xef\xbb\xbf", "is empty", 4),
    "header only": (lambda: LINES[0], "no rows", 4),
    "header and blank lines": (lambda: LINES[0] + "\n\n\n", "no rows", 4),
    "every row one longer": (lambda: LINES[0] + "".join("9," + x for x in LINES[1:]), "line 2: 6 cells", 4),
    "every row ends in a delimiter": (
        lambda: LINES[0] + "".join(x[:-1] + ",\n" for x in LINES[1:]),
        "line 2: 6 cells",
        4,
    ),
    "one row longer": (lambda: P + "1,1,f,0.5,30,7\n", "line 162: 6 cells", 4),
    "one row shorter": (lambda: P + "1,1,f,0.5\n", "line 162: 4 cells", 4),
    "last line cut off": (lambda: P[:-9], "cells", 4),
    "an unquoted comma in a cell": (lambda: P + "1,1,f, or m,0.5,30\n", "line 162", 4),
    "ragged, quoted": (lambda: text(quoting=csv.QUOTE_ALL) + '"1","1"\n', "line 162: 2 cells", 4),
    "a title above the header": (lambda: "Loans of 2026\n" + P, "cells", 4),
    "NUL in a cell": (lambda: P.replace("0.5", "0\0.5", 1) + "1,1,\0f,0.5,30\n", "NUL", 4),
    "NUL at the end": (lambda: P + "\0\0\0\0", "NUL", 4),
    "NUL in UTF-16": (lambda: (P + "1,1,\0,0.5,30\n").encode("utf-16"), "NUL", 4),
    "duplicate column": (lambda: text(header=["y", "yhat", "sex", "sex", "age"]), "more than one column", 4),
    "duplicate column but for blanks": (
        lambda: text(header=["y", "yhat", "sex", " sex", "age"]),
        "more than one column",
        4,
    ),
    "unnamed column": (lambda: text(header=["y", "yhat", "sex", "", "age"]), "column 4", 4),
    "unnamed first column that is no index": (
        lambda: text([["a", *r] for r in ROWS], ["", *HEADER]),
        "column 1",
        4,
    ),
    "unnamed last column with values": (lambda: text([[*r, 7] for r in ROWS], [*HEADER, ""]), "column 6", 4),
    "no header": (lambda: "".join(LINES[1:]), "lack a header", 2),
    "a quote never closed": (lambda: P + '1,1,f,0.5,"30\n1,1,f,0.5,30\n', "never closed", 4),
    "a quote never closed in the last cell": (lambda: P + '1,1,f,0.5,"30\n', "never closed", 4),
    "a quote closed too early": (lambda: P + '1,1,"f"x,0.5,30\n', "line 162", 4),
    "backslash for a quote": (lambda: P + '1,1,"a \\" b",0.5,30\n', "line 162", 4),
    "CR among LF": (lambda: P.replace("\n", "\r", 3), "", 4),
    "100,000 columns": (
        lambda: ",".join(f"c{k}" for k in range(100_000)) + "\n" + "1," * 99_999 + "1\n",
        "100,000 columns",
        4,
    ),
    "100,000 keys": (lambda: json.dumps({f"c{k}": 1 for k in range(100_000)}), "100,000 columns", 4),
    "a cell of 10 MB": (lambda: P + "1,1," + "f" * 10_000_000 + ",0.5,30\n", "more than 1,000,000 ch", 4),
    "a quoted cell of 10 MB": (
        lambda: P + '1,1,"' + "f" * 10_000_000 + '",0.5,30\n',
        "more than 1,000,000",
        4,
    ),
    "a JSON cell of 10 MB": (lambda: jsonl() + json.dumps({"y": 1, "sex": "f" * 10_000_000}), "a cell", 4),
    "UTF-8 and Latin-1 mixed": (
        lambda: LATIN.encode() + "1,1,féminin,0.5,30\n".encode("latin-1"),
        "mixes UTF-8",
        4,
    ),
    "bytes that are no text": (lambda: P.encode() + bytes(range(1, 256)), "not UTF-8 text", 4),
    "not even Windows-1252": (lambda: P.encode() + b"1,1,\x81,0.5,30\n", "neither UTF-8 nor", 4),
    "half a UTF-16 letter": (lambda: P.encode("utf-16")[:-1], "UTF-16", 4),
    "broken gzip": (lambda: b"\x1f\x8bjunk", "broken gzip", 4),
    "gzip cut short": (lambda: gzip.compress(P.encode())[:-12], "broken gzip", 4),
    "gzip with a wrong checksum": (lambda: gzip.compress(P.encode())[:-8] + b"\0" * 8, "broken gzip", 4),
    "xz cut short": (lambda: lzma.compress(P.encode())[:-20], "broken xz", 4),
    "bz2 cut short": (lambda: bz2.compress(P.encode())[:-12], "broken bzip2", 4),
    "zst cut short": (lambda: zstd(P.encode())[:-12], "broken zstandard", 4),
    "gz in gz": (lambda: gzip.compress(gzip.compress(P.encode())), "packed twice", 4),
    "gz in zip": (lambda: zipped({"a": gzip.compress(P.encode())}), "packed twice", 4),
    "gzip bomb": (lambda: bomb("gz"), "no honest table", 4),
    "bzip2 bomb": (lambda: bomb("bz2"), "no honest table", 4),
    "xz bomb": (lambda: bomb("xz"), "no honest table", 4),
    "zstandard bomb": (lambda: zstd(b"0" * 200_000_000), "no honest table", 4),
    "zip bomb": (lambda: zipped({"a": b"0" * 200_000_000}), "no honest table", 4),
    "zip of two": (lambda: zipped({"a": P.encode(), "b": P.encode()}), "zip of 2 files", 4),
    "empty zip": (lambda: zipped({}), "zip of 0 files", 4),
    "workbook": (lambda: zipped({"[Content_Types].xml": b"<x/>", "xl/s.xml": b"<x/>"}), "a workbook", 4),
    "PDF": (lambda: b"%PDF-1.7\n" + P.encode(), "a PDF", 4),
    "web page": (lambda: "<!DOCTYPE html><html>" + P, "a web page", 4),
    "pickle": (lambda: b"\x80\x04\x95junk.", "pickle", 4),
    "LFS pointer": (lambda: "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull", 4),
    "Parquet junk": (lambda: b"PAR1junkPAR1", "not a readable Parquet", 4),
    "Parquet cut short": (lambda: parquet(frame())[:-40], "not a readable Parquet", 4),
    "Parquet with a bad page": (broken_page, "not a readable Parquet", 4),
    "Parquet with a column twice": (
        lambda: parquet(
            pa.Table.from_arrays(
                [pa.array([r[k] for r in ROWS]) for k in (0, 1, 2, 2)], ["y", "yhat", "sex", "sex"]
            )
        ),
        "more than one column",
        4,
    ),
    "Parquet without rows": (lambda: parquet(frame().iloc[:0]), "no rows", 4),
    "Parquet whose words are gigabytes": (dictionary_bomb, "GiB", 4),
    "Parquet of infinite rows": (
        lambda: parquet(
            frame(column("score", lambda s: float("inf") if s > 0.5 else s)).rename(columns={"score": "w"})
        ),
        "is not in",
        2,
    ),
    "Arrow cut short": (lambda: arrow(frame())[:-300], "not a readable Arrow", 4),
    "Arrow without rows": (lambda: arrow(frame().iloc[:0]), "no rows", 4),
    "JSON that is no rows": (lambda: json.dumps({"y": [1, 0], "sex": ["f", "m"]}), "which is no cell", 4),
    "JSON of numbers": (lambda: "[1, 2, 3]", "an object is expected", 4),
    "JSON cut short": (lambda: jsonl()[:-20], "is not JSON", 4),
    "JSON with a key twice": (
        lambda: jsonl() + '{"y": 1, "y": 0, "yhat": 1, "sex": "f"}\n',
        "key stands twice",
        4,
    ),
    "JSON nested deeply": (lambda: "[" * 100_000, "nested too deeply", 4),
    "JSON with infinity": (
        lambda: jsonl() + '{"y": 1, "yhat": 1, "sex": "f", "score": Infinity}\n',
        "is not JSON",
        4,
    ),
    "JSON with a huge number": (
        lambda: jsonl() + '{"y": 1, "yhat": 1, "sex": "f", "score": 1e999}\n',
        "too large",
        4,
    ),
    "JSON with endless digits": (lambda: jsonl() + '{"y": ' + "1" * 10_000 + "}\n", "is not JSON", 4),
    "JSON of truth and numbers": (
        lambda: jsonl(column("y", lambda y: bool(y))[:80] + ROWS[80:]),
        "both truth values and numbers",
        4,
    ),
    "JSON with an empty key": (lambda: jsonl(header=["y", "yhat", "sex", "", "age"]), "has no name", 4),
    "infinite score": (lambda: text(column("score", lambda s: "inf" if s > 0.9 else s)), "infinite", 4),
    "score of 1e400": (lambda: text(column("score", lambda s: "1e400" if s > 0.9 else s)), "infinite", 4),
    "score with a word": (
        lambda: text(column("score", lambda s: "high" if s > 0.9 else s)),
        "'score' is not",
        4,
    ),
    "score with a gap": (lambda: text(column("score", lambda s: "" if s > 0.9 else s)), "'score' is not", 4),
    "score with decimal commas": (
        lambda: text(column("score", lambda s: f"{s:.2f}".replace(".", ",")), delimiter=";"),
        "--decimal ,",
        4,
    ),
    "target missing": (lambda: P + ",1,f,0.5,30\n", "missing in 1 of 161", 4),
    "target called NA": (
        lambda: text(column("y", lambda y: "yes" if y else "no")) + "NA,1,f,0.5,30\n",
        "reads like a missing value",
        4,
    ),
    "target in two spellings": (
        lambda: text(column("y", lambda y: "1" if y else "no")) + "No ,1,f,0.5,30\n",
        "differ in capitals",
        4,
    ),
    "target of words and numbers": (
        lambda: text(column("y", lambda y: y)) + "yes,1,f,0.5,30\n",
        "yes and no spelt in two ways",
        4,
    ),
    "target of one class": (lambda: text(column("y", lambda _: 1)), "in every row", 4),
    "target of truth and numbers": (
        lambda: text(column("y", lambda y: y)[:80] + column("y", lambda y: bool(y))[80:]),
        "both truth values and numbers",
        4,
    ),
    "target of identifiers": (
        lambda: text([[f"id{k}", *r[1:]] for k, r in enumerate(ROWS)]),
        "different values",
        4,
    ),
    "prediction missing": (lambda: P + "1,,f,0.5,30\n", "'yhat' has missing values", 4),
    "prediction unknown to the target": (lambda: P + "1,2,f,0.5,30\n", "'yhat' has '2'", 4),
    "prediction in other capitals": (
        lambda: text([[r[0] or "No", r[1] or "no", *r[2:]] for r in ROWS]),
        "spelt",
        4,
    ),
    "sensitive of 160 values": (
        lambda: text([[*r[:2], f"g{k}", *r[3:]] for k, r in enumerate(ROWS)]),
        "--bins",
        4,
    ),
    "sensitive empty": (lambda: text(column("sex", lambda _: "")), "is empty", 4),
    "a name of 100,000 characters": (
        lambda: text(header=["y", "yhat", "sex", "x" * 100_000, "age"]),
        "a name of",
        4,
    ),
    "a group of 100,000 characters": (
        lambda: text(column("sex", lambda s: s * 100_000)),
        "a value of 100,000 characters",
        4,
    ),
    "JSON with half a letter": (
        lambda: jsonl() + r'{"y": 1, "yhat": 1, "sex": "\ud800", "score": 1}' + "\n",
        "half a letter",
        4,
    ),
    "Parquet that is no UTF-8": (
        lambda: parquet(
            pa.table(
                {
                    **{name: [r[k] for r in ROWS] for k, name in enumerate(HEADER) if name != "sex"},
                    "sex": pa.array([b"\xff\xfe"] * 160).view(pa.string()),
                }
            )
        ),
        "Invalid UTF8",
        4,
    ),
    "two tables, one below the other": (lambda: P + P, "the header again", 4),
    "two tables of words, joined": (
        lambda: text([["yes" if r[0] else "no", *r[1:]] for r in ROWS]) * 2,
        "the header again",
        4,
    ),
    "target with a fault of a spreadsheet": (lambda: P + "#DIV/0!,1,f,0.5,30\n", "a missing value", 4),
    "target of numbers and a dash": (lambda: P + "-,1,f,0.5,30\n", "a missing value", 4),
    "target of numbers and unknown": (lambda: P + "Unknown,1,f,0.5,30\n", "a missing value", 4),
    "target of yes, no and missing": (
        lambda: text(column("y", lambda y: "yes" if y else "no")) + "missing,1,f,0.5,30\n",
        "a missing value",
        4,
    ),
    "a row of sums": (lambda: P + "Total,,,,\n", "'yhat' has missing values", 4),
    "a comment at the end": (lambda: P + "# end of file\n", "line 162: 1 cells", 4),
    "a comment above the header": (lambda: "# exported 2026\n" + P, "line 2: 5 cells", 4),
    "half in commas, half in semicolons": (
        lambda: "".join(LINES[:80]) + "".join(LINES[80:]).replace(",", ";"),
        "line 81: 1 cells",
        4,
    ),
    "a table for reading (Markdown)": (
        lambda: "".join(f"| {' | '.join(line.strip().split(','))} |\n" for line in LINES),
        "column 1 of t.csv has no name",
        4,
    ),
    "two bars between cells": (lambda: P.replace(",", "||"), "column 2 of t.csv has no name", 4),
    "bzip2 and more behind it": (lambda: bz2.compress(P.encode()) + b"junk", "broken bzip2", 4),
    "gzip and more behind it": (lambda: gzip.compress(P.encode()) + b"junk", "broken gzip", 4),
    "zst and more behind it": (lambda: zstd(P.encode()) + b"junk!", "broken zstandard", 4),
    "zip that lies about its size": (
        lambda: zipped({"t.csv": P.encode()}).replace(
            struct.pack("<I", len(P.encode())), struct.pack("<I", 10)
        ),
        "broken zip",
        4,
    ),
    ".lzma": (lambda: lzma.compress(P.encode(), format=lzma.FORMAT_ALONE), ".lzma", 4),
    "LZ4": (lambda: b"\x04\x22\x4d\x18" + P.encode(), "LZ4", 4),
    "a program": (lambda: b"\x7fELF" + bytes(99), "a program", 4),
    "Stata": (lambda: "<stata_dta><header>" + P, "a Stata file", 4),
    "part of a web page": (lambda: "<table><tr><td>y</td></tr></table>", "a web page", 4),
    "encrypted Parquet": (lambda: b"PARE" + bytes(99) + b"PARE", "encrypted Parquet", 4),
    "Parquet whose footer is longer than the file": (
        lambda: parquet(frame())[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        "not a readable Parquet",
        4,
    ),
    "Parquet with lists for groups": (
        lambda: parquet(frame().assign(sex=[["f"]] * 160)),
        "give it plain values",
        2,
    ),
    "Arrow stream and another behind it": (
        lambda: arrow(frame(), stream=True) * 2,
        "behind the end of its Arrow stream",
        4,
    ),
    "Arrow stream that claims 2 GiB": (
        lambda: b"\xff\xff\xff\xff" + struct.pack("<i", 2**31 - 1) + bytes(50),
        "not a readable Arrow",
        4,
    ),
    "JSON rows of a hundred thousand keys in all": (
        lambda: "".join(json.dumps({f"k{k % 15_000}": 1}) + "\n" for k in range(100_000)),
        "cells are read",
        4,
    ),
    "JSON with the columns apart": (lambda: json.dumps({"columns": HEADER, "data": ROWS}), "no cell", 4),
    "JSON array and more behind it": (lambda: "[" + jsonl().splitlines()[0] + "] more", "is not JSON", 4),
    "EBCDIC": (lambda: P.encode("cp037"), "--encoding", 4),
    "Japanese in Shift JIS": (
        lambda: text(column("sex", lambda s: "女性" if s == "f" else "男性")).encode("shift_jis"),
        "--encoding",
        4,
    ),
    "sensitive absent": (
        lambda: text(header=["y", "yhat", "gender", "score", "age"]),
        "column 'sex' is not",
        2,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Honest:
    """A table that must be audited right: its bytes, the rates to find, words a note has, other flags."""

    content: Callable[[], bytes | str]
    rates: dict[str, float]
    note: str = ""
    flags: tuple[str, ...] = ()
    stdin: bool = False


def honest(content: Callable[[], bytes | str], **other: Any) -> Honest:
    return Honest(content=content, **{"rates": rates(), **other})


def labelled(good: Any, bad: Any, flag: str) -> Honest:
    """The same decisions, in other words for 1 and 0."""
    rows = [[good if r[0] else bad, good if r[1] else bad, *r[2:]] for r in ROWS]
    return honest(lambda: text(rows), flags=("--favourable", flag))


def renamed(f: str, m: str, **other: Any) -> Honest:
    """The same decisions for groups of other names."""
    rows = column("sex", lambda s: f if s == "f" else m)
    return Honest(**{"content": lambda: text(rows), "rates": rates(rows), **other})


def three(third: str, told: str, **other: Any) -> Honest:
    """A third of the rows in a group of this name."""
    rows = [[*r[:2], third if k % 3 == 0 else r[2], *r[3:]] for k, r in enumerate(ROWS)]
    return honest(
        lambda: text(rows), rates=rates(rows, group=lambda r: r[2] if r[2] != third else told), **other
    )


def in_age(edges: list[float], names: list[str], *flags: str, note: str = "") -> Honest:
    """Groups cut from a number."""

    def group(row: list[Any]) -> str:
        return names[sum(row[4] >= edge for edge in edges)]

    return honest(lambda: P, rates=rates(group=group), flags=("--sensitive", "age", *flags), note=note)


AGES = sorted(row[4] for row in ROWS)
QUARTERS = [float(AGES[k * len(AGES) // 4 - 1]) for k in (1, 2, 3)]
NASTY = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://x")'

RIGHT: dict[str, Honest] = {
    "plain": honest(lambda: P),
    "CRLF": honest(lambda: P.replace("\n", "\r\n")),
    "CR only": honest(lambda: P.replace("\n", "\r")),
    "no line end at the end": honest(lambda: P[:-1]),
    "blank lines": honest(lambda: "\n" + P.replace("\n", "\n\n")),
    "blank lines and CRLF": honest(lambda: P.replace("\n", "\r\n\r\n")),
    "semicolons": honest(lambda: text(delimiter=";"), note="semicolons"),
    "tabs": honest(lambda: text(delimiter="\t"), note="tabs"),
    "bars": honest(lambda: text(delimiter="|"), note="bars"),
    "semicolons and decimal commas elsewhere": honest(
        lambda: text([[*r[:4], f"{r[4]},5"] for r in ROWS], delimiter=";"), note="decimal comma", flags=()
    ),
    "thousands separators elsewhere": honest(
        lambda: text([[*r[:4], f"{r[4]},500"] for r in ROWS]), note="thousands separators"
    ),
    "a sep line": honest(lambda: "sep=;\n" + text(delimiter=";")),
    "all quoted": honest(lambda: text(quoting=csv.QUOTE_ALL)),
    "delimiters in quotes": renamed("f, or so", "m; or so"),
    "line ends in quotes": renamed("f\nemale", "m"),
    "quotes in quotes": renamed('"f"', "m"),
    "a header with more commas than semicolons": honest(
        lambda: text([[*r, 1] for r in ROWS], [*HEADER, "a,b,c,d,e,f,g,h"], delimiter=";")
    ),
    "blanks after the commas": honest(
        lambda: P.replace(",", ", "), rates={f" {k}": v for k, v in rates().items()}
    ),
    "blanks about the names": honest(lambda: " y , yhat,sex ,score,age\n" + "".join(LINES[1:])),
    "index written along": honest(lambda: frame().to_csv(), note="counts the rows"),
    "index from 1": honest(
        lambda: text([[k + 1, *r] for k, r in enumerate(ROWS)], ["", *HEADER]), note="counts"
    ),
    "delimiter at every end": honest(lambda: P.replace("\n", ",\n"), note="ends in a delimiter"),
    "UTF-8 with BOM": honest(lambda: P.encode("utf-8-sig")),
    "UTF-16 with BOM": honest(lambda: P.encode("utf-16"), note="UTF-16"),
    "UTF-16 big-endian with BOM": honest(lambda: b"\xfe\xff" + P.encode("utf-16-be"), note="UTF-16"),
    "UTF-16 without BOM": honest(lambda: P.encode("utf-16-le"), note="no byte order mark"),
    "UTF-32": honest(lambda: P.encode("utf-32"), note="UTF-32"),
    "Latin-1": renamed(
        "féminin",
        "männlich",
        content=lambda: LATIN.replace("m,", "männlich,").encode("latin-1"),
        note="Windows-1252",
    ),
    "Windows-1252": renamed(
        "f–",
        "“m”",
        content=lambda: text(column("sex", lambda s: "f–" if s == "f" else "“m”")).encode("cp1252"),
        note="Windows-1252",
    ),
    "gzip": honest(lambda: gzip.compress(P.encode())),
    "gzip of two members": honest(lambda: gzip.compress(P[:99].encode()) + gzip.compress(P[99:].encode())),
    "bz2": honest(lambda: bz2.compress(P.encode())),
    "xz": honest(lambda: lzma.compress(P.encode())),
    "xz of two streams": honest(lambda: lzma.compress(P[:99].encode()) + lzma.compress(P[99:].encode())),
    "zst": honest(lambda: zstd(P.encode())),
    "zip": honest(lambda: zipped({"loans.csv": P.encode()})),
    "zip from a Mac": honest(lambda: zipped({"loans.csv": P.encode(), "__MACOSX/._loans.csv": b"\0\5"})),
    "gzip of Parquet": honest(lambda: gzip.compress(parquet(frame()))),
    "Parquet": honest(lambda: parquet(frame())),
    "Parquet with an index": honest(lambda: parquet(frame().set_index(pd.Index(range(5, 165))))),
    "Parquet with lists beside": honest(lambda: parquet(frame().assign(l=[[1]] * 160)), note="lists"),
    "Parquet with categories": honest(
        lambda: parquet(frame().assign(sex=pd.Categorical(frame()["sex"], ["f", "m", "never"])))
    ),
    "Parquet of decimals and booleans": honest(
        lambda: parquet(
            pa.Table.from_pandas(
                frame().assign(y=[bool(r[0]) for r in ROWS], yhat=[bool(r[1]) for r in ROWS])
            )
        ),
        flags=("--favourable", "true"),
    ),
    "Feather": honest(lambda: arrow(frame())),
    "Feather, zstd": honest(lambda: arrow(frame(), compression="zstd")),
    "Arrow stream": honest(lambda: arrow(frame(), stream=True)),
    "JSON Lines": honest(lambda: jsonl()),
    "JSON Lines, gzip": honest(lambda: gzip.compress(jsonl().encode())),
    "JSON array": honest(lambda: json.dumps([dict(zip(HEADER, r, strict=True)) for r in ROWS], indent=1)),
    "JSON Lines with words and numbers": honest(lambda: jsonl(column("y", str)[:80] + ROWS[80:])),
    "JSON Lines with null groups": Honest(
        content=lambda: jsonl([[*r[:2], None if k % 3 == 0 else r[2], *r[3:]] for k, r in enumerate(ROWS)]),
        rates=rates([[*r[:2], "(missing)" if k % 3 == 0 else r[2], *r[3:]] for k, r in enumerate(ROWS)]),
        note="is missing in 54 of 160",
    ),
    "stdin": honest(lambda: P, stdin=True),
    "stdin, gzip": honest(lambda: gzip.compress(P.encode()), stdin=True),
    "yes and no": labelled("yes", "no", "yes"),
    "True and False": labelled("True", "False", "True"),
    "TRUE and FALSE": labelled("TRUE", "FALSE", "1"),
    "-1 and 1": labelled("1", "-1", "1"),
    "1 and 2": labelled("2", "1", "2"),
    "1.0 and 0.0": labelled("1.0", "0.0", "1"),
    "words with blanks": labelled(" >50K", " <=50K", ">50K"),
    "1 against 1.0": honest(lambda: text(column("yhat", float))),
    "1 against True": honest(lambda: text(column("yhat", bool)), note="truth in two ways"),
    "1 and 1.0 in one column": honest(lambda: text(column("y", float)[:80] + ROWS[80:])),
    "1 and 1.0 among words": three("1.0", "1"),
    "blanks for a missing group": three("  ", "(missing)", note="is missing in 54 of 160"),
    "decimal commas, said": honest(
        lambda: text(column("score", lambda s: str(s).replace(".", ",")), delimiter=";"),
        flags=("--decimal", ",", "--score", "score"),
    ),
    "groups 0 and 1": renamed("0", "1"),
    "groups True and False": renamed("True", "False"),
    "groups 01 and 1": renamed("01", "1"),
    "groups of long numbers": renamed("9007199254740993", "9007199254740992"),
    "groups of other languages": renamed("女", "男"),
    "group NA": three("NA", "NA", note="taken as a name"),
    "group None": three("None", "None"),
    "group null": three("null", "null"),
    "group nan": three("nan", "nan"),
    "missing group": three("", "(missing)", note="is missing in 54 of 160"),
    "a group of one capital": three("F", "F", note="counted as two"),
    "HTML in a group": renamed(NASTY, "m"),
    "formula in a group": renamed(FORMULA, "@SUM(A1)"),
    "escape codes in a group": renamed("\x1b[31mf", "m\u202e"),
    "numbers with NA elsewhere": honest(lambda: text(column("score", lambda s: s)).replace(",18\n", ",NA\n")),
    "infinite elsewhere": honest(lambda: text(column("age", lambda a: "inf" if a == 18 else a))),
    "dates elsewhere": honest(lambda: text(column("age", lambda a: f"2026-01-{a % 28 + 1:02d}"))),
    "a cell of 900,000 elsewhere": honest(lambda: text([[*ROWS[0][:4], "x" * 900_000], *ROWS[1:]])),
    "2,000 columns": honest(
        lambda: text([[*r, *[1] * 2_000] for r in ROWS], [*HEADER, *(f"c{k}" for k in range(2_000))])
    ),
    "first column ORCHARD": honest(lambda: text([[1, *r] for r in ROWS], ["ORCHARD", *HEADER])),
    "first column FEA1": honest(lambda: text([[1, *r] for r in ROWS], ["FEA1", *HEADER])),
    "first column PAR1": honest(lambda: text([[1, *r] for r in ROWS], ["PAR1", *HEADER])),
    "first column ARROW1": honest(lambda: text([[1, *r] for r in ROWS], ["ARROW1", *HEADER])),
    "first column BZh1": honest(lambda: text([[1, *r] for r in ROWS], ["BZh1", *HEADER])),
    "first column parent": honest(lambda: text([[1, *r] for r in ROWS], ["parent", *HEADER])),
    "columns called nan, None and index": honest(
        lambda: text([[*r, 1, 2, k] for k, r in enumerate(ROWS)], [*HEADER, "nan", "None", "index"])
    ),
    "zip with a Mac's folder file": honest(lambda: zipped({"t.csv": P.encode(), ".DS_Store": b"x"})),
    "bz2 of two streams": honest(lambda: bz2.compress(P[:99].encode()) + bz2.compress(P[99:].encode())),
    "Parquet of many row groups": honest(lambda: parquet(frame(), row_group_size=7)),
    "Parquet with truth or nothing for groups": Honest(
        content=lambda: parquet(
            frame().assign(
                sex=pd.array([None if k % 3 == 0 else r[2] == "f" for k, r in enumerate(ROWS)], "boolean")
            )
        ),
        rates=rates([[*r[:2], "(missing)" if k % 3 == 0 else str(r[2] == "f")] for k, r in enumerate(ROWS)]),
    ),
    "Parquet with numbers or nothing for groups": Honest(
        content=lambda: parquet(
            frame().assign(
                sex=pd.array([None if k % 3 == 0 else int(r[2] == "f") for k, r in enumerate(ROWS)], "Int8")
            )
        ),
        rates=rates(
            [[*r[:2], "(missing)" if k % 3 == 0 else str(int(r[2] == "f"))] for k, r in enumerate(ROWS)]
        ),
    ),
    "JSON with groups 1.0 and 2": Honest(
        content=lambda: jsonl(column("sex", lambda s: 1.0 if s == "f" else 2)),
        rates={"1": rates()["f"], "2": rates()["m"]},
    ),
    "JSON with keys in any order": honest(
        lambda: "".join(
            json.dumps(dict(sorted(zip(HEADER, r, strict=True), reverse=bool(k % 2)))) + "\n"
            for k, r in enumerate(ROWS)
        )
    ),
    "outcomes of other languages": labelled("承認", "却下", "承認"),
    "outcomes that are formulae": labelled("=1+1", "=2+2", "=1+1"),
    "outcomes that are long numbers": labelled("9007199254740993", "9007199254740992", "9007199254740993"),
    "groups of blanks from a word processor": three("\u00a0", "(missing)"),
    "Cyrillic in Windows-1251, said": renamed(
        "женский",
        "мужской",
        content=lambda: text(column("sex", lambda s: "женский" if s == "f" else "мужской")).encode("cp1251"),
        flags=("--encoding", "cp1251"),
        note="read as CP1251, as was said",
    ),
    "Japanese in Shift JIS, said": renamed(
        "女性",
        "男性",
        content=lambda: text(column("sex", lambda s: "女性" if s == "f" else "男性")).encode("shift_jis"),
        flags=("--encoding", "shift_jis"),
        note="read as SHIFT_JIS",
    ),
    "letters of a mainframe, said": renamed(
        "féminin",
        "m",
        content=lambda: LATIN.encode("cp037"),
        flags=("--encoding", "cp037"),
        note="read as CP037",
    ),
    "five million blank lines": honest(lambda: P + "\n" * 5_000_000),
    "age in bins": in_age([35, 55], ["<35", "35-<55", ">=55"], "--bins", "age=35,55"),
    "age in quarters": in_age(
        QUARTERS,
        [
            f"<{QUARTERS[0]:g}",
            *(f"{a:g}-<{b:g}" for a, b in itertools.pairwise(QUARTERS)),
            f">={QUARTERS[2]:g}",
        ],
        "--bins",
        "age=quantiles:4",
        note="about equal size",
    ),
}
