"""Terminal: findings that read like a good compiler's, then areas, then one verdict line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.findings import Area, Finding, Gap, words_of
from riskaudit.writers.reading import Reading

SHOWN = 12
SLICES = 3  # of one rule; the rest is counted
NARROWEST = 24
_CODES = {"fail": "1;31", "unsure": "1;33", "missing": "1;36", "pass": "1;32", "faint": "2", "bold": "1"}


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What the reader's terminal can do; lines leave through it wrapped, harmless and in its letters."""

    width: int = 80
    colour: bool = False
    ascii_only: bool = False

    def line(self, text: str, *, hang: int = 0, head: str = "", kind: str = "") -> list[str]:
        """One line of text, wrapped with a hanging indent; its head (where it starts so) in a colour."""
        head = self.fit(head)
        lines = _wrap(self.fit(text), max(self.width, NARROWEST), hang)
        if head and lines[0].startswith(head):
            lines[0] = self.paint(head, kind) + lines[0][len(head) :]
        return lines

    def fit(self, text: str) -> str:
        """The text without anything a terminal obeys, its leading blanks kept, in ASCII where that is asked."""
        indent = len(text) - len(text.lstrip(" "))
        clean = " " * indent + words.printable(text).strip().replace("\n", " ").replace("\t", " ")
        return words.ascii_words(clean) if self.ascii_only else clean

    def paint(self, text: str, kind: str) -> str:
        """The text in a colour; as it is where there is none to be had."""
        return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if self.colour and kind else text


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
    for gap in reading.gaps[:SHOWN]:
        lines += [*_gap(gap, screen), ""]
    lines += _rest(len(reading.gaps) - SHOWN, "gap", screen, report_path)
    if reading.areas:
        lines += [*_areas(reading.areas, screen), ""]
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
        ("help", f"riskaudit explain {found.verdict.rule}"),
    ):
        told += screen.line(f"  = {name}: {text}", hang=6, head=f"  = {name}:", kind="faint")
    return told


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
    """The verdict line; a new line for each reason that is neither a finding nor a gap above."""
    kind = {0: "pass", 1: "fail"}.get(reading.report.gate.code, "missing")
    lines = screen.line(reading.line, hang=2, head=reading.headline, kind=kind)
    return lines + (
        screen.line("strict: an unsure rule counts as failed") if reading.report.gate.strict else []
    )


def _next(reading: Reading, screen: Screen, report_path: str) -> list[str]:
    """Where to read on and what to type."""
    lines = screen.line(f"Report  {report_path}", hang=8) if report_path else []
    if report_path and reading.findings:
        lines += screen.line(f"Next    riskaudit explain {reading.findings[0].verdict.rule}", hang=8)
    return lines


def side_by_side(
    before: Report,
    after: Report,
    *,
    names: tuple[str, str] = ("before", "after"),
    cost: Iterable[str] = (),
    colour: bool = False,
    width: int = 80,
    ascii_only: bool = False,
) -> str:
    """Two reports beside each other: scores, then every judged measure that both have, then what it cost.

    Parameters
    ----------
    before, after : Report
    names : (str, str)
        The columns' titles.
    cost : iterable of str
        Lines below the table: what the mending cost.
    """
    screen = Screen(width=width, colour=colour, ascii_only=ascii_only)
    old, new = Reading(before), Reading(after)
    scores = [(f"score: {a}", _area_word(old, a), _area_word(new, a)) for a in _joint(old, new)]
    rows = [("verdict", f"{old.headline} {old.exit}", f"{new.headline} {new.exit}"), *scores]
    lines = table(("", *names), [*rows, *_pairs(old, new)], screen, left=3)
    told = list(cost)
    if told:
        lines += ["", *screen.line("What it cost", head="What it cost", kind="bold")]
        lines += [line for text in told for line in screen.line(f"  {text}", hang=4)]
    return "\n".join(lines) + "\n"


def _joint(old: Reading, new: Reading) -> list[str]:
    """The areas that both reports score."""
    return [a.name for a in old.areas if a.name in new.report.all_scores]


