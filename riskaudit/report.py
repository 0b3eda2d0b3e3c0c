"""Report: measures, exhibits and verdicts as one plain document, the same in JSON and in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, ValidationError, model_validator

from riskaudit.errors import InputError
from riskaudit.measure import Document, Exhibit, Interval, Measure, Number
from riskaudit.rulebook import Rulebook, Severity, Source, Task
from riskaudit.waivers import Waiver

SCHEMA_VERSION = "1.2"
SCHEMA_URI = "urn:riskaudit:schema:report:1"

Status = Literal["measured", "not_applicable", "failed"]
Outcome = Literal["pass", "warn", "fail", "missing"]
GateName = Literal["pass", "fail", "incomplete"]
State = Literal["new", "worse", "same", "better", "fixed", "gone"]
EXIT_CODES: dict[int, tuple[str, str]] = {
    0: ("pass", "every required audit was assessed and every rule holds (or is waived)"),
    1: ("fail", "judged, and a rule fails (with --strict, also an unsure one)"),
    2: ("usage", "bad flag, unknown key, malformed rules; nothing was audited"),
    3: ("incomplete", "something required is not assessed; the report is still written"),
    4: ("input", "model or data cannot be read, or is refused as unsafe"),
    70: ("internal", "a bug in riskaudit"),
    130: ("interrupted", "Ctrl-C"),
}


class AuditResult(Document):
    """What one audit found, or why it found nothing."""

    audit: str
    question: str = ""
    cannot_see: str = ""
    status: Status
    reason: str = ""
    measures: tuple[Measure, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


class Verdict(Document):
    """What one rule says of one measure.

    `sure` is False where the interval straddles the limit. `score` is 0..100 (100 = no risk found), with
    the range that the interval gives. `rows_to_decide` is how many rows would bring the interval to one
    side, where that can be said.

    `fingerprint` names the verdict from one run to the next: rule, measure, slice and role of the rows, no
    value, path or time. `waived` is the waiver that lets a finding be, `known` says that the baseline has the
    finding already and it is no worse: both leave outcome and score as they are, and the gate lets it pass.
    """

    rule: str
    area: str
    severity: Severity
    outcome: Outcome
    sure: bool
    measure: Measure | None = None
    score: FiniteFloat | None = None
    score_low: FiniteFloat | None = None
    score_high: FiniteFloat | None = None
    rows_to_decide: int | None = None
    finding: str
    reason: str
    fingerprint: str = ""
    waived: Waiver | None = None
    known: bool = False

    @property
    def excused(self) -> bool:
        """Whether the gate lets this finding be: waived, or known from the baseline and no worse."""
        return self.waived is not None or self.known

    @property
    def key(self) -> str:
        """A name for this verdict that stays the same between runs: rule and slice, no values."""
        where = self.measure.where if self.measure else {}
        return "-".join(
            [
                self.rule,
                *(f"{k}-{v}" for k, v in sorted(where.items()) if k in ("attribute", "column", "group")),
            ]
        )

    @property
    def metered(self) -> bool:
        """Whether a clock or an energy meter made the judged number."""
        return bool(self.measure and self.measure.metered)


class Term(Document):
    """One rule's part in an area's score."""

    rule: str
    weight: int
    score: FiniteFloat | None


class Score(Document):
    """An area's score, 0..100, 100 = no risk found; None where a rule of it is not assessed."""

    value: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    terms: tuple[Term, ...]


class WaiverNote(Document):
    """A waiver that does not hold, or excuses nothing: it speaks up."""

    waiver: Waiver
    state: Literal["expired", "void", "unmatched", "unneeded"]
    told: str


class Waivers(Document):
    """The waivers that were applied: their whole text, and those that speak up."""

    sources: tuple[Source, ...]
    notes: tuple[WaiverNote, ...] = ()


