"""Verify: a report whose verdicts do not follow from its own measures and rules is not believed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from riskaudit.errors import InputError
from riskaudit.pipeline import rejudge
from riskaudit.report import Report, Verdict, read_report
from riskaudit.rulebook import rules_in

_AUDIT_AGAIN = "it was edited, or judged by another riskaudit; audit again"


def read_verified(path: Path) -> Report:
    """The report in a file, once its rules, verdicts, scores and exit code follow from what stands in it.

    This catches accidents and careless edits, not a forger who changes a measure and everything after it:
    that takes a signature.

    Raises
    ------
    InputError
        If the file is no whole report, or contradicts itself.
    """
    report = read_report(path)
    fault = contradiction(report)
    if fault:
        raise InputError(f"{path} contradicts itself: {fault}", _AUDIT_AGAIN)
    return report


def contradiction(report: Report) -> str:
    """What in a report does not follow from the rest; empty where all does."""
    for source in report.rulebook.sources:
        if sha256(source.text.encode()).hexdigest() != source.sha256:
            return f"the text of rulebook '{source.name}' is not the one its hash is of"
    if rules_in(report.rulebook.sources) != report.rulebook.rules:
        return "its rules are not those of its rulebooks' texts"
    again = rejudge(report, report.rulebook, strict=report.gate.strict, fail_on=report.gate.fail_on)
    if [_said(v) for v in again.all_verdicts] != [_said(v) for v in report.all_verdicts]:
        return "its verdicts do not follow from its measures"
    if again.all_scores != report.all_scores or again.headline != report.headline:
        return "its scores do not follow from its verdicts"
    return "" if again.gate.code == report.gate.code else "its exit code does not follow from its verdicts"


def _said(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict says, its wording left out."""
    return verdict.rule, verdict.outcome, verdict.sure, verdict.measure, verdict.score
