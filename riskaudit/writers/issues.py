"""Issues: what a machine is told of a report, one list from which SARIF, JUnit, GitLab and annotations are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from riskaudit.report import Gate, Report, Verdict
from riskaudit.rulebook import SEVERITIES, Rule, Severity
from riskaudit.writers import words
from riskaudit.writers.findings import Finding, slice_of
from riskaudit.writers.harmless import escape_terminal
from riskaudit.writers.reading import Reading, absence

Standing = Literal["breaks", "noted", "gap", "excused", "holds"]
AUDIT_FAILED, GATE = "audit-failed", "gate"
_ORDER: dict[Standing, int] = {"breaks": 0, "gap": 1, "noted": 2}


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One thing that a machine has to know, in words without control characters.

    Attributes
    ----------
    rule : str
        A rule's id; `audit-failed` or `gate` where no rule of the rulebook speaks.
    standing : str
        `breaks` fails the gate, `gap` makes it incomplete, `noted` does neither.
    fingerprint : str
        The same from run to run, and no other issue's.
    """

    rule: str
    standing: Standing
    severity: Severity
    area: str
    sentence: str
    detail: str
    slice: str
    fingerprint: str
    source: Rule | None = None
    sure: bool = True

    @property
    def word(self) -> str:
        """What it is, in a word or two."""
        if self.standing == "gap":
            return words.NOT_ASSESSED
        return "fails" if self.standing == "breaks" else "does not fail the gate" if self.sure else "unsure"

    @property
    def told(self) -> str:
        """Sentence and detail in one line."""
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence


def standing(verdict: Verdict, gate: Gate) -> Standing:
    """What a verdict does to the gate."""
    if verdict.outcome == "pass":
        return "holds"
    if verdict.excused:
        return "excused"
    if verdict.outcome == "missing":
        return "gap"
    grave = SEVERITIES.index(verdict.severity) >= SEVERITIES.index(gate.fail_on)
    return "breaks" if grave and (verdict.outcome == "fail" or gate.strict) else "noted"


def issues(report: Report) -> tuple[Issue, ...]:
    """Every issue that is neither waived nor known, what fails the gate first, the gravest first.

    Whatever makes the exit code is among them: where no verdict and no audit accounts for it, the gate's own
    reasons do.
    """
    reading, gate = Reading(report), report.gate
    found = [_of_verdict(v, standing(v, gate), reading) for v in reading.verdicts]
    made = [one for one in found if one.standing in _ORDER] + _crashes(report)
    made += _unexplained(report, {one.standing for one in made})
    ranked = sorted(made, key=lambda one: (_ORDER[one.standing], -SEVERITIES.index(one.severity)))
    return tuple(_distinct(ranked))


def _of_verdict(verdict: Verdict, stands: Standing, reading: Reading) -> Issue:
    """A verdict as an issue."""
    found: Finding = reading.find(verdict)
    where = slice_of(verdict.measure)
    gap = verdict.outcome == "missing"
    return Issue(
        rule=verdict.rule,
        standing=stands,
        severity=verdict.severity,
        area=verdict.area,
        sentence=escape_terminal(f"{verdict.finding}: {verdict.reason}" if gap else found.title),
        detail=escape_terminal(where if gap else f"{found.pieces}; {found.numbers}; limit {found.limit}"),
        slice=escape_terminal(where),
        fingerprint=verdict.fingerprint or fingerprint(verdict.key),
        source=found.rule,
        sure=verdict.outcome != "warn",
    )


def _crashes(report: Report) -> list[Issue]:
    """Audits that failed: each is a gap by itself, whether a rule needs it or not."""
    return [
        Issue(
            rule=AUDIT_FAILED,
            standing="gap",
            severity="high",
            area=result.audit,
            sentence=escape_terminal(absence(result)),
            detail="",
            slice="",
            fingerprint=fingerprint(f"{AUDIT_FAILED} {result.audit}"),
        )
        for result in report.results
        if result.status == "failed"
    ]


def _unexplained(report: Report, told: set[Standing]) -> list[Issue]:
    """The gate's own reasons, where the exit code would otherwise stand without one."""
    needed: Standing | None = {1: "breaks", 3: "gap"}.get(report.gate.code)  # type: ignore[assignment]
    if needed is None or needed in told:
        return []
    sentence = "; ".join(report.gate.reasons) or report.gate.name
    return [
        Issue(
            rule=GATE,
            standing=needed,
            severity="high",
            area=GATE,
            sentence=escape_terminal(sentence),
            detail="",
            slice="",
            fingerprint=fingerprint(GATE),
        )
    ]


def fingerprint(text: str) -> str:
    """A name for an issue that no path, value or time moves."""
    return sha256(text.encode()).hexdigest()[:32]


def _distinct(found: Iterable[Issue]) -> Iterable[Issue]:
    """The issues, a fingerprint that is there already told apart by its number."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    for one in found:
        again = seen.get(one.fingerprint, 0)
        seen[one.fingerprint] = again + 1
        yield replace(one, fingerprint=fingerprint(f"{one.fingerprint} {again}")) if again else one
