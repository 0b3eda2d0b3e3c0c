"""Rulebooks that build on others, change limits with a reason, and name clauses of laws."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import run
from gate_reports import RULES, book, ratio, saved

from riskaudit.audits import audits, declared_measures
from riskaudit.errors import RulebookError, UsageError
from riskaudit.judge import clauses, judge, unfilled
from riskaudit.measure import Interval, Measure
from riskaudit.report import AuditResult
from riskaudit.rulebook import read_rulebooks, rulebook_of

KNOWN = {"bias.ratio": "a ratio", "bias.gap": "a gap"}
GAP = RULES.replace("ratio", "gap").replace("ideal: 1.0", "ideal: 0.0")


def files(folder: Path, **texts: str) -> list[str]:
    """YAML files by name."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return [str(folder / f"{name}.yaml") for name in texts]


def override(limit: object = 0.9, reason: str = "ours", rule: str = "ratio") -> str:
    return f"overrides:\n  {rule}:\n    limit: {limit}\n    reason: {reason}\n"


def test_a_child_has_its_parents_rules_and_its_own(tmp_path: Path) -> None:
    """extends: a path beside the file; the parent's whole text travels too, parents first."""
    _, child = files(tmp_path, base=RULES, ours="extends: base.yaml\n" + override() + GAP)
    made = read_rulebooks([child], measures=KNOWN)
    assert [rule.id for rule in made.rules] == ["ratio", "gap"]
    assert [source.name for source in made.sources] == ["base.yaml", "ours.yaml"]
    assert made.rule("ratio").limit == 0.9
    assert [(o.key, o.was, o.now, o.reason, o.by) for o in made.overrides] == [
        ("limit", 0.8, 0.9, "ours", "ours.yaml")
    ]
    assert rulebook_of(made.sources, made.overrides) == made


def test_a_shipped_rulebook_is_extended_by_its_name(tmp_path: Path) -> None:
    """extends: default."""
    (child,) = files(tmp_path, ours="extends: default\n" + override(0.9, rule="selection-rate-ratio"))
    made = read_rulebooks([child], measures=declared_measures(audits()))
    assert made.rule("selection-rate-ratio").limit == 0.9


