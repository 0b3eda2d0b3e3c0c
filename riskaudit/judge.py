"""Judge: measures and a rulebook become verdicts, scores and an exit code."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from riskaudit.measure import Measure
from riskaudit.report import AuditResult, Clause, Gate, Outcome, Score, Term, Verdict
from riskaudit.rulebook import SEVERITIES, Point, Rule, Rulebook, Severity, Task

WEIGHTS: dict[str, int] = {"low": 1, "medium": 2, "high": 4, "critical": 8}
PLAIN = (
    "",
    "fraction",
    "ratio",
    "difference",
    "auc",
    "correlation",
    "count",
    "score",
)  # units no sentence needs
MOST_ROWS = 100  # times the rows at hand: beyond that a number would be no advice
TOLERANCE = 1e-9  # 12/20 over 15/20 is 0.7999999999999999 in floats and four fifths in truth


def judge(
    results: Iterable[AuditResult], rulebook: Rulebook, *, task: Task, sensitive: Sequence[str] = ()
) -> tuple[Verdict, ...]:
    """One verdict per rule and slice it speaks of; a rule without any slice is `missing`.

    A rule that speaks of one sensitive column speaks of all of them (`sensitive`): a column that its measure
    passes over is `missing` too.
    """
    results = tuple(results)
    return _named(
        verdict
        for rule in rulebook.rules
        if task in rule.tasks
        for verdict in _verdicts(rule, results, sensitive)
    )


def fingerprint(verdict: Verdict, again: int = 0) -> str:
    """A verdict's name from one run to the next.

    Of rule, measure, slice and role of the rows; nothing that a value, a path or the time moves. The group
    that others are compared with is left out: which group does best may change without this finding
    changing. `again` tells apart verdicts that are alike in all of it.
    """
    where = verdict.measure.where if verdict.measure else {}
    parts = {
        "version": 1,
        "rule": verdict.rule,
        "measure": verdict.measure.name if verdict.measure else "",
        "where": {k: v for k, v in where.items() if k != "reference"},
        "role": "test",
        "again": again,
    }
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _named(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts, each with a fingerprint that no other of them has."""
    seen: dict[str, int] = {}
    named = []
    for one in verdicts:
        first = fingerprint(one)
        again = seen.get(first, 0)
        seen[first] = again + 1
        named.append(one.model_copy(update={"fingerprint": fingerprint(one, again)}))
    return tuple(named)


def _verdicts(rule: Rule, results: Sequence[AuditResult], sensitive: Sequence[str]) -> list[Verdict]:
    """The verdicts of one rule."""
    found = [m for r in results for m in r.measures if m.name == rule.measure and _speaks_of(rule, m)]
    if not found and rule.optional and any(r.audit == rule.area and r.status == "measured" for r in results):
        return []
    told = [verdict(rule, measure) for measure in found] or [_missing(rule, None, _absence(rule, results))]
    return told + _passed_over(rule, found, sensitive)


def _speaks_of(rule: Rule, measure: Measure) -> bool:
    """Whether a measure's slice has all entries of the rule's `where`; `*` is any value of a key."""
    where = measure.where
    return all(key in where and asked in ("*", where[key]) for key, asked in rule.where.items())


def _passed_over(rule: Rule, found: Sequence[Measure], sensitive: Sequence[str]) -> list[Verdict]:
    """The sensitive columns that a rule says nothing of, though it speaks of others."""
    spoken = {m.where["attribute"] for m in found if "attribute" in m.where}
    if rule.optional or set(rule.where.values()) - {"*"} or not spoken & set(sensitive):
        return []
    return [
        verdict(
            rule,
            Measure(
                name=rule.measure,
                value=None,
                n=0,
                unit=found[0].unit,
                where={"attribute": column},
                note=f"the {rule.area} audit gave no {rule.measure} for {column}",
            ),
        )
        for column in sensitive
        if column not in spoken
    ]


def verdict(rule: Rule, measure: Measure) -> Verdict:
    """What a rule says of one measure: the interval decides, and an unsure one speaks by `when_unsure`."""
    if measure.value is None:
        return _missing(rule, measure, measure.note)
    low, high = (
        (measure.interval.low, measure.interval.high) if measure.interval else (measure.value, measure.value)
    )
    outside = [_beyond(rule, low), _beyond(rule, high)]
    sure = all(outside) or not any(outside)
    outcome: Outcome = ("fail" if all(outside) else "pass") if sure else rule.when_unsure
    ends = sorted((score(rule, low), score(rule, high)))
    rows = None if sure else rows_to_decide(rule, measure)
    return Verdict(
        rule=rule.id,
        area=rule.area,
        severity=rule.severity,
        outcome=outcome,
        sure=sure,
        measure=measure,
        score=score(rule, measure.value),
        score_low=ends[0],
        score_high=ends[1],
        rows_to_decide=rows,
        finding=finding(rule, measure),
        reason=_reason(measure, sure=sure, beyond=outside[0], rows=rows),
    )


