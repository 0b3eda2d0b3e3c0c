"""Content: what some bytes are, told by themselves, and everything that is nested in them."""

from __future__ import annotations

import re

from riskaudit.subjects.scan import archives, others
from riskaudit.subjects.scan.look import Budget, Look, TooMuch
from riskaudit.subjects.scan.pickles import walk
from riskaudit.subjects.scan.symbols import Blob, Program
from riskaudit.subjects.scan.unpacking import Broken, compression, unpacked

TORCH_MAGIC = b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
# The first opcodes that any pickler writes, or that a hostile one may well begin with.
_STARTS = frozenset(b"(c]})NIJKLMSTUVXGFiopt\x80\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x82\x83\x84PQBC.")
MOST_PROGRAMS = 64


def examine(raw: bytes | memoryview, look: Look, *, where: str = "", budget: Budget, depth: int = 0) -> str:
    """Look at some bytes and all that is in them; gives what they are.

    Raises
    ------
    TooMuch
        If the budget ends first.
    """
    if depth > budget.depth:
        raise TooMuch(f"it has archives in archives, more than {budget.depth} deep")
    budget.tick()
    if (kind := compression(raw)) and (kind != "zlib" or _inflates(raw)):
        return f"{_packed(raw, kind, look, where, budget, depth)} ({kind})"
    if bytes(raw[:4]) == archives.LOCAL:
        return _zip(raw, look, where, budget, depth)
    if bytes(raw[:6]) == others.NPY:
        return _npy(raw, look, where, budget, depth)
    if bytes(raw[:8]) == others.HDF5:
        others.hdf5(raw, look, where)
        return "HDF5 file"
    if archives.looks_like_tar(raw):
        for member in archives.tar_members(raw, look, where, budget):
            _member(member, look, where, budget, depth)
        return "tar archive"
    if others.looks_like_onnx(raw):
        others.onnx(raw, look, where)
        return "ONNX model"
    found = _pickles(raw, look, where, budget, depth) if raw[:1] and raw[0] in _STARTS else ""
    if archives.has_zip(raw):
        inner = _zip(raw, look, where, budget, depth)
        return f"{found} and {inner}" if found else inner
    return found


def _inflates(raw: bytes | memoryview) -> bool:
    """Whether bytes that begin like zlib are: `x` begins other things too."""
    import zlib

    try:
        zlib.decompressobj().decompress(bytes(raw[:1024]), 64)
    except zlib.error:
        return False
    return True


def _packed(raw: bytes | memoryview, kind: str, look: Look, where: str, budget: Budget, depth: int) -> str:
    """What a compressed file holds."""
    try:
        content, after = unpacked(raw, kind, budget)
    except Broken as error:
        look.broke(str(error))
        content, after = error.unpacked, 0
    look.unpacked = max(look.unpacked, len(content))
    if after:
        look.found(f"{after:,} bytes after the {kind} stream", f"in {where}" if where else "")
        examine(memoryview(raw)[len(raw) - after :], look, where=where, budget=budget, depth=depth + 1)
    return examine(content, look, where=where, budget=budget, depth=depth + 1) or "unknown content"


def _zip(raw: bytes | memoryview, look: Look, where: str, budget: Budget, depth: int) -> str:
    """A zip's members, and whose zip it is."""
    names = []
    for member in archives.zip_members(raw, look, where, budget):
        names.append(member.name)
        _member(member, look, where, budget, depth)
    if depth == 0:
        look.members = names
    return _whose(names)


def _whose(names: list[str]) -> str:
    """The library whose layout the members have."""
    short = {name.split("/", 1)[-1] for name in names}
    if "schema.json" in names:
        return "skops archive"
    if names[:1] == ["header.npy"]:
        return "riskaudit core archive"
    if "config.json" in names and any(name.endswith(".h5") for name in names):
        return "Keras archive"
    if "archive_format" in short and any(name.startswith("models/") for name in short):
        return "PyTorch exported program"
    if "constants.pkl" in short and any(name.startswith("code/") for name in short):
        return "TorchScript archive"
    if "data.pkl" in short or "constants.pkl" in short:
        return "PyTorch archive"
    if names and all(name.endswith(".npy") for name in names):
        return "NumPy archive"
    return "zip archive"


def _member(member: archives.Member, look: Look, where: str, budget: Budget, depth: int) -> None:
    """One file of an archive."""
    place = f"{where}/{member.name}" if where else member.name
    base = member.name.rsplit("/", 1)[-1]
    if (
        base in ("config.json", "metadata.json")
        and depth == 0
        and b"class_name" in bytes(member.content[: 2**20])
    ):
        others.keras_config(member.content, look, place)
        return
    if base == "saved_model.pb":
        others.graph_def(member.content, look, place)
        return
    if base.endswith((".json", ".txt", ".md")) and bytes(member.content[:1]) in b"{[":
        return
    examine(member.content, look, where=place, budget=budget, depth=depth + 1)


