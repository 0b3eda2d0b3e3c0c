"""Judging: direction, intervals, scores, and the gate that does not fail open."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskaudit.judge import area_scores, finding, gate, headline, judge, rows_to_decide, score, verdict
from riskaudit.measure import Interval, Measure
from riskaudit.report import AuditResult
from riskaudit.rulebook import Rule, Rulebook, Source

FINITE = st.floats(-10, 10, allow_nan=False)


def rule(**changes: object) -> Rule:
    given = {
        "id": "ratio",
        "measure": "bias.ratio",
        "ideal": 1.0,
        "limit": 0.8,
        "severity": "high",
        "when_unsure": "warn",
        "why": "w",
        "remedy": "r",
        "reference": "s",
    }
    return Rule.model_validate(given | changes)


def measure(
    value: float | None, low: float | None = None, high: float | None = None, n: int = 100, **more: object
) -> Measure:
    interval = Interval(low=low, high=high, method="test") if low is not None and high is not None else None
    return Measure.model_validate(
        {
            "name": "bias.ratio",
            "value": value,
            "interval": interval,
            "n": n,
            "unit": "ratio",
            "note": "" if interval else "given",
            **more,
        }
    )


def book(*rules: Rule) -> Rulebook:
    return Rulebook(sources=(Source(name="test", sha256="0", text=""),), rules=rules)


def result(
    *measures: Measure, audit: str = "bias", status: str = "measured", reason: str = ""
) -> AuditResult:
    return AuditResult.model_validate(
        {"audit": audit, "status": status, "reason": reason, "measures": measures}
    )


@pytest.mark.parametrize(
    ("low", "high", "outcome", "sure"),
    [
        (0.81, 0.99, "pass", True),
        (0.5, 0.79, "fail", True),
        (0.7, 0.9, "warn", False),
        (0.8, 0.9, "pass", True),
    ],
)
def test_the_interval_decides(low: float, high: float, outcome: str, sure: bool) -> None:
    """Within passes, beyond fails, across is unsure; at the limit is within."""
    said = verdict(rule(), measure((low + high) / 2, low, high))
    assert (said.outcome, said.sure) == (outcome, sure)


@pytest.mark.parametrize("word", ["pass", "warn", "fail"])
def test_a_straddling_interval_speaks_by_the_rules_own_word(word: str) -> None:
    """A straddling interval is unsure, and when_unsure speaks."""
    assert verdict(rule(when_unsure=word), measure(0.8, 0.7, 0.9)).outcome == word


def test_exactly_four_fifths_is_within() -> None:
    """12/20 over 15/20 is 0.7999999999999999 in floats and four fifths in truth."""
    assert verdict(rule(), measure((12 / 20) / (15 / 20))).outcome == "pass"
    assert verdict(rule(), measure(0.7999)).outcome == "fail"


def test_both_directions_have_their_worse_side() -> None:
    """ideal and limit give the direction."""
    gap = rule(ideal=0.0, limit=0.1)
    assert verdict(gap, measure(0.2, 0.15, 0.25)).outcome == "fail"
    assert verdict(gap, measure(0.05, 0.01, 0.09)).outcome == "pass"


@pytest.mark.parametrize(
    ("value", "points"), [(1.0, 100), (0.8, 50), (0.6, 0), (0.5, 0), (1.2, 100), (0.9, 75)]
)
def test_a_score_is_100_at_the_ideal_50_at_the_limit_0_at_twice_the_distance(
    value: float, points: float
) -> None:
    """The two anchors make the score."""
    assert score(rule(), value) == pytest.approx(points)


@given(value=FINITE, worse=st.floats(0, 5), ideal=FINITE, limit=FINITE)
def test_a_worse_value_never_scores_more(value: float, worse: float, ideal: float, limit: float) -> None:
    """Scores fall, or stay, as a value moves to the bad side."""
    if math.isclose(ideal, limit, abs_tol=1e-6):
        return
    one = rule(ideal=ideal, limit=limit)
    assert score(one, value + one.sign * worse) <= score(one, value) + 1e-9


@given(
    value=FINITE,
    worse=st.floats(0, 5),
    half=st.floats(0, 2),
    unsure=st.sampled_from(["pass", "warn", "fail"]),
)
def test_making_a_measure_worse_never_helps(value: float, worse: float, half: float, unsure: str) -> None:
    """No fail turns into a pass when the number gets worse."""
    one = rule(when_unsure=unsure)
    order = {"pass": 0, "warn": 1, "fail": 2}
    before = verdict(one, measure(value, value - half, value + half)).outcome
    after = verdict(one, measure(value - worse, value - worse - half, value - worse + half)).outcome
    if unsure == "pass" or before != "warn":
        assert order[after] >= order[before] or unsure == "fail"
    assert not (before == "fail" and after == "pass")


def test_not_assessed_is_missing_and_says_why() -> None:
    """A measure without a value is no pass and has no score."""
    said = verdict(rule(), measure(None, note="18 rows; needs 30"))
    assert (said.outcome, said.score, said.reason) == ("missing", None, "18 rows; needs 30")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ((), "was not run"),
        ((result(status="failed", reason="boom"),), "failed: boom"),
        ((result(status="not_applicable", reason="no model"),), "does not apply: no model"),
        ((result(),), "gave no bias.ratio"),
    ],
)
def test_a_rule_without_a_measure_is_missing(results: tuple[AuditResult, ...], words: str) -> None:
    """Absent, crashed, skipped: each is missing with its reason, and the gate says incomplete."""
    verdicts = judge(results, book(rule()), task="binary")
    assert verdicts[0].outcome == "missing"
    assert words in verdicts[0].reason
    assert gate(verdicts, results).code == 3


def test_every_slice_has_a_verdict_of_its_own() -> None:
    """One passing attribute does not cover for a failing one."""
    found = result(
        measure(0.9, 0.85, 0.95, where={"attribute": "sex"}),
        measure(0.5, 0.4, 0.6, where={"attribute": "race"}),
    )
    verdicts = judge([found], book(rule()), task="binary")
    assert [v.outcome for v in verdicts] == ["pass", "fail"]
    assert gate(verdicts, [found]).code == 1


def test_where_narrows_a_rule_to_its_slice() -> None:
    """A rule on sex says nothing of race, and is missing where sex was not measured."""
    found = result(measure(0.5, 0.4, 0.6, where={"attribute": "race"}))
    assert judge([found], book(rule(where={"attribute": "sex"})), task="binary")[0].outcome == "missing"


def test_a_rule_for_another_task_is_not_judged() -> None:
    """A rule on regressions does not make a classifier incomplete."""
    assert judge([result()], book(rule(tasks=["regression"])), task="binary") == ()


def test_an_optional_rule_is_left_out_only_where_its_audit_measured() -> None:
    """A crash makes even an optional rule missing."""
    optional = book(rule(optional=True))
    assert judge([result()], optional, task="binary") == ()
    assert judge([result(status="failed", reason="x")], optional, task="binary")[0].outcome == "missing"


@pytest.mark.parametrize(
    ("outcomes", "strict", "code"),
    [
        (["pass"], False, 0),
        (["pass", "warn"], False, 0),
        (["pass", "warn"], True, 1),
        (["pass", "missing"], False, 3),
        (["fail", "missing"], False, 1),
        ([], False, 3),
    ],
)
def test_the_gate_has_its_precedence(outcomes: list[str], strict: bool, code: int) -> None:
    """Fail before incomplete before pass; nothing judged is no pass."""
    base = verdict(rule(), measure(0.9, 0.85, 0.95))
    assert gate([base.model_copy(update={"outcome": o}) for o in outcomes], [], strict=strict).code == code


def test_a_crashed_audit_that_no_rule_needs_is_still_incomplete() -> None:
    """A failed result makes exit code 3 by itself."""
    passed = verdict(rule(), measure(0.9, 0.85, 0.95))
    assert gate([passed], [result(audit="plugin", status="failed", reason="x")]).code == 3


def test_fail_on_sets_what_can_fail_the_gate() -> None:
    """A failed rule below the level is told, but does not fail."""
    failed = verdict(rule(severity="medium"), measure(0.5, 0.4, 0.6))
    assert gate([failed], [], fail_on="high").code == 0
    assert gate([failed], [], fail_on="medium").code == 1


def test_the_headline_is_the_worst_area_and_unknown_where_one_is() -> None:
    """Privacy does not pay for bias; a gap is not averaged away."""
    verdicts = [
        verdict(rule(), measure(0.9, 0.85, 0.95)),
        verdict(rule(id="b", measure="privacy.auc", ideal=0.5, limit=0.6), measure(0.55, name="privacy.auc")),
    ]
    scores = area_scores(verdicts)
    assert scores["bias"].value == pytest.approx(75)
    assert headline(scores) == pytest.approx(75)
    missing = verdict(
        rule(id="c", measure="compute.kwh", ideal=0, limit=1), measure(None, name="compute.kwh")
    )
    assert headline(area_scores([*verdicts, missing])) is None


def test_an_area_score_is_the_severity_weighted_mean_of_its_rules_worst_slices() -> None:
    """high weighs 4, low 1; the worst slice counts."""
    low = rule(id="low", severity="low")
    verdicts = [verdict(rule(), measure(1.0)), verdict(rule(), measure(0.8)), verdict(low, measure(0.9))]
    assert area_scores(verdicts)["bias"].value == pytest.approx((4 * 50 + 1 * 75) / 5)


def test_an_unsure_verdict_says_how_many_rows_would_decide() -> None:
    """Half the distance takes four times the rows."""
    assert rows_to_decide(rule(), measure(0.85, 0.75, 0.95, n=100)) == 400
    assert rows_to_decide(rule(), measure(0.8, 0.7, 0.9)) is None


def test_braces_in_data_are_not_fields() -> None:
    """A group named {value} or {0.__class__} is printed as it is."""
    words = finding(
        rule(finding="{group} {value} {nope}"),
        measure(0.5, 0.4, 0.6, where={"group": "{value}{0.__class__}"}),
    )
    assert words == "{value}{0.__class__} 0.50 {nope}"
