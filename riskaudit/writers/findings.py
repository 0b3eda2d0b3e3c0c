"""Findings: what a verdict, a gap and an area are to a reader; nothing in them is escaped yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from riskaudit.measure import Measure
from riskaudit.report import Score, Verdict
from riskaudit.rulebook import Rule
from riskaudit.writers.words import Shown

COMPARING = re.compile(r"_(ratio|difference|gap)$")
_ACRONYMS = {"auc", "roc", "tpr", "fpr", "fnr", "tnr", "mae", "rmse", "shap", "co2e", "cpu", "gpu"}
_JOINS = (" \u00d7 ", " x ", " & ", " * ", ", ", "+", "|")


@dataclass(frozen=True, kw_only=True)
class Group:
    """One side of a comparison with its own number."""

    name: str
    value: str
    n: int
    interval: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A verdict with everything a reader asks of it, in words; nothing in it is escaped yet."""

    verdict: Verdict
    rule: Rule | None
    sentence: str
    slice: str
    label: str
    number: Shown
    n: str
    groups: tuple[Group, ...]
    limit: str
    command: str
    change: str = ""

    @property
    def measure(self) -> Measure | None:
        """The number that was judged."""
        return self.verdict.measure

    @property
    def word(self) -> str:
        """Severity and status in words: `high`, `high, unsure`, `high, known`, `waived high`."""
        unsure = ", unsure" if self.verdict.outcome == "warn" else ""
        known = ", known" if self.verdict.known else ""
        waived = "waived " if self.verdict.waived else ""
        return f"{waived}{self.verdict.severity}{unsure}{known}"

    @property
    def title(self) -> str:
        """The sentence with a capital, unless it starts with a stranger's own word."""
        own = self.measure.where.values() if self.measure else ()
        foreign = any(self.sentence.startswith(word) for word in own if word)
        return self.sentence if foreign else self.sentence[:1].upper() + self.sentence[1:]

    @property
    def pieces(self) -> str:
        """Where it was found: both groups with their numbers, or the slice."""
        return " vs ".join(f"{g.name} {g.value}" for g in self.groups) if self.groups else self.slice

    @property
    def numbers(self) -> str:
        """The judged number with its interval and what it rests on."""
        return f"{self.label} {self.number.both}, n = {self.n}"

    @property
    def why(self) -> str:
        """Why the verdict is sure, or what would make it so."""
        return self.verdict.reason

    @property
    def sure(self) -> str:
        """The word before the reason."""
        return "why sure" if self.verdict.sure else "why unsure"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What was not assessed for one reason."""

    area: str
    rules: tuple[str, ...]
    reason: str
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Area:
    """One area's score and what stands behind it."""

    name: str
    score: Score
    fails: int
    unsure: int
    missing: int
    holds: int


def label(name: str, unit: str = "") -> str:
    """A measure's noun: `ratio` and `difference` for comparisons, else its name in words."""
    noun = name.partition(".")[2]
    return unit if COMPARING.search(noun) and unit in ("ratio", "difference") else in_words(noun)


def in_words(noun: str) -> str:
    """A measure's noun with blanks, its acronyms in capitals: `tpr_at_fpr` is `TPR at FPR`."""
    told = " ".join(word.upper() if word in _ACRONYMS else word for word in re.split("[_.]+", noun))
    return re.sub(r"\b(\d+)pct\b", r"\1%", told)


def slice_of(measure: Measure | None) -> str:
    """The slice in words: `sex=female`, `sex=female vs sex=male`, `all rows`."""
    if measure is None:
        return ""
    where = measure.where
    if {"attribute", "group", "reference"} <= where.keys():
        sides = [pairs(next(wheres(where["attribute"], where[k]))) for k in ("group", "reference")]
        rest = pairs({k: v for k, v in where.items() if k not in ("attribute", "group", "reference")})
        return " vs ".join(sides) + (f", {rest}" if rest else "")
    return pairs(where) or "all rows"


def pairs(where: dict[str, str]) -> str:
    """A slice as `column=value`, joined by commas."""
    return ", ".join(f"{k}={v}" for k, v in where.items())


def wheres(attribute: str, group: str) -> Iterator[dict[str, str]]:
    """The slices that a comparison's group may mean: an intersection split into its columns, or the word itself."""
    for join in _JOINS:
        columns, values = attribute.split(join), group.split(join)
        if len(columns) == len(values) > 1:
            yield dict(zip(columns, values, strict=True))
    yield {attribute: group}


def words_of(name: str) -> str:
    """A measure's name as words with its area: `privacy: attack auc`."""
    area, _, noun = name.partition(".")
    return f"{area}: {in_words(noun)}"
