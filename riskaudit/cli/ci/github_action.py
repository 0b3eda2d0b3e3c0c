"""The GitHub Action's own step: run riskaudit on what the inputs say, tell GitHub, end with the same code.

Everything comes from the environment (ACTION_COMMAND, ACTION_ARGS, ACTION_OUT, ACTION_FORMATS) and is passed on
as a list of words: no shell ever sees it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from riskaudit.errors import InputError, RiskAuditError, UsageError
from riskaudit.manifest import MANIFEST, read_manifest
from riskaudit.report import EXIT_CODES, Report
from riskaudit.verify import read_verified

COMMANDS = ("audit", "gate")
REPORTED = (0, 1, 3)  # the codes after which there is a report


def main() -> int:
    """Run, tell, and give the exit code."""
    try:
        code, report = run()
    except RiskAuditError as error:
        print("\n".join(error.lines()), file=sys.stderr)
        _command("error", error.problem)
        code, report = error.exit_code, None
    _outputs(code, report, Path(_input("OUT", "riskaudit-report")))
    return code


def run() -> tuple[int, Report | None]:
    """Riskaudit's exit code and the report that it wrote just now.

    Raises
    ------
    UsageError
        If an input cannot be meant.
    InputError
        If the exit code speaks of a report and there is none, or one that says something else.
    """
    command, folder = _input("COMMAND", "audit"), Path(_input("OUT", "riskaudit-report"))
    if command not in COMMANDS:
        raise UsageError(
            f"'{command}' is no command of this action", f"write {' or '.join(COMMANDS)}", where="command"
        )
    try:
        words = shlex.split(_input("ARGS", ""))
    except ValueError as error:
        raise UsageError(
            f"the arguments cannot be read: {error}", "quote them as in a shell", where="args"
        ) from None
    before = _stamp(folder)
    formats = _input("FORMATS", "html,md,sarif,junit,metrics")
    asked = [
        sys.executable,
        "-P",
        "-m",
        "riskaudit",
        command,
        *words,
        "-o",
        str(folder),
        "-f",
        f"json,{formats}",
    ]
    code = subprocess.run(asked, check=False).returncode  # noqa: S603 -- a list of words, no shell
    if code not in REPORTED:
        if code not in EXIT_CODES:
            raise InputError(
                f"riskaudit ended with {code}, which is no code of its own", "was it killed? see the log"
            )
        return code, None
    return code, _fresh(folder, code, before)


def _stamp(folder: Path) -> tuple[int, int] | None:
    """What tells one writing of a manifest from the next, even of the same bytes: its file and when it was written."""
    try:
        told = (folder / MANIFEST).stat()
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns


def _fresh(folder: Path, code: int, before: tuple[int, int] | None) -> Report:
    """The report of this very run: a step that left an old one must not pass by it."""
    if read_manifest(folder) is None or _stamp(folder) == before:
        raise InputError(f"riskaudit ended with {code} and wrote no report into {folder}", "see the log")
    report = read_verified(folder / "report.json")
    if report.gate.code != code:
        raise InputError(f"riskaudit ended with {code}, its report says {report.gate.code}", "see the log")
    from riskaudit.writers import write
    from riskaudit.writers.anchors import repository

    print(write(report, "github", root=repository(Path.cwd())), end="")
    return report


def _outputs(code: int, report: Report | None, folder: Path) -> None:
    """The step's outputs, for the steps after it."""
    told = {"code": str(code), "verdict": EXIT_CODES.get(code, ("internal",))[0]}
    if report is not None:
        from riskaudit.writers.issues import issues

        stands = [one.standing for one in issues(report)]
        told |= {
            "score": "" if report.headline is None else f"{report.headline:.1f}",
            "failed": str(stands.count("breaks")),
            "not-assessed": str(stands.count("gap")),
            "report": (folder / "report.json").as_posix(),
            "sarif": (folder / "riskaudit.sarif").as_posix() if (folder / "riskaudit.sarif").exists() else "",
        }
    named = os.environ.get("GITHUB_OUTPUT")
    if named:
        with Path(named).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={' '.join(value.split())}\n" for name, value in told.items())


def _command(level: str, text: str) -> None:
    """One workflow command."""
    print(
        f"::{level} title=riskaudit::{text.replace('%', '%25').replace(chr(13), '%0D').replace(chr(10), '%0A')}"
    )


def _input(name: str, default: str) -> str:
    """An input as the action hands it over."""
    return os.environ.get(f"ACTION_{name}", "").strip() or default


if __name__ == "__main__":
    raise SystemExit(main())
