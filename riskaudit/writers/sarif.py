"""SARIF 2.1.0 as GitHub code scanning takes it: every result pinned to a file, waived ones left out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from riskaudit.report import Report
from riskaudit.writers.anchors import Anchors
from riskaudit.writers.harmless import escape_terminal, shorten
from riskaudit.writers.issues import AUDIT_FAILED, GATE, Issue, issues
from riskaudit.writers.reading import Reading

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5_000  # GitHub takes 25,000 a run and shows 5,000
MOST_LETTERS = 1_000  # GitHub takes 1,024 in a description
_LEVELS = {"low": "note", "medium": "warning", "high": "error", "critical": "error"}
_PROBLEMS = {"low": "recommendation", "medium": "warning", "high": "error", "critical": "error"}
_SECURITY = {"low": "3.0", "medium": "5.5", "high": "7.5", "critical": "9.5"}
_OWN = {
    AUDIT_FAILED: ("An audit failed", "An audit ended without a result, so what it measures is not known.",
                   "Read the reason in the report, mend it or leave the audit out with --skip, and audit again."),
    GATE: ("The gate did not pass", "The gate's own reason, where no single rule accounts for the exit code.",
           "Read the reasons in the report and audit again."),
}  # fmt: skip


def sarif(report: Report, *, root: Path | None = None) -> str:
    """The report as SARIF 2.1.0.

    What fails, is unsure or is not assessed is a result; what is waived or known from the baseline is none,
    because GitHub shows suppressed results as open alerts. The exit code stands in the invocation.

    Parameters
    ----------
    root : Path or None
        The repository's folder, to pin results only to files that are there.
    """
    every = issues(report)
    shown, anchors = every[:MOST_RESULTS], Anchors(report, root)
    ids = list(dict.fromkeys(one.rule for one in shown))
    run = {
        "tool": {"driver": _driver(report, ids)},
        "automationDetails": {"id": f"riskaudit/{_plain(report.subject.name, 100).replace('/', '-')}/"},
        "invocations": [_invocation(report, len(every) - len(shown))],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, ids, anchors, report) for one in shown],
        "properties": {"gate": report.gate.name, "exitCode": report.gate.code, "leftOut": len(every) - len(shown)},
    }  # fmt: skip
    return (
        json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False)
        + "\n"
    )


def _driver(report: Report, ids: Sequence[str]) -> dict[str, Any]:
    """The tool and the rules that have a result."""
    version = report.run.versions.get("riskaudit", "")
    return {
        "name": "riskaudit",
        **({"semanticVersion": version, "version": version} if version else {}),
        "rules": [_rule(id, report) for id in ids],
    }


def _rule(id: str, report: Report) -> dict[str, Any]:
    """One rule with its help."""
    rule = next((r for r in report.rulebook.rules if r.id == id), None)
    if rule is None:
        short, full, remedy = _OWN[id]
        return {
            "id": id,
            "name": _name(id),
            "shortDescription": {"text": short},
            "fullDescription": {"text": full},
            "help": {"text": remedy, "markdown": remedy},
            "defaultConfiguration": {"level": "warning"},
            "properties": {"precision": "high", "problem.severity": "warning", "tags": ["responsible-ai"]},
        }
    why, remedy, reference = (_plain(text) for text in (rule.why, rule.remedy, rule.reference))
    limit = f"ideal {rule.ideal:g}, limit {rule.limit:g}"
    text = f"{why}\n\nWhat to do: {remedy}\n\nMeasure: {rule.measure} ({limit}). Source: {reference}"
    marked = f"{why}\n\n**What to do**: {remedy}\n\n**Measure**: `{rule.measure}` ({limit})\n\n**Source**: {reference}\n\n`riskaudit explain {id}`"
    private = rule.area == "privacy"  # only these belong into the security view
    return {
        "id": id,
        "name": _name(id),
        "shortDescription": {"text": _plain(f"{id}: {rule.measure} beyond its limit")},
        "fullDescription": {"text": why},
        "help": {"text": text, "markdown": marked},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "precision": "high",
            "problem.severity": _PROBLEMS[rule.severity],
            "tags": ["responsible-ai", rule.area],
            **({"security-severity": _SECURITY[rule.severity]} if private else {}),
        },
    }


def _result(one: Issue, ids: Sequence[str], anchors: Anchors, report: Report) -> dict[str, Any]:
    """One issue, pinned to a line."""
    anchor = anchors.of(one.source)
    model = _plain(report.subject.name, 200)
    return {
        "ruleId": one.rule,
        "ruleIndex": ids.index(one.rule),
        "level": _level(one),
        "message": {"text": _message(one.told)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": anchor.uri},
                    "region": {"startLine": anchor.line, "startColumn": 1},
                },
                "logicalLocations": [
                    {"name": model, "fullyQualifiedName": "/".join(filter(None, (f"model:{model}", one.slice))), "kind": "module"}
                ],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{one.fingerprint}:1", "riskaudit/v1": one.fingerprint},
        "properties": {"standing": one.standing, "severity": one.severity, "area": one.area},
    }  # fmt: skip


def _level(one: Issue) -> str:
    """How GitHub shows it: what fails the gate is an error, a gap a warning, the rest by severity, no error."""
    if one.standing == "breaks":
        return "error"
    return "warning" if one.standing == "gap" or one.severity != "low" else "note"


def _invocation(report: Report, left_out: int) -> dict[str, Any]:
    """How the run ended."""
    told = [] if not left_out else [f"{left_out} more results are in report.json"]
    failed = [r for r in report.results if r.status == "failed"]
    return {
        "executionSuccessful": not failed,
        "exitCode": report.gate.code,
        "exitCodeDescription": f"exit {report.gate.code} ({report.gate.name}): {Reading(report).headline}",
        "toolExecutionNotifications": [
            *({"level": "note", "message": {"text": text}} for text in told),
            *({"level": "error", "message": {"text": _message(f"the {r.audit} audit failed: {r.reason}")}} for r in failed),
        ],
    }  # fmt: skip


def _message(text: str) -> str:
    """A message in which no stranger's word is a placeholder or a link (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    text = shorten(escape_terminal(text), 4 * MOST_LETTERS).replace("{", "{{").replace("}", "}}")
    return re.sub(r"\[(?=[^\]]*\]\()", r"\\[", text)


def _plain(text: str, most: int = MOST_LETTERS) -> str:
    """A text on one line, within GitHub's limit, never empty."""
    return shorten(escape_terminal(text), most) or "-"


def _name(id: str) -> str:
    """A rule's id in the Pascal case that SARIF wants of names."""
    return "".join(part.capitalize() for part in id.split("-"))