def test_a_grandchild_has_the_last_word_and_a_diamond_is_read_once(tmp_path: Path) -> None:
    """A chain of overrides is recorded in order; one parent by two ways is one."""
    texts = {
        "base": RULES,
        "left": "extends: base.yaml\n" + override(0.9),
        "right": "extends: base.yaml\n" + GAP,
        "ours": "extends: [left.yaml, right.yaml]\n" + override(0.85),
    }
    made = read_rulebooks(files(tmp_path, **texts)[-1:], measures=KNOWN)
    assert [o.now for o in made.overrides] == [0.9, 0.85]
    assert made.rule("ratio").limit == 0.85
    assert len(made.sources) == 4


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"a": "extends: b.yaml\n", "b": "extends: a.yaml\n"}, "in a circle: a.yaml -> b.yaml -> a.yaml"),
        ({"a": "extends: a.yaml\n"}, "in a circle"),
        ({"a": "extends: no.yaml\n"}, "no rulebook 'no.yaml'"),
        ({"a": "extends: defualt\n"}, "did you mean 'default'"),
        ({"a": "extends: 3\n"}, "'extends' is a name"),
        ({"a": "extends: b.yaml\n" + override(rule="ratoi"), "b": RULES}, "did you mean 'ratio'"),
        ({"a": "extends: b.yaml\n" + override(0.8, reason="''"), "b": RULES}, "reason"),
        ({"a": "extends: b.yaml\noverrides:\n  ratio:\n    limit: 0.9\n", "b": RULES}, "lacks 'reason'"),
        ({"a": "extends: b.yaml\noverrides:\n  ratio:\n    limti: 0.9\n    reason: x\n", "b": RULES}, "did you mean 'limit'"),
        ({"a": "extends: b.yaml\noverrides:\n  ratio:\n    reason: x\n", "b": RULES}, "changes nothing"),
        ({"a": "extends: b.yaml\n" + override(1.0), "b": RULES}, "no direction"),
        ({"a": "extends: b.yaml\n" + override(".nan"), "b": RULES}, "limit"),
        ({"a": "extends: b.yaml\n" + RULES, "b": RULES}, "used twice"),
        ({"a": override() + GAP, "b": RULES}, "name the rulebook that has it under 'extends'"),
        ({"a": "extends: [b.yaml, c.yaml]\n", "b": "extends: d.yaml\n" + override(0.9), "c": "extends: d.yaml\n" + override(0.7), "d": RULES}, "0.7 here and 0.9 in 'b.yaml'"),
        ({"a": "extnds: b.yaml\n" + RULES}, "did you mean 'extends'"),
        ({"a": "points: [{id: x, title: t, source: s, evidence: [bias.gpa]}]\n"}, "did you mean 'bias.gap'"),
        ({"a": "points: [{id: x, title: t}]\n"}, "lacks 'source'"),
        ({"a": "rules:\n"}, "'rules' is a list"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(tmp_path: Path, texts: dict[str, str], words: str) -> None:
    """Circles, conflicts, unknown rules, lacking reasons: exit 2 with the place."""
    paths = files(tmp_path, **texts)
    with pytest.raises(UsageError) as caught:
        read_rulebooks(paths[:1], measures=KNOWN)
    assert words in "\n".join(caught.value.lines())
    if isinstance(caught.value, RulebookError):
        assert ".yaml:" in caught.value.lines()[1]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """A report could not tell them apart."""
    (tmp_path / "x").mkdir()
    one, two = files(tmp_path, a=RULES) + files(tmp_path / "x", a=GAP)
    with pytest.raises(UsageError, match=r"two rulebooks are called 'a\.yaml'"):
        read_rulebooks([one, two], measures=KNOWN)


def test_set_changes_a_limit_and_is_recorded_everywhere(tmp_path: Path) -> None:
    """The verdict changes, and terminal, JSON, Markdown and HTML say by whom and from what."""
    path = saved(tmp_path, "r", ratio(0.85))
    assert run("gate", path)[0] == 0
    words = ("--set", "ratio.limit=0.9", "-o", str(tmp_path / "o"), "-f", "json,md,html")
    code, out, _ = run("gate", path, *words)
    assert code == 1
    assert "changed rule: ratio limit 0.8 -> 0.9 (--set" in out
    judged = json.loads((tmp_path / "o" / "report.json").read_text())
    assert judged["rulebook"]["overrides"][0] | {"reason": ""} == {"rule": "ratio", "key": "limit", "was": 0.8, "now": 0.9, "reason": "", "by": "--set"}  # fmt: skip
    for name in ("report.md", "report.html"):
        assert "Changed rules" in (tmp_path / "o" / name).read_text()
    assert run("gate", str(tmp_path / "o" / "report.json"))[0] == 1  # it stays


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("ratoi.limit=0.9", "did you mean 'ratio'"),
        ("ratio.limti=0.9", "did you mean 'limit'"),
        ("ratio.limit=nan", "not a number"),
        ("ratio.limit=inf", "not a number"),
        ("ratio.limit=", "not a number"),
        ("ratio.limit", "KEY=VALUE"),
        ("limit=0.9", "not RULE.SETTING"),
        ("ratio.limit=1.0", "no direction"),
        ("ratio.severity=grave", "no severity"),
        ("ratio.when_unsure=maybe", "no when_unsure"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(tmp_path: Path, word: str, told: str) -> None:
    """Exit 2, never a limit that is ignored."""
    code, _, err = run("gate", saved(tmp_path, "r", ratio(0.95)), "--set", word)
    assert code == 2
    assert told in err


def test_an_override_smuggled_into_a_report_is_refused(tmp_path: Path) -> None:
    """A limit changed without its override: exit 4."""
    path = Path(saved(tmp_path, "r", ratio(0.7)))
    plain = json.loads(path.read_text())
    plain["rulebook"]["rules"][0]["limit"] = 0.5
    path.write_text(json.dumps(plain))
    assert run("gate", str(path))[0] == 4


def test_old_measurements_are_judged_by_new_rules(tmp_path: Path) -> None:
    """gate --rules: last month's numbers, this month's limit."""
    path = saved(tmp_path, "r", ratio(0.85))
    (other,) = files(tmp_path, other=RULES.replace("limit: 0.8", "limit: 0.9"))
    assert (run("gate", path)[0], run("gate", path, "--rules", other)[0]) == (0, 1)


def slices() -> AuditResult:
    """Three groups' own rates."""
    rates = {"a": 0.9, "b": 0.55, "c": 0.7}
    found = [
        Measure(name="bias.ratio", value=v, n=50, unit="ratio", where={"sex": g}, interval=Interval(low=v - 0.05, high=v + 0.05, method="m"))
        for g, v in rates.items()
    ]  # fmt: skip
    return AuditResult(audit="bias", status="measured", measures=tuple(found))


def test_a_rule_over_slices_names_the_worst_first_with_its_interval(tmp_path: Path) -> None:
    """Three groups judged, two fail, the worst is told first."""
    path = saved(tmp_path, "r", *slices().measures)
    code, out, _ = run("gate", path)
    assert code == 1
    assert out.splitlines()[0].startswith("high[ratio]: bias: ratio is 0.55")
    assert "sex=b" in out.splitlines()[1]
    assert "0.50" in out.splitlines()[1]
    assert "(sex=b)" in json.loads(Path(path).read_text())["gate"]["reasons"][0]


@pytest.mark.parametrize(
    ("where", "outcomes"),
    [("{sex: b}", ["fail"]), ('{sex: "*"}', ["pass", "fail", "fail"]), ("{race: x}", ["missing"]), ("{attribute: sex}", ["missing"])],
)  # fmt: skip
def test_where_narrows_a_rule_to_an_attribute_or_a_group(where: str, outcomes: list[str]) -> None:
    """A value, any value of a key, or none: then it is missing, not passed."""
    made = book(RULES + f"    where: {where}\n")
    assert [v.outcome for v in judge([slices()], made, task="binary")] == outcomes


@pytest.mark.parametrize(
    "name", ["us-four-fifths", "nyc-ll144", "eu-ai-act", "nist-ai-rmf", "sci", "no-worse", "model-card"]
)
def test_every_rule_and_point_of_a_pack_names_its_source(name: str) -> None:
    """Clause by clause; a limit that no law sets says that it is a convention."""
    made = read_rulebooks([name], measures=declared_measures(audits()))
    for rule in made.rules:
        assert any(mark in rule.reference for mark in ("CFR", "RCNY", "ISO/IEC", "19", "20")), rule.id
    for point in made.points:
        assert any(
            mark in point.source
            for mark in ("RCNY", "Annex IV", "NIST AI 100-1", "ISO/IEC 21031", "Mitchell et al.")
        ), point.id
        assert point.evidence or point.statement, point.id


def test_a_point_that_nothing_fills_is_to_be_provided_and_never_invented() -> None:
    """Annex IV with one accuracy: 2(g) has evidence, 1(a) is stated, all else is to be provided."""
    made = read_rulebooks(["eu-ai-act"], measures=declared_measures(audits()))
    accuracy = Measure(name="bias.accuracy", value=0.9, n=9, unit="fraction", note="n")
    found = clauses(
        made, [AuditResult(audit="bias", status="measured", measures=(accuracy,))], {"purpose": "loans"}
    )
    by_status = {c.id: c.status for c in found}
    assert by_status["2(g) metrics"] == "evidence"
    assert by_status["1(a)"] == "stated"
    assert by_status["2(g) signature"] == "to be provided"
    assert sum(status == "to be provided" for status in by_status.values()) == 25
    empty = Measure(name="bias.accuracy", value=None, n=9, unit="fraction", note="too few")
    none = clauses(made, [AuditResult(audit="bias", status="measured", measures=(empty,))], {"purpose": "  "})
    assert {c.status for c in none} == {"to be provided"}
    assert unfilled(none) == []


def applicants(path: Path, *, n: int = 3000) -> str:
    """Applicants by sex and race, some unknown, one race rare; no gap."""
    rows = [
        f"{i % 2},{(i // 2) % 2},{'unknown' if i % 29 == 0 else 'fm'[(i // 4) % 2]},{'c' if i % 97 == 0 else 'ab'[(i // 8) % 2]}"
        for i in range(n)
    ]
    path.write_text("y,yhat,sex,race\n" + "\n".join(rows) + "\n")
    return str(path)


def test_ll144_refuses_its_name_until_auditor_dates_and_source_are_stated(tmp_path: Path) -> None:
    """Without them exit 3 and "not a summary of results"; with them the sheet has its name, unknowns and small groups."""
    data = applicants(tmp_path / "t.csv")
    words = ("audit", "--data", data, "--target", "y", "--prediction", "yhat", "--favourable", "1", "--sensitive", "sex,race", "--only", "bias", "--rules", "nyc-ll144", "--min-group", "10", "-o", str(tmp_path / "o"), "-f", "json,md,html")  # fmt: skip
    code, out, _ = run(*words)
    assert code == 3
    assert "audit_date" in out
    sheet = (tmp_path / "o" / "report.md").read_text()
    assert "This is not a summary of results under Local Law 144" in sheet
    stated = (
        "auditor=A. Body",
        "audit_date=2026-11-01",
        "data_source=our own 2025",
        "distribution_date=2026-12-01",
    )
    code, out, err = run(*words, *(part for one in stated for part in ("--state", one)))
    assert code == 0, out + err
    sheet = (tmp_path / "o" / "report.md").read_text()
    assert "Summary of results under 6 RCNY 5-303. Auditor: A. Body." in sheet
    assert "104 of 3,000 individuals fall in no known category" in sheet
    assert "under 2 %: left out of the ratios" in sheet
    assert "Auditor: A. Body" in (tmp_path / "o" / "report.html").read_text()
    assert run("gate", str(tmp_path / "o" / "report.json"))[0] == 0


def test_a_pack_of_points_alone_judges_nothing(tmp_path: Path) -> None:
    """eu-ai-act without a rulebook that judges: exit 3, not a pass."""
    assert run("gate", saved(tmp_path, "r", ratio(0.95)), "--rules", "eu-ai-act")[0] == 3


def test_the_embodied_carbon_is_to_be_provided_not_nought() -> None:
    """SCI without M says so; offsets have no key."""
    made = read_rulebooks(["sci"], measures=declared_measures(audits()))
    found = {c.id: c.status for c in clauses(made, [], {})}
    assert found["M"] == "to be provided"
    assert not any("offset" in point.statement for point in made.points)
