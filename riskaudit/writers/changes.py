"""Changes: what is new, worse, gone, fixed or better since a baseline, and what is waived, in rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from riskaudit.report import Baseline, Change, Entry, Report, State, Verdict
from riskaudit.writers import words
from riskaudit.writers.screen import Screen
from riskaudit.writers.screen import table as screen_table
from riskaudit.writers.tables import Cell, Table, table

if TYPE_CHECKING:
    from riskaudit.baseline import BaselineFile

ORDER: tuple[State, ...] = ("new", "worse", "gone", "fixed", "better", "same")
KIND = {"new": "fail", "worse": "fail", "gone": "missing", "fixed": "pass", "better": "pass", "same": ""}
SAID = {"pass": "holds", "warn": "unsure", "fail": "fails", "missing": words.NOT_ASSESSED}
HEAD = ("change", "rule", "slice", "then", "now", "difference")


def ordered(changes: Sequence[Change]) -> list[Change]:
    """The changes, what needs a look first."""
    return sorted(changes, key=lambda c: (ORDER.index(c.state), c.rule, _slice(c.where)))


def change_table(baseline: Baseline, *, same: bool = False) -> Table:
    """What has changed since a baseline; what is the same only where it is asked for."""
    rows = [_row(c) for c in ordered(baseline.changes) if same or c.state != "same"]
    notes = [
        f"difference is now minus then; tolerated: {baseline.tolerance:.12g} of the way from ideal to limit"
    ]
    return table("Change since the baseline", HEAD, rows, right=(3, 4, 5), notes=notes if rows else ())


def change_words(baseline: Baseline) -> str:
    """The baseline in a sentence, and how many of each change there are."""
    of = f"{baseline.name}, written {baseline.written}" if baseline.written else baseline.name
    return f"Held against {of}: {baseline.subject} on {baseline.data}, rulebook {baseline.rulebook}. {tally(baseline)}."


def tally(baseline: Baseline) -> str:
    """`1 new, 0 worse, 2 better, ...`: the two that fail are always told."""
    counts = Counter(c.state for c in baseline.changes)
    return ", ".join(f"{counts[s]} {s}" for s in ORDER if counts[s] or s in ("new", "worse"))


def waived_table(report: Report) -> Table:
    """The findings that are let be, with who answers for them."""
    rows = [_waived(v) for v in report.all_verdicts if v.waived is not None]
    return table("Waived findings", ("rule", "slice", "value", "would", "until", "owner", "reason"), rows)


def waiver_notes(report: Report) -> list[str]:
    """The waivers that do not hold, or excuse nothing."""
    return [note.told for note in report.waivers.notes] if report.waivers else []


def override_table(report: Report) -> Table:
    """The settings of rules that were changed, by whom and why."""
    rows = [(o.rule, o.key, str(o.was), str(o.now), o.by, o.reason) for o in report.rulebook.overrides]
    return table("Changed rules", ("rule", "setting", "was", "is", "by", "reason"), rows)


def clause_table(report: Report) -> Table:
    """The points of a law or standard: evidence, statement, or to be provided."""
    rows = [
        (
            c.id, c.title,
            Cell(c.status if c.status != "to be provided" else "TO BE PROVIDED", kind={"to be provided": "missing"}.get(c.status, "")),
            ", ".join(c.evidence) or c.said or f"by: {c.provider}", c.source, c.note,
        )
        for c in report.clauses
    ]  # fmt: skip
    return table("Points of law and standards", ("point", "what it asks", "status", "filled by", "source", "note"), rows)  # fmt: skip


def _waived(verdict: Verdict) -> tuple[Cell | str, ...]:
    """One waived finding."""
    waiver, measure = verdict.waived, verdict.measure
    assert waiver is not None, "asked for waived verdicts only"  # noqa: S101 -- for the type checker
    number = words.number(measure) if measure else words.shown(None)
    return (
        verdict.rule, _slice(measure.where if measure else {}), Cell(number.value, number.interval),
        Cell({"fail": "fail", "warn": "be unsure", "missing": "be a gap"}.get(verdict.outcome, verdict.outcome), kind="waived"),
        str(waiver.expires), waiver.owner, waiver.reason,
    )  # fmt: skip


def _row(change: Change) -> tuple[Cell | str, ...]:
    """One change."""
    then, now = change.before, change.after
    rule = Cell(change.rule, change.note)
    return Cell(change.state, kind=KIND[change.state]), rule, _slice(change.where), _entry(then), _entry(now), _moved(change)  # fmt: skip


def _entry(entry: Entry | None) -> Cell:
    """A number then or now, with its verdict's word."""
    if entry is None:
        return Cell("\u2013")
    shown = words.shown(entry.value, unit=entry.unit, interval=entry.interval)
    said = SAID[entry.outcome] if entry.value is not None else ""
    return Cell(shown.value, " ".join(filter(None, (shown.interval, said))))


