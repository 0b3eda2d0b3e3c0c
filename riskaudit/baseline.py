"""Baseline: last time's verdicts, and what has changed since beyond tolerance and noise."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from riskaudit.behind import behind
from riskaudit.errors import UsageError, did_you_mean
from riskaudit.judge import TOLERANCE
from riskaudit.measure import Document, Interval, Measure
from riskaudit.report import Baseline, Change, Entry, Report, State, Verdict
from riskaudit.rulebook import Rule, Rulebook, Task

FILE = "riskaudit-baseline.json"
FINDINGS = ("warn", "fail")
GRAVITY = {"pass": 0, "warn": 1, "fail": 2}
AGAIN = "write it again with 'riskaudit baseline write report.json'"
TOLERATED = 0.02  # of the way from ideal to limit: one point of score
METHOD = "independent samples, square-and-add of the two intervals"
# Of a metered number: what runs of one machine differ by, beyond the repeats within a run. Energy, CPU time and time of
# one model in six processes on a busy machine had standard deviations of 4 to 14 % (benchmarks/energy.py --runs 6).
RUN_TO_RUN = 0.2
NOISE = f"each at least {RUN_TO_RUN:.0%} wide on either side: metered, and runs differ"


class BaselineFile(Document):
    """A baseline as it lies in the repository: numbers by fingerprint, no row of data."""

    baseline_version: str = "1"
    written: str
    subject: str
    subject_sha256: str | None
    data: str
    data_sha256: str | None
    task: Task
    rulebook: str
    seed: int
    entries: tuple[Entry, ...]


def baseline_of(report: Report, *, written: str) -> BaselineFile:
    """A report's verdicts as a baseline: all of them, so that what goes missing later is seen.

    Raises
    ------
    UsageError
        If the report judged nothing.
    """
    rules, measures = {rule.id: rule for rule in report.rulebook.rules}, tuple(report.measures())
    entries = tuple(entry_of(v, rules[v.rule], measures) for v in report.all_verdicts)
    if not entries:
        raise UsageError("the report judged nothing, so it is no baseline", "audit with rules that apply")
    return BaselineFile(
        written=written,
        subject=report.subject.name,
        subject_sha256=report.subject.sha256,
        data=report.data.name,
        data_sha256=report.data.sha256,
        task=report.subject.task,
        rulebook=report.rulebook.name,
        seed=report.seed,
        entries=tuple(sorted(entries, key=lambda e: (e.rule, sorted(e.where.items()), e.fingerprint))),
    )


def entry_of(verdict: Verdict, rule: Rule, measures: Sequence[Measure], *, sure: bool = False) -> Entry:
    """What a baseline keeps of a verdict; with `sure`, of groups behind it only those surely beyond the limit."""
    measure = verdict.measure
    return Entry(
        fingerprint=verdict.fingerprint,
        rule=verdict.rule,
        measure=measure.name if measure else "",
        where=measure.where if measure else {},
        outcome=verdict.outcome,
        value=measure.value if measure else None,
        interval=measure.interval if measure else None,
        n=measure.n if measure else 0,
        unit=measure.unit if measure else "",
        waived=verdict.waived is not None,
        metered=verdict.metered,
        behind=behind(measure, rule, measures, sure=sure) if measure and measure.assessed else {},
    )


def baseline_json(baseline: BaselineFile) -> str:
    """The baseline as JSON text, its keys in a fixed order."""
    return json.dumps(baseline.model_dump(mode="json"), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def read_baseline(path: Path) -> tuple[BaselineFile, str]:
    """A baseline and the sha256 of its file.

    Raises
    ------
    UsageError
        If it is absent or no whole baseline: what is named and cannot be read is never an empty one.
    """
    try:
        raw = path.read_bytes()
        plain: Any = json.loads(raw, object_pairs_hook=_once)
    except OSError as error:
        raise UsageError(
            f"baseline '{path}' cannot be read: {error.strerror}", AGAIN, where="--baseline"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"baseline '{path}' is not JSON: {error}", AGAIN, where="--baseline") from error
    try:
        found = BaselineFile.model_validate(plain)
    except ValidationError as error:
        raise UsageError(f"baseline '{path}' is no whole baseline: {_fault(error, plain)}", AGAIN, where="--baseline") from error  # fmt: skip
    names = [entry.fingerprint for entry in found.entries]
    if not names or "" in names or len(set(names)) < len(names):
        raise UsageError(f"baseline '{path}' has no entries, or one twice", AGAIN, where="--baseline")
    return found, sha256(raw).hexdigest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are each said once, as a merge of two branches may not leave them."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def baseline_schema() -> dict[str, Any]:
    """The JSON Schema of a baseline file."""
    schema = BaselineFile.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:riskaudit:schema:baseline:1",
        **schema,
    }


def compared(before: Report, after: Report, *, tolerance: float) -> Baseline:
    """Two reports: the later one held against the earlier.

    Raises
    ------
    UsageError
        If they have nothing in common, or the earlier judged nothing.
    """
    file = baseline_of(before, written=before.run.started[:10])
    held = held_against(file, Path("before"), "", tolerance=tolerance, strict=False)
    try:
        check_fits(held, after, after.all_verdicts)
    except UsageError as error:
        told = error.problem.replace("baseline 'before'", "the earlier report")
        raise UsageError(told, "compare two reports of one rulebook and one kind of model") from None
    return against(after.all_verdicts, after.rulebook, held, after.measures())[1]


def _fault(error: ValidationError, plain: object) -> str:
    """The first thing that is wrong, with a suggestion for a key that is not known."""
    if isinstance(plain, dict) and "schema_version" in plain:
        return "this is a report"
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        model = Entry if "entries" in fault["loc"] else BaselineFile
        return f"unknown key {place}; {did_you_mean(str(fault['loc'][-1]), list(model.model_fields))}"
    return f"{place}: {fault['msg']}"


def against(
    verdicts: Sequence[Verdict], rulebook: Rulebook, held: Baseline, measures: Iterable[Measure]
) -> tuple[tuple[Verdict, ...], Baseline]:
    """The verdicts, those known from the baseline marked, and the baseline with what has changed.

    A finding is known where the same verdict was as grave then and its number is no worse now. What was
    judged then and is not judged now for any slice of its rule and attribute is `gone`, which is a gap.
    """
    before = {c.before.fingerprint: c.before for c in held.changes if c.before is not None}
    rules, measures = {rule.id: rule for rule in rulebook.rules}, tuple(measures)
    changes, told = [], []
    for verdict in verdicts:
        was, rule = before.pop(verdict.fingerprint, None), rules[verdict.rule]
        change = change_of(was, entry_of(verdict, rule, measures, sure=True), rule, held.tolerance)
        told.append(verdict.model_copy(update={"known": _known(verdict, change)}))
        changes.append(change)
    changes += [_gone(was, verdicts) for was in before.values()]
    return tuple(told), held.model_copy(update={"changes": tuple(changes)})


def held_against(file: BaselineFile, path: Path, digest: str, *, tolerance: float, strict: bool) -> Baseline:
    """A baseline file as a report carries it, its entries not yet compared."""
    return Baseline(
        name=path.name,
        sha256=digest,
        written=file.written,
        subject=file.subject,
        subject_sha256=file.subject_sha256,
        data=file.data,
        data_sha256=file.data_sha256,
        rulebook=file.rulebook,
        task=file.task,
        tolerance=tolerance,
        strict=strict,
        changes=tuple(Change(state="gone", rule=e.rule, where=e.where, before=e) for e in file.entries),
    )


def check_fits(held: Baseline, report: Report, verdicts: Sequence[Verdict]) -> None:
    """Refuse a baseline of another kind of model, or with which nothing here can be compared.

    Raises
    ------
    UsageError
        Saying what it is a baseline of.
    """
    if held.task != report.subject.task:
        raise UsageError(
            f"baseline '{held.name}' is of a {held.task} model ({held.subject}); this one is {report.subject.task}",
            AGAIN,
            where="--baseline",
        )
    then = {c.before.rule for c in held.changes if c.before is not None}
    if not then & {v.rule for v in verdicts}:
        raise UsageError(
            f"baseline '{held.name}' has nothing in common with this report: it is of rulebook '{held.rulebook}', "
            f"model {held.subject}, data {held.data}; here: rulebook '{report.rulebook.name}', {report.subject.name}, {report.data.name}",
            AGAIN,
            where="--baseline",
        )


def change_of(before: Entry | None, after: Entry, rule: Rule, tolerance: float) -> Change:
    """What became of one verdict.

    `worse` and `better` need the whole interval of the difference beyond the tolerance (a share of the way
    from the rule's ideal to its limit). A finding that was none, or a lesser one, is `new` whatever its
    number did.
    """
    shared = {"rule": rule.id, "where": after.where, "before": before, "after": after}
    if before is None:
        state: State = "new" if after.outcome in FINDINGS else "same"
        return Change.model_validate(shared | {"state": state, "note": "not in the baseline"})
    if before.value is None or after.value is None:
        return Change.model_validate(
            shared | {"state": _without_number(before, after), "note": _silence(before, after)}
        )
    moved, interval = difference(before, after)
    low, high = (interval.low, interval.high) if interval else (moved, moved)
    worst, best = (low, high) if rule.sign > 0 else (-high, -low)
    slack = tolerance * abs(rule.limit - rule.ideal) + TOLERANCE * max(1.0, abs(rule.limit))
    state = "worse" if worst > slack else "better" if best < -slack else "same"
    if after.outcome in FINDINGS and GRAVITY[after.outcome] > GRAVITY.get(before.outcome, 0):
        state = "new"
    elif before.outcome in FINDINGS and after.outcome == "pass":
        state = "fixed"
    strangers = [
        f"{group} at {value:.3g}" for group, value in after.behind.items() if group not in before.behind
    ]
    if after.outcome in FINDINGS and strangers:
        told = f"behind it, beyond the limit now and not then: {', '.join(strangers)}"
        return Change.model_validate(
            shared | {"state": "new", "difference": moved, "interval": interval, "note": told}
        )
    other = before.where.get("reference") != after.where.get("reference")
    note = f"compared with {before.where.get('reference')} then" if other else ""
    return Change.model_validate(
        shared | {"state": state, "difference": moved, "interval": interval, "note": note}
    )


def _without_number(before: Entry, after: Entry) -> State:
    """What became of a verdict that has no number then, or none now."""
    if after.value is None:
        return "same" if before.value is None else "gone"
    return "new" if after.outcome in FINDINGS else "fixed"


def _silence(before: Entry, after: Entry) -> str:
    """Which of the two has no number."""
    return "not assessed now" if after.value is None else "not assessed then"


def difference(before: Entry, after: Entry) -> tuple[float, Interval | None]:
    """Now minus then, with an interval where both numbers have one.

    Square-and-add (MOVER): sqrt of the sum of the squared distances from each value to its own bound. It
    takes the two as independent; where the same rows were judged twice the true interval is narrower, so
    fewer changes are called worse or better (`audit --against` compares row by row).

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures.
    Statistics in Medicine 27, 1693-1702.
    """
    if before.value is None or after.value is None:
        raise ValueError("a difference needs two numbers")
    moved = after.value - before.value
    noisy = before.metered or after.metered
    then, now = (_with_noise(one) if noisy else one.interval for one in (before, after))
    if then is None or now is None:
        return moved, None
    down = math.hypot(after.value - now.low, then.high - before.value)
    up = math.hypot(now.high - after.value, before.value - then.low)
    level = min(then.level, now.level)
    if not math.isfinite(moved - down) or not math.isfinite(moved + up):
        return moved, None
    method = f"{METHOD}, {NOISE}" if noisy else METHOD
    return moved, Interval(low=moved - down, high=moved + up, level=level, method=method)


def _with_noise(entry: Entry) -> Interval | None:
    """A metered number's interval, no narrower than runs of one machine differ; also of one that has none."""
    if entry.value is None:
        return None
    reach = RUN_TO_RUN * abs(entry.value)
    had = entry.interval
    return Interval(
        low=min(entry.value - reach, had.low if had else entry.value),
        high=max(entry.value + reach, had.high if had else entry.value),
        level=had.level if had else 0.95,
        method=NOISE,
    )


def _known(verdict: Verdict, change: Change) -> bool:
    """Whether a finding was there before, as grave, and is no worse; a gap is never known."""
    before = change.before
    if verdict.outcome not in FINDINGS or before is None or before.waived:
        return False
    return change.state in ("same", "better")


def _gone(was: Entry, verdicts: Sequence[Verdict]) -> Change:
    """What was judged and is not any more; a finding whose rule and attribute hold now is fixed."""
    kin = _kin(was, verdicts)
    shared = {"rule": was.rule, "where": was.where, "before": was}
    if not kin:
        told = "nothing of this rule and attribute is judged now"
        return Change.model_validate(shared | {"state": "gone", "note": told})
    slices = "; ".join(dict.fromkeys(v.measure.slice for v in kin if v.measure and v.measure.slice))
    state = "fixed" if was.outcome in FINDINGS and all(v.outcome == "pass" for v in kin) else "gone"
    note = f"judged now: {slices}" if slices else "not assessed now"
    return Change.model_validate(shared | {"state": state, "note": note})


def _kin(was: Entry, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts of the same rule and attribute, whichever group they name."""
    family = _family(was.where)
    return [
        v for v in verdicts if v.rule == was.rule and _family(v.measure.where if v.measure else {}) == family
    ]


def _family(where: Mapping[str, str]) -> dict[str, str]:
    """A slice without the groups it compares: which of them is the worst may change."""
    return {k: v for k, v in where.items() if k not in ("group", "reference")}


def reasons_to_fail(held: Baseline) -> list[str]:
    """Numbers that got worse while their rule holds: told by any baseline, failed by a strict one."""
    if not held.strict:
        return []
    worse = [c for c in held.changes if c.state == "worse" and c.after and c.after.outcome == "pass"]
    return [f"{_named(c)}: worse than in the baseline, though within its limit" for c in worse]


def gaps(held: Baseline, verdicts: Sequence[Verdict]) -> list[str]:
    """What the baseline has judged and nothing here answers for."""
    return [
        f"{_named(c)}: judged in the baseline (rulebook '{held.rulebook}'), not here"
        for c in held.changes
        if c.before is not None and c.after is None and not _kin(c.before, verdicts)
    ]


def _named(change: Change) -> str:
    """A rule with its slice."""
    where = ", ".join(f"{k}={v}" for k, v in change.where.items() if k != "reference")
    return f"{change.rule} ({where})" if where else change.rule
