"""Every format and the exit code tell one verdict, whatever the report."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cli_helpers import run as command
from hypothesis import HealthCheck, example, given, settings
from junitparser import Error, Failure, JUnitXml, Skipped
from writers import fakes
from writers.excusing import excuse, gated

from riskaudit.report import Report
from riskaudit.writers import FORMATS, write
from riskaudit.writers.issues import standing
from riskaudit.writers.reading import Reading
from riskaudit.writers.terminal import terminal

many = settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
EXAMPLE = Path(__file__).parents[2] / "reports" / "example" / "report.json"
PROSE = ("html", "md", "summary", "text")


def expected(report: Report) -> dict[str, int]:
    """How many verdicts stand how, and what the audits that failed add."""
    stands = [standing(v, report.gate) for v in report.all_verdicts]
    counts = {name: stands.count(name) for name in ("breaks", "gap", "noted", "excused", "holds")}
    counts["gap"] += sum(r.status == "failed" for r in report.results)
    if report.gate.code == 3 and not counts["gap"]:
        counts["gap"] = 1  # nothing was judged
    return counts


def junit_cases(report: Report) -> list[tuple[str, str]]:
    """Each case's suite and how it ended, as a reader of JUnit takes it."""
    ends = []
    for suite in JUnitXml.fromstring(write(report, "junit").encode()):
        for case in suite:
            kinds = {Failure: "breaks", Error: "gap", Skipped: "excused"}
            ends.append(
                (suite.name, next((kinds[type(r)] for r in case.result if type(r) in kinds), "clear"))
            )
    return ends


@many
@given(gated())
@example(fakes.nothing())
@example(fakes.rich())
@example(fakes.incomplete())
def test_every_format_tells_the_same_verdict(report: Report) -> None:
    """Exit code, terminal, JSON, JUnit, SARIF, GitLab, annotations, metrics, Markdown and HTML agree."""
    code, counts = report.gate.code, expected(report)
    assert (code == 1) == (counts["breaks"] > 0)
    assert (code == 3) == (counts["breaks"] == 0 and counts["gap"] > 0)
    said = f"exit {code} ({report.gate.name})"
    for text in (*(write(report, name) for name in PROSE), terminal(report)):
        flat = " ".join(text.split())
        assert said in flat
        assert set(re.findall(r"exit \d+ \((?:pass|fail|incomplete)\)", flat)) == {said}
        assert Reading(report).headline in flat
    assert json.loads(write(report, "json"))["gate"]["code"] == code
    assert json.loads(write(report, "metrics"))["exit_code"] == code
    _junit_agrees(report, counts)
    _sarif_agrees(report, counts)
    _gitlab_agrees(report, counts)
    _annotations_agree(report)


def _junit_agrees(report: Report, counts: dict[str, int]) -> None:
    cases = junit_cases(report)
    verdict = {0: "clear", 1: "breaks", 3: "gap"}[report.gate.code]
    assert cases[0] == ("riskaudit.gate", verdict)
    ends = [end for _, end in cases[1:]]
    nothing = not report.all_verdicts and not ends
    assert ends.count("breaks") == counts["breaks"]
    assert ends.count("gap") == (0 if nothing else counts["gap"])
    assert ends.count("excused") == counts["excused"]
    assert ends.count("clear") == counts["holds"] + counts["noted"]
    whole = JUnitXml.fromstring(write(report, "junit").encode())
    assert (whole.failures == 0 and whole.errors == 0) == (report.gate.code == 0)


def _sarif_agrees(report: Report, counts: dict[str, int]) -> None:
    run = json.loads(write(report, "sarif"))["runs"][0]
    assert run["invocations"][0]["exitCode"] == report.gate.code
    stands = [r["properties"]["standing"] for r in run["results"]]
    assert {name: stands.count(name) for name in ("breaks", "gap", "noted")} == {
        name: counts[name] for name in ("breaks", "gap", "noted")
    }
    assert (sum(r["level"] == "error" for r in run["results"]) > 0) == (report.gate.code == 1)


def _gitlab_agrees(report: Report, counts: dict[str, int]) -> None:
    found = json.loads(write(report, "gitlab"))
    assert len(found) == counts["breaks"] + counts["gap"] + counts["noted"]
    assert any(one["severity"] != "info" for one in found) == (report.gate.code != 0)


def _annotations_agree(report: Report) -> None:
    lines = write(report, "github").splitlines()
    assert any(line.startswith("::error") for line in lines) == (report.gate.code != 0)
    assert f"exit {report.gate.code} ({report.gate.name})" in lines[-1]
    assert len(lines) <= 10


def test_what_did_not_run_is_no_pass_anywhere() -> None:
    """A rule whose audit crashed: no format has one word that a reader could take for a pass."""
    report = fakes.incomplete()
    assert report.gate.code == 3
    assert JUnitXml.fromstring(write(report, "junit").encode()).errors >= 2
    sarif = json.loads(write(report, "sarif"))["runs"][0]
    assert [r["level"] for r in sarif["results"]] == ["warning", "warning"]
    assert sarif["invocations"][0]["executionSuccessful"] is False
    assert "::error" in write(report, "github")
    assert all(one["severity"] != "info" for one in json.loads(write(report, "gitlab")))


def test_a_waived_finding_is_no_result_in_sarif_and_skipped_in_junit() -> None:
    """It stays visible with reason, owner and end, and nobody's alert."""
    whole = fakes.demo()
    broken = {v.fingerprint for v in whole.all_verdicts if v.outcome == "fail"}
    report = excuse(whole, broken, set())
    assert report.gate.code == 0
    results = json.loads(write(report, "sarif"))["runs"][0]["results"]
    assert not [r for r in results if r["properties"]["standing"] == "breaks"]
    text = write(report, "junit")
    assert text.count("<skipped") == len(broken)
    assert "waived by ana until 2027-01-31 (an old case)" in text


def test_every_format_is_listed_and_can_be_asked_for() -> None:
    """list formats and the writers' registry are one."""
    listed = {row["name"] for row in json.loads(command("list", "formats", "--json")[1])}
    assert listed == set(FORMATS)


def test_the_terminal_of_gate_says_the_code_it_ends_with() -> None:
    """Through the command line."""
    code, out, _ = command("gate", str(EXAMPLE))
    assert f"exit {code} (" in " ".join(out.split())