def score(rule: Rule, value: float) -> float:
    """100 at the ideal, 50 at the limit, 0 at twice the distance; both directions."""
    return 100 * min(1.0, max(0.0, 1 - 0.5 * (value - rule.ideal) / (rule.limit - rule.ideal)))


def beyond(rule: Rule, value: float, limit: float) -> bool:
    """Whether a value is not within a limit, in the rule's direction; at the limit is within, a NaN never is."""
    return not (value - limit) * rule.sign <= TOLERANCE * max(1.0, abs(limit))


def _beyond(rule: Rule, value: float) -> bool:
    """Whether a value is on the wrong side of the rule's limit."""
    return beyond(rule, value, rule.limit)


def rows_to_decide(rule: Rule, measure: Measure) -> int | None:
    """About how many rows would bring the interval to one side: its width shrinks as 1 / sqrt(n)."""
    if measure.value is None or measure.interval is None or measure.n == 0:
        return None
    distance = abs(rule.limit - measure.value)
    reach = (
        measure.interval.high - measure.value
        if rule.limit > measure.value
        else measure.value - measure.interval.low
    )
    if distance <= TOLERANCE * max(1.0, abs(rule.limit)) or reach <= distance:
        return None
    rows = measure.n * (reach / distance) ** 2
    if rows > MOST_ROWS * measure.n:
        return None
    digits = max(0, len(str(math.ceil(rows))) - 2)
    step: int = 10**digits
    return math.ceil(rows / step - 1e-6) * step  # two digits: an estimate must not look exact


def _reason(measure: Measure, *, sure: bool, beyond: bool, rows: int | None) -> str:
    """Why the verdict is sure, or what would make it so."""
    if measure.interval is None:
        return f"no interval, the value decides: {measure.note}"
    if sure:
        return f"the whole interval is {'beyond' if beyond else 'within'} the limit"
    if rows is None:
        return f"the interval straddles the limit; the value is so near it that {MOST_ROWS} times the rows may not decide"
    return f"the interval straddles the limit; about {rows:,} rows would decide it (now {measure.n:,})"


def _missing(rule: Rule, measure: Measure | None, reason: str) -> Verdict:
    """A rule that could not be judged: never a pass."""
    return Verdict(
        rule=rule.id,
        area=rule.area,
        severity=rule.severity,
        outcome="missing",
        sure=False,
        measure=measure,
        finding=f"{rule.measure} is not assessed",
        reason=reason,
    )


def _absence(rule: Rule, results: Sequence[AuditResult]) -> str:
    """Why a rule found no measure."""
    for result in results:
        if result.audit == rule.area:
            if result.status == "measured":
                slices = " for " + ", ".join(f"{k}={v}" for k, v in rule.where.items()) if rule.where else ""
                return f"the {result.audit} audit gave no {rule.measure}{slices}"
            return f"the {result.audit} audit {'failed' if result.status == 'failed' else 'does not apply'}: {result.reason}"
    return f"the {rule.area} audit was not run"


def finding(rule: Rule, measure: Measure) -> str:
    """The rule's sentence with the slice's own words in it; braces in data are never read as fields."""
    words = {
        **measure.where,
        "value": _short(rule, measure.value),
        "measure": rule.measure,
        "n": f"{measure.n:,}",
        "slice": measure.slice or "all rows",
        "note": measure.note,
    }
    text = rule.finding or f"{rule.measure} is {{value}} ({{slice}})"
    return re.sub(r"\{(\w+)\}", lambda field: words.get(field[1], field[0]), text)


def _short(rule: Rule, value: float | None) -> str:
    """A number as a sentence has it: short, but never so short that it crosses the limit."""
    if value is None:
        return "not assessed"
    for digits in range(2, 16):
        text = (
            f"{value:.{digits}f}" if 0.005 <= abs(value) < 1000 or value == 0 else f"{value:.{digits + 1}g}"
        )
        if _beyond(rule, float(text)) == _beyond(rule, value):
            return text
    return repr(value)


def area_scores(verdicts: Iterable[Verdict]) -> dict[str, Score]:
    """Each area's severity-weighted mean of its rules, a rule counting with its worst slice."""
    by_area: dict[str, dict[str, list[Verdict]]] = {}
    for one in verdicts:
        by_area.setdefault(one.area, {}).setdefault(one.rule, []).append(one)
    return {area: _area_score(rules) for area, rules in by_area.items()}


