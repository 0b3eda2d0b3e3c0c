"""Markdown: the whole report, and a summary short enough for a pull request comment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from riskaudit.measure import Exhibit
from riskaudit.report import AuditResult, Report
from riskaudit.writers import ll144, svg, words
from riskaudit.writers.changes import (
    change_table,
    change_words,
    clause_table,
    override_table,
    tally,
    waived_table,
    waiver_notes,
)
from riskaudit.writers.findings import Finding
from riskaudit.writers.limits import cannot_see
from riskaudit.writers.lingo import ENGLISH, spoken, tr
from riskaudit.writers.reading import Reading, absence
from riskaudit.writers.tables import (
    Cell,
    Table,
    exhibit_table,
    gap_table,
    group_table,
    holding_table,
    measure_tables,
    provenance,
    score_tables,
    table,
    unmeasured_table,
)
from riskaudit.writers.words import code_markdown as code
from riskaudit.writers.words import escape_markdown

SUMMARY_BYTES = 60_000  # what a pull request comment takes; the whole report keeps to it too
FITS = ((300, 0), (100, 0), (40, 0), (20, 100), (12, 40), (8, 20), (4, 10))  # rows a table, findings (0: all)
SHORT = 12  # rows of a table that need no fold
Lines = list[str]
T = TypeVar("T")


def esc(text: str) -> str:
    """The text in the language that is being spoken, with nothing in it that Markdown would obey."""
    return escape_markdown(tr(text))


def full(report: Report) -> str:
    """The whole report in GitHub-flavoured Markdown; of HTML only `<details>`.

    Where it would be longer than 60 KB, long tables are cut, then the findings, and each cut says what it left out.
    """
    reading = Reading(report)
    head, findings, tail = _parts(reading)
    for rows, most in FITS:
        told = findings[:most] if most else findings
        left = len(findings) - len(told)
        more = f"... and {words.plural(left, 'more finding')}: all are in report.json and report.html."
        lines = [*head, *(line for one in told for line in one), *([more, ""] if left else []), *tail]
        text = _text(_cut(lines, rows))
        if len(text.encode()) <= SUMMARY_BYTES:
            return text
    return _ended(text)


def _parts(reading: Reading) -> tuple[Lines, list[Lines], Lines]:
    """What stands before the findings, each finding, and what stands after them."""
    report = reading.report
    head = [*_head(reading), *_areas(reading), "## Findings", ""]
    if not reading.findings:
        head += [
            "No rule fails or is unsure, but for what is waived below."
            if reading.waived
            else "No rule fails and none is unsure. That says only that these rules found nothing in these rows.",
            "",
        ]
    lines = ["## What was measured", ""]
    for result in reading.results:
        lines += _audit(result)
    lines += [*_section("Rules that hold", holding_table(reading), "No rule holds."), *_missing(reading)]
    lines += [*_waived(report), *_changes(report), *_law(report), *_scores(reading)]
    lines += ["## What this audit cannot see", ""]
    for name, paragraphs in cannot_see(reading):
        lines += [f"### {esc(name)}", "", *(line for p in paragraphs for line in (esc(p), ""))]
    lines += ["## Provenance", "", *(f"- **{esc(k)}**: {code(v)}" for k, v in provenance(report) if v), ""]
    return head, [_finding(found) for found in reading.findings], lines


def _cut(lines: Lines, most: int) -> Lines:
    """The lines with every table of more rows cut, and a word on where the rest is."""
    kept: Lines = []
    rows = 0
    for line in [*lines, ""]:
        inside = line.startswith("|")
        rows = rows + 1 if inside else rows
        if not inside and rows - 2 > most:
            kept += ["", f"{most} of {rows - 2:,} rows; all are in report.json."]
        rows = rows if inside else 0
        if not inside or rows - 2 <= most:
            kept.append(line)
    return kept


def _ended(text: str) -> str:
    """A text that nothing else could shorten, ended at a section."""
    told = "\n\n... the rest does not fit into 60 KB; it is in report.json and report.html.\n"
    room = text.encode()[: SUMMARY_BYTES - len(told)].decode(errors="ignore")
    whole = room[: room.rfind("\n## ")]
    return whole + "\n</details>" * (whole.count("<details>") - whole.count("</details>")) + told


def summary(report: Report) -> str:
    """The verdict, the areas, the worst findings and the gaps, 60 KB at most; what is left out is counted."""
    reading = Reading(report)
    lines = [*_head(reading), *_areas(reading)]
    lines += _fitting(reading.findings, _short, "finding", lines, SUMMARY_BYTES * 3 // 4)
    if report.baseline is not None:
        lines += ["", f"**Since the baseline**: {tally(report.baseline)}"]
    told = [
        esc(f"waived until {v.waived.expires}: {v.rule}, {v.finding}") for v in reading.verdicts if v.waived
    ]
    if told:
        lines += ["", "**Waived**:", ""]
        lines += _fitting(told, lambda one: [f"- {one}"], "waived finding", lines, SUMMARY_BYTES * 4 // 5)
    if reading.gaps:
        lines += ["", "**Not assessed**:", ""]
        lines += _fitting(
            reading.gaps, lambda g: [f"- {', '.join(map(code, g.rules or (g.area,)))}: {esc(g.reason)}"],
            "gap", lines, SUMMARY_BYTES - 600,
        )  # fmt: skip
    lines += [
        "",
        "The whole report is in `report.html` and `report.md`; `report.json` is the source of truth.",
        "",
    ]
    return _text(lines)


def _head(reading: Reading) -> Lines:
    """Title and verdict."""
    report = reading.report
    lines = [
        f"# {reading.headline}: risk audit of {esc(report.subject.name)}",
        "",
        f"**{esc(re.sub('  +', ' ', reading.line))}**.",
        "",
        f"On {esc(report.data.name)}, {words.plural(report.data.rows, 'row')}; rulebook {esc(report.rulebook.name)}; seed {report.seed}.",
        "",
    ]
    return [*lines, "An unsure rule counts as failed (strict).", ""] if report.gate.strict else lines


def _areas(reading: Reading) -> Lines:
    """The areas and their scores."""
    rows = [
        (
            a.name, words.score(a.score.value), words.score_range(a.score.low, a.score.high),
            str(a.fails), str(a.unsure), str(a.missing), str(a.holds),
        )
        for a in reading.areas
    ]  # fmt: skip
    if not rows:
        return []
    head = ("area", "score", "range", "failed", "unsure", "not assessed", "hold")
    made = table("", head, rows, right=range(1, 7))
    return [
        *grid(made),
        "",
        "Scores: 100 = no risk found, 50 = at the limit; the headline is the worst area.",
        "",
    ]


def _finding(found: Finding) -> Lines:
    """One finding with everything that belongs to it."""
    rule = found.rule
    lines = [
        f"### {esc(found.word)}: {esc(found.title)}",
        "",
        f"- **Rule**: {code(found.verdict.rule)}",
        f"- **Where**: {esc(found.pieces)}",
        f"- **Value**: {esc(found.numbers)}",
        f"- **Limit**: {esc(found.limit)}",
        f"- **{found.sure.capitalize()}**: {esc(found.why)}",
    ]
    if rule:
        lines += [f"- **Why it matters**: {esc(rule.why)}", f"- **What to do**: {esc(rule.remedy)}"]
    lines += [
        f"- **Reproduce**: {code(found.command)}",
        f"- **Explain**: {code('riskaudit explain ' + found.verdict.rule)}",
        "",
    ]
    return lines + ([*grid(group_table(found)), ""] if found.groups else [])


def _short(found: Finding) -> Lines:
    """One finding in two lines."""
    return [
        f"- **{esc(found.word)}** {code(found.verdict.rule)}: {esc(found.title)}  ",
        f"  {esc(found.pieces)} · {esc(found.numbers)} · {tr('limit')} {esc(found.number.limit)}",
    ]


def _fitting(things: Iterable[T], told: Callable[[T], Lines], noun: str, before: Lines, most: int) -> Lines:
    """As many things as fit into so many bytes, and how many do not."""
    lines: Lines = []
    room = most - len(_text(before).encode())
    every = list(things)
    for at, thing in enumerate(every):
        made = told(thing)
        room -= len(_text(made).encode())
        if room < 0:
            return [
                *lines,
                "",
                f"... and {words.plural(len(every) - at, 'more ' + noun)} in the whole report.",
            ]
        lines += made
    return lines


def _audit(result: AuditResult) -> Lines:
    """One audit: question, exhibits as tables, measures."""
    lines = [f"### {esc(result.audit)}", "", esc(result.question), ""]
    if result.status != "measured":
        lines += [f"Not assessed: {esc(absence(result))}", ""]
    for exhibit in result.exhibits:
        lines += _exhibit(exhibit)
    inner = [line for t in measure_tables(result) for line in (f"**{esc(t.caption)}**:", "", *grid(t), "")]
    return lines + (_details(f"All measures ({len(result.measures)})", inner) if inner else [])


def _exhibit(exhibit: Exhibit) -> Lines:
    """A picture as its sentence and its data; a short table as it is, for it is what is to be read."""
    told = " ".join(filter(None, (exhibit.caption, _sentence(exhibit))))
    made = exhibit_table(exhibit)
    data = [*grid(made), ""]
    open_ = exhibit.kind == "table" and len(made.rows) <= SHORT
    return [f"**{esc(exhibit.title)}**:", "", esc(told), "", *(data if open_ else _details("Data", data))]


def _sentence(exhibit: Exhibit) -> str:
    """What the picture would show; nothing for a table or an empty one."""
    return svg.describe(exhibit) if svg.drawable(exhibit) else ""


def _missing(reading: Reading) -> Lines:
    """What was not assessed."""
    lines = _section("Not assessed", gap_table(reading), "Every rule found what it needed.")
    made = unmeasured_table(reading)
    return lines + (
        _details(f"Numbers that could not be measured ({len(made.rows)})", [*grid(made), ""])
        if made.rows
        else []
    )


def _waived(report: Report) -> Lines:
    """What is let be, and the waivers that speak up."""
    notes = [f"- {esc(told)}" for told in waiver_notes(report)]
    lines = _section("Waived", waived_table(report), "Nothing is waived: each finding above counts.")
    return [*lines, *notes, ""] if notes else lines


def _changes(report: Report) -> Lines:
    """What changed since the baseline."""
    if report.baseline is None:
        return ["## Change since the baseline", "", "No baseline was given, so nothing is compared.", ""]
    lines = _section("Change since the baseline", change_table(report.baseline), "Nothing has changed.")
    return [*lines[:2], esc(change_words(report.baseline)), "", *lines[2:]]


def _law(report: Report) -> Lines:
    """Points of laws and standards, and rules that were changed; nothing where there are none."""
    lines: Lines = []
    for title, made in (
        ("Points of law and standards", clause_table(report)),
        ("Changed rules", override_table(report)),
    ):
        lines += _section(title, made, "") if made.rows else []
    if ll144.asked_for(report):
        lines += ["## Local Law 144", "", esc(ll144.verdict_on_name(report)), ""]
        lines += [line for t in ll144.sheets(report) for line in (f"**{esc(t.caption)}**:", "", *grid(t), "")]
    return lines


def _scores(reading: Reading) -> Lines:
    """Every area's arithmetic."""
    lines = [
        "## Scores, with their arithmetic", "",
        "Each rule's value becomes 0 to 100 by two anchors: its ideal is 100, its limit 50, twice the distance 0. A rule "
        "counts with its worst slice; an area is the mean of its rules, weighted by severity.", "",
    ]  # fmt: skip
    return lines + [
        line for t in score_tables(reading) for line in (f"**{esc(t.caption)}**:", "", *grid(t), "")
    ]


