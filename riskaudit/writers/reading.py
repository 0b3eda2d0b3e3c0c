"""Reading: a report in the order a person reads it, worst first; every writer starts here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from riskaudit import judge
from riskaudit.measure import Measure
from riskaudit.report import AuditResult, Change, Gate, Report, Verdict
from riskaudit.rulebook import SEVERITIES, Rule
from riskaudit.writers import words
from riskaudit.writers.findings import (
    COMPARING,
    Area,
    Finding,
    Gap,
    Group,
    label,
    pairs,
    slice_of,
    wheres,
    words_of,
)
from riskaudit.writers.words import Shown

WORD = {"fail": "fails", "warn": "unsure", "pass": "holds", "missing": words.NOT_ASSESSED}
HEADLINE = {0: "PASS", 1: "FAIL", 3: "INCOMPLETE"}
_KIN = {  # the group rate under a comparison that is named after its criterion
    "demographic_parity": "selection_rate",
    "disparate_impact": "selection_rate",
    "impact": "selection_rate",
    "intersection_selection_rate": "selection_rate",
}


class Reading:
    """A report, read once: findings worst first, gaps by reason, areas with their counts."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.results: tuple[AuditResult, ...] = report.all_results
        self.verdicts = report.all_verdicts
        self._rules = {rule.id: rule for rule in report.rulebook.rules}
        self._index: dict[tuple[str, frozenset[tuple[str, str]]], Measure] = {}
        for result in self.results:
            for measure in result.measures:
                self._index.setdefault((measure.name, frozenset(measure.where.items())), measure)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What fails, then what is unsure; the gravest and the sure first.

        Among equals each rule's worst slice comes before any rule's second, so that forty groups of one rule
        hide no other.
        """
        ranks: Counter[tuple[object, ...]] = Counter()
        ranked = []
        for verdict in sorted((v for v in self._of("fail", "warn") if not v.waived), key=self._beyond):
            class_ = self._class(verdict)
            ranked.append((class_, ranks[class_, verdict.rule], verdict))
            ranks[class_, verdict.rule] += 1
        return tuple(self.find(v) for _, _, v in sorted(ranked, key=lambda r: r[:2]))

    @cached_property
    def waived(self) -> tuple[Finding, ...]:
        """What is let be by a waiver, the gravest first; it stays in sight everywhere."""
        return tuple(self.find(v) for v in sorted((v for v in self.verdicts if v.waived), key=self._class))

    @cached_property
    def holding(self) -> tuple[Finding, ...]:
        """The rules that hold."""
        return tuple(self.find(v) for v in self._of("pass"))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not assessed, by reason; an audit that gave nothing stands here even without rules."""
        missing: dict[tuple[str, str], list[Verdict]] = {}
        for verdict in (v for v in self._of("missing") if not v.waived):
            missing.setdefault((verdict.area, verdict.reason), []).append(verdict)
        told = [
            Gap(
                area=area,
                rules=tuple(dict.fromkeys(v.rule for v in found)),
                reason=reason,
                slices=tuple(dict.fromkeys(slice_of(v.measure) for v in found if v.measure)),
            )
            for (area, reason), found in missing.items()
        ]
        areas = {gap.area for gap in told}
        silent = [r for r in self.results if r.status != "measured" and r.audit not in areas]
        return (*told, *(Gap(area=r.audit, rules=(), reason=absence(r)) for r in silent))

    @cached_property
    def areas(self) -> tuple[Area, ...]:
        """Every area, the worst score first, the unknown ones last."""
        counts = Counter((v.area, v.outcome) for v in self.verdicts)
        made = [
            Area(
                name=name, score=score, fails=counts[name, "fail"], unsure=counts[name, "warn"],
                missing=counts[name, "missing"], holds=counts[name, "pass"],
            )
            for name, score in self.report.all_scores.items()
        ]  # fmt: skip
        return tuple(sorted(made, key=lambda a: (a.score.value is None, a.score.value or 0, a.name)))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many verdicts fail, are unsure, are not assessed, hold, are waived, or are known and no worse.

        A waived one is counted as such and nowhere else; so is a known one.
        """
        found = Counter(v.outcome for v in self.verdicts if not v.excused)
        return {
            "failed": found["fail"],
            "unsure": found["warn"],
            "missing": found["missing"] + sum(not gap.rules for gap in self.gaps),
            "waived": sum(v.waived is not None for v in self.verdicts),
            "known": sum(v.known and v.waived is None for v in self.verdicts),
            "holding": found["pass"],
        }

    @property
    def headline(self) -> str:
        """The verdict in a word."""
        return headline_word(self.report.gate)

    @property
    def worst(self) -> str:
        """The score of the worst area with its name, or why there is none."""
        if self.report.headline is None:
            unknown = ", ".join(a.name for a in self.areas if a.score.value is None)
            return f"score unknown (not assessed in full: {unknown})" if unknown else "score unknown"
        known = [a for a in self.areas if a.score.value is not None]
        return f"score {words.score(self.report.headline)}" + (
            f" (worst area: {known[0].name})" if known else ""
        )

    @property
    def tally(self) -> str:
        """The counts in words: `1 high, 1 medium, 0 waived, 1 not assessed`."""
        by = Counter(v.severity for v in self.verdicts if v.outcome == "fail" and not v.excused)
        failed = [f"{by[s]} {s}" for s in reversed(SEVERITIES) if by[s]] or ["0 failed"]
        unsure = [f"{self.counts['unsure']} unsure"] if self.counts["unsure"] else []
        known = [f"{self.counts['known']} known"] if self.report.baseline else []
        waived = f"{self.counts['waived']} waived"
        return ", ".join([*failed, *unsure, *known, waived, f"{self.counts['missing']} not assessed"])

    @property
    def exit(self) -> str:
        """The exit code and its name."""
        return f"exit {self.report.gate.code} ({self.report.gate.name})"

    @property
    def line(self) -> str:
        """The verdict in one line."""
        spared = (
            f" \u00b7 only {self.report.gate.fail_on} and graver can fail"
            if self.report.gate.fail_on != "low"
            else ""
        )
        return f"{self.headline}  {self.tally} \u00b7 {self.worst} \u00b7 {self.exit}{spared}"

    def _of(self, *outcomes: str) -> list[Verdict]:
        return [v for v in self.verdicts if v.outcome in outcomes]

    def _class(self, verdict: Verdict) -> tuple[bool, bool, int, bool]:
        """How grave a finding is, the gravest the least."""
        return (
            verdict.known,
            verdict.outcome != "fail",
            -SEVERITIES.index(verdict.severity),
            not verdict.sure,
        )

    def _beyond(self, verdict: Verdict) -> tuple[float, str]:
        """How far a value is beyond its limit, the farthest first; scores end at 0, distances do not."""
        rule, value = self._rules.get(verdict.rule), verdict.measure.value if verdict.measure else None
        far = (value - rule.limit) / (rule.limit - rule.ideal) if rule and value is not None else 0.0
        return (-far, verdict.key)

    def find(self, verdict: Verdict) -> Finding:
        """A verdict with its words."""
        rule, measure = self._rules.get(verdict.rule), verdict.measure
        limit = rule.limit if rule else None
        number = words.number(measure, limit) if measure else Shown(value=words.NOT_ASSESSED)
        groups = self._groups(measure) if measure else ()
        return Finding(
            verdict=verdict,
            rule=rule,
            sentence=_sentence(verdict, rule, number),
            slice=slice_of(measure),
            label=label(measure.name, measure.unit) if measure else "",
            number=number,
            n=" / ".join(words.count(g.n) for g in groups) or words.count(measure.n if measure else 0),
            groups=groups,
            limit=f"{number.limit} ({self._origin(rule)}; {rule.reference})" if rule else words.UNKNOWN,
            change=change_of(self._changes.get(verdict.fingerprint)),
            command=self._command(verdict.area),
        )

    def _origin(self, rule: Rule) -> str:
        """Where a limit comes from: the rulebook, or who changed it and from what."""
        last = next((o for o in reversed(self.report.rulebook.overrides) if o.rule == rule.id and o.key == "limit"), None)  # fmt: skip
        return f"{last.was:g} changed by {last.by}: {last.reason}" if last else f"rulebook {self.report.rulebook.name}"  # fmt: skip

    @cached_property
    def _changes(self) -> dict[str, Change]:
        """What the baseline says, by fingerprint."""
        changes = self.report.baseline.changes if self.report.baseline else ()
        return {c.after.fingerprint: c for c in changes if c.after is not None}

    def _groups(self, measure: Measure) -> tuple[Group, ...]:
        """Both sides of a comparison with their own numbers; nothing where either is not to be found."""
        where = measure.where
        if not {"attribute", "group", "reference"} <= where.keys():
            return ()
        area, _, noun = measure.name.partition(".")
        stem = COMPARING.sub("", noun)
        for name in dict.fromkeys((stem, _KIN.get(stem, stem), f"{stem}_rate")):
            sides = [
                self._side(f"{area}.{name}", where["attribute"], where[k]) for k in ("group", "reference")
            ]
            if all(side is not None for side in sides):
                return tuple(side for side in sides if side is not None)
        return ()

    def _side(self, name: str, attribute: str, group: str) -> Group | None:
        """One group's own number."""
        for where in wheres(attribute, group):
            found = self._index.get((name, frozenset(where.items())))
            if found is not None and found.assessed:
                number = words.number(found)
                return Group(name=pairs(where), value=number.value, n=found.n, interval=number.interval)
        return None

    def _command(self, area: str) -> str:
        """What reproduces one area's numbers."""
        command = self.report.run.command
        plain = command.startswith("riskaudit audit") and "--only" not in command
        return f"{command} --only {area}" if plain else command


