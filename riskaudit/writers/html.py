"""HTML: the whole report in one file, without script or request, readable even without its style."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from riskaudit.measure import Exhibit
from riskaudit.report import AuditResult, Report
from riskaudit.writers import ll144, svg, words
from riskaudit.writers.changes import (
    change_table,
    change_words,
    clause_table,
    override_table,
    waived_table,
    waiver_notes,
)
from riskaudit.writers.findings import Area, Finding
from riskaudit.writers.limits import cannot_see
from riskaudit.writers.reading import Reading, absence
from riskaudit.writers.svg.limit import limit as limit_picture
from riskaudit.writers.svg.limit import score_bar
from riskaudit.writers.svg.palette import LIGHT, stylesheet
from riskaudit.writers.tables import (
    Table,
    cut,
    exhibit_table,
    finding_table,
    gap_table,
    holding_table,
    measure_tables,
    provenance,
    rest_table,
    score_tables,
    unmeasured_table,
)
from riskaudit.writers.whatif import measured

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

KIND = {"fail": "fail", "warn": "unsure", "pass": "pass", "missing": "missing"}
GATE_KIND = {0: "pass", 1: "fail"}
LONGEST = 8_000  # letters of one text
WIDEST = 14  # columns of a table that can be set to the right
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Article:
    """A finding on its page: anchor, facts, picture, table."""

    found: Finding
    anchor: str
    kind: str
    facts: list[tuple[str, str]]
    picture: Markup
    table: Table
    whatif: Sequence[str]
    seen_at: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An exhibit on its page."""

    id: str
    title: str
    caption: str
    picture: Markup
    table: Table
    wide: bool


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One audit's part of the page."""

    name: str
    anchor: str
    question: str
    status: str
    reason: str
    figures: list[Figure]
    tables: list[Table]
    count: int


@dataclass(frozen=True, kw_only=True)
class Card:
    """An area's score on the first screen, and where its audit is told."""

    name: str
    anchor: str
    score: str
    range: str
    bar: Markup
    counts: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much of a report one page takes: findings told at length, pictures and tables an audit, rows a table."""

    findings: int
    pictures: int
    rows: int


ROOMS = tuple(
    Room(findings=f, pictures=p, rows=r)
    for f, p, r in ((150, 60, 300), (80, 30, 60), (40, 12, 25), (20, 4, 12))
)
CAP = 2_000_000  # bytes: beyond it a page is slow to open and cannot be sent by mail


def page(report: Report) -> str:
    """The report as one HTML page of 2 MB at most: a larger one leaves out more, and says so."""
    reading = Reading(report)
    for room in ROOMS:
        text = _page(reading, room)
        if len(text.encode()) <= CAP:
            break
    return text


def _page(reading: Reading, room: Room) -> str:
    """The page with what there is room for."""
    report, style = reading.report, _style()
    names = _figure_names(reading)
    articles = _articles(reading, names, room)
    return _template().render(
        report=report, reading=reading, gate=report.gate, run=report.run, subject=report.subject, data=report.data,
        rulebook=report.rulebook, palette=LIGHT, number=words.count, style=_markup(style), style_hash=style_hash(style),
        gate_kind=GATE_KIND.get(report.gate.code, "missing"), say=_say(reading), counts=_counts(reading),
        started=report.run.started.replace("T", " ").replace("Z", " UTC").replace("+00:00", " UTC"), contents=_contents(reading),
        cards=[_card(area, reading) for area in reading.areas], findings=articles, findings_lead=_lead(reading),
        more_findings=cut(rest_table(reading.findings[room.findings :]), room.rows), left_out=_left_out(reading, room),
        audits=[_audit(result, at, names, room) for at, result in enumerate(reading.results)],
        holding=cut(holding_table(reading), room.rows), gaps=cut(gap_table(reading), room.rows),
        unmeasured=cut(unmeasured_table(reading), room.rows),
        waived=cut(waived_table(report), room.rows), waiver_notes=waiver_notes(report), overrides=override_table(report), clauses=clause_table(report),
        sheets=ll144.sheets(report) if ll144.asked_for(report) else [],
        sheet_name=ll144.verdict_on_name(report) if ll144.asked_for(report) else "",
        changes=cut(change_table(report.baseline), room.rows) if report.baseline else None,
        change_words=change_words(report.baseline) if report.baseline else "",
        scores=[cut(made, room.rows) for made in score_tables(reading)], sources=_sources(report), cannot=cannot_see(reading), provenance=provenance(report),
    )  # fmt: skip


def style_hash(style: str) -> str:
    """The hash by which the page's own policy lets its one style block in."""
    return base64.b64encode(sha256(style.encode()).digest()).decode()


