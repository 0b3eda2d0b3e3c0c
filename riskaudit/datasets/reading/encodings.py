"""Encodings: the bytes of a text table as UTF-8, its first encoding named where it was another."""

from __future__ import annotations

import codecs
import re

from riskaudit.datasets.reading.origin import Origin
from riskaudit.errors import UsageError, did_you_mean

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_C1 = re.compile("[\x80-\x9f]")
# Names that people mean: what is told where a name is none. Python knows some eighty more.
_USUAL = (
    *("utf-8", "utf-16", "utf-32", "latin-1", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255"),
    *("cp1256", "iso8859-2", "iso8859-15", "koi8-r", "mac-roman", "cp437", "cp850", "cp037", "gb18030"),
    *("big5", "shift_jis", "euc-jp", "euc-kr"),
)
_ESCAPES = frozenset({"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape"})
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def known_encoding(name: str) -> str:
    """The codec that a name of an encoding means; nothing for no name.

    Raises
    ------
    UsageError
        If it names none, or one that is no encoding of text, such as base64 or unicode_escape.
    """
    if not name:
        return ""
    try:
        found = codecs.lookup(name.strip())
        honest = "yes, no\n".encode(found.name).decode(found.name) == "yes, no\n"
    except (LookupError, ValueError, TypeError):
        honest = False
    if not honest or found.name.replace("_", "-") in _ESCAPES:
        raise UsageError(
            f"'{name[:60]}' is no encoding of text",
            did_you_mean(name.lower(), list(_USUAL)),
            where="--encoding",
        )
    return str(found.name)


def utf8(raw: bytes, origin: Origin, encoding: str = "") -> bytes:
    """The text as UTF-8 without a byte order mark.

    An `encoding` that is given counts, unless the bytes contradict it. Without one, UTF-16 and UTF-32 are known by their mark, UTF-16 without one by its pattern of NUL bytes; what is no
    UTF-8 is taken for Windows-1252 (which holds Latin-1), unless it could be neither.

    Raises
    ------
    InputError
        If the bytes are no text, or mix two encodings.
    """
    if encoding:
        return _named(raw, encoding, origin)
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


def _named(raw: bytes, encoding: str, origin: Origin) -> bytes:
    """Text of the encoding that was said; refused where the bytes say otherwise."""
    told = encoding.upper()
    mark = next((name for begin, name in _BOMS if raw.startswith(begin)), "")
    if mark and not mark.startswith(encoding.removesuffix("-sig")):
        raise origin.refused(
            f"{{name}} begins with the mark of {mark.upper()}, and cannot be {told}", "leave --encoding out"
        )
    wide = encoding.startswith("utf") or len(bytes(range(256)).decode(encoding, "replace")) < 256
    if not wide and not raw.isascii() and _valid(raw):
        raise origin.refused(
            f"{{name}} is UTF-8 text, whose letters would come out wrong as {told}", "leave --encoding out"
        )
    try:
        text = raw.decode(encoding)
    except UnicodeError as error:
        at = f" (byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise origin.refused(f"{{name}} is not whole {told} text{at}", _ANOTHER) from error
    text = text.removeprefix("\ufeff")
    if "\0" in text or (not wide and _C1.search(text)):
        raise origin.refused(f"{{name}} read as {told} holds signs that no text has", _ANOTHER)
    if encoding != "utf-8":
        origin.note(f"{origin.name} was read as {told}, as was said")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise origin.refused(f"{{name}} is not whole {told} text", _ANOTHER) from error


_ANOTHER = "name its true encoding with --encoding, or save it as UTF-8"


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
        raise origin.refused(f"{{name}} is not UTF-8 text (line {line})", _ANOTHER)
    if _MULTIBYTE.search(raw):
        raise origin.refused(
            f"{{name}} mixes UTF-8 with another encoding (line {line})",
            "the same group could be spelt in two ways: save the whole table as UTF-8, or name its one encoding with --encoding",
        )
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise origin.refused(
            f"{{name}} is neither UTF-8 nor Windows-1252 text (line {raw.count(10, 0, error.start) + 1})",
            _ANOTHER,
        ) from error
    origin.note(
        f"{origin.name} is no UTF-8 (line {line}): it was read as Windows-1252 (Latin-1); if letters look wrong, name the true one with --encoding"
    )
    return text.encode("utf-8")
