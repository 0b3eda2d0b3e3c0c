"""Judging to the digit and the word: what a change of any line of judge.py would change."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from test_judge import book, measure, result, rule

from riskaudit.judge import (
    area_scores,
    beyond,
    clauses,
    finding,
    fingerprint,
    gate,
    headline,
    judge,
    rows_to_decide,
    unfilled,
    verdict,
)
from riskaudit.report import Verdict
from riskaudit.rulebook import Point, Rule

GAP = {"id": "gap", "ideal": 0.0, "limit": 0.1}


def test_a_verdict_says_all_of_it() -> None:
    """Rule, area, severity, measure, score with its range from low to high, sentence and reason."""
    found = measure(0.9, 0.7, 1.0, n=100, where={"group": "f"})
    said = verdict(rule(finding="{group} has {value}"), found)
    assert [said.score, said.score_low, said.score_high] == pytest.approx([75, 25, 100])
    assert said.model_copy(update={"score": None, "score_low": None, "score_high": None}) == Verdict(
        rule="ratio",
        area="bias",
        severity="high",
        outcome="warn",
        sure=False,
        measure=found,
        rows_to_decide=400,
        finding="f has 0.90",
        reason="the interval straddles the limit; about 400 rows would decide it (now 100)",
    )


@pytest.mark.parametrize(
    ("low", "high", "reason", "sure"),
    [
        (0.85, 0.95, "the whole interval is within the limit", True),
        (0.5, 0.7, "the whole interval is beyond the limit", True),
        (None, None, "no interval, the value decides: given", True),
    ],
)
def test_a_sure_verdict_says_why(low: float | None, high: float | None, reason: str, sure: bool) -> None:
    """Within, beyond, or by the value alone; no rows are asked for."""
    value = 0.9 if low is None else (low + high) / 2  # type: ignore[operator]
    said = verdict(rule(), measure(value, low, high))
    assert (said.reason, said.sure, said.rows_to_decide) == (reason, sure, None)


def test_a_value_at_the_limit_says_that_rows_may_not_decide() -> None:
    """Its distance is nothing, so no number of rows is told."""
    said = verdict(rule(), measure(0.8, 0.7, 0.9))
    assert said.rows_to_decide is None
    assert (
        said.reason
        == "the interval straddles the limit; the value is so near it that 100 times the rows may not decide"
    )


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "rows"),
    [
        (0.85, 0.75, 0.95, 100, 400),  # twice the distance: four times the rows
        (0.85, 0.75, 1.5, 100, 400),  # only the side of the limit counts
        (0.75, 0.1, 0.85, 100, 400),
        (0.81, 0.71, 0.9, 100, 10_000),  # a hundred times the rows is still advice
        (0.81, 0.7099, 0.9, 100, None),  # beyond it is none
        (0.85, 0.77, 0.9, 1234, 3200),
        (0.85, 0.7, 0.9, 1234, 12_000),  # two digits, upwards: 11,106 is 12,000
        (0.85, 0.75, 0.95, 0, None),
        (0.85, 0.75, 0.95, 7, 28),  # two digits are told as they are
        (0.9, 0.8, 1.0, 100, None),  # it reaches the limit and no farther
    ],
)
def test_rows_to_decide(value: float, low: float, high: float, n: int, rows: int | None) -> None:
    """n times the square of reach over distance, in two digits."""
    assert rows_to_decide(rule(), measure(value, low, high, n=n)) == rows


def test_rows_to_decide_takes_a_floats_last_digits_for_none() -> None:
    """The tolerance of `beyond`: relative to a limit above one, 1e-9 below."""
    large = rule(ideal=0.0, limit=1000.0)
    assert rows_to_decide(large, measure(1000 - 5e-7, 1000 - 4e-6, 1000 + 4e-6)) is None
    assert rows_to_decide(rule(), measure(0.8 + 1.5e-9, 0.8 - 9e-9, 0.9)) is not None


def test_rows_to_decide_needs_an_interval() -> None:
    """Without a value or an interval there is nothing to reckon with."""
    assert rows_to_decide(rule(), measure(None, note="x")) is None
    assert rows_to_decide(rule(), measure(0.9)) is None


@pytest.mark.parametrize(
    ("value", "limit", "out"),
    [
        (0.8 - 1.5e-9, 0.8, True),
        (0.8 - 0.5e-9, 0.8, False),
        (1000 - 2e-7, 1000, False),
        (1000 - 2e-6, 1000, True),
        (-1000 - 2e-7, -1000, False),
        (0.81, 0.8, False),
    ],
)
def test_at_the_limit_is_within_to_nine_digits(value: float, limit: float, out: bool) -> None:
    """A float's last digits decide nothing; the tolerance grows with the limit and is 1e-9 below one."""
    assert beyond(rule(), value, limit) is out


