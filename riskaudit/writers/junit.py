"""JUnit XML for the strictest readers: a suite an area, a case for every rule and slice."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from riskaudit.report import Report, Verdict
from riskaudit.writers.findings import slice_of
from riskaudit.writers.harmless import printable
from riskaudit.writers.issues import Standing, standing
from riskaudit.writers.reading import Reading, absence

Case = tuple[str, str, Standing, str, str]  # area, name, standing, one line, all of it


def junit(report: Report) -> str:
    """The report as JUnit XML.

    A finding that fails the gate is a `failure`, what is not assessed or crashed an `error`, what is waived or
    known `skipped` with its reason; nothing that did not run is a pass. The first suite is the gate itself, so
    that a reader's verdict is the exit code's.
    """
    reading = Reading(report)
    suites: dict[str, list[Case]] = {"gate": [_gate(reading)]}
    for verdict in reading.verdicts:
        suites.setdefault(verdict.area, []).append(_case(verdict, reading))
    for result in report.results:
        if result.status == "failed":
            told = absence(result)
            suites.setdefault(result.audit, []).append((result.audit, "audit", "gap", told, told))
    seconds = {name: report.run.audit_seconds.get(name, 0.0) for name in suites}
    total = [case for cases in suites.values() for case in cases]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="riskaudit" {_counts(total)} time="{report.run.seconds:.3f}">',
    ]
    for at, (name, cases) in enumerate(suites.items()):
        lines += _suite(at, name, _named_apart(cases), seconds[name], report)
    return "\n".join([*lines, "</testsuites>", ""])


def _suite(at: int, name: str, cases: Sequence[Case], seconds: float, report: Report) -> list[str]:
    """One area."""
    stamp = report.run.started.removesuffix("Z")[:19]  # the dialect's timestamps have no zone
    head = (
        f'  <testsuite name={_attribute("riskaudit." + name)} {_counts(cases)} time="{seconds:.3f}" '
        f'timestamp={_attribute(stamp)} hostname="localhost" id="{at}" package="riskaudit">'
    )
    return [head, *(line for case in cases for line in _told(case)), "  </testsuite>"]


def _told(case: Case) -> list[str]:
    """One case and how it ended."""
    area, name, stands, line, text = case
    head = f'    <testcase name={_attribute(name)} classname={_attribute("riskaudit." + area)} time="0.000"'
    if stands == "holds":
        return [f"{head}/>"]
    inner = {
        "breaks": f'<failure message={_attribute(line)} type="fail">{_text(text)}</failure>',
        "gap": f'<error message={_attribute(line)} type="not assessed">{_text(text)}</error>',
        "excused": f"<skipped message={_attribute(line)}/>",
        "noted": f"<system-out>{_text(text)}</system-out>",
    }[stands]
    return [f"{head}>", f"      {inner}", "    </testcase>"]


def _case(verdict: Verdict, reading: Reading) -> Case:
    """A verdict as a case."""
    found, stands = reading.find(verdict), standing(verdict, reading.report.gate)
    where = slice_of(verdict.measure)
    name = f"{verdict.rule} [{where}]" if where and where != "all rows" else verdict.rule
    line = f"{verdict.finding}: {verdict.reason}" if verdict.outcome == "missing" else found.title
    if stands == "excused":
        line = f"{_excuse(verdict)}: {line}"
    rest = (
        []
        if verdict.outcome == "missing"
        else [found.pieces, found.numbers, f"limit: {found.limit}", found.why]
    )
    ended = [f"{verdict.outcome}, does not fail the gate"] if stands == "noted" else []
    return verdict.area, name, stands, line, "\n".join([*ended, line, *rest])


def _excuse(verdict: Verdict) -> str:
    """Why the gate lets a finding be."""
    if verdict.waived is None:
        return "known from the baseline and no worse"
    waiver = verdict.waived
    return f"waived by {waiver.owner} until {waiver.expires.isoformat()} ({waiver.reason})"


def _gate(reading: Reading) -> Case:
    """The gate as a case of its own."""
    code = reading.report.gate.code
    stands: Standing = "holds" if code == 0 else "breaks" if code == 1 else "gap"
    return "gate", "verdict", stands, reading.line, "\n".join([reading.line, *reading.report.gate.reasons])


def _named_apart(cases: Sequence[Case]) -> list[Case]:
    """The cases, equal names numbered: readers merge what has one name."""
    seen: dict[str, int] = {}
    apart = []
    for area, name, *rest in cases:
        name = _clean(name)
        seen[name] = seen.get(name, 0) + 1
        apart.append((area, f"{name} #{seen[name]}" if seen[name] > 1 else name, *rest))
    return apart  # type: ignore[return-value]


def _counts(cases: Sequence[Case]) -> str:
    """The attributes that count."""
    stands = [case[2] for case in cases]
    return (
        f'tests="{len(cases)}" failures="{stands.count("breaks")}" errors="{stands.count("gap")}" '
        f'skipped="{stands.count("excused")}"'
    )


def _attribute(text: str) -> str:
    """A quoted attribute on one line."""
    return quoteattr(" ".join(_clean(text).split()))


def _text(text: str) -> str:
    """Element text."""
    return escape(_clean(text))


def _clean(text: str) -> str:
    """The text without what XML 1.0 has no letter for, surrogates among it."""
    return printable(text).encode("utf-8", "replace").decode("utf-8")
