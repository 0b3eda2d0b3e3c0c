"""Wording: what the gate says when it refuses, to the letter, and where its limits lie exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cli_helpers import run
from gate_reports import RULES, book, ratio, report, saved

from riskaudit.behind import behind
from riskaudit.believing import age, checks, refuse_foreign
from riskaudit.errors import InputError, RiskAuditError, UsageError
from riskaudit.measure import Measure
from riskaudit.rulebook import read_rulebooks, rulebook_schema
from riskaudit.rulebook.overriding import with_settings
from riskaudit.waivers import Waiver
from riskaudit.waiving import waive

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def told(error: RiskAuditError) -> tuple[str, str, str]:
    """Problem, hint and place of an error."""
    return error.problem, error.hint, error.where


def made_at(moment: datetime | str):  # type: ignore[no-untyped-def]
    """A report that says it was made then."""
    one = report(ratio(0.95))
    said = moment if isinstance(moment, str) else moment.isoformat()
    return one.model_copy(update={"run": one.run.model_copy(update={"started": said})})


@pytest.mark.parametrize(
    ("text", "hours"), [("12h", 12), ("1d", 24), ("30d", 720), ("6w", 6 * 168), (" 2h ", 2)]
)
def test_an_age_is_hours_days_or_weeks(text: str, hours: int) -> None:
    """One unit each, to the hour."""
    assert age(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "0h", "h", "12", "1.5d", "-1d", "12 h", "3m"])
def test_any_other_age_is_refused(text: str) -> None:
    """With what can be written."""
    with pytest.raises(UsageError) as caught:
        age(text)
    assert told(caught.value) == (
        f"'{text}' is no age", "write hours, days or weeks: 12h, 30d, 6w", "--max-age"
    )  # fmt: skip


def test_the_limits_of_age_are_within() -> None:
    """Exactly as old as allowed is allowed; so is a clock that goes exactly an hour ahead; a second more is not."""
    second = timedelta(seconds=1)
    for moment in (NOW - timedelta(hours=2), NOW + timedelta(hours=1)):
        refuse_foreign(made_at(moment), max_age="2h", now=NOW)
    for moment in (NOW - timedelta(hours=2) - second, NOW + timedelta(hours=1) + second):
        with pytest.raises(InputError):
            refuse_foreign(made_at(moment), max_age="2h", now=NOW)


@pytest.mark.parametrize(
    ("moment", "problem", "hint"),
    [
        (NOW - timedelta(days=3), "the report is 3 days old", "audit again"),
        (NOW - timedelta(hours=36), "the report is 36.0 hours old", "audit again"),
        (
            NOW + timedelta(days=1),
            f"the report was made in the future, at {(NOW + timedelta(days=1)).isoformat()}",
            "mend the clocks, and audit again",
        ),
        (
            "yesterday",
            "the report does not say when it was made: 'yesterday'",
            "it was edited or cut short; audit again",
        ),
    ],
)
def test_a_report_of_another_day_is_refused_in_words(moment: datetime | str, problem: str, hint: str) -> None:
    """Its age as a person says it."""
    with pytest.raises(InputError) as caught:
        refuse_foreign(made_at(moment), max_age="1h", now=NOW)
    assert told(caught.value) == (problem, hint, "--max-age")


def test_what_a_verification_tells(tmp_path: Path) -> None:
    """The digest it holds by, or that it has none yet; files that it is and is not about."""
    one = report(ratio(0.95))
    path = tmp_path / "report.json"
    model = tmp_path / "model.bin"
    model.write_bytes(b"model")
    sealed = one.model_copy(update={"run": one.run.model_copy(update={"digest": "d" * 64})})
    old = one.model_copy(update={"run": one.run.model_copy(update={"digest": ""})})
    assert checks(path, sealed, {})[0].told == f"holds together, digest {'d' * 64}"
    assert checks(path, old, {})[0].told == "holds together, digest none (schema 1.0)"
    for name, subject in (
        ("model", one.model_copy(update={"subject": one.subject.model_copy(update={"sha256": "0" * 64})})),
        ("model", one.model_copy(update={"subject": one.subject.model_copy(update={"sha256": None})})),
        ("train", one.model_copy(update={"data": one.data.model_copy(update={"members_sha256": "0" * 64})})),
    ):
        (_, found) = checks(path, subject, {name: model})
        assert found.name == name
        assert found.holds is False


@pytest.mark.parametrize(
    ("word", "value", "problem", "hint"),
    [
        ("ratio", "0.9", "'ratio' is not RULE.SETTING", "did you mean"),
        ("ratio.limt", "0.9", "'ratio.limt' is not RULE.SETTING", "did you mean 'limit'?"),
        ("ratoi.limit", "0.9", "there is no rule 'ratoi'", "did you mean 'ratio'? there is: ratio"),
        ("a.b.limit", "0.9", "there is no rule 'a.b'", "there is: ratio"),
        ("ratio.limit", "much", "'much' is not a number", "write --set ratio.limit=0.85"),
        ("ratio.limit", "nan", "'nan' is not a number", "write --set ratio.limit=0.85"),
        ("ratio.limit", "inf", "'inf' is not a number", "write --set ratio.limit=0.85"),
        ("ratio.ideal", "-inf", "'-inf' is not a number", "write --set ratio.ideal=0.85"),
        ("ratio.severity", "hihg", "'hihg' is no severity", "did you mean 'high'?"),
        ("ratio.when_unsure", "fial", "'fial' is no when_unsure", "did you mean 'fail'? there is: pass, warn, fail"),
        ("ratio.limit", "1.2", "limit 1.2 is not below ideal 1, which would turn the rule 'ratio' around", "give another value"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("flag", ["--set", "--delta"])
def test_a_setting_that_cannot_be_meant(word: str, value: str, problem: str, hint: str, flag: str) -> None:
    """What was found, what to type, and the flag that it came by."""
    if word == "ratio":
        hint = "there is: "
    with pytest.raises(UsageError) as caught:
        with_settings(book(), {word: value}, flag=flag)
    said, helped, where = told(caught.value)
    assert (said, where) == (problem, flag)
    assert helped.startswith(hint.replace("--set", flag))


@pytest.mark.parametrize(
    ("key", "value"),
    [("limit", "0.7"), ("severity", "low"), ("when_unsure", "pass"), ("when_unsure", "warn"), ("when_unsure", "fail")],
)  # fmt: skip
def test_a_setting_is_recorded(key: str, value: str) -> None:
    """What it was, what it is, why and by which flag."""
    made = with_settings(book(), {f"ratio.{key}": value})
    (one,) = made.overrides
    was = getattr(book().rule("ratio"), key)
    now = float(value) if key == "limit" else value
    assert (one.rule, one.key, one.was, one.now) == ("ratio", key, was, now)
    assert (one.reason, one.by) == ("set on the command line", "--set")
    assert getattr(made.rule("ratio"), key) == now


def test_a_rule_with_its_limit_above_says_so() -> None:
    """The other direction has the other word."""
    gap = RULES.replace("ideal: 1.0", "ideal: 0.0").replace("limit: 0.8", "limit: 0.1")
    with pytest.raises(UsageError) as caught:
        with_settings(book(gap), {"ratio.limit": "-0.1"})
    assert caught.value.problem.startswith("limit -0.1 is not above ideal 0,")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("overrides: {ratio: {limit: 0.7, reason: r}}\n" + RULES,
         "override of 'ratio', which no extended rulebook has\n|  = help: name the rulebook that has it under 'extends'"),
        ("extends: base\noverrides: {ratio: {reason: r}}\n",
         "override of 'ratio' changes nothing\n|  = help: give one of ideal, limit, severity, when_unsure"),
        ("extends: base\noverrides: {ratio: {limit: 1.5, reason: r}}\n",
         "override of 'ratio': limit 1.5 is not below ideal 1, which would turn the rule 'ratio' around\n"),
        ("extends: base\noverrides: {ratio: {limit: 1.0, reason: r}}\n", "override of 'ratio': "),
        ("extends: base\npoints: [{id: p, title: t, source: s, evidence: [bias.ratoi]}]\n",
         "point 'p' names unknown measure 'bias.ratoi'"),
    ],
)  # fmt: skip
def test_an_override_that_cannot_be_meant(tmp_path: Path, text: str, words: str) -> None:
    """Each fault in its own words, none of the validator's."""
    (tmp_path / "base.yaml").write_text(RULES)
    path = tmp_path / "own.yaml"
    path.write_text(text.replace("extends: base", f"extends: {tmp_path / 'base.yaml'}"))
    code, _, err = run("gate", saved(tmp_path, "one", ratio(0.95)), "--rules", str(path))
    assert code == 2
    assert all(part in err for part in words.split("|"))
    assert "Value error" not in err
    assert "[type=" not in err


