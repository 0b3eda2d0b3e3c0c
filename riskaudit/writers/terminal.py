"""Terminal: findings that read like a good compiler's, then areas, then one verdict line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.changes import tally
from riskaudit.writers.findings import Area, Finding, Gap
from riskaudit.writers.reading import Reading
from riskaudit.writers.screen import Screen, table
from riskaudit.writers.side_by_side import side_by_side

__all__ = ["plain", "side_by_side", "terminal"]

SHOWN = 12
SLICES = 3  # of one rule; the rest is counted


def plain(report: Report, *, width: int = 100, ascii_only: bool = False) -> str:
    """The terminal's text for a file: no colour."""
    return terminal(report, width=width, ascii_only=ascii_only)


def terminal(
    report: Report,
    *,
    colour: bool = False,
    width: int = 80,
    ascii_only: bool = False,
    report_path: str = "",
) -> str:
    """A report for the terminal.

    Parameters
    ----------
    report : Report
    colour : bool
        ANSI colours; words carry the meaning either way.
    width : int
        Columns; lines wrap at it, 24 at least.
    ascii_only : bool
        No letter beyond ASCII: strangers' letters become `\\x` codes.
    report_path : str
        The file to read the rest in; named below the verdict.
    """
    screen, reading = Screen(width=width, colour=colour, ascii_only=ascii_only), Reading(report)
    lines: list[str] = []
    told = _told(reading.findings)
    for found in told:
        lines += [*_finding(found, screen), ""]
    lines += _rest(len(reading.findings) - len(told), "finding", screen, report_path)
    for found in reading.waived[:SHOWN]:
        lines += [*_waived(found, screen), ""]
    lines += _rest(len(reading.waived) - SHOWN, "waived finding", screen, report_path)
    for gap in reading.gaps[:SHOWN]:
        lines += [*_gap(gap, screen), ""]
    lines += _rest(len(reading.gaps) - SHOWN, "gap", screen, report_path)
    if reading.areas:
        lines += [*_areas(reading.areas, screen), ""]
    lines += _changes(report, screen)
    lines += _verdict(reading, screen)
    lines += _next(reading, screen, report_path)
    return "\n".join(lines) + "\n"


def _told(findings: Sequence[Finding]) -> list[Finding]:
    """The findings to tell in full: twelve at most, three slices a rule at most."""
    seen: Counter[str] = Counter()
    told = []
    for found in findings:
        seen[found.verdict.rule] += 1
        if seen[found.verdict.rule] <= SLICES:
            told.append(found)
    return told[:SHOWN]


def _finding(found: Finding, screen: Screen) -> list[str]:
    """One finding, as a compiler tells it."""
    head = f"{found.word}[{found.verdict.rule}]"
    told = screen.line(
        f"{head}: {found.sentence}",
        hang=4,
        head=head,
        kind="fail" if found.verdict.outcome == "fail" else "unsure",
    )
    told += screen.line(f"  --> {found.pieces}   {found.numbers}", hang=6)
    for name, text in (
        ("limit", found.limit),
        (found.sure, found.why),
        *((("baseline", found.change),) if found.change else ()),
        ("help", f"riskaudit explain {found.verdict.rule}"),
    ):
        told += screen.line(f"  = {name}: {text}", hang=6, head=f"  = {name}:", kind="faint")
    return told


def _waived(found: Finding, screen: Screen) -> list[str]:
    """One waived finding: what it says, who answers for it, until when."""
    waiver = found.verdict.waived
    head = f"{found.word}[{found.verdict.rule}]"
    told = screen.line(f"{head}: {found.sentence}", hang=4, head=head, kind="missing")
    told += screen.line(f"  --> {found.pieces or 'all rows'}   {found.numbers}", hang=6)
    text = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})" if waiver else ""
    return told + screen.line(f"  = waived: {text}", hang=6, head="  = waived:", kind="faint")


def _changes(report: Report, screen: Screen) -> list[str]:
    """Changed limits, points that nobody has filled, and what a baseline says, each in a line."""
    told = [
        f"changed rule: {o.rule} {o.key} {o.was} -> {o.now} ({o.by}: {o.reason})"
        for o in report.rulebook.overrides
    ]
    open_ = [c.id for c in report.clauses if c.status == "to be provided"]
    if report.clauses:
        told.append(
            f"points of law and standards: {len(report.clauses) - len(open_)} of {len(report.clauses)} filled"
            + (f"; TO BE PROVIDED: {', '.join(open_)}" if open_ else "")
        )
    if report.baseline is not None:
        told.append(f"baseline {report.baseline.name}: {tally(report.baseline)}")
    return [line for text in told for line in screen.line(text, hang=2)]


def _gap(gap: Gap, screen: Screen) -> list[str]:
    """What was not assessed, and why."""
    head = f"{words.NOT_ASSESSED}[{', '.join(gap.rules) or gap.area}]"
    told = screen.line(f"{head}: {gap.reason}", hang=4, head=head, kind="missing")
    if gap.slices and gap.slices != ("all rows",):
        more = f" and {len(gap.slices) - 6} more" if len(gap.slices) > 6 else ""
        told += screen.line(f"  --> {'; '.join(gap.slices[:6])}{more}", hang=6)
    return told


def _rest(more: int, noun: str, screen: Screen, report_path: str) -> list[str]:
    """How many were left out here, and where they are."""
    if more <= 0:
        return []
    return [
        *screen.line(f"... and {words.plural(more, 'more ' + noun)}: read {report_path or 'the report'}"),
        "",
    ]


def _areas(areas: Sequence[Area], screen: Screen) -> list[str]:
    """The areas and their scores."""
    rows = [
        (
            a.name, words.score(a.score.value), words.score_range(a.score.low, a.score.high),
            str(a.fails), str(a.unsure), str(a.missing), str(a.holds),
        )
        for a in areas
    ]  # fmt: skip
    titles = ("area", "score", "range", "fail", "unsure", "not assessed", "hold")
    lines = table(titles, rows, screen, drop=("range", "hold", "unsure", "not assessed", "fail"))
    return [*lines, *screen.line("score: 100 = no risk found; range: what the intervals give")]


def _verdict(reading: Reading, screen: Screen) -> list[str]:
    """The verdict line; before it the gate's own reasons where neither a finding nor a gap has told them."""
    gate = reading.report.gate
    own = ("judged in the baseline", "worse than in the baseline", "to be provided by")
    silent = not reading.findings and not reading.gaps
    told = [
        f"{gate.name if silent else 'gate'}: {why}"
        for why in gate.reasons
        if silent or any(word in why for word in own)
    ]
    before = [line for text in told for line in screen.line(text, hang=2)]
    kind = {0: "pass", 1: "fail"}.get(gate.code, "missing")
    strict = screen.line("strict: an unsure rule counts as failed") if gate.strict else []
    return [*before, *screen.line(reading.line, hang=2, head=reading.headline, kind=kind), *strict]


def _next(reading: Reading, screen: Screen, report_path: str) -> list[str]:
    """Where to read on and what to type."""
    lines = screen.line(f"Report  {report_path}", hang=8) if report_path else []
    if report_path and reading.findings:
        lines += screen.line(f"Next    riskaudit explain {reading.findings[0].verdict.rule}", hang=8)
    return lines
