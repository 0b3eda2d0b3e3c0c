"""GitLab code quality: the findings as its merge request widget reads them."""

from __future__ import annotations

import json
from pathlib import Path

from riskaudit.report import Report
from riskaudit.writers.anchors import Anchors
from riskaudit.writers.harmless import shorten
from riskaudit.writers.issues import Issue, issues

_SEVERITIES = {"low": "minor", "medium": "major", "high": "critical", "critical": "blocker"}


def gitlab(report: Report, *, root: Path | None = None) -> str:
    """The report as GitLab code quality JSON: a list of issues, each with a fingerprint of its own.

    What does not fail the gate is `info`; what does, or is not assessed, has its rule's severity.
    """
    anchors = Anchors(report, root)
    told = [
        {
            "description": shorten(f"{one.word}: {one.told}", 2_000),
            "check_name": one.rule,
            "fingerprint": one.fingerprint,
            "severity": _severity(one),
            "location": {"path": (anchor := anchors.of(one.source)).path, "lines": {"begin": anchor.line}},
        }
        for one in issues(report)
    ]
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _severity(one: Issue) -> str:
    """GitLab's word."""
    return "info" if one.standing == "noted" else _SEVERITIES[one.severity]