def test_the_form_of_a_rulebook_is_a_schema_that_editors_know() -> None:
    """Its head, to the letter: editors and check-jsonschema find it by these keys."""
    schema = rulebook_schema()
    parts = {key: schema.pop(key) for key in ("properties", "$defs")}
    assert schema == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:riskaudit:schema:rulebook:1",
        "type": "object",
        "anyOf": [{"required": ["rules"]}, {"required": ["extends"]}, {"required": ["points"]}],
        "additionalProperties": False,
    }
    assert list(parts["properties"]) == ["title", "about", "extends", "overrides", "points", "rules"]
    assert parts["properties"]["title"] == parts["properties"]["about"] == {"type": "string"}
    assert parts["properties"]["extends"] == {"type": ["string", "array"], "items": {"type": "string"}}
    assert parts["properties"]["rules"]["items"] == {"$ref": "#/$defs/Rule"}
    assert parts["properties"]["points"]["items"] == {"$ref": "#/$defs/Point"}
    assert parts["properties"]["overrides"]["additionalProperties"] == {"$ref": "#/$defs/Changed"}
    assert {"Rule", "Point", "Changed"} <= parts["$defs"].keys()


def rate(group: str, value: float, name: str = "bias.selection_rate") -> Measure:
    """A group's own rate."""
    return Measure(name=name, value=value, n=90, unit="fraction", where={"sex": group}, note="n")