def anchor(key: str, taken: set[str]) -> str:
    """A finding's anchor: its key where that can stand in a link, else shortened with a hash of the whole key."""
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", key).strip("-")[:80]
    base = slug if slug == key else f"{slug}-{sha256(key.encode()).hexdigest()[:6]}"
    name, again = base, 1
    while name in taken:
        again += 1
        name = f"{base}-{again}"
    taken.add(name)
    return name


@cache
def _style() -> str:
    """The style sheet, palette first, without line breaks."""
    right = ",".join(f".a{at}>*>tr>:nth-child({at})" for at in range(1, WIDEST + 1))
    css = stylesheet() + right + "{text-align:right}" + (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "", css)


@cache
def _template() -> Template:
    """The page's template; everything printed is cleaned and then escaped."""
    environment = _environment()
    return environment.from_string((TEMPLATES / "report.html.j2").read_text(encoding="utf-8"))


def _environment() -> Environment:
    """Jinja with escaping always on, undefined names an error, and control characters taken out of every text."""
    from jinja2 import Environment, StrictUndefined

    return Environment(autoescape=True, undefined=StrictUndefined, finalize=_finalize, trim_blocks=False)


def _finalize(value: object) -> object:
    """Text without what is not text, and no longer than anybody reads; markup of our own as it is."""
    if type(value) is not str:
        return value
    text = words.printable(value)
    return (
        text
        if len(text) <= LONGEST
        else f"{text[:LONGEST]}\u2026 ({len(text):,} letters; all are in report.json)"
    )


def _markup(text: str) -> Markup:
    """Our own markup, its strangers' strings escaped where it was made."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 -- made by svg/ and report.css only; tests feed both hostile strings


def _say(reading: Reading) -> str:
    """The verdict in two sentences."""
    counts = reading.counts
    judged = counts["failed"] + counts["unsure"] + counts["holding"]
    told = ["Nothing could be judged"]
    if judged:
        told = [f"{counts['failed']} of {words.count(judged)} judged limits {_verb(counts['failed'])}"]
    if counts["unsure"]:
        told.append(f"{counts['unsure']} {'is' if counts['unsure'] == 1 else 'are'} unsure")
    if counts["missing"]:
        told.append(f"{counts['missing']} could not be assessed")
    strict = " An unsure one counts as failed (--strict)." if reading.report.gate.strict else ""
    return f"{', '.join(told)}. {reading.worst[0].upper()}{reading.worst[1:]}.{strict}"


def _verb(n: int) -> str:
    return "fails" if n == 1 else "fail"


def _counts(reading: Reading) -> list[tuple[str, int, str, str]]:
    """The counts of the first screen: sign, number, word, where to read."""
    counts = reading.counts
    return [
        ("fail", counts["failed"], "failed", "s-findings"),
        ("unsure", counts["unsure"], "unsure", "s-findings"),
        ("missing", counts["missing"], "not assessed", "s-missing"),
        ("waived", counts["waived"], "waived", "s-waived"),
        *([("waived", counts["known"], "known", "s-change")] if reading.report.baseline else []),
        ("pass", counts["holding"], "hold", "s-holds"),
    ]


def _contents(reading: Reading) -> list[tuple[str, str]]:
    """The page's sections."""
    return [
        ("s-findings", "Findings"), ("s-audits", "What was measured"), ("s-holds", "Rules that hold"),
        ("s-missing", "Not assessed"), ("s-waived", "Waived"), ("s-change", "Change"),
        *([("s-law", "Law and standards")] if reading.report.clauses else []), ("s-scores", "Scores"),
        ("s-cannot", "What it cannot see"), ("s-provenance", "Provenance"),
    ]  # fmt: skip


def _card(area: Area, reading: Reading) -> Card:
    """One area's card."""
    audits = [result.audit for result in reading.results]
    score = area.score
    counts = (
        (area.fails, "failed"),
        (area.unsure, "unsure"),
        (area.missing, "not assessed"),
        (area.holds, "hold"),
    )
    extent = words.score_range(score.low, score.high)
    return Card(
        name=area.name,
        anchor=f"audit-{audits.index(area.name)}" if area.name in audits else "",
        score=words.score(score.value),
        range="not assessed in full"
        if score.value is None
        else f"of 100{f', range {extent}' if extent else ''}",
        bar=_markup(score_bar(score.value, score.low, score.high)),
        counts=" · ".join(f"{n} {word}" for n, word in counts if n) or "no rule",
    )


