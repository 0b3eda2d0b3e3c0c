"""Points: what a law or standard asks for, held against any report, judged by that rulebook or not."""

from __future__ import annotations

from hashlib import sha256

from riskaudit.judge import clauses
from riskaudit.measure import Measure
from riskaudit.report import Clause, Report
from riskaudit.rulebook import Source, rulebook_of, rules_folder


def points_of(report: Report, rulebook: str) -> tuple[Clause, ...]:
    """Each point of a shipped rulebook: filled by the report's evidence, by a statement, or by nothing.

    Where the report was judged by that rulebook, its own text of it counts.
    """
    kept = next((source for source in report.rulebook.sources if source.name == rulebook), None)
    book = rulebook_of((kept or _shipped(rulebook),))
    return clauses(book, report.all_results, report.statements)


def evidence_of(report: Report, clause: Clause) -> list[Measure]:
    """The measures that fill a point, in the report's order; those that were not assessed are left out."""
    return [m for m in report.measures() if m.name in clause.evidence and m.assessed]


def _shipped(name: str) -> Source:
    """The text of a rulebook that ships."""
    text = (rules_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    return Source(name=name, sha256=sha256(text.encode()).hexdigest(), text=text)
