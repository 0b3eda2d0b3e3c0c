"""Unpacking: compressed content, told by its first bytes and never unpacked further than the caps allow."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Any

from riskaudit.subjects.scan.look import Budget, TooMuch

STEP = 2**20
FREE = 64 * 2**20  # bytes that anything may unpack to
MOST_RATIO = 200  # beyond those; honest models, and zlib's best on text, stay well below
_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)


class Broken(Exception):
    """The compressed stream ends early or is damaged."""

    def __init__(self, why: str, unpacked: bytes) -> None:
        super().__init__(why)
        self.unpacked = unpacked


def compression(head: bytes | memoryview) -> str:
    """zlib, gzip, bz2, xz, lzma, lz4, zstd, or empty."""
    first = bytes(head[:8])
    if first[:2] == b"\x1f\x8b":
        return "gzip"
    if first[:3] == b"BZh":
        return "bz2"
    if first[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if first[:4] == b"\x04\x22\x4d\x18":
        return "lz4"
    if first[:4] == b"\x28\xb5\x2f\xfd":
        return "zstd"
    if first[:3] == b"\x5d\x00\x00":
        return "lzma"
    if len(first) > 1 and first[0] == 0x78 and (first[0] * 256 + first[1]) % 31 == 0:
        return "zlib"
    return ""


def unpacked(raw: bytes | memoryview, kind: str, budget: Budget) -> tuple[bytes, int]:
    """The content, and how many bytes follow the stream.

    Raises
    ------
    TooMuch
        If it unpacks beyond the caps.
    Broken
        If the stream is damaged; carries what could be unpacked.
    """
    if kind in ("lz4", "zstd"):
        return _by_arrow(raw, kind, budget), 0
    found, left = bytearray(), memoryview(raw)
    machine = _machine(kind)
    while True:
        try:
            left = _through(machine, left, found, budget, total=len(raw))
        except _ERRORS as error:
            raise Broken(f"its {kind} stream is damaged: {error}", bytes(found)) from error
        if not machine.eof:
            raise Broken(f"its {kind} stream is cut short", bytes(found))
        if kind in ("zlib", "lzma") or compression(left) != kind:
            return bytes(found), len(left)
        machine = _machine(kind)  # members may follow one another


def _machine(kind: str) -> Any:
    if kind == "zlib":
        return zlib.decompressobj()
    if kind == "gzip":
        return zlib.decompressobj(31)
    if kind == "deflate":
        return zlib.decompressobj(-15)
    if kind == "bz2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(memlimit=256 * 2**20)


def _through(machine: Any, raw: memoryview, found: bytearray, budget: Budget, *, total: int) -> memoryview:
    """One stream to its end; gives what follows it."""
    at, first = 0, True
    while not machine.eof:
        if isinstance(machine, bz2.BZ2Decompressor | lzma.LZMADecompressor):
            if machine.needs_input or first:
                piece = raw[at : at + STEP]
                at += len(piece)
                if not len(piece) and not first:
                    break
                made = machine.decompress(piece, STEP)
            else:
                made = machine.decompress(b"", STEP)
        else:
            tail = machine.unconsumed_tail
            piece = tail or raw[at : at + STEP]
            if not tail:
                at += len(piece)
            if not len(piece):
                break
            made = machine.decompress(piece, STEP)
        first = False
        found += made
        budget.unpack(len(made))
        if len(found) > FREE and len(found) > MOST_RATIO * total:
            raise TooMuch(f"it unpacks to more than {MOST_RATIO} times its size")
        budget.tick()
    return raw[at - len(machine.unused_data) :] if machine.eof else raw[at:]


def _by_arrow(raw: bytes | memoryview, kind: str, budget: Budget) -> bytes:
    """lz4 and zstd through pyarrow, which has both on every system."""
    import pyarrow as pa

    found = bytearray()
    try:
        with pa.CompressedInputStream(pa.BufferReader(pa.py_buffer(raw)), kind) as stream:
            while piece := stream.read(STEP):
                found += piece
                budget.unpack(len(piece))
                if len(found) > FREE and len(found) > MOST_RATIO * len(raw):
                    raise TooMuch(f"it unpacks to more than {MOST_RATIO} times its size")
                budget.tick()
    except (OSError, ValueError) as error:
        raise Broken(f"its {kind} stream is damaged: {error}", bytes(found)) from error
    return bytes(found)
