"""Annex IV: the technical documentation of Regulation (EU) 2024/1689, as far as evidence and statements fill it."""

from __future__ import annotations

from itertools import groupby

from riskaudit.measure import Measure
from riskaudit.report import Clause, Report
from riskaudit.writers import words
from riskaudit.writers.documents.points import evidence_of, points_of
from riskaudit.writers.findings import in_words, slice_of
from riskaudit.writers.limits import cannot_see
from riskaudit.writers.markdown import grid
from riskaudit.writers.reading import Reading
from riskaudit.writers.tables import provenance, table
from riskaudit.writers.words import code_markdown as code
from riskaudit.writers.words import escape_markdown as esc

RULEBOOK = "eu-ai-act"
MOST = 60  # rows of evidence below one point; the rest is counted, and is in report.json
TITLES = {
    "1": "General description of the system",
    "2": "Elements of the system and process of its development",
    "3": "Monitoring, functioning and control",
    "4": "Appropriateness of the performance metrics",
    "5": "Risk management system",
    "6": "Changes through the life cycle",
    "7": "Harmonised standards",
    "8": "Declaration of conformity",
    "9": "Post-market monitoring",
}
Lines = list[str]


def annex_iv(report: Report) -> str:
    """The nine points of Annex IV in Markdown: evidence as tables, statements as said, all else TO BE PROVIDED."""
    points = points_of(report, RULEBOOK)
    open_ = [c for c in points if c.status == "to be provided"]
    lines = [
        f"# Technical documentation after Annex IV: {esc(report.subject.name)}", "",
        "Regulation (EU) 2024/1689, Article 11 and Annex IV. This document holds what an audit measured and what was "
        "stated to it. It is no declaration of conformity, and being filled is not being in order.", "",
        f"**{len(points) - len(open_)} of {len(points)} points hold something; {len(open_)} are TO BE PROVIDED.** "
        f"Audited on {esc(report.run.started[:10])}; report {code(report.run.digest or 'unsealed')}.", "",
    ]  # fmt: skip
    for number, found in groupby(points, key=lambda c: c.id[:1]):
        lines += [f"## {number}. {TITLES.get(number, 'Other')}", ""]
        for clause in found:
            lines += _point(report, clause)
    return "\n".join([*lines, *_findings(report), *_fixed(report), *_signatures(report)]).rstrip("\n") + "\n"


def _point(report: Report, clause: Clause) -> Lines:
    """One point: what fills it, and what is still to be written."""
    lines = [f"### {esc(clause.id)}: {esc(clause.title)}", ""]
    if clause.said:
        lines += [f"Stated: {esc(clause.said)}", ""]
    if clause.evidence:
        lines += [*_evidence(report, clause), ""]
    if clause.status == "to be provided":
        lines += [f"**TO BE PROVIDED** by: {esc(clause.provider)}.", ""]
    if clause.note and clause.evidence and not clause.said:
        lines += [f"**The rest is TO BE PROVIDED** by: {esc(clause.provider)}.", ""]
    return lines + ([f"Note: {esc(clause.note)}.", ""] if clause.note else [])


def _evidence(report: Report, clause: Clause) -> Lines:
    """The measures that fill a point."""
    found = evidence_of(report, clause)
    rows = [
        (in_words(m.name.partition(".")[2]), slice_of(m), *_number(m), words.count(m.n)) for m in found[:MOST]
    ]
    made = grid(table("", ("measure", "slice", "value", "95% interval" if _all_95(found) else "interval", "n"), rows, right=(2, 3, 4)))  # fmt: skip
    left = len(found) - MOST
    return made + (["", f"{words.count(left)} more are in report.json."] if left > 0 else [])


def _all_95(found: list[Measure]) -> bool:
    """Whether every interval is one of 95 %."""
    return all(m.interval is None or m.interval.level == 0.95 for m in found)


def _number(measure: Measure) -> tuple[str, str]:
    """A number and its interval."""
    shown = words.number(measure)
    return shown.value, shown.interval or "none"


def _findings(report: Report) -> Lines:
    """What the audit found, for points 2(g) and 3."""
    reading = Reading(report)
    lines = [
        "## Annex A of this document: what the audit found",
        "",
        f"{esc(' '.join(reading.line.split()))}",
        "",
    ]
    told = [f"- **{esc(f.word)}** {code(f.verdict.rule)}: {esc(f.title)} ({esc(f.numbers)}; limit {esc(f.limit)})" for f in (*reading.findings, *reading.waived)]  # fmt: skip
    told += [f"- **not assessed** {', '.join(map(code, g.rules or (g.area,)))}: {esc(g.reason)}" for g in reading.gaps]  # fmt: skip
    lines += [*(told or ["No judged number is beyond its limit."]), "", "What the audit cannot see:", ""]
    return [*lines, *(f"- {esc(name)}: {esc(p)}" for name, ps in cannot_see(reading) for p in ps), ""]


def _fixed(report: Report) -> Lines:
    """Hashes and versions, so that what is signed is fixed."""
    kept = [(k, v) for k, v in provenance(report) if v]
    return ["## Annex B of this document: what was audited", "", *(f"- **{esc(k)}**: {code(v)}" for k, v in kept), ""]  # fmt: skip


def _signatures(report: Report) -> Lines:
    """Where the responsible persons sign: Annex IV 2(g) asks for dated and signed reports."""
    signed = esc(report.statements.get("signed_by", "").strip())
    rows = [(signed or "TO BE PROVIDED", "TO BE PROVIDED", "TO BE PROVIDED")]
    made = grid(table("", ("responsible person", "date", "signature"), rows))
    return ["## Signatures", "", "'riskaudit sign' signs report.json by a key; 'riskaudit verify' checks it.", "", *made]  # fmt: skip
