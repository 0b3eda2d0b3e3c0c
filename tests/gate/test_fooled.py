"""Fooled: ways to a pass that a reviewer found open, each told through the command line and closed."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from cli_helpers import run, scored
from gate_reports import RULES, book, ratio, report, saved
from pydantic import ValidationError

from riskaudit.judge import beyond, judge
from riskaudit.measure import Interval, Measure
from riskaudit.report import AuditResult, to_json

FIVE = """\
points:
  - {id: p, title: t, source: s, statement: auditor}
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_who_leaves_early_changes_no_exit_code(tmp_path: Path, unbuffered: str, stream: str) -> None:
    """`gate report.json | true` of a report that fails is 1, whichever of the two streams nobody reads."""
    report = saved(tmp_path, "bad", ratio(0.5))
    waivers = tmp_path / "old.yaml"
    waivers.write_text(
        "- {rule: ratio, match: {}, reason: r, owner: o, expires: 2020-01-01}\n"
    )  # speaks up on stderr
    here, there = os.pipe()
    os.close(here)
    words = [sys.executable, "-m", "riskaudit", "gate", report, "--waivers", str(waivers)]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | {stream: there}
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    try:
        assert subprocess.run(words, env=env, check=False, **streams).returncode == 1  # type: ignore[call-overload]
    finally:
        os.close(there)


def test_a_stdout_that_is_closed_changes_no_exit_code(tmp_path: Path) -> None:
    """`gate report.json >&-`."""
    for value, code in ((0.5, 1), (0.95, 0)):
        report = saved(tmp_path, "one", ratio(value))
        line = f"{sys.executable} -m riskaudit gate {report} >&-"
        assert subprocess.run(["sh", "-c", line], check=False).returncode == code


@pytest.mark.parametrize("word", ["ratio.limit=1.2", "ratio.ideal=0.5", "ratio.limit=1.0"])
def test_no_setting_turns_a_rule_around(tmp_path: Path, word: str) -> None:
    """A limit on the other side of the ideal would let any ratio pass: exit 2, by flag and by rulebook."""
    report = saved(tmp_path, "bad", ratio(0.5))
    code, _, err = run("gate", report, "--set", word)
    assert (code, "around" in err or "no direction" in err) == (2, True)
    (tmp_path / "base.yaml").write_text(RULES)
    key, value = word.removeprefix("ratio.").split("=")
    child = tmp_path / "child.yaml"
    child.write_text(f"extends: base.yaml\noverrides:\n  ratio: {{{key}: {value}, reason: r}}\n")
    assert run("gate", report, "--rules", str(child))[0] == 2


def test_a_rule_for_no_task_is_refused(tmp_path: Path) -> None:
    """`tasks: []` would disarm a rule without a word."""
    report = saved(tmp_path, "bad", ratio(0.5))
    path = tmp_path / "none.yaml"
    path.write_text(RULES.replace("    ideal", "    tasks: []\n    ideal"))
    code, _, err = run("gate", report, "--rules", str(path))
    assert (code, "tasks" in err) == (2, True)


@pytest.mark.parametrize("first", ["[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", "[*z]"])
def test_aliases_of_aliases_are_refused_and_not_written_out(tmp_path: Path, first: str) -> None:
    """A few lines that stand for a billion values, or for themselves without an end: exit 2 at once."""
    names = "abcdefghi"
    lines = [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in pairwise(names)]
    text = f"a: &a {first}\n".replace("&a [*z]", "&a [*a]") + "\n".join(lines) + "\nextends: *i\nrules: []\n"
    path = tmp_path / "bomb.yaml"
    path.write_text(text)
    assert run("gate", saved(tmp_path, "good", ratio(0.95)), "--rules", str(path))[0] == 2


