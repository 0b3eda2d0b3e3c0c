"""Step summary: the report's summary, put once into the page of a GitHub step that asks for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskaudit.report import Report

MOST_BYTES = 1_000_000  # GitHub drops the whole page of a step beyond 1,024 KiB


def append_summary(report: Report, lang: str = "en") -> None:
    """Append the summary to the file that $GITHUB_STEP_SUMMARY names, unless this report's stands there already.

    A page that cannot be written is told on stderr and changes no exit code: the report itself is written.
    """
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return
    from riskaudit.writers import write

    mark = f"<!-- riskaudit {report.run.digest} -->"
    try:
        path = Path(named)
        before = path.read_bytes() if path.exists() else b""
        if mark.encode() in before:
            return
        text = f"{mark}\n{write(report, 'summary', lang=lang)}\n".encode()
        if len(before) + len(text) > MOST_BYTES:
            raise OSError(0, "the page of this step is full")
        with path.open("ab") as file:
            file.write((b"\n" if before and not before.endswith(b"\n") else b"") + text)
    except OSError as error:
        print(f"note: the step summary was not written: {error.strerror}", file=sys.stderr)
