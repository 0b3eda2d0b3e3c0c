"""PDF: the HTML report printed by a browser that is installed here; nothing is fetched and nothing is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from riskaudit.errors import InputError, UsageError

VARIABLE = "RISKAUDIT_CHROMIUM"
SECONDS = 120.0
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "msedge",
)  # fmt: skip
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = (
    "--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-sync", "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-dev-shm-usage", "--metrics-recording-only", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)  # fmt: skip


def browser() -> str:
    """The browser that prints: the one that RISKAUDIT_CHROMIUM names, else the first that is installed.

    Raises
    ------
    UsageError
        If there is none.
    """
    named = os.environ.get(VARIABLE, "")
    if named:
        found = shutil.which(named)
        if found is None:
            raise UsageError(f"{VARIABLE} names '{named}', which is no program", "give the path of Chromium, Chrome or Edge", where=VARIABLE)  # fmt: skip
        return found
    for name in (*NAMES, *PLACES):
        found = shutil.which(name)
        if found is not None:
            return found
    raise UsageError(
        "no browser was found that could print a PDF",
        f"install Chromium, Chrome or Edge (Debian, Ubuntu: apt-get install chromium), or name one in {VARIABLE}; "
        "-f html prints from any browser",
        where="--format",
    )


def without_sandbox() -> bool:
    """Whether the browser has to run without its own sandbox: as root it refuses to start in it."""
    return sys.platform.startswith("linux") and os.geteuid() == 0


def printed(html: str, program: str, *, seconds: float = SECONDS) -> bytes:
    """A page as PDF, printed in a profile of its own that is thrown away.

    Raises
    ------
    InputError
        If the browser fails, or takes longer.
    """
    with tempfile.TemporaryDirectory(prefix="riskaudit-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, target = folder / "report.html", folder / "report.pdf"
        source.write_text(html, encoding="utf-8")
        sandbox = ["--no-sandbox"] if without_sandbox() else []
        command = [
            program, *FLAGS, *sandbox, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}", source.as_uri(),
        ]  # fmt: skip
        told = _run(command, folder, seconds)
        content = target.read_bytes() if target.exists() else b""
    if not content.startswith(b"%PDF-"):
        raise InputError(f"{program} printed no PDF: {told}", f"try another browser: {VARIABLE}=/path/to/chrome", where="--format")  # fmt: skip
    return content


def _run(command: list[str], home: Path, seconds: float) -> str:
    """Run the browser to its end; the last line it said. It and its children are ended where it takes too long."""
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    try:
        process = subprocess.Popen(  # noqa: S603 -- a list, no shell; the program is one that the user installed or named
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
            cwd=home, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise InputError(f"{command[0]} cannot be started: {error.strerror}", f"name another in {VARIABLE}", where="--format") from error  # fmt: skip
    try:
        _, said = process.communicate(timeout=seconds)
    except BaseException as error:
        _end(process)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        raise InputError(f"{command[0]} took more than {seconds:.0f} seconds to print", f"try another browser: {VARIABLE}=/path/to/chrome", where="--format") from None  # fmt: skip
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"it said nothing and ended with {process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a browser and the processes that it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()
