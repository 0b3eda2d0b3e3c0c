"""SARIF, JUnit, GitLab, annotations and metrics: each against its reader's stricter rules."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from junitparser import JUnitXml
from writers import fakes
from writers.excusing import gated

from riskaudit.report import Report
from riskaudit.writers import write
from riskaudit.writers.anchors import Anchors, repository
from riskaudit.writers.sarif import MOST_RESULTS

SCHEMA = json.loads((Path(__file__).parents[1] / "samples" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
SARIF = jsonschema.Draft202012Validator(SCHEMA)
some = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def run_of(report: Report, **options: object) -> dict:  # type: ignore[type-arg]
    return json.loads(write(report, "sarif", **options))["runs"][0]  # type: ignore[no-any-return]


@some
@given(gated())
def test_any_report_is_valid_sarif_as_github_takes_it(report: Report) -> None:
    """The official schema, and what GitHub asks beyond it: places, fingerprints, texts, levels, limits."""
    text = write(report, "sarif")
    SARIF.validate(json.loads(text))
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        for part in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[part]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
        assert rule["properties"]["problem.severity"] in ("recommendation", "warning", "error")
        assert ("security-severity" in rule["properties"]) == ("privacy" in rule["properties"]["tags"])
    hashes = [r["partialFingerprints"]["primaryLocationLineHash"] for r in run["results"]]
    assert len(hashes) == len(set(hashes))
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert uri
        assert not uri.startswith("/")
        assert ":" not in uri
        assert ".." not in uri.split("/")
        assert place["region"]["startLine"] >= 1
        assert result["message"]["text"].strip()
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert "suppressions" not in result
        assert "baselineState" not in result
    assert not CONTROL.search(text)


@some
@given(gated())
def test_any_report_is_junit_that_its_strictest_readers_take(report: Report) -> None:
    """Every attribute that a reader missed once is there, numbers add up, and nothing is nonstandard."""
    text = write(report, "junit")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert not CONTROL.search(text.replace("\n", ""))
    whole = ElementTree.fromstring(text.encode())
    assert whole.tag == "testsuites"
    suites = list(whole)
    assert len({suite.get("name") for suite in suites}) == len(suites)
    for suite in suites:
        _strict_suite(suite)
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(whole.attrib[count]) == sum(int(s.attrib[count]) for s in suites)
    again = JUnitXml.fromstring(text.encode())
    assert again.tests == sum(len(suite) for suite in suites)


def _strict_suite(suite: ElementTree.Element) -> None:
    assert set(suite.attrib) == {
        "name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    assert int(suite.attrib["tests"]) == len(suite)
    names = [case.attrib["name"] for case in suite]
    assert len(names) == len(set(names))
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    for count, tag in kinds.items():
        assert int(suite.attrib[count]) == len(suite.findall(f"testcase/{tag}"))
    for case in suite:
        assert case.tag == "testcase"
        assert set(case.attrib) == {"name", "classname", "time"}
        assert case.attrib["name"].strip()
        assert case.attrib["classname"].startswith("riskaudit.")
        assert {part.tag for part in case} <= {"failure", "error", "skipped", "system-out"}
        assert len(case) <= 1
        assert all("message" in part.attrib for part in case if part.tag != "system-out")


@some
@given(gated())
def test_any_report_is_gitlab_code_quality(report: Report) -> None:
    """The five keys, a known severity, a relative path, and a fingerprint that no other issue has."""
    found = json.loads(write(report, "gitlab"))
    for one in found:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["description"]
        assert not Path(one["location"]["path"]).is_absolute()
        assert one["location"]["lines"]["begin"] >= 1
    assert len({one["fingerprint"] for one in found}) == len(found)


@some
@given(gated())
def test_annotations_are_commands_and_nothing_else(report: Report) -> None:
    """Ten lines at most, each one command whose words cannot end it or start another."""
    lines = write(report, "github").splitlines()
    assert len(lines) <= 10
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) (?:[a-z]+=[^:,\n]*,?)+::[^\n]+", line)
        assert not CONTROL.search(line)
        assert not re.search(r"%(?!25|0D|0A|3A|2C)", line)


@some
@given(gated())
def test_metrics_are_flat_numbers(report: Report) -> None:
    """Names that every reader takes, finite numbers, and none for what is not assessed."""
    told = json.loads(write(report, "metrics"))
    for key, value in told.items():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", key)
        assert isinstance(value, int | float)
    assert ("score" in told) == (report.headline is not None)
    gaps = {v.rule for v in report.all_verdicts if v.outcome == "missing"}
    assert not [rule for rule in gaps if f"rule.{rule}" in told]


def test_annotations_count_what_they_leave_out() -> None:
    """Nine, worst first, and a tenth that says how many more."""
    lines = write(fakes.crowded(), "github").splitlines()
    assert len(lines) == 10
    more = int(re.search(r"and (\d+) more findings", lines[-1])[1])  # type: ignore[index]
    assert more + 9 == len(json.loads(write(fakes.crowded(), "gitlab")))


def test_sarif_stays_within_githubs_limits() -> None:
    """However many findings, 5,000 results at most, the worst; what is left out is said; 10 MB packed."""
    report = fakes.demo()
    one = next(v for v in report.verdicts if v.outcome == "fail")
    many = tuple(
        one.model_copy(
            update={"severity": "low" if at else "critical", "rule": one.rule, "fingerprint": f"{at:032x}"}
        )
        for at in range(MOST_RESULTS + 40, -1, -1)
    )
    text = write(report.model_copy(update={"verdicts": many}), "sarif")
    run = json.loads(text)["runs"][0]
    assert len(run["results"]) == MOST_RESULTS
    assert run["results"][0]["properties"]["severity"] == "critical"
    assert "more results are in report.json" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]  # fmt: skip
    assert len(gzip.compress(text.encode())) < 10_000_000


def test_two_models_of_one_repository_do_not_overwrite_each_other() -> None:
    """GitHub keeps one analysis per automation id: the model's name is in it."""
    ids = {run_of(made())["automationDetails"]["id"] for made in (fakes.demo, fakes.clean)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"riskaudit/[^/]+/", id) for id in ids)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a rulebook of its own, seen from a folder inside it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / "policy").mkdir()
    monkeypatch.chdir(tmp_path / "model")
    return tmp_path


