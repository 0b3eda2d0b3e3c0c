"""LL144: the tables that 6 RCNY 5-301 asks for, and the refusal to call them a sheet of the law too early."""

from __future__ import annotations

from collections.abc import Sequence

from riskaudit.measure import Measure
from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.tables import Cell, Table, table

RULEBOOK = "nyc-ll144"
SMALL = 0.02  # 5-301(d)
UNKNOWN = {"", "unknown", "missing", "(missing)", "not known", "not stated", "n/a", "na", "none", "null", "nan", "other/unknown"}  # fmt: skip
HEAD = ("category", "applicants", "selected", "selection rate", "impact ratio", "note")


def asked_for(report: Report) -> bool:
    """Whether the report was judged by the law's rulebook."""
    return any(source.name == RULEBOOK for source in report.rulebook.sources)


def verdict_on_name(report: Report) -> str:
    """What these tables may be called."""
    lacking = [c.title for c in report.clauses if c.required and c.status == "to be provided"]
    if lacking:
        return f"This is not a summary of results under Local Law 144. To be provided: {'; '.join(lacking)}."
    said = report.statements
    return (
        f"Summary of results under 6 RCNY 5-303. Auditor: {said['auditor']}. Date of the audit: {said['audit_date']}. "
        f"Distribution date: {said['distribution_date']}. Source and explanation of the data: {said['data_source']}."
    )


def sheets(report: Report) -> list[Table]:
    """One table for each sensitive column and each pair of them."""
    found: dict[tuple[str, ...], list[Measure]] = {}
    for measure in report.measures():
        if measure.name == "bias.selection_rate" and set(measure.where) <= set(report.data.sensitive):
            found.setdefault(tuple(measure.where), []).append(measure)
    return [_sheet(columns, rates, weighted=bool(report.data.weight)) for columns, rates in found.items()]


def _sheet(columns: tuple[str, ...], rates: Sequence[Measure], *, weighted: bool) -> Table:
    """One category's table: every group with its count, whether or not its ratio is given."""
    total = sum(m.n for m in rates)
    unknown = sum(m.n for m in rates if _unknown(m))
    compared = [m for m in rates if not _unknown(m) and m.n >= SMALL * total and m.value is not None]
    best = max((m.value for m in compared if m.value is not None), default=0.0)
    rows = [
        (
            ", ".join(m.where.values()), words.count(m.n),
            "\u2013" if weighted or m.value is None else words.count(round(m.value * m.n)),
            Cell(*_rate(m)),
            words.shown(m.value / best).value if m in compared and m.value is not None and best > 0 else "\u2013",
            _note(m, total),
        )
        for m in rates
    ]  # fmt: skip
    notes = [
        f"{words.count(unknown)} of {words.count(total)} individuals fall in no known category (5-301(b)(5))"
    ]
    return table(f"{', '.join(columns)}: selection rates and impact ratios (5-301(b))", HEAD, rows, right=(1, 2, 3, 4), notes=notes)  # fmt: skip


def _unknown(measure: Measure) -> bool:
    """Whether a group is one of people whose category is not known."""
    return any(value.strip().lower() in UNKNOWN for value in measure.where.values())


def _rate(measure: Measure) -> tuple[str, str]:
    """A rate with its interval."""
    shown = words.number(measure)
    return shown.value, shown.interval


def _note(measure: Measure, total: int) -> str:
    """Why a group has no ratio."""
    if _unknown(measure):
        return "category not known: counted, not compared"
    if measure.n < SMALL * total:
        return f"{measure.n / total:.1%} of the data, under 2 %: left out of the ratios (5-301(d))"
    return measure.note if measure.value is None else ""