class Entry(Document):
    """One verdict as a baseline keeps it.

    What was `waived` then needs its waiver still. `metered` numbers are a clock's or a meter's. `behind` are the
    groups that a widest gap does not name and that are beyond its limit too, with their number.
    """

    fingerprint: str
    rule: str
    measure: str
    where: dict[str, str] = {}
    outcome: Outcome
    value: Number | None = None
    interval: Interval | None = None
    n: int = 0
    unit: str = ""
    waived: bool = False
    metered: bool = False
    behind: dict[str, Number] = {}


class Change(Document):
    """One verdict then and now.

    `new`: a finding that was none before. `worse`, `better`: the number moved beyond the tolerance and beyond
    noise. `same`: it did not. `fixed`: a finding then, none now. `gone`: judged then, not judged now.
    `difference` is now minus then, with its interval.
    """

    state: State
    rule: str
    where: dict[str, str] = {}
    before: Entry | None = None
    after: Entry | None = None
    difference: FiniteFloat | None = None
    interval: Interval | None = None
    note: str = ""


class Baseline(Document):
    """What the report is held against, and what changed since.

    `tolerance` is a share of the way from a rule's ideal to its limit. `strict` makes a number that got worse
    fail even where its rule still holds.
    """

    name: str
    sha256: str
    written: str = ""
    subject: str = ""
    subject_sha256: str | None = None
    data: str = ""
    data_sha256: str | None = None
    rulebook: str = ""
    task: Task
    tolerance: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    strict: bool = False
    changes: tuple[Change, ...] = ()


class Clause(Document):
    """One point of a law or standard: filled by evidence, by what somebody stated, or to be provided."""

    id: str
    title: str
    source: str
    status: Literal["evidence", "stated", "to be provided"]
    evidence: tuple[str, ...] = ()
    said: str = ""
    provider: str = ""
    required: bool = False
    note: str = ""


class Gate(Document):
    """The exit code and how it came about; `waived` and `known` count the findings that it let be."""

    code: int
    name: GateName
    strict: bool = False
    fail_on: Severity = "low"
    reasons: tuple[str, ...] = ()
    waived: int = 0
    known: int = 0

    @model_validator(mode="after")
    def _code_is_name(self) -> Gate:
        if EXIT_CODES.get(self.code, ("",))[0] != self.name:
            raise ValueError(f"exit code {self.code} is not called '{self.name}'")
        return self


class SubjectCard(Document):
    """The model that was audited."""

    name: str
    kind: str
    sha256: str | None
    task: Task
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    learner: str = ""
    training: dict[str, str | int | FiniteFloat | None] = {}


class DataCard(Document):
    """The rows it was audited on."""

    name: str
    sha256: str | None
    rows: int
    members: int | None = None
    members_name: str = ""
    members_sha256: str | None = None
    target: str
    positive: str = ""
    favourable: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    control: str = ""
    weight: str = ""
    notes: tuple[str, ...] = ()


class GitState(Document):
    """The commit that was checked out where the audit ran; `dirty` where tracked files differed from it."""

    commit: str
    dirty: bool


