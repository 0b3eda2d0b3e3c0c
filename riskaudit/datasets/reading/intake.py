"""Intake: the bytes of a table, from a file or stdin, unpacked within limits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from riskaudit.datasets.reading.origin import A_TABLE, FREE_BYTES, MOST_BYTES, MOST_RATIO, Origin, first_line
from riskaudit.errors import InputError, did_you_mean

STDIN = "-"
_BLOCK, _PIECE = 1 << 20, 64 << 10
# What people offer instead of a table, by its first bytes; all of these would decode as some kind of text.
_NO_TABLE = {
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"Obj\x01": "an Avro file",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "an RTF document",
    b"\x7fELF": "a program",
    b"RDX2\n": "an R workspace",
    b"RDX3\n": "an R workspace",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x04\x22\x4d\x18": "packed as LZ4, which is not read",
    b"\x1f\x9d": "packed by compress (.Z), which is not read",
    b"\x5d\x00\x00": "packed as .lzma, which is not read (.xz is)",
    b"\xff\x06\x00\x00sNaPpY": "packed as Snappy, which is not read",
    b"Rar!": "a RAR archive",
    b"$FL2": "an SPSS file",
    b"version https://git-lfs": "a Git LFS pointer, not the file itself (git lfs pull)",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<!--": "a web page",
    b"<table": "a web page",
    b"<svg": "a picture",
    b"<stata_dta": "a Stata file",
    b"@relation": "a Weka file (.arff)",
    b"<?xml": "an XML document",
}
# Letters that a column's name may begin with too: these count where the file also ends in them.
_AT_BOTH_ENDS = {
    b"ORC": "an ORC file",
    b"FEA1": "a Feather file of version 1",
    b"PARE": "an encrypted Parquet file",
}
_BZIP2 = (b"1AY&SY", b"\x17rE8P\x90")  # a block, or the end of a file without one
_OF_A_SYSTEM = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def raw_bytes(path: str | Path, flag: str) -> bytes:
    """The bytes of a file, or of stdin where the path is `-`.

    Raises
    ------
    InputError
        If there is no such file, it is no regular file, it is empty, or larger than the limit.
    """
    if str(path) == STDIN:
        stream: IO[bytes] = sys.stdin.buffer
        return _checked(stream.read(MOST_BYTES + 1), "stdin", flag)
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no regular file", A_TABLE, where=flag)
        with path.open("rb") as file:
            return _checked(file.read(MOST_BYTES + 1), path.name, flag)
    except FileNotFoundError:
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, sorted(near)) if near else "check the path"
        raise InputError(f"there is no file {path}", hint, where=flag) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        told = getattr(error, "strerror", None) or first_line(error)
        raise InputError(f"{path} cannot be read: {told}", A_TABLE, where=flag) from error


def _checked(raw: bytes, name: str, flag: str) -> bytes:
    """The bytes, neither none nor too many."""
    if not raw:
        raise InputError(f"{name} is empty", A_TABLE, where=flag)
    if len(raw) > MOST_BYTES:
        raise InputError(
            f"{name} is larger than {MOST_BYTES >> 30} GiB, the most that is read whole",
            "leave out columns that the audit does not need, or draw a seeded sample of rows",
            where=flag,
        )
    return raw


def unpacked(raw: bytes, origin: Origin) -> bytes:
    """The bytes of the table itself, taken out of gz, bz2, xz, zst or a zip with one member.

    Raises
    ------
    InputError
        If the archive is broken, cut short, holds several files, or grows beyond the limits.
    """
    kind = _packing(raw)
    if kind is None:
        return _is_a_table(raw, origin)
    held = bytearray()
    try:
        for block, consumed in _UNPACK[kind](raw, origin):
            held += block
            if len(held) > MOST_BYTES or len(held) > max(FREE_BYTES, MOST_RATIO * consumed):
                raise origin.refused(
                    f"{{name}} unpacks to more than {len(held) >> 20:,} MiB, {len(held) // max(consumed, 1):,} times what "
                    "was read of it: that is no honest table",
                    f"unpack it yourself if you trust it; at most {MOST_RATIO} times and {MOST_BYTES >> 30} GiB are read",
                )
    except InputError:
        raise
    except Exception as error:  # five libraries, each with its own errors for a broken file
        raise origin.refused(f"{{name}} is a broken {kind} file: {first_line(error)}") from error
    if not held:
        raise origin.refused("{name} is empty once unpacked")
    if _packing(held):
        raise origin.refused(
            f"{{name}} is packed twice ({kind}, then {_packing(held)})", "unpack the outer one"
        )
    return _is_a_table(bytes(held), origin)


def _packing(raw: bytes | bytearray) -> str | None:
    """gzip, bzip2, xz, zstandard or zip by the first bytes; None for anything else."""
    start = bytes(raw[:10])
    if start[:2] == b"\x1f\x8b":
        return "gzip"
    if start[:3] == b"BZh" and start[3:4].isdigit() and start[4:] in _BZIP2:
        return "bzip2"
    if start[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if start[:4] == b"\x28\xb5\x2f\xfd":
        return "zstandard"
    return "zip" if start[:4] in (b"PK\x03\x04", b"PK\x05\x06") else None


def _is_a_table(raw: bytes, origin: Origin) -> bytes:
    """The bytes, unless they are known to be something else."""
    start = raw[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for magic, told in _NO_TABLE.items():
        if start.startswith(magic.lower()):
            raise origin.refused(f"{{name}} is {told}")
    for magic, told in _AT_BOTH_ENDS.items():
        if raw.startswith(magic) and raw.rstrip(b"\0").endswith(magic):
            raise origin.refused(f"{{name}} is {told}")
    if raw[:1] == b"\x80" and raw[1:2] in b"\x02\x03\x04\x05":
        raise origin.refused("{name} is a Python pickle, which is never opened")
    if raw[257:262] == b"ustar":
        raise origin.refused("{name} is a tar archive", "unpack it, and name the table in it")
    return raw


Blocks = Iterator[tuple[bytes, int]]  # what was unpacked, and how much of the packed file it took so far


def _streamed(opened: Any, source: Any) -> Blocks:
    """A file-like object's bytes, a block at a time."""
    with opened as file:
        while block := file.read(_BLOCK):
            yield block, source.tell()


