"""Apart: strangers' code in a process of its own, where it may hang, crash, print or allocate; ours under a clock.

A plugin runs in a forked child: it sees the evidence without a copy, and whatever it does to its process ends
with it. The parent takes bytes from it, no objects, waits no longer than it said, and then kills the child's
whole process group. Code of ours runs in this process and is stopped by SIGALRM between two instructions of
Python, which its loops always come to.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

MOST_BYTES = 256 << 20  # of an answer
_SPARE = 1 << 30  # bytes of memory that a child may take however little is free
POSSIBLE = hasattr(os, "fork") and sys.platform != "win32"


class TimeUp(BaseException):
    """The clock ran out; no `except Exception` of the code under it can swallow this."""


class Ended(Exception):
    """A child ended without a whole answer: by a signal, an exit of its own, or because its time was up."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TimeUp in the block after so many seconds; 0 is no limit.

    Only the main thread of a POSIX system can be stopped so: elsewhere the block runs without a limit.
    """
    if not seconds or not POSSIBLE or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeUp(told(seconds))

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(
        signal.ITIMER_REAL, seconds, 1.0
    )  # again each second: one could be swallowed in a callback
    try:
        yield
    finally:
        _disarm(before)


def _disarm(before: Any) -> None:
    """Take the clock away, even if it rings at this very moment."""
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            return
        except TimeUp:
            continue


def told(seconds: float) -> str:
    """Why there is no answer."""
    return f"it took longer than its time budget of {seconds:g} seconds"


def apart(work: Callable[[], bytes], *, seconds: float = 0) -> bytes:
    """What `work` gives, worked out in a forked child.

    Parameters
    ----------
    seconds : float
        How long it may take; 0 is no limit.

    Raises
    ------
    Ended
        If the child gave no whole answer: it hung, was killed, ended itself, or said too much.
    """
    most = _most_memory()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    here, there = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads may hang: hence the clock
        child = os.fork()
    if not child:
        os.close(here)
        _answer(work, there, most)
    os.close(there)
    try:
        answer = _listen(here, seconds)
    finally:
        os.close(here)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return _whole(answer, status)


def _answer(work: Callable[[], bytes], there: int, most: int) -> None:
    """In the child: work, answer, and end without a word to the parent's exit handlers."""
    code = 1
    try:
        faulthandler.disable()  # a crash is told by the parent, in one line
        with suppress(OSError):
            os.setsid()  # a group of its own, so that its children end with it
        _limit_memory(most)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        answer = work()
        _send(there, len(answer).to_bytes(8, "big") + answer)
        code = 0
    finally:
        os._exit(code)


def _send(there: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(there, view) :]


def _most_memory() -> int:
    """How much address space a child may have: what this process has, and three quarters of what is free."""
    try:
        import psutil

        free = int(0.75 * psutil.virtual_memory().available)
        return int(psutil.Process().memory_info().vms) + max(_SPARE, free)
    except (ImportError, OSError, AttributeError):
        return 0


def _limit_memory(most: int) -> None:
    """Let this process take what is free, not what others need."""
    import resource

    with suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if most:
            resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))


def _listen(here: int, seconds: float) -> bytes:
    """All that the child says until it closes its end, or its time is up.

    The length comes first: a grandchild that keeps the pipe open cannot hold us once the answer is whole.
    """
    end = time.monotonic() + seconds if seconds else None
    pieces, size = [], 0
    wanted: int | None = None
    while wanted is None or size < wanted:
        left = None if end is None else end - time.monotonic()
        if (left is not None and left <= 0) or not select.select([here], [], [], left)[0]:
            raise Ended(told(seconds))
        piece = os.read(here, 1 << 20)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if wanted is None and size >= 8:
            wanted = 8 + int.from_bytes(b"".join(pieces)[:8], "big")
            if wanted > MOST_BYTES:
                raise Ended(f"its answer is larger than {MOST_BYTES >> 20} MB")
    return b"".join(pieces)


def _whole(answer: bytes, status: int) -> bytes:
    """The answer without its length, or why there is none."""
    if len(answer) >= 8 and len(answer) == 8 + int.from_bytes(answer[:8], "big"):
        return answer[8:]
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        raise Ended(f"its process was ended by {signal.Signals(number).name}")
    raise Ended(
        f"its process ended by itself with code {os.waitstatus_to_exitcode(status)}, without an answer"
    )