def test_beyond_is_above_where_larger_is_worse() -> None:
    """The direction is the rule's."""
    assert beyond(rule(**GAP), 0.2, 0.1)
    assert not beyond(rule(**GAP), 0.05, 0.1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.9, "0.90"),
        (0.7999, "0.7999"),  # 0.80 would be within
        (0.0, "0.00"),
        (0.0049, "0.0049"),
        (0.005, "0.01"),
        (999.5, "999.50"),
        (1000.0, "1e+03"),
        (12345.0, "1.23e+04"),
    ],
)
def test_a_number_in_a_sentence_is_short_and_on_its_own_side(value: float, said: str) -> None:
    """Two decimals, or three digits outside 0.005..1000; more where two would cross the limit."""
    assert finding(rule(finding="{value}"), measure(value)) == said


def test_a_sentence_has_its_fields() -> None:
    """value, measure, n, slice, note and the slice's own; without a sentence, the measure with value and slice."""
    found = measure(0.9, n=1234, where={"sex": "f"})
    assert finding(rule(finding="{measure}|{n}|{slice}|{note}|{sex}|{other}"), found) == (
        "bias.ratio|1,234|sex=f|given|f|{other}"
    )
    assert finding(rule(), found) == "bias.ratio is 0.90 (sex=f)"
    assert finding(rule(), measure(0.9)) == "bias.ratio is 0.90 (all rows)"
    assert finding(rule(finding="{value}"), measure(None, note="x")) == "not assessed"


def test_what_is_missing_says_so_in_every_field() -> None:
    """No score, not sure, no pass; rule, area and severity stay."""
    gone = judge([], book(rule()), task="binary")[0]
    assert (gone.rule, gone.area, gone.severity, gone.outcome, gone.sure) == (
        "ratio",
        "bias",
        "high",
        "missing",
        False,
    )
    assert (gone.measure, gone.score, gone.score_low, gone.score_high) == (None, None, None, None)
    assert gone.finding == "bias.ratio is not assessed"
    assert gone.reason == "the bias audit was not run"


@pytest.mark.parametrize(
    ("results", "changes", "reason"),
    [
        ((result(),), {}, "the bias audit gave no bias.ratio"),
        ((result(),), {"where": {"a": "x", "b": "y"}}, "the bias audit gave no bias.ratio for a=x, b=y"),
        ((result(status="failed", reason="boom"),), {}, "the bias audit failed: boom"),
        (
            (result(status="not_applicable", reason="no model"),),
            {},
            "the bias audit does not apply: no model",
        ),
        ((result(audit="privacy"),), {}, "the bias audit was not run"),
    ],
)
def test_why_a_rule_found_nothing(
    results: tuple[object, ...], changes: dict[str, object], reason: str
) -> None:
    """In these words."""
    assert judge(results, book(rule(**changes)), task="binary")[0].reason == reason  # type: ignore[arg-type]


def test_a_star_is_any_value_of_a_key_that_is_there() -> None:
    """`attribute: *` speaks of every attribute and of nothing without one."""
    every = rule(where={"attribute": "*"})
    found = result(measure(0.9, where={"attribute": "sex"}), measure(0.9, where={"column": "x"}))
    assert [v.outcome for v in judge([found], book(every), task="binary")] == ["pass"]
    both = rule(where={"attribute": "sex", "group": "f"})
    assert judge([found], book(both), task="binary")[0].outcome == "missing"