def _moved(change: Change) -> Cell:
    """The difference with its interval."""
    if change.difference is None:
        return Cell("\u2013")
    unit = (change.after or change.before or Entry(fingerprint="", rule="", measure="", outcome="pass")).unit
    shown = words.shown(change.difference, unit=unit, interval=change.interval)
    return Cell(shown.value, shown.interval or "no interval")


def _slice(where: dict[str, str]) -> str:
    """A slice in words."""
    return ", ".join(f"{k}={v}" for k, v in where.items()) or "all rows"


def _text(cell: Cell | str) -> str:
    """A cell in one line."""
    if isinstance(cell, str):
        return cell
    return f"{cell.text} ({cell.small})" if cell.small else cell.text


def _facts(before: Report, after: Report) -> list[str]:
    """What two reports have in common, and how their scores moved."""
    same = [
        ("rows", before.data.sha256 == after.data.sha256 is not None, before.data.name, after.data.name),
        ("model", before.subject.sha256 == after.subject.sha256 is not None, before.subject.name, after.subject.name),
        ("rules", [s.sha256 for s in before.rulebook.sources] == [s.sha256 for s in after.rulebook.sources], before.rulebook.name, after.rulebook.name),
    ]  # fmt: skip
    told = [
        f"{what}: the same ({a})" if alike else f"{what}: {a} then, {b} now" for what, alike, a, b in same
    ]
    for area, score in after.all_scores.items():
        was = before.all_scores.get(area)
        if was is not None:
            told.append(f"score of {area}: {words.score(was.value)} then, {words.score(score.value)} now")
    return [*told, f"verdict: {before.gate.name} then, {after.gate.name} now"]


def terminal(found: Baseline, before: Report, after: Report, *, colour: bool = False, width: int = 80, ascii_only: bool = False) -> str:  # fmt: skip
    """Two reports' differences as a table for the terminal; what is the same is counted."""
    screen = Screen(width=width, colour=colour, ascii_only=ascii_only)
    lines = [line for text in _facts(before, after) for line in screen.line(text, hang=2)]
    rows = [tuple(map(_text, _row(c))) for c in ordered(found.changes) if c.state != "same"]
    if rows:
        lines += ["", *screen_table(HEAD, rows, screen, left=3)]
    lines += ["", *screen.line(tally(found), hang=2)]
    return "\n".join(lines) + "\n"


def markdown(found: Baseline, before: Report, after: Report) -> str:
    """Two reports' differences in GitHub-flavoured Markdown."""
    from riskaudit.writers.markdown import grid

    made = change_table(found)
    lines = [
        "## What changed",
        "",
        *(f"- {words.escape_markdown(fact)}" for fact in _facts(before, after)),
        "",
    ]
    lines += [f"**{tally(found)}**", "", *(grid(made) if made.rows else [])]
    return "\n".join(lines) + "\n"


def as_json(found: Baseline, before: Report, after: Report) -> str:
    """Two reports' differences as JSON."""
    counts = Counter(c.state for c in found.changes)
    plain = {
        "before": {"subject": before.subject.name, "data": before.data.name, "gate": before.gate.code},
        "after": {"subject": after.subject.name, "data": after.data.name, "gate": after.gate.code},
        "tolerance": found.tolerance,
        "counts": {state: counts[state] for state in ORDER},
        "changes": [c.model_dump(mode="json") for c in ordered(found.changes)],
    }
    return json.dumps(plain, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def kept(found: BaselineFile, digest: str, *, colour: bool = False, width: int = 80, ascii_only: bool = False) -> str:  # fmt: skip
    """What a baseline keeps, for the terminal."""
    screen = Screen(width=width, colour=colour, ascii_only=ascii_only)
    about = f"{found.subject} on {found.data}, rulebook {found.rulebook}, written {found.written}, sha256 {digest[:12]}"
    rows = [(e.rule, _slice(e.where), SAID[e.outcome], _text(_entry(e)), str(e.n)) for e in found.entries]
    lines = [*screen.line(about, hang=2), "", *screen_table(("rule", "slice", "verdict", "value", "n"), rows, screen, left=3)]  # fmt: skip
    return "\n".join(lines) + "\n"
