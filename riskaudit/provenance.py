"""Provenance: which code, which commit and which files a report speaks of."""

from __future__ import annotations

import os
import subprocess
from hashlib import sha256
from pathlib import Path

# A repository's own settings could name programs that git would run: these keep it from that.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "--no-optional-locks")
_PATIENCE = 10  # seconds; a hung file system must not hang an audit
_CHUNK = 1 << 20


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, read in pieces."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def code_sha256() -> str:
    """The sha256 of riskaudit's own files, names and bytes: two installations of one version may differ."""
    folder = Path(__file__).parent
    digest = sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def git_state(folder: Path) -> tuple[str, bool] | None:
    """The commit checked out in a folder, and whether tracked files differ from it; None where git cannot say."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules")
    return None if not commit or changed is None else (commit, bool(changed))


def _git(folder: Path, *words: str) -> str | None:
    """What git answers; None where it has no answer."""
    try:
        done = subprocess.run(  # noqa: S603 -- fixed words, no shell
            [*_GIT, *words], cwd=folder, capture_output=True, timeout=_PATIENCE, check=False, stdin=subprocess.DEVNULL
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