class Run(Document):
    """Clock, energy and versions: the only part of the report in which two equal runs differ.

    `today` is the date by which waivers had expired or not. `code_sha256` is of riskaudit's own files, which a
    version number does not tell apart; `digest` is of the whole report but for itself (`riskaudit.sealing`).
    """

    started: str
    seconds: FiniteFloat
    audit_seconds: dict[str, FiniteFloat] = {}
    command: str = ""
    settings_from: dict[str, str] = {}
    versions: dict[str, str] = {}
    host: str = ""
    today: str = ""
    code_sha256: str = ""
    git: GitState | None = None
    digest: str = ""
    measures: tuple[Measure, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    scores: dict[str, Score] = {}
    headline: FiniteFloat | None = None


class Report(Document):
    """The whole audit.

    What a clock or an energy meter made stands in `run`, the rest is the same for the same inputs and
    seed. Read through `all_results`, `all_verdicts`, `all_scores` and `headline`, which join the two.
    """

    schema_uri: Annotated[str, Field(alias="$schema")] = SCHEMA_URI
    schema_version: str = SCHEMA_VERSION
    gate: Gate
    subject: SubjectCard
    data: DataCard
    seed: int
    effort: str
    settings: dict[str, str | int | FiniteFloat] = {}
    rulebook: Rulebook
    results: tuple[AuditResult, ...]
    verdicts: tuple[Verdict, ...]
    scores: dict[str, Score]
    statements: dict[str, str] = {}
    clauses: tuple[Clause, ...] = ()
    waivers: Waivers | None = None
    baseline: Baseline | None = None
    run: Run

    @property
    def all_results(self) -> tuple[AuditResult, ...]:
        """Every audit's result with its metered measures put back."""
        return tuple(
            result.model_copy(
                update={
                    "measures": result.measures
                    + tuple(m for m in self.run.measures if m.area == result.audit),
                    "exhibits": result.exhibits
                    + tuple(e for e in self.run.exhibits if e.name.split(".", 1)[0] == result.audit),
                }
            )
            for result in self.results
        )

    @property
    def all_verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict, in the rulebook's order."""
        order = {rule.id: at for at, rule in enumerate(self.rulebook.rules)}
        return tuple(sorted(self.verdicts + self.run.verdicts, key=lambda v: order.get(v.rule, len(order))))

    @property
    def all_scores(self) -> dict[str, Score]:
        """The score of each area."""
        return {**self.scores, **self.run.scores}

    @property
    def headline(self) -> float | None:
        """The worst area's score; None where an area has none."""
        return self.run.headline

    def measures(self) -> Iterator[Measure]:
        """Every measure of every audit."""
        for result in self.all_results:
            yield from result.measures

    def change_of(self, verdict: Verdict) -> Change | None:
        """What the baseline says of a verdict; None without a baseline."""
        for change in self.baseline.changes if self.baseline else ():
            if change.after is not None and change.after.fingerprint == verdict.fingerprint:
                return change
        return None

    def find(self, name: str, where: Mapping[str, str] | None = None) -> Measure | None:
        """The first measure of that name whose slice has these entries."""
        asked = (where or {}).items()
        for measure in self.measures():
            if measure.name == name and asked <= measure.where.items():
                return measure
        return None


def to_json(report: Report) -> str:
    """The report as JSON text: keys in a fixed order, no NaN, a newline at the end."""
    return (
        json.dumps(
            report.model_dump(mode="json", by_alias=True), indent=1, allow_nan=False, ensure_ascii=False
        )
        + "\n"
    )


def from_json(text: str, *, name: str = "report.json") -> Report:
    """The report that `to_json` wrote.

    Raises
    ------
    InputError
        If the text is no JSON, no report, or a report of another major schema.
    """
    try:
        plain: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"{name} is not JSON: {error}", "give the report.json that 'riskaudit audit' wrote"
        ) from error
    version = str(plain.get("schema_version", "")) if isinstance(plain, dict) else ""
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise InputError(
            f"{name} is not a riskaudit report of schema {SCHEMA_VERSION.split('.')[0]}.x"
            + (f" (found {version})" if version else ""),
            "give the report.json that 'riskaudit audit' wrote",
        )
    try:
        return Report.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{name} is not a whole report: {place}: {first['msg']}",
            "it may be edited, cut short, or of a newer riskaudit; audit again",
        ) from error


def read_report(path: Path) -> Report:
    """The report in a file.

    Raises
    ------
    InputError
        If the file cannot be read or is no report.
    """
    return from_json(read_text(path), name=str(path))


def read_text(path: Path) -> str:
    """A report's text.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"{path} cannot be read: {reason}", "give the report.json that 'riskaudit audit' wrote"
        ) from error


def report_schema() -> dict[str, Any]:
    """The JSON Schema of report.json."""
    schema = Report.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_URI, **schema}
