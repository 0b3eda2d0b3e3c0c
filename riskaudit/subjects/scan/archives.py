"""Archives: members of zip and tar files, read by their own headers and never extracted to anywhere."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from riskaudit.subjects.scan.look import Budget, Look, TooMuch
from riskaudit.subjects.scan.unpacking import Broken, unpacked

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
MOST_RATIO = 1000


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file in an archive."""

    name: str
    content: bytes | memoryview


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What the central directory of a zip says of a member."""

    name: bytes
    flags: int
    method: int
    packed: int
    size: int
    offset: int
    mode: int


def has_zip(raw: bytes | memoryview) -> bool:
    """Whether a zip's directory ends within the last 64 KiB, and begins where its end says: as readers look for it."""
    tail = bytes(raw[-65_600:])
    at = tail.rfind(END)
    if at < 0 or at + 22 > len(tail):
        return False
    count, size, offset = struct.unpack("<H2L", tail[at + 10 : at + 20])
    end = len(raw) - len(tail) + at
    start = end - size - _idle_zip64(raw, end, size, offset)
    wide = count == 0xFFFF or 0xFFFFFFFF in (size, offset)
    return wide or (start >= 0 and bytes(raw[start : start + 4]) == CENTRAL)


def zip_members(raw: bytes | memoryview, look: Look, where: str, budget: Budget) -> Iterator[Member]:
    """Each member's content, whatever its checksum and its flags say; faults go into `look`.

    Readers differ in what they believe (the central directory, the local header, the checksum, the
    encryption flag), so whatever disagrees is a finding.
    """
    seen: set[bytes] = set()
    try:
        entries = _entries(raw, look, where, budget)
    except (struct.error, ValueError) as error:
        look.broke(f"{where}: {error}" if where else str(error))
        return
    for entry in entries:
        budget.members -= 1
        if budget.members < 0:
            raise TooMuch("it has more than 20,000 members")
        budget.tick()
        name = entry.name.decode("utf-8", "replace")
        inside = f"in {where}" if where else ""
        _odd_name(name, look, inside)
        if entry.name in seen:
            look.found(
                f"two members of one name, {name!r},", inside, "which of them is read depends on the reader"
            )
        seen.add(entry.name)
        if entry.flags & 1:
            look.found(f"member {name!r} flagged as encrypted", inside, "scanners skip it, loaders may not")
        if entry.mode >> 12 == 0o12:
            look.found(f"symbolic link {name!r}", inside, "it may lead outside")
        content = _content(raw, entry, look, name, inside, budget)
        if content is not None:
            yield Member(name=name, content=content)


def _entries(raw: bytes | memoryview, look: Look, where: str, budget: Budget) -> list[_Entry]:
    """The central directory."""
    tail = bytes(raw[-65_600:])
    at = tail.rfind(END)
    if at < 0 or at + 22 > len(tail):
        raise ValueError("it has no directory")
    end = len(raw) - len(tail) + at
    _, _, _, _, count, size, offset, comment = struct.unpack("<4s4H2LH", raw[end : end + 22])
    if end + 22 + comment < len(raw):
        look.found("bytes after the zip archive", f"in {where}" if where else "")
    if 0xFFFF in (count,) or 0xFFFFFFFF in (size, offset):
        size, offset = _zip64(raw, end)
        start = offset
    else:
        start = end - size - _idle_zip64(raw, end, size, offset)
        if start != offset:
            look.found(
                f"{abs(start - offset):,} bytes before the zip archive",
                f"in {where}" if where else "",
                "a file of two formats at once",
            )
    shift = start - offset
    found, at = [], start
    while at + 46 <= len(raw) and bytes(raw[at : at + 4]) == CENTRAL and at < end:
        part = struct.unpack("<4s6H3L5H2L", raw[at : at + 46])
        flags, method, packed, full = part[3], part[4], part[8], part[9]
        named, extra, remark, mode, place = part[10], part[11], part[12], part[15], part[16]
        name = bytes(raw[at + 46 : at + 46 + named])
        packed, full, place = _wide(
            bytes(raw[at + 46 + named : at + 46 + named + extra]), packed, full, place
        )
        found.append(
            _Entry(
                name=name,
                flags=flags,
                method=method,
                packed=packed,
                size=full,
                offset=place + shift,
                mode=mode >> 16,
            )
        )
        at += 46 + named + extra + remark
        if len(found) > budget.members:
            raise TooMuch("it has more than 20,000 members")
    return found


def _zip64(raw: bytes | memoryview, end: int) -> tuple[int, int]:
    """Size and place of the directory of a zip64 archive."""
    locator = bytes(raw[max(0, end - 20) : end])
    if locator[:4] != b"PK\x06\x07":
        raise ValueError("its zip64 directory is missing")
    (place,) = struct.unpack("<Q", locator[8:16])
    record = bytes(raw[place : place + 56])
    if record[:4] != b"PK\x06\x06":
        raise ValueError("its zip64 directory is missing")
    size, offset = struct.unpack("<QQ", record[40:56])
    return size, offset


