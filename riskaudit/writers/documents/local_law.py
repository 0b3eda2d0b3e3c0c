"""Local law: the bias audit of New York City's Local Law 144 as a document of its own, named so only when it may be."""

from __future__ import annotations

from riskaudit.report import Report
from riskaudit.writers import ll144
from riskaudit.writers.changes import clause_table
from riskaudit.writers.documents.points import points_of
from riskaudit.writers.markdown import grid
from riskaudit.writers.tables import provenance
from riskaudit.writers.words import code_markdown as code
from riskaudit.writers.words import escape_markdown as esc


def sheet(report: Report) -> str:
    """Selection rates and impact ratios by category and intersection, and every point of 6 RCNY 5-300 to 5-303.

    Without auditor, dates, data source and intersections it says what is lacking and does not bear the law's name.
    """
    points = points_of(report, ll144.RULEBOOK)
    report = report.model_copy(update={"clauses": points})
    whole = not any(c.required and c.status == "to be provided" for c in points)
    title = (
        "Bias audit under Local Law 144"
        if whole
        else "Selection rates and impact ratios (not a Local Law 144 summary)"
    )
    lines = [f"# {title}: {esc(report.subject.name)}", "", esc(ll144.verdict_on_name(report)), ""]
    lines += [f"On {esc(report.data.name)}; outcome {code(report.data.target)}, selected: {', '.join(map(code, report.data.favourable)) or 'unknown'}.", ""]  # fmt: skip
    made = ll144.sheets(report)
    for one in made:
        lines += [f"## {esc(one.caption)}", "", *grid(one), ""]
    if not made:
        lines += ["No selection rate was measured: name sex and race with --sensitive.", ""]
    lines += ["## Points of the law", "", *grid(clause_table(report)), ""]
    lines += ["## What was audited", "", *(f"- **{esc(k)}**: {code(v)}" for k, v in provenance(report) if v)]
    return "\n".join(lines) + "\n"