def headline_word(gate: Gate) -> str:
    """The gate's word."""
    return HEADLINE.get(gate.code, gate.name.upper())


def absence(result: AuditResult) -> str:
    """Why an audit gave nothing."""
    verb = "failed" if result.status == "failed" else "does not apply"
    return f"the {result.audit} audit {verb}: {result.reason}"


def change_of(change: Change | None) -> str:
    """A change in a phrase: `worse than in the baseline: 0.83 then, by 0.09, 95% interval 0.04-0.14`."""
    if change is None:
        return ""
    if change.before is None or change.before.value is None:
        return "new: it is not in the baseline" if change.before is None else "not assessed in the baseline"
    then = words.shown(change.before.value, unit=change.before.unit, interval=change.before.interval)
    moved = words.shown(change.difference, unit=change.before.unit, interval=change.interval)
    word = {
        "new": "new: it held in the baseline" if change.before.outcome == "pass" else "new: it was less grave"
    }
    return f"{word.get(change.state, change.state)}; {then.both} then; difference {moved.both}"


def _sentence(verdict: Verdict, rule: Rule | None, number: Shown) -> str:
    """The finding's sentence, its number with as many digits as its verdict needs."""
    if rule is None or verdict.measure is None or verdict.outcome == "missing":
        return verdict.finding
    template = rule.finding or f"{words_of(rule.measure)} is {{value}}"
    told = rule.model_copy(update={"finding": template.replace("{value}", number.value)})
    return judge.finding(told, verdict.measure)


def unassessed(results: Iterable[AuditResult]) -> list[tuple[str, Measure]]:
    """Every measure that has no number, with its audit."""
    return [(r.audit, m) for r in results for m in r.measures if not m.assessed]