def _area_score(rules: dict[str, list[Verdict]]) -> Score:
    """One area's score; unknown where any of its rules is missing."""
    terms = tuple(
        Term(rule=rule, weight=WEIGHTS[found[0].severity], score=_worst(v.score for v in found))
        for rule, found in rules.items()
    )
    lows = [_worst(v.score_low for v in found) for found in rules.values()]
    highs = [_worst(v.score_high for v in found) for found in rules.values()]
    weights = [term.weight for term in terms]
    return Score(
        value=_mean([t.score for t in terms], weights),
        low=_mean(lows, weights),
        high=_mean(highs, weights),
        terms=terms,
    )


def _worst(scores: Iterable[float | None]) -> float | None:
    """The lowest score; unknown where one is unknown."""
    found = list(scores)
    return None if any(s is None for s in found) else min(s for s in found if s is not None)


def _mean(scores: Sequence[float | None], weights: Sequence[int]) -> float | None:
    """The weighted mean; unknown where one is unknown."""
    known = [s for s in scores if s is not None]
    return (
        None
        if len(known) < len(scores)
        else sum(s * w for s, w in zip(known, weights, strict=True)) / sum(weights)
    )


def _gravity(verdict: Verdict) -> tuple[int, float]:
    """The gravest first, and of one rule its worst slice."""
    return -SEVERITIES.index(verdict.severity), verdict.score if verdict.score is not None else 0.0


def clauses(
    rulebook: Rulebook, results: Iterable[AuditResult], statements: Mapping[str, str]
) -> tuple[Clause, ...]:
    """Each point of a law or standard: filled by measures that were assessed, by a statement, or by nothing.

    Nothing is invented: a point that neither fills is `to be provided`, and says by whom.
    """
    assessed = {m.name for r in results for m in r.measures if m.assessed}
    return tuple(_clause(point, assessed, statements) for point in rulebook.points)


def _clause(point: Point, assessed: set[str], statements: Mapping[str, str]) -> Clause:
    """One point."""
    said = statements.get(point.statement, "").strip() if point.statement else ""
    evidence = tuple(name for name in point.evidence if name in assessed)
    status = "evidence" if evidence else "stated" if said else "to be provided"
    return Clause.model_validate(
        {
            "id": point.id,
            "title": point.title,
            "source": point.source,
            "status": status,
            "evidence": evidence,
            "said": said,
            "provider": point.provider,
            "required": point.required,
            "note": point.note,
        }
    )


def unfilled(found: Iterable[Clause]) -> list[str]:
    """The required points that nothing fills."""
    return [
        f"{c.id}, {c.title}: to be provided by {c.provider} ({c.source})"
        for c in found
        if c.required and c.status == "to be provided"
    ]


def headline(scores: dict[str, Score]) -> float | None:
    """The worst area: privacy must not pay for bias. Unknown where an area is."""
    return _worst(score.value for score in scores.values()) if scores else None


def gate(
    verdicts: Iterable[Verdict],
    results: Iterable[AuditResult],
    *,
    strict: bool = False,
    fail_on: Severity = "low",
    also_fails: Sequence[str] = (),
    also_lacks: Sequence[str] = (),
) -> Gate:
    """The exit code: a failed rule is 1, else anything required and not assessed is 3, else 0.

    A finding that is waived, or known from the baseline, does not count. `also_fails` and `also_lacks` are
    what a baseline and a law's points add.
    """
    grave = SEVERITIES[SEVERITIES.index(fail_on) :]
    broken = ("fail", "warn") if strict else ("fail",)
    verdicts = tuple(verdicts)
    found = [v for v in verdicts if v.outcome in broken and v.severity in grave]
    fails = sorted((v for v in found if not v.excused), key=_gravity)
    gaps = [f"{v.rule}: {v.reason}" for v in verdicts if v.outcome == "missing" and not v.excused]
    gaps += [f"the {r.audit} audit failed: {r.reason}" for r in results if r.status == "failed"]
    gaps += also_lacks
    told = tuple(dict.fromkeys([*(f"{v.rule}: {v.finding}" for v in fails), *also_fails, *gaps]))
    code, name = (
        (1, "fail") if fails or also_fails else (3, "incomplete") if gaps or not verdicts else (0, "pass")
    )
    return Gate.model_validate(
        {
            "code": code,
            "name": name,
            "strict": strict,
            "fail_on": fail_on,
            "reasons": told or (("nothing was judged",) if code else ()),
            "waived": sum(v.waived is not None for v in verdicts),
            "known": sum(v.known and v.waived is None for v in verdicts),
        }
    )
