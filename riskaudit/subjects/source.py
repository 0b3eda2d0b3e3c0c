"""Source: a model's file, opened once, read once, hashed as it was read."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.scan.look import Look

MOST_BYTES = 2**30
_HINT = "give the file of a saved model; 'riskaudit train' makes one"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a model comes from.

    Attributes
    ----------
    name : str
        What messages call it: the file's name.
    path : Path
        As it was given. A loader of single files must not open it again: it may be another file by then.
    raw : bytes
        The file's content, read through the one descriptor; empty for a folder.
    folder : bool
        Whether the path is a folder.
    """

    name: str
    path: Path
    raw: bytes = field(repr=False)
    folder: bool = False

    @cached_property
    def sha256(self) -> str:
        """Of the content, in hex; empty for a folder."""
        return "" if self.folder else hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def look(self) -> Look:
        """What a scan of the content sees; nothing of it is imported or made."""
        from riskaudit.subjects.scan import look_at

        return look_at(self.raw)

    @property
    def size(self) -> int:
        """Of the content, in bytes."""
        return len(self.raw)


def read_source(path: Path, *, flag: str, most: int = MOST_BYTES) -> Source:
    """A file's content, or a folder that is left unread.

    Raises
    ------
    InputError
        If it is absent, empty, too large, no regular file, or cannot be read.
    RefusedError
        If it is a symbolic link: what it points at may change between two looks.
    """
    try:
        # Without O_NONBLOCK a named pipe would be waited for.
        descriptor = os.open(
            path, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK") | _flag("O_CLOEXEC")
        )
    except FileNotFoundError:
        raise InputError(
            f"there is no file {path}", "check the path; 'riskaudit train' makes a model", where=flag
        ) from None
    except OSError as error:
        raise _unopened(path, error, flag) from error
    try:
        return _read(descriptor, path, flag, most)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", _HINT, where=flag) from error
    finally:
        os.close(descriptor)


def _read(descriptor: int, path: Path, flag: str, most: int) -> Source:
    """What stands behind an open descriptor."""
    about = os.fstat(descriptor)
    if stat.S_ISDIR(about.st_mode):
        return Source(name=path.name or str(path), path=path, raw=b"", folder=True)
    if not stat.S_ISREG(about.st_mode):
        raise InputError(f"{path} is no regular file", _HINT, where=flag)
    if about.st_size > most:
        raise InputError(
            f"{path.name} is larger than {most // 2**20:,} MiB ({about.st_size:,} bytes)", _HINT, where=flag
        )
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise InputError(
            f"{path.name} grew beyond {most // 2**20:,} MiB while it was read", _HINT, where=flag
        )
    if not raw:
        raise InputError(f"{path.name} is empty", _HINT, where=flag)
    return Source(name=path.name, path=path, raw=raw)


def _unopened(path: Path, error: OSError, flag: str) -> InputError:
    """Why a path could not be opened, in our words."""
    if error.errno == errno.ELOOP:
        return RefusedError(
            f"{path} is a symbolic link, which is not followed",
            f"give the file itself: {os.path.realpath(path)}",
            where=flag,
        )
    return InputError(f"{path} cannot be read: {error.strerror}", _HINT, where=flag)


def _flag(name: str) -> int:
    """A flag of open(2), where the system has it."""
    return int(getattr(os, name, 0))