def _lead(reading: Reading) -> str:
    """What stands above the findings."""
    if not reading.findings and reading.waived:
        return "No rule fails or is unsure, but for what is waived below."
    if not reading.findings:
        return (
            "No rule fails and none is unsure. That says only that these rules found nothing in these rows."
        )
    return "Worst first: what fails, then what the interval leaves open. The shaded side of each picture is beyond the limit."


def _figure_names(reading: Reading) -> dict[int, str]:
    """Each exhibit's anchor, made of its name: it stays the same between runs. By identity: a plugin may repeat names."""
    taken: set[str] = set()
    return {id(e): anchor(f"x-{e.name}", taken) for result in reading.results for e in result.exhibits}


def _left_out(reading: Reading, room: Room) -> str:
    """What this page has no room for; empty where it shows all."""
    findings = len(reading.findings) - room.findings
    pictures = sum(max(0, len(result.exhibits) - room.pictures) for result in reading.results)
    told = [words.plural(n, noun) for n, noun in ((findings, "finding"), (pictures, "picture")) if n > 0]
    short = f", and tables end after {room.rows} rows" if room is not ROOMS[0] else ""
    if not told and not short:
        return ""
    what = f"leaves out {' and '.join(told)}" if told else "is shortened"
    return f"This report is too large for one page. The page {what}{short}; all of it is in report.json."


def _sources(report: Report) -> list[tuple[str, str]]:
    """The text of the rulebooks that are not shipped with riskaudit, its first 8,000 letters."""
    return [
        (s.name, words.shorten(s.text, 8000))
        for s in report.rulebook.sources
        if s.name.endswith((".yaml", ".yml"))
    ]


def _articles(reading: Reading, names: dict[int, str], room: Room) -> list[Article]:
    """Every finding with its anchor."""
    taken: set[str] = {"main", "verdict"}
    made = []
    for at, found in enumerate(reading.findings[: room.findings]):
        name = anchor(found.verdict.key, taken)
        tried = measured(reading.results, found)
        made.append(
            Article(
                found=found, anchor=name, kind=KIND[found.verdict.outcome], facts=_facts(found),
                picture=_markup(_limit(found, f"l{at}")), table=finding_table(found),
                whatif=tried.told if tried else (), seen_at=names[id(tried.exhibit)] if tried else "",
            )
        )  # fmt: skip
    return made


def _facts(found: Finding) -> list[tuple[str, str]]:
    """What a finding rests on, name by name."""
    interval = found.measure.interval if found.measure else None
    return [
        ("Where", found.pieces),
        (found.label[:1].upper() + found.label[1:], found.number.value),
        (
            f"{found.number.level} interval",
            f"{found.number.interval} ({interval.method})" if interval else "",
        ),
        ("n", found.n),
        ("Limit", found.limit),
        (found.sure.capitalize(), found.why),
        ("Baseline", found.change),
        ("Note", found.measure.note if found.measure and interval else ""),
    ]


def _limit(found: Finding, name: str) -> str:
    """The interval against its limit."""
    if found.rule is None or found.measure is None or found.measure.value is None:
        return ""
    return limit_picture(
        name, found.rule, found.measure.value, found.measure.interval, found.number, found.verdict.outcome
    )


def _audit(result: AuditResult, at: int, names: dict[int, str], room: Room) -> Audit:
    """One audit: question, pictures, tables."""
    tables = [cut(made, room.rows) for made in measure_tables(result)[: room.pictures]]
    return Audit(
        name=result.audit, anchor=f"audit-{at}", question=result.question,
        figures=[_figure(exhibit, names[id(exhibit)], room) for exhibit in result.exhibits[: room.pictures]],
        status="failed" if result.status == "failed" else "not applicable",
        reason="" if result.status == "measured" else absence(result),
        tables=tables, count=len(result.measures),
    )  # fmt: skip


def _figure(exhibit: Exhibit, name: str, room: Room) -> Figure:
    """One exhibit: its picture where it has one, its sentence, its table."""
    made = cut(exhibit_table(exhibit), room.rows)
    drawn = svg.draw(exhibit, name)
    return Figure(
        id=name, title=exhibit.title, picture=_markup(drawn), table=made,
        caption=" ".join(filter(None, (exhibit.caption, svg.omitted(exhibit)))),
        wide=not drawn and _is_wide(made),
    )  # fmt: skip


def _is_wide(made: Table) -> bool:
    """Whether a table needs both columns of the page."""
    return len(made.head) > 5 or any(len(cell.text) > 90 for row in made.rows for cell in row)