@pytest.mark.parametrize("flag", ["--model-sha256", "--data-sha256", "--max-age", "--policy-digest"])
@pytest.mark.parametrize("word", ["", " ", "sha256:"])
def test_a_check_that_is_asked_for_with_nothing_is_refused(tmp_path: Path, flag: str, word: str) -> None:
    """`--model-sha256 "$UNSET"` in a CI is no check that passed."""
    assert run("gate", saved(tmp_path, "good", ratio(0.95)), flag, word)[0] == 2


@pytest.mark.parametrize("key", ["auditr", "nobody"])
def test_a_statement_that_nobody_asks_for_is_refused(tmp_path: Path, key: str) -> None:
    """A typing error in --state would leave the point unfilled without a word."""
    path = tmp_path / "points.yaml"
    path.write_text(RULES + FIVE)
    words = ("gate", saved(tmp_path, "good", ratio(0.95)), "--rules", str(path))
    assert run(*words, "--state", "auditor=A. Body")[0] == 0
    code, _, err = run(*words, "--state", f"{key}=A. Body")
    assert (code, "auditor" in err) == (2, True)


@pytest.mark.parametrize("words", [("--set", "ratio.limit=0.9", "--set", "ratio.limit=0.1")])
def test_a_setting_said_twice_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The last of two would win without a word."""
    assert run("gate", saved(tmp_path, "bad", ratio(0.5)), *words)[0] == 2


@pytest.mark.parametrize("tolerance", ["inf", "1e999", "nan", "-1"])
def test_a_tolerance_has_an_end(tmp_path: Path, tolerance: str) -> None:
    """With an endless one nothing could be worse."""
    report, file = saved(tmp_path, "bad", ratio(0.5)), str(tmp_path / "b.json")
    assert run("baseline", "write", report, "-o", file)[0] == 0
    assert run("gate", report, "--baseline", file, "--tolerance", tolerance)[0] == 2


def test_a_nan_is_within_no_limit() -> None:
    """Whatever a NaN is compared with is false, so the question must be put the other way round."""
    assert beyond(book().rules[0], float("nan"), 0.8)


@pytest.mark.parametrize("value", [True, False, "0.9", b"1", 10**400, float("nan"), float("inf")])
def test_a_measure_is_a_plain_finite_number(value: object) -> None:
    """Yes, text, NaN and what no float holds are no measurement, nor the ends of an interval."""
    with pytest.raises(ValidationError):
        Measure.model_validate({"name": "bias.ratio", "value": value, "n": 9, "unit": "ratio", "note": "n"})
    with pytest.raises(ValidationError):
        Interval.model_validate({"low": 0.0, "high": value, "method": "m"})


def test_what_cannot_fail_is_told_with_the_verdict(tmp_path: Path) -> None:
    """A pass by --fail-on critical says that it is one."""
    report = saved(tmp_path, "bad", ratio(0.5))
    code, out, _ = run("gate", report, "--fail-on", "critical")
    assert (code, "only critical and graver can fail" in " ".join(out.split())) == (0, True)


@pytest.mark.parametrize("value", ["true", "NaN", '"0.5"', "1e999", '0.5, "value": 0.9'])
def test_a_baseline_whose_number_is_none_or_two_is_refused(tmp_path: Path, value: str) -> None:
    """Yes, NaN, text, infinity, and a key that stands twice after a merge: exit 2."""
    report, file = saved(tmp_path, "bad", ratio(0.5)), tmp_path / "b.json"
    assert run("baseline", "write", report, "-o", str(file))[0] == 0
    assert run("gate", report, "--baseline", str(file))[0] == 0
    file.write_text(file.read_text().replace('"value": 0.5', f'"value": {value}'))
    assert run("gate", report, "--baseline", str(file))[0] == 2


@pytest.mark.parametrize("place", ["file", "environment"])
def test_a_dry_run_is_no_setting_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """It ends with 0 and audits nothing, so it has to stand on the command line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    scored(tmp_path / "p.csv")
    if place == "file":
        (tmp_path / "riskaudit.toml").write_text("dry_run = true\n")
    else:
        monkeypatch.setenv("RISKAUDIT_AUDIT_DRY_RUN", "1")
    words = ("--target", "y", "--favourable", "1", "--classes", "0,1")
    code, out, err = run("audit", "--data", "p.csv", "--model", "http://127.0.0.1:9/", *words)
    assert (code, "command line" in err) == (2, True), out + err


