"""Files: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from riskaudit.errors import InputError


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader finds the old one, the new one or none, never half of one.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    raw = content.encode() if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", "name a folder you may write to, with -o"
        ) from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _umask() -> int:
    """The process's file mode mask, read without leaving it changed."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
