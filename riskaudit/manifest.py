"""Manifest: the sha256 of every file of one report, written after all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
_VERSION = 1


def made(digest: str, files: Mapping[Path, bytes], folder: Path, *, alone: bool) -> bytes:
    """The manifest of files that are about to be written; of the same report's other files unless `alone`.

    Parameters
    ----------
    digest : str
        The report's own (`run.digest`).
    files : mapping of path to bytes
        What is about to be written.
    """
    told = {path.name: sha256(content).hexdigest() for path, content in files.items()}
    old = {} if alone else _kept(folder, digest)
    text = json.dumps(
        {"riskaudit_manifest": _VERSION, "report": digest, "files": dict(sorted({**old, **told}.items()))},
        indent=1,
    )
    return (text + "\n").encode()


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest in a folder: `report` and `files`; None where there is none, or none that can be read."""
    try:
        plain = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    files = (
        plain.get("files")
        if isinstance(plain, dict) and plain.get("riskaudit_manifest") == _VERSION
        else None
    )
    return plain if isinstance(files, dict) else None


def faults(folder: Path) -> list[str]:
    """What contradicts the manifest in a folder: files that are not there, or are not what was written."""
    told = read_manifest(folder)
    found = []
    for name, digest in (told or {}).get("files", {}).items():
        there = _sha256(folder / Path(name).name)
        if there is None:
            found.append(f"{name} is not there")
        elif there != digest:
            found.append(f"{name} is not what was written")
    return found


def _kept(folder: Path, digest: str) -> dict[str, str]:
    """What an older manifest says of files of the same report, as far as it still holds."""
    told = read_manifest(folder)
    if told is None or told.get("report") != digest:
        return {}
    return {name: said for name, said in told["files"].items() if _sha256(folder / Path(name).name) == said}


def _sha256(path: Path) -> str | None:
    """A file's sha256; None where it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