BOOK = "about: ours\nrules:\n- measure: bias.selection_rate_ratio\n  id: selection-rate-ratio  # four fifths\n  limit: 0.8\n"


def ruled(name: str, command: str) -> Report:
    """A report whose rulebook is a file."""
    from hashlib import sha256

    report = fakes.demo()
    source = report.rulebook.sources[0].model_copy(
        update={"name": name, "text": BOOK, "sha256": sha256(BOOK.encode()).hexdigest()}
    )
    book = report.rulebook.model_copy(update={"sources": (source,)})
    run = report.run.model_copy(update={"command": command})
    return report.model_copy(update={"rulebook": book, "run": run})


def test_a_finding_is_pinned_to_its_rules_line_in_a_real_file(checkout: Path) -> None:
    """The rulebook that was named, relative to the repository's root, on the line of the rule's id."""
    (checkout / "policy" / "our rules.yaml").write_text(BOOK)
    report = ruled("our rules.yaml", "riskaudit audit --rules '../policy/our rules.yaml' --data x.csv")
    root = repository(Path.cwd())
    assert root == checkout
    anchors = Anchors(report, root)
    anchor = anchors.of(report.rulebook.rules[0])
    assert (anchor.path, anchor.line, anchor.uri) == ("policy/our rules.yaml", 4, "policy/our%20rules.yaml")
    uris = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for r in run_of(report, root=root)["results"]
        if r["ruleId"] == "selection-rate-ratio"
    }
    assert uris == {"policy/our%20rules.yaml"}


def test_a_rulebook_that_changed_since_keeps_its_file_and_loses_its_line(checkout: Path) -> None:
    """Line numbers of another text would point anywhere."""
    (checkout / "policy" / "ours.yaml").write_text("# new first line\n" + BOOK)
    report = ruled("ours.yaml", "riskaudit audit --rules=../policy/ours.yaml")
    anchor = Anchors(report, checkout).of(report.rulebook.rules[0])
    assert (anchor.path, anchor.line) == ("policy/ours.yaml", 1)


def test_no_path_leaves_the_repository(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A rulebook outside, or a link to it, is no anchor: the settings file is."""
    outside = tmp_path_factory.mktemp("outside") / "ours.yaml"
    outside.write_text(BOOK)
    (checkout / "policy" / "ours.yaml").symlink_to(outside)
    (checkout / "pyproject.toml").write_text("")
    for named in (str(outside), "../policy/ours.yaml"):
        report = ruled("ours.yaml", f"riskaudit audit --rules {named}")
        assert Anchors(report, checkout).of(report.rulebook.rules[0]).path == "pyproject.toml"


def test_every_anchor_of_a_repository_is_a_file_that_is_there(checkout: Path) -> None:
    """A shipped rulebook is no file of the repository; a workflow or a README is."""
    (checkout / ".github" / "workflows").mkdir(parents=True)
    (checkout / ".github" / "workflows" / "ci.yml").write_text("on: push\n")
    for result in run_of(fakes.rich(), root=checkout)["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert (checkout / uri).is_file()


def test_a_repository_without_settings_pins_to_a_file_that_the_command_names(checkout: Path) -> None:
    """Better the audited table than a file that is not there."""
    (checkout / "model" / "rows.csv").write_text("a\n")
    report = ruled("ours.yaml", "riskaudit audit --data rows.csv --target a")
    assert Anchors(report, checkout).of(report.rulebook.rules[0]).path == "model/rows.csv"


def test_git_knows_the_repository_the_same_way(tmp_path: Path) -> None:
    """`repository` finds what git finds."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert repository(tmp_path / "a" / "b") == tmp_path


def test_a_strangers_words_are_no_link_and_no_placeholder_in_sarif() -> None:
    """`[click](http://...)` and `{0}` in a group's name stay text (SARIF 3.11.5, 3.11.6)."""
    texts = [r["message"]["text"] for r in run_of(fakes.hostile())["results"]]
    assert any("\\[click](" in text for text in texts)
    assert not any(re.search(r"(?<!\\)\[[^\]]*\]\(", text) for text in texts)
    assert not any(re.search(r"(?<!{){(?!{)", text.replace("{{", "")) for text in texts)
