"""Inspecting: all that can be said of a model's file without opening it as a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from riskaudit.subjects.opening import LOADERS
from riskaudit.subjects.scan.judging import Judgement, dangers_of, judge
from riskaudit.subjects.source import Source, read_source

MOST_NAMES = 60


def inspected(path: Path) -> dict[str, Any]:
    """A document of plain values: what the file is, holds, would run, and whether it would be loaded.

    Raises
    ------
    InputError
        If the file is absent, empty, too large, no regular file, or cannot be read.
    """
    source = read_source(path, flag="MODEL")
    loader = next((one for one in LOADERS if one.recognise(source.raw, source.path)), None)
    if source.folder:
        return _folder(source, loader)
    look, found = source.look, judge(source)
    types, strange, problem = _skops_types(source) if look.format == "skops archive" else ((), (), "")
    if found.load and problem:
        found = Judgement(load=False, why=problem, hint="get the model from whoever made it, saved again")
    known = bool(look.format) or (loader is not None and loader is not LOADERS[-1])
    loads = found.load and known and not (loader is LOADERS[-1] and not found.flag)
    flag = found.flag or " ".join(f"--trust {name}" for name in strange)
    return {
        "name": source.name,
        "bytes": source.size,
        "sha256": f"sha256:{source.sha256}",
        "format": look.format or (loader.name if loader is not None and known else ""),
        "written_by": look.versions,
        "unpacked_bytes": look.unpacked,
        "opcodes": look.opcodes,
        "members": look.members[:MOST_NAMES],
        "names": [
            {"name": f"{module}.{name}", "where": where}
            for (module, name), where in list(look.names.items())[:MOST_NAMES]
        ],
        "types": list(types)[:MOST_NAMES],
        "would_run": [
            {"what": one.what, "where": one.where, "words": one.words} for one in dangers_of(source)
        ],
        "also": [
            {"what": one.what, "where": one.where, "words": one.words}
            for one in look.findings
            if not one.runs
        ],
        "fault": look.fault,
        "loads": loads,
        "flag": flag,
        "verdict": _verdict(loads, flag, found.why or "is no model that is known"),
        "hint": found.hint if not loads or flag else "",
    }


def _verdict(loads: bool, flag: str, why: str) -> str:
    if not loads:
        return f"refused: it {why}"
    return f"would be loaded with {flag}" if flag else "would be loaded"


def _folder(source: Source, loader: Any) -> dict[str, Any]:
    """A folder: only whether a loader knows it."""
    return {
        "name": source.name,
        "bytes": 0,
        "sha256": "",
        "format": loader.name if loader else "folder",
        "written_by": {},
        "unpacked_bytes": 0,
        "opcodes": 0,
        "members": [],
        "names": [],
        "types": [],
        "would_run": [],
        "also": [],
        "fault": "",
        "flag": "",
        "hint": "",
        "loads": loader is not None,
        "verdict": "would be loaded, after a look at each file"
        if loader
        else "refused: no loader knows this folder",
    }


def _skops_types(source: Source) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Types named in a skops schema, those that would need --trust, and why no flag would do."""
    from riskaudit.errors import RiskAuditError
    from riskaudit.subjects.skops_file import schema_types, untrusted

    try:
        types, strange = schema_types(source.raw), untrusted(source.raw)
    except RiskAuditError as error:
        return (), (), error.problem.removeprefix("it ")
    except ValueError as error:
        return (), (), f"is a skops archive that cannot be read: {error}"
    never = [name for name in strange if name.partition(".")[0] in sys.stdlib_module_names]
    if never:
        return (
            types,
            strange,
            f"is a skops archive with parts of Python's own library: {', '.join(never[:4])}",
        )
    return types, strange, ""