def test_a_sensitive_column_that_a_measure_passes_over_is_missing() -> None:
    """With its slice and its reason; not where the rule is optional, narrowed, or speaks of no column."""
    sex = result(measure(0.9, 0.85, 0.95, where={"attribute": "sex"}))
    said = judge([sex], book(rule()), task="binary", sensitive=("sex", "race"))
    assert [v.outcome for v in said] == ["pass", "missing"]
    assert said[1].measure is not None
    assert said[1].measure.where == {"attribute": "race"}
    assert (said[1].measure.name, said[1].measure.unit, said[1].measure.n) == ("bias.ratio", "ratio", 0)
    assert said[1].reason == "the bias audit gave no bias.ratio for race"
    for quiet in (rule(optional=True), rule(where={"attribute": "sex"})):
        assert len(judge([sex], book(quiet), task="binary", sensitive=("sex", "race"))) == 1
    whole = result(measure(0.9, 0.85, 0.95))
    assert len(judge([whole], book(rule()), task="binary", sensitive=("sex", "race"))) == 1


def test_an_optional_rule_of_an_audit_that_was_not_run_is_missing() -> None:
    """Another audit's result does not stand in for it."""
    said = judge([result(audit="privacy")], book(rule(optional=True)), task="binary")
    assert [v.outcome for v in said] == ["missing"]


def test_a_fingerprint_is_of_these_parts_and_no_other() -> None:
    """Written out, because baselines that are committed hold it: a change here breaks them all."""
    one = verdict(rule(), measure(0.5, 0.4, 0.6, where={"attribute": "sex", "group": "f", "reference": "m"}))
    parts = {
        "version": 1, "rule": "ratio", "measure": "bias.ratio", "where": {"attribute": "sex", "group": "f"},
        "role": "test", "again": 0,
    }  # fmt: skip
    assert fingerprint(one) == sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
    assert (
        fingerprint(one, 2)
        == sha256(json.dumps(parts | {"again": 2}, sort_keys=True).encode()).hexdigest()[:32]
    )
    gone = judge([], book(rule()), task="binary")[0]
    bare = parts | {"measure": "", "where": {}}
    assert gone.fingerprint == sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:32]


def test_verdicts_that_are_alike_are_told_apart_in_their_order() -> None:
    """First, second, third: 0, 1, 2."""
    alike = result(*(measure(v, where={"x": "1"}) for v in (0.5, 0.6, 0.7)))
    said = judge([alike], book(rule()), task="binary")
    assert [v.fingerprint for v in said] == [fingerprint(said[0], again) for again in (0, 1, 2)]
    assert [v.measure.value for v in said if v.measure] == [0.5, 0.6, 0.7]


def test_verdicts_that_differ_do_not_count_one_another() -> None:
    """Two slices, two first fingerprints."""
    two = result(measure(0.5, where={"x": "1"}), measure(0.5, where={"x": "2"}))
    said = judge([two], book(rule()), task="binary")
    assert [v.fingerprint for v in said] == [fingerprint(v, 0) for v in said]


def fails(id: str, value: float, severity: str = "high") -> Verdict:
    return verdict(rule(id=id, severity=severity), measure(value))


def test_the_gates_reasons_come_gravest_first_and_each_once() -> None:
    """By severity, of one severity the worst score first; then what a baseline and a law add, then gaps."""
    gap = judge([], book(rule(id="gap")), task="binary")[0]
    told = gate(
        [gap, fails("low", 0.1, "low"), fails("bad", 0.7), fails("worse", 0.65), fails("worse", 0.65)],
        [result(audit="toy", status="failed", reason="boom")],
        also_fails=("a number got worse",),
        also_lacks=("a point is empty",),
    )
    assert told.reasons == (
        "worse: bias.ratio is 0.65 (all rows)",
        "bad: bias.ratio is 0.70 (all rows)",
        "low: bias.ratio is 0.10 (all rows)",
        "a number got worse",
        "gap: the bias audit was not run",
        "the toy audit failed: boom",
        "a point is empty",
    )
    assert (told.code, told.name, told.strict, told.fail_on) == (1, "fail", False, "low")


def test_the_gate_counts_what_it_lets_be() -> None:
    """Waived and known, one that is both as waived; neither is a reason."""
    from writers.excusing import waiver

    one = fails("a", 0.1)
    waived = one.model_copy(update={"waived": waiver(one)})
    known = one.model_copy(update={"known": True})
    both = waived.model_copy(update={"known": True})
    told = gate([waived, known, known, both], [], strict=True, fail_on="medium")
    assert (told.waived, told.known, told.code, told.name, told.reasons) == (2, 2, 0, "pass", ())
    assert (told.strict, told.fail_on) == (True, "medium")
    gap = judge([], book(rule(id="gap")), task="binary")[0]
    assert gate([gap.model_copy(update={"known": True})], []).code == 0