def _section(title: str, made: Table, empty: str) -> Lines:
    """A heading with a table, or a sentence where there is none."""
    return [f"## {title}", "", *(grid(made) if made.rows else [empty]), ""]


def _details(title: str, lines: Lines) -> Lines:
    """What opens on a click."""
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "</details>", ""]


def grid(made: Table) -> Lines:
    """A table as GitHub draws it."""
    rule = ["---:" if right else "---" for right in made.right]
    lines = [_row(map(esc, made.head)), _row(rule), *(_row(map(_cell, row)) for row in made.rows)]
    notes = [f"{'; '.join(map(esc, made.notes))}."] if made.notes else []
    more = [made.more] if made.more else []
    return [*lines, *(line for told in (*notes, *more) for line in ("", told))]


def _row(cells: Iterable[str]) -> str:
    """One row."""
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _cell(cell: Cell) -> str:
    """One cell, its smaller text in brackets."""
    return esc(cell.text) + (f" ({esc(cell.small)})" if cell.small else "")


def _text(lines: Sequence[str]) -> str:
    """Lines as a text that ends with one line break, never two empty lines in a row."""
    told = lines if spoken() == ENGLISH else [_frame(line) for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(told)).strip("\n") + "\n"


_FRAMES = re.compile(r"^(#+ |- \*\*|\*\*|<summary>|)(.*?)(\*\*: .*|\*\*:?|</summary>|)$")


def _frame(line: str) -> str:
    """A line's own words (heading, label, sentence) in the language that is being spoken; what `esc` told stays."""
    if line.startswith(("|", "```", "<details", "</details")) or re.search(
        "[\u4e00-\u9fff]{4}", line.partition("**: ")[0]
    ):
        return line
    match = _FRAMES.match(line)
    if match is None or (match[1] == "- **" and not match[3]):
        return line
    return f"{match[1]}{tr(match[2])}{match[3]}"
