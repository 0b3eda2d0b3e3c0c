"""Waiving: which findings are let be today, and which waivers must speak up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from riskaudit.behind import behind
from riskaudit.errors import did_you_mean
from riskaudit.judge import beyond
from riskaudit.measure import Measure
from riskaudit.report import Verdict, WaiverNote
from riskaudit.rulebook import Rule, Rulebook
from riskaudit.waivers import Waiver


def waive(
    verdicts: Sequence[Verdict],
    waivers: Sequence[Waiver],
    rulebook: Rulebook,
    today: date,
    *,
    measures: Iterable[Measure] = (),
) -> tuple[tuple[Verdict, ...], tuple[WaiverNote, ...]]:
    """The verdicts, those that are let be with their waiver, and the waivers that do not hold or excuse nothing.

    Outcome and score of a waived verdict stay what they were. What holds needs no waiver; what is not assessed
    is covered only by one that says `missing: true`. A waiver without its rule in the rulebook is unmatched.
    One that names a group does not cover the groups whose own rates (among `measures`) are beyond the limit
    behind it: it is void then.
    """
    measures = tuple(measures)
    rules = {rule.id: rule for rule in rulebook.rules}
    holders: dict[int, Waiver] = {}
    notes = []
    for waiver in waivers:
        matched = [at for at, v in enumerate(verdicts) if _matches(waiver, v)]
        wanting = [at for at in matched if _wants(waiver, verdicts[at])]
        hidden = _hidden(waiver, [verdicts[at] for at in wanting], rules, measures)
        note = _note(waiver, [verdicts[at] for at in matched], rules, today) or hidden
        if note is not None:
            notes.append(note)
        if waiver.expires < today or hidden is not None:
            continue
        for at in wanting:
            if not _void(waiver, verdicts[at], rules[waiver.rule]):
                holders.setdefault(at, waiver)
    told = tuple(
        v.model_copy(update={"waived": holders[at]}) if at in holders else v for at, v in enumerate(verdicts)
    )
    return told, tuple(notes)


def _matches(waiver: Waiver, verdict: Verdict) -> bool:
    """Whether a waiver speaks of a verdict's rule and slice; a verdict without a slice only by `match: {}`."""
    where = verdict.measure.where if verdict.measure else {}
    return waiver.rule == verdict.rule and waiver.match.items() <= where.items()


def _wants(waiver: Waiver, verdict: Verdict) -> bool:
    """Whether there is anything to waive."""
    return verdict.outcome in ("fail", "warn") or (verdict.outcome == "missing" and waiver.missing)


def _void(waiver: Waiver, verdict: Verdict, rule: Rule) -> bool:
    """Whether the number is worse than the waiver allows; one that is not there cannot be shown to be within."""
    if waiver.limit is None:
        return False
    value = verdict.measure.value if verdict.measure else None
    return value is None or beyond(rule, value, waiver.limit)


def _hidden(
    waiver: Waiver, wanting: Sequence[Verdict], rules: Mapping[str, Rule], measures: Sequence[Measure]
) -> WaiverNote | None:
    """That other groups are beyond the limit too, behind the one that a waiver names; else nothing."""
    found = {
        g: x for v in wanting if v.measure for g, x in behind(v.measure, rules[waiver.rule], measures).items()
    }
    others = [f"{group} is at {value:.3g}," for group, value in found.items()]
    if "group" not in waiver.match or not others:
        return None
    told = (
        f"the waiver of {waiver.rule} ({waiver.slice}) is void: {' '.join(others)} beyond the limit "
        f"too, and a waiver of one group does not cover others; mend them, or waive the attribute; ask {waiver.owner}"
    )
    return WaiverNote(waiver=waiver, state="void", told=told)


def _note(
    waiver: Waiver, matched: Sequence[Verdict], rules: Mapping[str, Rule], today: date
) -> WaiverNote | None:
    """What a waiver says of itself; nothing where it simply holds."""
    rule, known = rules.get(waiver.rule), list(rules)
    of = f"{waiver.rule} ({waiver.slice})"
    if waiver.expires < today:
        told = f"the waiver of {of} expired after {waiver.expires}; ask {waiver.owner}"
        return WaiverNote(waiver=waiver, state="expired", told=told)
    if rule is None or not matched:
        why = (
            "no slice of the rule is like that"
            if rule
            else f"no such rule; {did_you_mean(waiver.rule, known)}"
        )
        return WaiverNote(waiver=waiver, state="unmatched", told=f"the waiver of {of} matches nothing: {why}")
    wanting = [v for v in matched if _wants(waiver, v)]
    void = [v for v in wanting if _void(waiver, v, rule)]
    if void:
        found = ", ".join(
            "not assessed" if v.measure is None or v.measure.value is None else f"{v.measure.value:.6g}"
            for v in void
        )
        told = f"the waiver of {of} is void: it allows {waiver.limit:g}, found {found}; ask {waiver.owner}"
        return WaiverNote(waiver=waiver, state="void", told=told)
    if not wanting:
        gap = all(v.outcome == "missing" for v in matched)
        why = (
            "what it speaks of is not assessed, which only a waiver with 'missing: true' covers"
            if gap
            else "the rule holds"
        )
        return WaiverNote(waiver=waiver, state="unneeded", told=f"the waiver of {of} excuses nothing: {why}")
    return None
