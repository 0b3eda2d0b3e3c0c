"""Verify: a report whose verdicts do not follow from its own measures and rules is not believed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from riskaudit.believing import check_manifest, unsealed
from riskaudit.errors import InputError, RiskAuditError
from riskaudit.pipeline import rejudge
from riskaudit.report import Report, Verdict, from_json, read_text
from riskaudit.rulebook import rulebook_of

FIRST = "1.0"
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
    text = read_text(path)
    report = from_json(text, name=str(path))
    fault = unsealed(text, report) or contradiction(report)
    if fault:
        raise InputError(f"{path} contradicts itself: {fault}", _AUDIT_AGAIN)
    check_manifest(path, text)
    return _again(report) if report.schema_version == FIRST else report


def contradiction(report: Report) -> str:
    """What in a report does not follow from the rest; empty where all does."""
    for source in report.rulebook.sources:
        if sha256(source.text.encode()).hexdigest() != source.sha256:
            return f"the text of rulebook '{source.name}' is not the one its hash is of"
    if rulebook_of(report.rulebook.sources, report.rulebook.overrides) != report.rulebook:
        return "its rules are not those of its rulebooks' texts"
    for source in report.waivers.sources if report.waivers else ():
        if sha256(source.text.encode()).hexdigest() != source.sha256:
            return f"the text of waivers '{source.name}' is not the one its hash is of"
    try:
        again = _again(report)
    except (RiskAuditError, ValueError) as error:
        return f"its waivers or its baseline cannot be applied: {error}"
    if [_said(v, report) for v in again.all_verdicts] != [_said(v, report) for v in report.all_verdicts]:
        return "its verdicts do not follow from its measures"
    if report.schema_version != FIRST and (again.waivers, again.baseline, again.clauses) != (
        report.waivers,
        report.baseline,
        report.clauses,
    ):
        return "its waivers, its baseline or its clauses do not follow from the rest"
    if again.all_scores != report.all_scores or again.headline != report.headline:
        return "its scores do not follow from its verdicts"
    counted = ("code", "waived", "known")
    same = all(getattr(again.gate, name) == getattr(report.gate, name) for name in counted)
    return "" if same else "its exit code does not follow from its verdicts"


def _again(report: Report) -> Report:
    """The report judged once more by what it carries."""
    return rejudge(report, report.rulebook, strict=report.gate.strict, fail_on=report.gate.fail_on)


def _said(verdict: Verdict, report: Report) -> tuple[object, ...]:
    """What a verdict says, its wording left out; the first schema had no fingerprints."""
    v = verdict
    named = "" if report.schema_version == FIRST else v.fingerprint
    return v.rule, v.area, v.severity, v.outcome, v.sure, v.measure, v.score, v.waived, v.known, named
