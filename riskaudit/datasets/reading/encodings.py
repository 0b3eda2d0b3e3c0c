"""Encodings: the bytes of a text table as UTF-8, its first encoding named where it was another."""

from __future__ import annotations

import re

from riskaudit.datasets.reading.origin import Origin

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def utf8(raw: bytes, origin: Origin) -> bytes:
    """The text as UTF-8 without a byte order mark.

    UTF-16 and UTF-32 are known by their mark, UTF-16 without one by its pattern of NUL bytes; what is no
    UTF-8 is taken for Windows-1252 (which holds Latin-1), unless it could be neither.

    Raises
    ------
    InputError
        If the bytes are no text, or mix two encodings.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw[3:] if name == "utf-8" and _valid(raw) else _from(raw[len(mark) :], name, origin)
    if b"\0" in raw[:4096]:
        wide = _wide(raw)
        if wide:
            return _from(raw, wide, origin, "no byte order mark, known by its NUL bytes")
    if b"\0" in raw:
        raise origin.refused("{name} holds NUL bytes, so it is no text table", "save it again as UTF-8 text")
    if _valid(raw):
        return raw
    return _western(raw, origin)


def _valid(raw: bytes) -> bool:
    """Whether the bytes are UTF-8 without NUL."""
    if raw.isascii():
        return b"\0" not in raw
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw


def _wide(raw: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of western text is NUL."""
    start = raw[: 4096 - len(raw[:4096]) % 2]
    for name, high in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        low = start[0::2] if name.endswith("le") else start[1::2]
        if high and high.count(0) >= 0.7 * len(high) and low.count(0) == 0:
            return name
    return None


def _from(raw: bytes, name: str, origin: Origin, how: str = "") -> bytes:
    """Text of another encoding, said so."""
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        raise origin.refused(
            f"{{name}} is not whole {name.upper()} text (byte {error.start})", "save it as UTF-8"
        ) from error
    if "\0" in text:
        raise origin.refused("{name} holds NUL bytes, so it is no text table", "save it again as UTF-8 text")
    if name != "utf-8":
        origin.note(f"{origin.name} was read as {name.upper()}" + (f" ({how})" if how else ""))
    return text.encode("utf-8")


def _western(raw: bytes, origin: Origin) -> bytes:
    """Windows-1252 text; refused where the bytes are UTF-8 in part, or no text at all."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    if _CONTROL.search(raw):
        raise origin.refused(f"{{name}} is not UTF-8 text (line {line})", "save the table as UTF-8 text")
    if _MULTIBYTE.search(raw):
        raise origin.refused(
            f"{{name}} mixes UTF-8 with another encoding (line {line})",
            "the same group could be spelt in two ways: save the whole table as UTF-8",
        )
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise origin.refused(
            f"{{name}} is neither UTF-8 nor Windows-1252 text (line {raw.count(10, 0, error.start) + 1})",
            "save the table as UTF-8",
        ) from error
    origin.note(
        f"{origin.name} is no UTF-8 (line {line}): it was read as Windows-1252 (Latin-1); save it as UTF-8 if letters look wrong"
    )
    return text.encode("utf-8")
