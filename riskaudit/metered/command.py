"""Command: somebody else's program, run and metered; its input, output, signals and exit code are its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from riskaudit.energy import EnergyReading, meter

CANNOT_RUN, NOT_FOUND = 126, 127  # as of env, nohup and timeout
KILLED = 128  # plus the signal's number, as a shell tells of it
LEG = 300.0  # seconds; energy counters of 32 bits come round, so a long run is read again and again
SPLINTER = 0.01  # seconds: a last leg as short as this has no reading, and takes none away
PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
FROM_THE_KEYBOARD = ("SIGINT", "SIGQUIT")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit code as a shell tells it, and what it drew; or why it could not start."""

    code: int
    energy: EnergyReading | None = None
    trouble: str = ""


def run_command(words: Sequence[str], *, country: str | None = None, intensity: float | None = None) -> Ended:
    """Run a command to its end, metered.

    It has this process's streams, folder and environment, and is sent every signal that comes for this one; what a
    shell opened for it (`3<file`, `<(...)`) stays open, while Python's own files are never handed on. Its
    child processes are metered as long as they are its own; what goes on after it has ended is not.

    Returns
    -------
    Ended
        The command's code, 128 + N where signal N ended it; 127 where it is not found, 126 where it cannot be
        run, with the reason.

    Raises
    ------
    UsageError
        If the country or the intensity cannot be meant; nothing is run then.
    """
    with meter(country=country, intensity=intensity):
        pass  # looks at the hardware, and refuses an unknown country, before anything runs
    total: EnergyReading | None = None
    with _passing_on() as to:
        running: subprocess.Popen[bytes] | None = None
        while running is None or running.poll() is None:
            with meter(country=country, intensity=intensity) as box:
                if running is None:
                    try:
                        running = subprocess.Popen(list(words), close_fds=False)  # noqa: S603 -- what the user typed
                    except OSError as error:
                        return _unstarted(words[0], error)
                    to.start(running)
                with suppress(subprocess.TimeoutExpired):
                    running.wait(timeout=LEG)
            if total is None:
                total = box.reading
            elif box.reading.kwh is not None or box.reading.seconds > SPLINTER:
                total = total.then(box.reading)
    code = running.returncode
    return Ended(code=code if code >= 0 else KILLED - code, energy=total)


def _unstarted(word: str, error: OSError) -> Ended:
    """Why there is no such process."""
    missing = isinstance(error, FileNotFoundError)
    return Ended(
        code=NOT_FOUND if missing else CANNOT_RUN, trouble=f"'{word}' cannot be run: {error.strerror}"
    )


class _Receiver:
    """Where signals go; what came before the command had started it gets once it has."""

    def __init__(self) -> None:
        self.running: subprocess.Popen[bytes] | None = None
        self.early: list[int] = []

    def start(self, running: subprocess.Popen[bytes]) -> None:
        """The command has started."""
        self.running = running
        for number in self.early:
            running.send_signal(number)

    def take(self, number: int, _frame: object) -> None:
        """Pass a signal on; of a key that was pressed the terminal has told the command itself."""
        if signal.Signals(number).name in FROM_THE_KEYBOARD and _at_the_keyboard():
            return
        if self.running is None:
            self.early.append(number)
        else:
            self.running.send_signal(number)


@contextmanager
def _passing_on() -> Iterator[_Receiver]:
    """Within this block signals go to the command; those that are ignored here stay so, there too."""
    to, before = _Receiver(), {}
    for name in PASSED_ON:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, to.take)
    try:
        yield to
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _at_the_keyboard() -> bool:
    """Whether this process is in the foreground of a terminal, whose keys reach the command by themselves."""
    for stream in (sys.__stdin__, sys.__stderr__, sys.__stdout__):
        try:
            if stream is not None and stream.isatty() and os.tcgetpgrp(stream.fileno()) == os.getpgrp():
                return True
        except (OSError, ValueError, AttributeError):
            continue
    return False
