"""Rule: one limit on one measure, and the rulebook that many of them make."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, field_validator, model_validator

from riskaudit.measure import Document, no_bool

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
Task = Literal["binary", "multiclass", "regression"]
SETTINGS = ("ideal", "limit", "severity", "when_unsure")


class Rule(Document):
    """One limit on one measure.

    `ideal` is where no risk is found (score 100), `limit` the last acceptable value (score 50);
    which of the two is larger gives the direction. `when_unsure` speaks when the interval straddles
    the limit. `optional` rules are left out, not missing, where their audit measured and gave no such measure
    (an intersection of one attribute); a crash or a skip still makes them missing. `where` narrows the rule to slices that have these entries. `finding` is the sentence of
    a violation; `{value}`, `{group}`, `{reference}`, `{attribute}`, `{column}` stand for the slice's own.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    measure: str
    where: dict[str, str] = {}
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)] = ("binary", "multiclass", "regression")
    optional: bool = False
    ideal: FiniteFloat
    limit: FiniteFloat
    severity: Severity
    when_unsure: Literal["pass", "warn", "fail"]
    finding: str = ""
    why: Annotated[str, Field(min_length=1)]
    remedy: Annotated[str, Field(min_length=1)]
    reference: Annotated[str, Field(min_length=1)]

    _numbers = field_validator("ideal", "limit", mode="before")(no_bool)

    @model_validator(mode="after")
    def _has_direction(self) -> Rule:
        if self.ideal == self.limit:
            raise ValueError("ideal and limit are equal, so the rule has no direction")
        return self

    @property
    def area(self) -> str:
        """The audit whose measure this rule judges."""
        return self.measure.split(".", 1)[0]

    @property
    def sign(self) -> int:
        """+1 where larger is worse, -1 where smaller is worse."""
        return 1 if self.limit > self.ideal else -1


class Source(Document):
    """One rulebook file as it was read, its whole text with it."""

    name: str
    sha256: str
    text: str


class Override(Document):
    """One setting of a rule that a rulebook, or the command line, changed, and why."""

    rule: str
    key: Literal["ideal", "limit", "severity", "when_unsure"]
    was: FiniteFloat | str
    now: FiniteFloat | str
    reason: Annotated[str, Field(min_length=1)]
    by: str


class Changed(Document):
    """What a rulebook says of a rule that it extends: new settings, and why."""

    ideal: FiniteFloat | None = None
    limit: FiniteFloat | None = None
    severity: Severity | None = None
    when_unsure: Literal["pass", "warn", "fail"] | None = None
    reason: Annotated[str, Field(min_length=1, pattern=r"\S")]

    _numbers = field_validator("ideal", "limit", mode="before")(no_bool)

    @property
    def settings(self) -> dict[str, float | str]:
        """What is changed."""
        return {key: value for key in SETTINGS if (value := getattr(self, key)) is not None}


class Point(Document):
    """One point that a law or standard asks for; `evidence` are the measures that fill it.

    `statement` is the key under which somebody may say what no measure can (`--state KEY=TEXT`). A `required`
    point that nothing fills makes the gate incomplete.
    """

    id: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    evidence: tuple[str, ...] = ()
    statement: str = ""
    provider: str = "provider"
    required: bool = False
    note: str = ""


class Rulebook(Document):
    """Rules that are judged together, and the files they came from, parents before children."""

    sources: tuple[Source, ...]
    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...] = ()
    points: tuple[Point, ...] = ()

    @property
    def name(self) -> str:
        """The rulebooks' names, as given."""
        return " + ".join(source.name for source in self.sources)

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)