def _idle_zip64(raw: bytes | memoryview, end: int, size: int, offset: int) -> int:
    """Length of a zip64 directory that says nothing new: PyTorch writes one into every archive."""
    if end < 76 or bytes(raw[end - 20 : end - 16]) != b"PK\x06\x07":
        return 0
    try:
        return 76 if _zip64(raw, end) == (size, offset) and _zip64_place(raw, end) == end - 76 else 0
    except ValueError:
        return 0


def _zip64_place(raw: bytes | memoryview, end: int) -> int:
    """Where the locator says that the zip64 directory begins."""
    return int.from_bytes(bytes(raw[end - 12 : end - 4]), "little")


def _wide(extra: bytes, packed: int, full: int, place: int) -> tuple[int, int, int]:
    """Sizes of a zip64 member."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack("<HH", extra[at : at + 4])
        if kind == 1:
            part, here = extra[at + 4 : at + 4 + size], 0
            values = [full, packed, place]
            for which, value in enumerate(values):
                if value == 0xFFFFFFFF and here + 8 <= len(part):
                    values[which] = struct.unpack("<Q", part[here : here + 8])[0]
                    here += 8
            full, packed, place = values
        at += 4 + size
    return packed, full, place


def _content(
    raw: bytes | memoryview, entry: _Entry, look: Look, name: str, inside: str, budget: Budget
) -> bytes | memoryview | None:
    """A member's content by its local header."""
    head = bytes(raw[entry.offset : entry.offset + 30])
    if head[:4] != LOCAL or entry.offset < 0:
        look.broke(f"member {name!r} is not where the directory says")
        return None
    named, extra = struct.unpack("<HH", head[26:30])
    start = entry.offset + 30 + named + extra
    local = bytes(raw[entry.offset + 30 : entry.offset + 30 + named])
    if local != entry.name:
        look.found(
            f"member {name!r} called {local.decode('utf-8', 'replace')!r} in its own header",
            inside,
            "which of the names counts depends on the reader",
        )
    method = struct.unpack("<H", head[8:10])[0]
    if method != entry.method:
        look.found(f"member {name!r} of two compression methods", inside)
    packed = memoryview(raw)[start : start + entry.packed]
    if entry.method == 0:
        if entry.size != entry.packed:
            look.broke(f"member {name!r} is not as long as it says")
        return packed
    if entry.size > 2**20 and entry.size > MOST_RATIO * max(1, entry.packed):
        raise TooMuch(f"member {name!r} says it unpacks to {entry.size:,} bytes from {entry.packed:,}")
    kinds = {8: "deflate", 12: "bz2", 14: "lzma"}
    if entry.method not in kinds:
        look.found(f"member {name!r} packed by method {entry.method}", inside, "which cannot be looked into")
        return None
    if entry.method == 14:
        look.found(f"member {name!r} packed by LZMA", inside, "which no model's library writes")
        return None
    try:
        content, _ = unpacked(packed, kinds[entry.method], budget)
    except Broken as error:
        look.broke(f"member {name!r}: {error}")
        return error.unpacked
    if len(content) != entry.size:
        look.broke(f"member {name!r} is not as long as it says")
    return content


def _odd_name(name: str, look: Look, inside: str) -> None:
    """Names that lead outside when somebody extracts them."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or "\\" in name or name[1:2] == ":":
        look.found(f"path {name[:100]!r} that leads outside", inside, "extracting it would write there")
    if "\x00" in name:
        look.found(f"NUL in the name {name[:100]!r}", inside, "readers cut it there")


def looks_like_tar(raw: bytes | memoryview) -> bool:
    """Whether the first block is a tar header with a right checksum."""
    head = bytes(raw[:512])
    return len(head) == 512 and _checksum(head)


def _checksum(head: bytes) -> bool:
    try:
        told = int(head[148:156].strip(b"\x00 ") or b"-1", 8)
    except ValueError:
        return False
    return told == sum(head[:148]) + 8 * 32 + sum(head[156:])


def tar_members(raw: bytes | memoryview, look: Look, where: str, budget: Budget) -> Iterator[Member]:
    """Each regular member; links, devices and odd paths go into `look`."""
    at, inside = 0, f"in {where}" if where else ""
    while at + 512 <= len(raw):
        head = bytes(raw[at : at + 512])
        if not head.strip(b"\x00"):
            return
        budget.members -= 1
        if budget.members < 0:
            raise TooMuch("it has more than 20,000 members")
        budget.tick()
        if not _checksum(head):
            look.broke(f"{where or 'it'} is a broken tar archive")
            return
        name = head[:100].rstrip(b"\x00").decode("utf-8", "replace")
        told = head[124:136].strip(b"\x00 ")
        if not told.isdigit():
            look.broke(f"member {name!r} has no size")
            return
        size, kind = int(told, 8), head[156:157]
        _odd_name(name, look, inside)
        if kind in b"12":
            look.found(f"link {name!r}", inside, "it may lead outside")
        elif kind in b"346":
            look.found(f"device {name!r}", inside)
        if at + 512 + size > len(raw):
            look.broke(f"member {name!r} is cut short")
        yield Member(name=name, content=memoryview(raw)[at + 512 : at + 512 + size])
        at += 512 + -(-size // 512) * 512
