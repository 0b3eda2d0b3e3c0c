"""Look: what was seen in a file that was only read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

Kind = str
MOST_TOLD = 200


class TooMuch(Exception):
    """The file asks for more work, memory or depth than an honest one needs."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is in the file and should not be, or that must be known of before it is loaded.

    Attributes
    ----------
    what : str
        `posix.system`, `Keras Lambda layer`, `path that leads outside`.
    where : str
        Member and byte: `model.joblib at byte 812`.
    why : str
        What it would do.
    runs : bool
        Whether it would run code, or bend what runs, when the file is opened by its own library.
    """

    what: str
    where: str
    why: str = ""
    runs: bool = True

    @property
    def words(self) -> str:
        """In one line."""
        return " ".join(filter(None, (self.what, self.where))) + (f" ({self.why})" if self.why else "")


@dataclass(kw_only=True)
class Look:
    """All that was seen; grows while the file is read.

    Attributes
    ----------
    format : str
        What the file is: "pickle", "zip archive", ...; parts joined by " in ".
    names : dict
        Each imported name, "module.name", and the byte where it stands first.
    findings : list of Finding
        What would run, and what no honest file has.
    versions : dict
        Which library wrote it, where the file says so.
    members : list of str
        Of archives.
    fault : str
        Why reading stopped before the end; empty where it did not. A file that is broken can still have run
        its payload before its library notices.
    opcodes : int
        How many pickle opcodes were read.
    """

    format: str = ""
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    fault: str = ""
    opcodes: int = 0
    pickled: bool = False
    unpacked: int = 0

    def found(self, what: str, where: str, why: str = "", *, runs: bool = True) -> None:
        """Note a finding, unless there are so many that more tell nothing."""
        if len(self.findings) < MOST_TOLD:
            self.findings.append(Finding(what=what, where=where, why=why, runs=runs))

    def broke(self, why: str) -> None:
        """Note the first fault."""
        self.fault = self.fault or why


@dataclass(kw_only=True)
class Budget:
    """Bounds of a scan, shared by all that is nested in one file."""

    seconds: float = 8.0
    opcodes: int = 20_000_000
    unpacked: int = 2**30
    members: int = 20_000
    depth: int = 6
    _ends: float = field(default=0.0)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds

    def tick(self) -> None:
        """Raise TooMuch where the time is up."""
        if time.monotonic() > self._ends:
            raise TooMuch(f"it takes more than {self.seconds:g} s to read through")

    def unpack(self, size: int) -> None:
        """Take so many unpacked bytes from what is left."""
        self.unpacked -= size
        if self.unpacked < 0:
            raise TooMuch("it unpacks to more than 1 GiB in all")

    def ran(self, opcodes: int) -> None:
        """Take so many opcodes from what is left."""
        self.opcodes -= opcodes
        if self.opcodes < 0:
            raise TooMuch("it has more than 20 million pickle opcodes")
        self.tick()