def test_a_rule_on_any_attribute_speaks_of_all() -> None:
    """`where: {attribute: "*"}` narrows nothing: a column that its measure passes over is missing."""
    rules = book(RULES.replace("    ideal", "    where: {attribute: '*'}\n    ideal"))
    result = AuditResult(audit="bias", status="measured", measures=(ratio(0.95),))
    found = judge([result], rules, task="binary", sensitive=("sex", "race"))
    assert [v.outcome for v in found] == ["pass", "missing"]


def test_what_was_judged_strictly_is_judged_so_again(tmp_path: Path) -> None:
    """An unsure finding that failed a strict audit does not pass by gating its report; --no-strict says so aloud."""
    path = tmp_path / "strict.json"
    path.write_text(to_json(report(ratio(0.8, 0.05), strict=True)), encoding="utf-8")
    assert run("gate", str(path))[0] == 1
    assert run("gate", str(path), "--no-strict")[0] == 0
    assert run("gate", saved(tmp_path, "lenient", ratio(0.8, 0.05)))[0] == 0


def test_what_softens_a_gate_from_the_repository_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit in riskaudit.toml that a pull request may change is in sight on stderr; a flag needs no such word."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    path = saved(tmp_path, "bad", ratio(0.5))
    assert run("gate", path, "--fail-on", "critical")[2] == ""
    (tmp_path / "riskaudit.toml").write_text("[gate]\nfail_on = 'critical'\nset = {'ratio.limit' = 0.1}\n")
    code, _, err = run("gate", path)
    assert (code, err) == (0, "note: --set, --fail-on from riskaudit.toml\n")


def digest_of(report: str) -> str:
    """The digest of the policy as `riskaudit verify` tells it."""
    return run("verify", report)[1].split("; digest ")[1].split()[0]


@pytest.mark.parametrize(
    "softer",
    [
        ("--set", "ratio.limit=0.4"),
        ("--fail-on", "critical"),
        ("--strict",),
        ("--rules", "predictions"),
    ],
)
def test_a_pinned_policy_refuses_any_other(tmp_path: Path, softer: tuple[str, ...]) -> None:
    """A change of rules or flags in the pull request that is judged needs a new digest, which others approve."""
    report = saved(tmp_path, "bad", ratio(0.5))
    pinned = digest_of(report)
    asis = run("gate", report)[0]
    assert run("gate", report, "--policy-digest", f"sha256:{pinned.upper()}")[0] == asis
    code, _, err = run("gate", report, *softer, "--policy-digest", pinned)
    assert code == 4
    assert "not the pinned policy" in err


def test_a_pinned_policy_knows_waivers_and_baselines(tmp_path: Path) -> None:
    """What excuses a finding is part of the policy."""
    report = saved(tmp_path, "bad", ratio(0.5))
    pinned = digest_of(report)
    waivers, baseline = tmp_path / "w.yaml", tmp_path / "b.json"
    asked = "--rule ratio --match attribute=sex --reason later --owner ana@example.com --expires 2999-12-31"
    assert run("waiver", "add", *asked.split(), "--file", str(waivers))[0] == 0
    assert run("baseline", "write", report, "-o", str(baseline))[0] == 0
    assert run("gate", report, "--waivers", str(waivers), "--policy-digest", pinned)[0] == 4
    assert run("gate", report, "--baseline", str(baseline), "--policy-digest", pinned)[0] == 4


def test_a_policy_digest_does_not_speak_of_what_was_measured(tmp_path: Path) -> None:
    """Next week's report under the same rules has the same digest."""
    assert digest_of(saved(tmp_path, "bad", ratio(0.5))) == digest_of(saved(tmp_path, "good", ratio(0.95)))