def _npy(raw: bytes | memoryview, look: Look, where: str, budget: Budget, depth: int) -> str:
    """An array's header, and the pickle behind it where it holds objects."""
    inside = f"in {where}" if where else ""
    try:
        descr, shape, start = others.npy_header(raw)
    except ValueError as error:
        look.broke(f"{where or 'it'} is no array: {error}")
        return "NumPy array"
    if others.holds_objects(descr):
        look.found("array of Python objects", inside, "its content is a pickle", runs=False)
        _pickles(memoryview(raw)[start:], look, where, budget, depth, sure=True)
    elif (size := others.npy_size(descr, shape)) is not None and size != len(raw) - start:
        look.broke(f"{where or 'the array'} says shape {shape}, but has {len(raw) - start:,} bytes")
    return "NumPy array"


def _pickles(
    raw: bytes | memoryview, look: Look, where: str, budget: Budget, depth: int, *, sure: bool = False
) -> str:
    """One pickle after another; empty where the bytes turn out to be none."""
    programs: list[Program] = []
    at = 0
    while at < len(raw) and len(programs) < MOST_PROGRAMS:
        program = walk(raw, start=at, budget=budget)
        if not _is_pickle(program, raw, at) and not (sure and not programs):
            break
        programs.append(program)
        at = program.end
        if not program.stopped:
            break
    if not programs:
        return ""
    kind = _told(programs, raw, look, where)
    for program in programs:
        _nested(program, raw, look, where, budget, depth)
    if at < len(raw) and programs[-1].stopped and "PyTorch" not in kind:
        look.found(
            f"{len(raw) - at:,} bytes after the pickle's end", _at(where, at), "a file of two formats at once"
        )
    elif len(programs) > 1 and "PyTorch" not in kind:
        look.found(
            f"{len(programs)} pickles in a row", _at(where, programs[0].end), "loaders read the first only"
        )
    return kind


def _is_pickle(program: Program, raw: bytes | memoryview, at: int) -> bool:
    """Whether a walk was of a pickle, and not of bytes that only look a little like one."""
    if program.names:
        return bool(
            raw[at] == 0x80
            or all(
                re.fullmatch(r"[\w.<>?]+", m) and re.fullmatch(r"[\w.<>?]+", n) for m, n, _ in program.names
            )
        )
    if raw[at] == 0x80 and program.protocol and (program.opcodes > 2 or program.stopped):
        return True  # other formats begin with these two bytes too, and break at the third
    return (program.stopped and program.opcodes > 1) or bool(program.forbidden and program.stopped)


def _told(programs: list[Program], raw: bytes | memoryview, look: Look, where: str) -> str:
    """Write what the programs hold into the look; gives what sort of pickle it is."""
    torch = any(TORCH_MAGIC in bytes(raw[p.end - 14 : p.end]) for p in programs[:1])
    data = where.endswith(("data.pkl", "constants.pkl", "traced_inputs.pkl"))
    modules: set[str] = set()
    look.pickled = True
    for program in programs:
        look.opcodes += program.opcodes
        look.versions |= program.versions
        for module, name, at in program.names:
            look.names.setdefault((module, name), _at(where, at))
            modules.add(module)
        for what, at in program.forbidden:
            if not (what.startswith("PERSID") and (torch or data)):
                look.found(what, _at(where, at), "no plain pickle of a model has it")
        for what, at in program.calls:
            look.found(what, _at(where, at), "it is not known what would be called")
        if program.fault:
            look.broke(
                f"the pickle{f' {where}' if where else ''} breaks at byte {program.end}: {program.fault}"
            )
    if torch:
        return "PyTorch file of the old form"
    if any(module.startswith("joblib") for module in modules):
        return "joblib pickle"
    return "cloudpickle" if any(module.startswith("cloudpickle") for module in modules) else "pickle"


def _nested(
    program: Program, raw: bytes | memoryview, look: Look, where: str, budget: Budget, depth: int
) -> None:
    """Pickles, archives and compressed content inside the pickle's own bytes."""
    view = memoryview(raw)
    for start, end in program.blobs:
        head = bytes(view[start : start + 8])
        if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") and view[end - 1] == 0x2E:
            look.found("a pickle in a pickle's bytes", _at(where, start), "something could load it later")
        elif head[:4] != archives.LOCAL and not head.startswith((b"c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
            continue
        inner = Look()
        examine(view[start:end], inner, where=_at(where, start), budget=budget, depth=depth + 1)
        look.names |= {key: value for key, value in inner.names.items() if key not in look.names}
        look.findings += inner.findings


def _at(where: str, at: int) -> str:
    return f"in {where} at byte {at}" if where else f"at byte {at}"


__all__ = ["Blob", "examine"]
