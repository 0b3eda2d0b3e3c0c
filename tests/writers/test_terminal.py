"""The terminal: like a compiler, at any width, in any alphabet."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writers import fakes
from writers.strategies import reports

from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.terminal import SHOWN, plain, side_by_side, terminal

slow = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def test_a_finding_reads_like_a_compilers() -> None:
    """Severity and rule, where with numbers, limit, why sure, help: a line each."""
    told = plain(fakes.demo(), width=120)
    assert (
        "high[selection-rate-ratio]: female is selected 0.62 times as often as male\n"
        "  --> sex=female 0.19 vs sex=male 0.31   ratio 0.62, 95% interval 0.57–0.67, n = 1,842 / 2,158\n"
        "  = limit: 0.80 (rulebook default; US four-fifths rule, 29 CFR 1607.4(D))\n"
        "  = why sure: the whole interval is beyond the limit\n"
        "  = help: riskaudit explain selection-rate-ratio\n"
    ) in told


def test_the_order_is_worst_first() -> None:
    """What fails by severity, then what is unsure, then what is missing, then areas, then the verdict."""
    told = plain(fakes.rich(), width=120)
    heads = ["high[membership-auc]", "medium[proxy-share]", "low[generalisation-gap]", "critical, unsure[membership-tpr]",
             "not assessed[fragile-answers]", "area  ", "FAIL  2 high, 1 medium, 1 low, 2 unsure, 0 waived, 2 not assessed"]  # fmt: skip
    places = [told.index(head) for head in heads]
    assert places == sorted(places)


def test_the_verdict_line() -> None:
    """One line with counts, score, worst area and exit code."""
    assert (
        "PASS  0 failed, 0 waived, 0 not assessed · score 98 (worst area: bias) · exit 0 (pass)\n"
        in plain(fakes.clean())
    )
    assert "score unknown (not assessed in full: compute, explainability, privacy)" in plain(
        fakes.predictions_only(), width=200
    )


def test_near_the_limit_the_sentence_agrees() -> None:
    """0.7996 fails a limit of 0.80 and is not called 0.80, in the sentence either."""
    found = fakes.bounded("bias.selection_rate_ratio", 0.7996, 0.79, 0.7999, 9000, "ratio")
    result = fakes.AuditResult(audit="bias", status="measured", measures=(found,))
    told = plain(fakes.assemble([result], fakes.RULES[:1]))
    assert "selected 0.7996 times" in told
    assert "0.80 times" not in told


def test_many_findings_are_counted() -> None:
    """Of forty groups three are told in full, every other rule too, the rest counted with where to read them."""
    told = terminal(fakes.crowded(), report_path="reports/x/report.html")
    assert told.count("= help: riskaudit explain selection-rate-ratio") == 3
    assert told.count("= help: riskaudit explain") <= SHOWN
    for head in ("high[membership-auc]", "medium[proxy-share]", "critical, unsure[membership-tpr]"):
        assert head in told
    assert "more findings: read reports/x/report.html" in told
    assert "Next    riskaudit explain selection-rate-ratio" in told


@slow
@given(reports(), st.integers(20, 140), st.booleans())
def test_without_colour_no_escape_and_no_overflow(report: Report, width: int, ascii_only: bool) -> None:
    """No escape code without colour, ASCII where asked, and no line wider than the screen."""
    told = terminal(report, width=width, ascii_only=ascii_only)
    assert "\x1b" not in told
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)
    assert told.isascii() or not ascii_only
    assert max(words.cells(line) for line in told.splitlines()) <= max(width, 24) + 1


@pytest.mark.parametrize("name", list(fakes.ALL))
def test_colour_only_adds_colour(name: str) -> None:
    """Taking the colours away gives the plain text: words carry the meaning."""
    report = fakes.ALL[name]()
    coloured = terminal(report, colour=True)
    assert "\x1b[1;" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == terminal(report)


@pytest.mark.parametrize("width", [24, 40, 80, 120])
def test_side_by_side(width: int) -> None:
    """Before and after in one table with a word for each status, then what it cost; at any width."""
    told = side_by_side(
        fakes.demo(),
        fakes.clean(),
        names=("risky", "mended"),
        cost=["accuracy 0.74 to 0.72"],
        width=width,
        ascii_only=True,
    )
    flat = " ".join(told.split())
    assert re.search(r"0.62( \(0.57-0.67\))? fails", flat)
    assert re.search(r"0.99( \(0.95-1.03\))? holds", flat)
    assert "(0.57-0.67)" in flat or width < 80
    assert "What it cost accuracy 0.74 to 0.72" in flat
    assert told.isascii()
    assert max(map(len, told.splitlines())) <= width