def compared(name: str, value: float) -> Measure:
    """A widest gap between f and m."""
    where = {"attribute": "sex", "group": "f", "reference": "m"}
    return Measure(name=name, value=value, n=90, unit="ratio", where=where, note="n")


def test_groups_behind_a_difference_are_told_by_their_distance() -> None:
    """From the best group's rate; the group that the gap names is not behind it."""
    gap = RULES.replace("bias.ratio", "bias.selection_rate_difference").replace("ideal: 1.0", "ideal: 0.0")
    rule = book(gap.replace("limit: 0.8", "limit: 0.1")).rule("ratio")
    rates = [rate("m", 0.9), rate("f", 0.2), rate("d", 0.5), rate("x", 0.85)]
    found = behind(compared("bias.selection_rate_difference", 0.7), rule, rates)
    assert found == {"d": pytest.approx(0.4)}


def test_where_nobody_is_selected_nobody_is_behind() -> None:
    """A best rate of nothing has no shares; all groups are as well off as the best."""
    rule = book(RULES.replace("bias.ratio", "bias.selection_rate_ratio")).rule("ratio")
    rates = [rate("m", 0.0), rate("f", 0.0), rate("d", 0.0)]
    assert behind(compared("bias.selection_rate_ratio", 1.0), rule, rates) == {}
    twice = rule.model_copy(update={"ideal": 0.0, "limit": 1.5})
    assert behind(compared("bias.selection_rate_ratio", 1.0), twice, rates) == {}


@pytest.mark.parametrize(("value", "half", "outcome"), [(0.5, 0.02, "fail"), (0.8, 0.1, "warn")])
def test_what_is_unsure_can_be_waived_too(value: float, half: float, outcome: str) -> None:
    """With --strict an unsure rule fails: its waiver must hold as that of a failed one."""
    one = report(ratio(value, half))
    (verdict,) = one.verdicts
    assert verdict.outcome == outcome
    waiver = Waiver(rule="ratio", match={"attribute": "sex"}, reason="r", owner="o", expires=date(2999, 1, 1))
    (held,), notes = waive(one.verdicts, [waiver], one.rulebook, date(2026, 11, 22))
    assert held.waived == waiver
    assert notes == ()


def test_a_source_is_read_whole(tmp_path: Path) -> None:
    """The text that a report embeds is the text that was judged by."""
    path = tmp_path / "own.yaml"
    path.write_text(RULES)
    (source,) = read_rulebooks((str(path),), measures={"bias.ratio": ""}).sources
    assert source.text == RULES


TODAY = date(2026, 11, 22)
SEX_F = {"attribute": "sex", "group": "f", "reference": "m"}


def waiver(**changed: object) -> Waiver:
    """A waiver of the ratio of f, good until today."""
    fields = {"rule": "ratio", "match": SEX_F, "reason": "r", "owner": "ana", "expires": TODAY}
    return Waiver.model_validate(fields | changed)


