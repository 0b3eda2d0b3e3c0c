"""Annotations: workflow commands that GitHub shows beside a run, nine at most and then the verdict."""

from __future__ import annotations

from pathlib import Path

from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.anchors import Anchors
from riskaudit.writers.harmless import escape_terminal, shorten
from riskaudit.writers.issues import issues
from riskaudit.writers.reading import Reading

MOST = 9  # GitHub shows ten of a step and drops the rest in silence; the tenth is ours


def workflow_commands(report: Report, *, root: Path | None = None) -> str:
    """The worst findings as `::error` and `::warning`, then one `::notice` with the verdict and what is left out."""
    anchors, every = Anchors(report, root), issues(report)
    lines = []
    for one in every[:MOST]:
        anchor = anchors.of(one.source)
        level = "warning" if one.standing == "noted" else "error"
        place = (
            f"file={_property(anchor.path)},line={anchor.line},title={_property(f'{one.rule} ({one.word})')}"
        )
        lines.append(f"::{level} {place}::{_data(shorten(one.told, 1_000))}")
    more = len(every) - MOST
    rest = f" - and {words.plural(more, 'more finding')} in the report" if more > 0 else ""
    lines.append(f"::notice title=riskaudit::{_data(Reading(report).line + rest)}")
    return "\n".join(lines) + "\n"


def _data(text: str) -> str:
    """A message as workflow commands write it."""
    return escape_terminal(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property's value as workflow commands write it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
