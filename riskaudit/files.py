"""Files: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riskaudit.errors import InputError

PATIENCE = 60.0  # seconds to wait for another run that writes into the same folder


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one, the new one or none, never half of one.

    What is no file but a way out (`/dev/stdout`, `/dev/null`, a pipe) is written to as it is: a new file in its
    place would do away with it.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    try:
        if _is_way_out(path):
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = beside(path, content)
        try:
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", "name a folder you may write to, with -o"
        ) from error


def _is_way_out(path: Path) -> bool:
    """Whether a path is a device, a pipe, or one of the system's names for this process's own streams."""
    if not path.exists() or path.is_dir():
        return False
    return not path.is_file() or (path.is_symlink() and str(path.absolute()).startswith(("/dev/", "/proc/")))


def beside(path: Path, content: bytes) -> str:
    """The name of a temporary file beside `path` that holds the content, safely on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return name


def sweep(folder: Path, names: set[str]) -> None:
    """Take away what a run that was killed left half-written of these files; call it with the folder locked."""
    for part in folder.glob(".*.part"):
        if any(part.name.startswith(f".{name}.") for name in names):
            with suppress(OSError):
                part.unlink()


def sync_folder(folder: Path) -> None:
    """Bring a folder's new names to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into a folder; a run that is killed lets go by dying.

    Where the system has no such locks (Windows, some network disks) nothing is locked.

    Raises
    ------
    InputError
        If another run does not let go of it.
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        _take(handle, folder, fcntl)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path, fcntl: object) -> None:
    """Wait for the lock."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[attr-defined]
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise InputError(
                    f"another run has been writing into {folder} for {PATIENCE:.0f} seconds",
                    "wait for it, or name another folder with -o",
                ) from None
            time.sleep(0.02)
        except OSError:  # a disk without locks
            return


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