def _gzip(raw: bytes, _: Origin) -> Blocks:
    import gzip
    import io

    source = io.BytesIO(raw)
    return _streamed(gzip.GzipFile(fileobj=source), source)


def _bzip2(raw: bytes, _: Origin) -> Blocks:
    """Every stream of a bzip2 file; what follows the last must be one too."""
    import bz2

    return _in_streams(raw, bz2.BZ2Decompressor)


def _xz(raw: bytes, _: Origin) -> Blocks:
    """Every stream of an xz file; a dictionary of more than 256 MiB is refused."""
    import lzma

    return _in_streams(raw, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=256 << 20))


def _in_streams(raw: bytes, decompressor: Callable[[], Any]) -> Blocks:
    """One stream after another, to the end but for padding."""
    at = 0
    while raw[at:].strip(b"\0") if len(raw) - at < _PIECE else at < len(raw):
        reader = decompressor()
        while not reader.eof:
            piece = b""
            if reader.needs_input:
                piece = raw[at : at + _PIECE]
                if not piece:
                    raise EOFError("it ends before its end marker")
                at += len(piece)
            yield reader.decompress(piece, _BLOCK), at
        at -= len(reader.unused_data)


def _zstandard(raw: bytes, _: Origin) -> Blocks:
    import pyarrow

    source = pyarrow.BufferReader(raw)
    return _streamed(pyarrow.CompressedInputStream(source, "zstd"), _Told(source))


class _Told:
    """The position of a stream, which may be closed when its last block is out."""

    def __init__(self, source: Any) -> None:
        self.source, self.last = source, 1

    def tell(self) -> int:
        """How far it was read."""
        if not self.source.closed:
            self.last = self.source.tell()
        return self.last


def _zip(raw: bytes, origin: Origin) -> Blocks:
    """The one file in a zip, the folders and notes of other systems aside."""
    import io
    import zipfile

    source = io.BytesIO(raw)
    archive = zipfile.ZipFile(source)
    names = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and entry.filename.rpartition("/")[2] not in _OF_A_SYSTEM
    ]
    if any(entry.filename in ("[Content_Types].xml", "mimetype") for entry in names):
        raise origin.refused("{name} is a workbook or document, not a table", "save the sheet as CSV")
    if len(names) != 1:
        raise origin.refused(f"{{name}} is a zip of {len(names)} files", "give a zip that holds one table")
    if names[0].flag_bits & 1:
        raise origin.refused("{name} is an encrypted zip", "unpack it, and name the table in it")
    return _streamed(archive.open(names[0]), source)


_UNPACK: dict[str, Callable[[bytes, Origin], Blocks]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstandard": _zstandard,
    "zip": _zip,
}