def notes_of(made: Waiver, *values: Measure) -> list[tuple[str, str]]:
    """State and words of what a waiver says of itself."""
    one = report(*values)
    return [(n.state, n.told) for n in waive(one.verdicts, [made], one.rulebook, TODAY)[1]]


def test_a_waiver_holds_on_its_last_day_and_by_its_whole_slice() -> None:
    """It matches where it names all of the slice; the day after, it is expired, and the next waiver is looked at."""
    one = report(ratio(0.5))
    (held,), notes = waive(one.verdicts, [waiver()], one.rulebook, TODAY)
    assert (held.waived, notes) == (waiver(), ())
    old = waiver(expires=date(2026, 11, 21))
    (held,), (note,) = waive(one.verdicts, [old, waiver()], one.rulebook, TODAY)
    assert held.waived == waiver()
    slice_ = "attribute=sex, group=f, reference=m"
    assert (note.state, note.told) == (
        "expired", f"the waiver of ratio ({slice_}) expired after 2026-11-21; ask ana"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "values", "state", "words"),
    [
        ({"match": {"attribute": "age"}}, [ratio(0.5)], "unmatched",
         "the waiver of ratio (attribute=age) matches nothing: no slice of the rule is like that"),
        ({"rule": "ratoi", "match": {"attribute": "sex"}}, [ratio(0.5)], "unmatched",
         "the waiver of ratoi (attribute=sex) matches nothing: no such rule; did you mean 'ratio'? there is: ratio"),
        ({"match": {"attribute": "sex"}, "limit": 0.7}, [ratio(0.5), ratio(0.6125, group="d")], "void",
         "the waiver of ratio (attribute=sex) is void: it allows 0.7, found 0.5, 0.6125; ask ana"),
        ({"match": {"attribute": "sex"}, "limit": 0.7, "missing": True}, [ratio(None)], "void",
         "the waiver of ratio (attribute=sex) is void: it allows 0.7, found not assessed; ask ana"),
        ({"match": {"attribute": "sex"}}, [ratio(None)], "unneeded",
         "the waiver of ratio (attribute=sex) excuses nothing: what it speaks of is not assessed, which only a "
         "waiver with 'missing: true' covers"),
        ({"match": {"attribute": "sex"}}, [ratio(0.95)], "unneeded",
         "the waiver of ratio (attribute=sex) excuses nothing: the rule holds"),
    ],
)  # fmt: skip
def test_what_a_waiver_says_of_itself(
    changed: dict[str, object], values: list[Measure], state: str, words: str
) -> None:
    """Why it excuses nothing, to the letter."""
    assert notes_of(waiver(**changed), *values) == [(state, words)]


def test_a_waiver_of_one_group_names_all_that_hide_behind_it() -> None:
    """Each with its number."""
    rules = RULES.replace("bias.ratio", "bias.selection_rate_ratio")
    rates = [rate("m", 0.8), rate("f", 0.2), rate("d", 0.4), rate("x", 0.5)]
    one = report(compared("bias.selection_rate_ratio", 0.25), *rates, rules=rules)
    made = waiver(match={"attribute": "sex", "group": "f"})
    (note,) = waive(one.verdicts, [made], one.rulebook, TODAY, measures=one.measures())[1]
    assert note.state == "void"
    assert "is void: d is at 0.5, x is at 0.625, beyond the limit too" in note.told


def test_what_a_verification_tells_of_the_set(tmp_path: Path) -> None:
    """Every file that is not what was written, or that all are."""
    scored_report = tmp_path / "out"
    path = tmp_path / "scored.csv"
    rows = [f"{i % 2},{int(i % 10 < 6)},{'fm'[i % 2]}" for i in range(300)]
    path.write_text("y,yhat,sex\n" + "\n".join(rows) + "\n")
    words = f"--data {path} --target y --prediction yhat --sensitive sex --favourable 1 --rules predictions"
    run("audit", *words.split(), "--only", "bias", "-o", str(scored_report), "-f", "json,md,summary")
    code, out, _ = run("verify", str(scored_report / "report.json"))
    assert (code, "ok   manifest   every file is what was written\n" in out) == (0, True)
    (scored_report / "report.md").write_text("other")
    (scored_report / "summary.md").unlink()
    code, out, _ = run("verify", str(scored_report / "report.json"))
    (line,) = [one for one in out.splitlines() if "manifest" in one]
    assert code == 4
    assert line.startswith("NOT  manifest   report.md ")
    assert "; summary.md " in line