def test_a_strict_gate_fails_by_a_failure_too() -> None:
    """Strict adds the unsure ones to the failed ones; it takes nothing away."""
    assert gate([fails("a", 0.1)], [], strict=True).code == 1


@pytest.mark.parametrize(
    ("more", "code", "reasons"),
    [
        ({}, 3, ("nothing was judged",)),
        ({"also_fails": ("x",)}, 1, ("x",)),
        ({"also_lacks": ("y",)}, 3, ("y",)),
    ],
)
def test_a_gate_of_no_verdicts(more: dict[str, tuple[str, ...]], code: int, reasons: tuple[str, ...]) -> None:
    """Never a pass, and always with a reason."""
    told = gate([], [], **more)  # type: ignore[arg-type]
    assert (told.code, told.reasons) == (code, reasons)


def test_a_score_has_its_terms_and_its_range() -> None:
    """Weight and worst score of each rule; low and high are weighted means too."""
    said = [
        verdict(rule(), measure(0.9, 0.8, 1.0)),
        verdict(rule(), measure(0.8, 0.7, 0.9)),
        verdict(rule(id="low", severity="low"), measure(1.0, 0.9, 1.1)),
    ]
    score = area_scores(said)["bias"]
    assert [(t.rule, t.weight, t.score) for t in score.terms] == [
        ("ratio", 4, pytest.approx(50)),
        ("low", 1, pytest.approx(100)),
    ]
    assert (score.value, score.low, score.high) == (
        pytest.approx((4 * 50 + 100) / 5),
        pytest.approx((4 * 25 + 75) / 5),
        pytest.approx((4 * 75 + 100) / 5),
    )
    assert headline({}) is None


@pytest.mark.parametrize(("severity", "weight"), [("low", 1), ("medium", 2), ("high", 4), ("critical", 8)])
def test_severities_weigh_double_each(severity: str, weight: int) -> None:
    """1, 2, 4, 8."""
    assert area_scores([fails("a", 0.9, severity)])["bias"].terms[0].weight == weight


def point(**changes: object) -> Point:
    given = {
        "id": "p1",
        "title": "Who audited",
        "source": "a law, 1",
        "evidence": ("bias.ratio",),
        "statement": "auditor",
    }
    return Point.model_validate(
        {**given, "provider": "the provider", "required": True, "note": "n", **changes}
    )


def law(*points: Point, rules: tuple[Rule, ...] = ()) -> object:
    return book(*rules).model_copy(update={"points": points})


def test_a_point_is_filled_by_evidence_by_a_statement_or_by_nobody() -> None:
    """Evidence goes first; blanks are no statement; a measure that is not assessed is no evidence."""
    seen, unseen = result(measure(0.9)), result(measure(None, note="x"))
    (clause,) = clauses(law(point()), [seen], {"auditor": " ana "})  # type: ignore[arg-type]
    assert clause.model_dump() == {
        "id": "p1", "title": "Who audited", "source": "a law, 1", "status": "evidence", "evidence": ("bias.ratio",),
        "said": "ana", "provider": "the provider", "required": True, "note": "n",
    }  # fmt: skip
    statuses = [
        clauses(law(point(**changes)), [unseen], said)[0].status  # type: ignore[arg-type]
        for changes, said in (
            ({}, {"auditor": "ana"}), ({}, {"auditor": "  "}), ({}, {}), ({"statement": ""}, {"": "ana"})
        )
    ]  # fmt: skip
    assert statuses == ["stated", "to be provided", "to be provided", "to be provided"]


def test_an_unfilled_required_point_is_told_with_who_has_to_fill_it() -> None:
    """Only the required ones, only the empty ones."""
    made = clauses(
        law(point(), point(id="p2", required=False), point(id="p3", evidence=())), [], {"auditor": ""}
    )  # type: ignore[arg-type]
    assert unfilled(made) == [
        "p1, Who audited: to be provided by the provider (a law, 1)",
        "p3, Who audited: to be provided by the provider (a law, 1)",
    ]
    assert unfilled(clauses(law(point()), [], {"auditor": "ana"})) == []  # type: ignore[arg-type]