def _area_word(reading: Reading, area: str) -> str:
    """An area's score with its range."""
    score = reading.report.all_scores[area]
    extent = words.score_range(score.low, score.high)
    return words.score(score.value) + (f" ({extent})" if extent else "")


def _pairs(old: Reading, new: Reading) -> list[tuple[str, str, str]]:
    """The worst slice of every rule in both reports, its status in a word."""
    sides = [_worst(old), _worst(new)]
    return [
        (_name(found), _status(found), _status(sides[1][rule]))
        for rule, found in sides[0].items()
        if rule in sides[1] and found.measure
    ]


def _worst(reading: Reading) -> dict[str, Finding]:
    """The finding with the lowest score of each rule, in the rulebook's order."""
    worst: dict[str, Finding] = {}
    for found in (*reading.findings, *reading.holding):
        kept = worst.get(found.verdict.rule)
        if kept is None or (found.verdict.score or 0) < (kept.verdict.score or 0):
            worst[found.verdict.rule] = found
    order = [v.rule for v in reading.verdicts]
    return dict(sorted(worst.items(), key=lambda item: order.index(item[0])))


def _name(found: Finding) -> str:
    """A measure's name in words for the table's first column."""
    return words_of(found.measure.name) if found.measure else found.verdict.rule


def _status(found: Finding) -> str:
    """A number with its interval and its verdict's word."""
    word = {"fail": "fails", "warn": "unsure", "pass": "holds"}.get(found.verdict.outcome, words.NOT_ASSESSED)
    extent = f" ({found.number.interval})" if found.number.interval else ""
    return f"{found.number.value}{extent} {word}"


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    screen: Screen,
    *,
    drop: Sequence[str] = (),
    left: int = 1,
) -> list[str]:
    """A table without lines: the first columns to the left, the rest to the right.

    Columns named in `drop` go in that order until the table fits; then the first column is cut.
    """
    kept = list(range(len(titles)))
    grid = [[screen.fit(c) for c in row] for row in (titles, *rows)]
    for title in ("", *drop):
        kept = [c for c in kept if titles[c] != title or not title]
        widths = {c: max(words.cells(row[c]) for row in grid) for c in kept}
        spare = screen.width - sum(widths.values()) - 2 * (len(kept) - 1)
        if spare >= 0:
            break
    widths[0] = max(widths[0] + min(spare, 0), 8)
    if sum(widths.values()) + 2 * (len(kept) - 1) > max(screen.width, NARROWEST):
        return _stacked(grid, screen)
    return [_row([row[c] for c in kept], [widths[c] for c in kept], left, screen) for row in grid]


def _stacked(grid: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    """A table too wide for the screen, one row under the other."""
    lines: list[str] = []
    for row in grid[1:]:
        lines += screen.line(row[0])
        lines += [
            li for t, c in zip(grid[0][1:], row[1:], strict=True) for li in screen.line(f"  {t}: {c}", hang=4)
        ]
    return lines


def _row(texts: Sequence[str], widths: Sequence[int], left: int, screen: Screen) -> str:
    """One row, each cell padded to its column."""
    made = []
    for at, (text, width) in enumerate(zip(texts, widths, strict=True)):
        short = words.shorten(text, width, "..." if screen.ascii_only else "\u2026")
        pad = " " * (width - words.cells(short))
        made.append(short + pad if at < left else pad + short)
    return "  ".join(made).rstrip()


def _wrap(text: str, width: int, hang: int) -> list[str]:
    """Text in lines of a width, the later ones indented; a word longer than a line is broken."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    lines, line = [], indent
    for word in text[len(indent) :].split(" "):
        gap = " " if line.strip() else ""
        if line.strip() and words.cells(line + gap + word) > width:
            lines.append(line.rstrip())
            line, gap = " " * hang, ""
        line += gap + word
        while words.cells(line) > width:
            cut = _fitting(line, width)
            lines.append(line[:cut])
            line = " " * hang + line[cut:]
    return [*lines, line.rstrip()]


def _fitting(line: str, width: int) -> int:
    """How many letters of a line fit into a width; one more than its indent at least."""
    at = len(line)
    while at > 1 and words.cells(line[:at]) > width:
        at -= 1
    return at
