"""Box: the parent's side of a sandboxed process; it believes nothing that comes out unchecked."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import sysconfig
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from riskaudit.errors import InputError
from riskaudit.subjects.sandbox.lockdown import MEMORY

START_SECONDS = 60.0
MOST_WORDS = 2_000
# What a process that computes needs to read beside Python's own folders.
SYSTEM = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
    "/usr/share/zoneinfo",
    "/sys/devices/system/cpu",
)


class RowsFault(ValueError):
    """The model does not take these rows."""


class BoxError(InputError):
    """The process died, hung, or answered what is no answer."""


class Box:
    """One process, one model.

    Parameters
    ----------
    loader : str
        `package.module:function` of riskaudit, which makes the model and its description from bytes.
    imports : tuple of str
        Modules to import before the doors are shut.
    environment : dict
        Variables beside the few that every box has.
    lock : bool
        False only in tests, which show that the other layer holds alone.
    """

    def __init__(
        self,
        loader: str,
        *,
        name: str,
        flag: str,
        imports: tuple[str, ...] = (),
        lock: bool = True,
        memory: int = MEMORY,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name, self.flag = name, flag
        self._lock = threading.Lock()
        self._ended = ""
        self._process, self._to, self._from = _started(environment or {})
        self._close = weakref.finalize(self, _end, self._process, self._to, self._from)
        told = {
            "loader": loader,
            "imports": list(imports),
            "lock": lock,
            "memory": memory,
            "path": _path(),
            "readable": _readable(),
        }
        self._send(b"B", json.dumps(told).encode())

    def layers(self) -> tuple[str, ...]:
        """Wait until the doors are shut; which of them are."""
        answer = self._answer(time.monotonic() + START_SECONDS, most=10_000, doing="start")
        return tuple(str(one) for one in json.loads(answer))

    def ask(self, command: bytes, payload: bytes, *, seconds: float, most: int, doing: str) -> bytes:
        """The answer to a command, at most `most` bytes of it.

        Raises
        ------
        RowsFault
            If the model does not take these rows.
        BoxError
            If it refuses, dies, hangs or answers too much; the box is then closed for good.
        """
        with self._lock:
            if self._ended:
                raise BoxError(self._ended, "it cannot be asked again", where=self.flag)
            deadline = time.monotonic() + seconds
            with contextlib.suppress(OSError):  # it died while it was written to: the answer says how
                self._send(command, payload, deadline)
            return self._answer(deadline, most=most, doing=doing, seconds=seconds)

    def close(self) -> None:
        """Kill the process and all that it started."""
        self._ended = self._ended or f"the sandbox of {self.name} is closed"
        self._close()

    def _send(self, command: bytes, payload: bytes, deadline: float | None = None) -> None:
        """Write without ever waiting for a process that does not read."""
        deadline = deadline or time.monotonic() + START_SECONDS
        for part in (command + struct.pack("<Q", len(payload)), payload):
            left = memoryview(part)
            while left:
                if not _ready(self._to, selectors.EVENT_WRITE, deadline):
                    return  # the answer's own deadline tells of it
                left = left[os.write(self._to, left[: 2**20]) :]

    def _answer(self, deadline: float, *, most: int, doing: str, seconds: float = START_SECONDS) -> bytes:
        head = self._read(9, deadline, doing, seconds)
        status, (size,) = head[:1], struct.unpack("<Q", head[1:])
        if size > (most if status == b"A" else MOST_WORDS):
            raise self._dead(f"{self.name} answered with {size:,} bytes where {most:,} are the most")
        payload = self._read(size, deadline, doing, seconds)
        if status == b"A":
            return payload
        said = payload.decode("utf-8", "replace")
        if status == b"E":
            raise RowsFault(said)
        raise self._dead(f"{self.name} was refused: {said}")

    def _read(self, size: int, deadline: float, doing: str, seconds: float) -> bytes:
        found = bytearray()
        while len(found) < size:
            if not _ready(self._from, selectors.EVENT_READ, deadline):
                raise self._dead(f"{self.name} took more than {seconds:.0f} s to {doing}; it was stopped")
            piece = os.read(self._from, min(2**20, size - len(found)))
            if not piece:
                raise self._dead(f"{self.name} {_how(self._process)} while it was to {doing}")
            found += piece
        return bytes(found)

    def _dead(self, why: str) -> BoxError:
        """Close for good, and say why now and ever after."""
        self._ended = why
        self._close()
        return BoxError(
            why,
            "the file is damaged or hostile, or of another version; train the model again",
            where=self.flag,
        )


def _ready(descriptor: int, event: int, deadline: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        return bool(selector.select(max(0.0, deadline - time.monotonic())))


def _started(environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], int, int]:
    """A fresh interpreter with nothing of ours but two pipes."""
    child_in, to = os.pipe()
    from_, child_out = os.pipe()
    os.set_blocking(to, False)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from riskaudit.subjects.sandbox.child import main; "
        "main(int(sys.argv[2]), int(sys.argv[3]))"
    )
    root = str(Path(__file__).resolve().parents[3])
    words = [sys.executable, "-I", "-S", "-B", "-c", code, root, str(child_in), str(child_out)]
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter, our own words
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(child_in, child_out),
        env=_environment() | environment,
        cwd="/",
        start_new_session=True,
    )
    os.close(child_in)
    os.close(child_out)
    return process, to, from_


def _environment() -> dict[str, str]:
    """A fixed small environment: no tokens, no settings, one thread."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    fixed = dict.fromkeys(threads, "1")
    fixed |= {
        "LC_ALL": "C.UTF-8",
        "HOME": "/nonexistent",
        "JOBLIB_MULTIPROCESSING": "0",
        "PYTHONHASHSEED": "0",
    }
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return fixed | kept


def _path() -> list[str]:
    """Where this process imports from."""
    return [one for one in sys.path if one]


def _readable() -> list[str]:
    """Folders of the interpreter and its libraries."""
    own = {str(Path(__file__).resolve().parents[2]), *sysconfig.get_paths().values()}
    own |= {os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix)}
    own |= {one for one in sys.path if one.endswith(("site-packages", "dist-packages"))}
    return sorted(own) + list(SYSTEM)


def _how(process: subprocess.Popen[bytes]) -> str:
    """How a process ended, in words."""
    try:
        code = process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        return "closed its pipe"
    if code >= 0:
        return f"ended by itself (code {code})"
    try:
        return f"died by {signal.Signals(-code).name}"
    except ValueError:
        return f"died by signal {-code}"


def _end(process: subprocess.Popen[bytes], *descriptors: int) -> None:
    """Kill the process group, and leave nothing open."""
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError:
            continue
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()


def parsed(answer: bytes) -> Any:
    """JSON from the box.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return json.loads(answer)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
