"""Laws of the gate: worse never helps, removing never helps, nothing is hidden, all formats agree."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writers.fakes import assemble

from riskaudit.baseline import baseline_of, held_against
from riskaudit.measure import Interval, Measure
from riskaudit.pipeline import rejudge
from riskaudit.policy import Policy
from riskaudit.report import AuditResult, Report, Waivers, from_json, to_json
from riskaudit.rulebook import Rule, Rulebook, Source
from riskaudit.verify import contradiction
from riskaudit.writers import write

TODAY = date(2026, 11, 22)
COLUMNS = ("sex", "race")
SEEDS = st.integers(0, 2**40)


class Case:
    """A random report, its rules, and perhaps waivers and a baseline; all from one number."""

    def __init__(self, seed: int) -> None:
        self._whole: Report | None = None
        self.draw = random.Random(seed)
        self.rules = [self._rule(at) for at in range(self.draw.randint(1, 4))]
        self.results = [self._result(area) for area in ("bias", "privacy")]
        self.strict = self.draw.random() < 0.5
        self.policy = Policy(waivers=self._waivers(), baseline=None, today=TODAY)
        if self.draw.random() < 0.4:
            self._hold()

    def _rule(self, at: int) -> Rule:
        ideal, step = self.draw.choice([0.0, 0.5, 1.0]), self.draw.choice([0.2, -0.2, 0.05, 1.0])
        return Rule(
            id=f"rule-{at}", measure=f"{self.draw.choice(['bias', 'privacy'])}.m{at}", ideal=ideal, limit=ideal + step,
            severity=self.draw.choice(["low", "high"]), when_unsure=self.draw.choice(["pass", "warn", "fail"]),
            optional=self.draw.random() < 0.2, why="w", remedy="r", reference="s",
        )  # fmt: skip

    def _measure(self, rule: Rule, attribute: str) -> Measure:
        value = rule.limit + self.draw.choice([0, 0.01, 0.3, 1.5]) * (
            rule.limit - rule.ideal
        ) * self.draw.choice([-1, 1])
        half = self.draw.choice([0, 0.005, 0.1])
        kind = self.draw.random()
        return Measure(
            name=rule.measure, value=None if kind < 0.12 else value, n=self.draw.choice([0, 30, 5000]), unit="ratio", note="n",
            where={"attribute": attribute, "group": self.draw.choice("ab")},
            interval=Interval(low=value - half, high=value + half, method="m") if kind > 0.4 else None,
        )  # fmt: skip

    def _result(self, area: str) -> AuditResult:
        if self.draw.random() < 0.15:
            return AuditResult(audit=area, status=self.draw.choice(["failed", "not_applicable"]), reason="x")
        measures = [
            self._measure(rule, column)
            for rule in self.rules
            if rule.area == area and self.draw.random() < 0.9
            for column in COLUMNS[: self.draw.randint(1, 2)]
        ]
        return AuditResult(audit=area, status="measured", measures=tuple(measures))

    def _waivers(self) -> Waivers | None:
        if self.draw.random() < 0.7:
            return None
        text = "".join(
            f"- rule: rule-{self.draw.randint(0, 4)}\n  match: {self.draw.choice(['{}', '{attribute: sex}', '{group: a}'])}\n"
            f"  reason: r\n  owner: o\n  expires: {self.draw.choice(['2026-11-22', '2026-11-21', '2030-01-01'])}\n"
            + self.draw.choice(["", "  limit: 0.5\n", "  missing: true\n", "  limit: 1.0\n  missing: true\n"])
            for _ in range(self.draw.randint(1, 2))
        )
        return Waivers(sources=(Source(name="w", sha256=sha256(text.encode()).hexdigest(), text=text),))

    def _hold(self) -> None:
        """Hold it against a report that is like it but for some numbers."""
        then = [
            r.model_copy(update={"measures": tuple(_moved(m, self.draw.choice([0, 0, 0.02, -0.4, 0.4])) for m in r.measures)})
            for r in self.results
        ]  # fmt: skip
        before = self.judged(then, Policy(today=TODAY))
        if not before.all_verdicts:
            return
        file = baseline_of(before, written="2026-01-01")
        held = held_against(file, Path("base.json"), "0" * 64, tolerance=self.draw.choice([0.0, 0.02, 0.5]), strict=self.draw.random() < 0.3)  # fmt: skip
        self.policy = Policy(waivers=self.policy.waivers, baseline=held, today=TODAY)

    def judged(self, results: list[AuditResult] | None = None, policy: Policy | None = None) -> Report:
        """The report on these results, or on the case's own; the latter is made once."""
        if results is None and policy is None:
            self._whole = self._whole or self._judged(self.results, self.policy)
            return self._whole
        return self._judged(self.results if results is None else results, policy or self.policy)

    def _judged(self, results: list[AuditResult], policy: Policy) -> Report:
        book = Rulebook(sources=(Source(name="test", sha256="0", text=""),), rules=tuple(self.rules))
        return rejudge(assemble(results, ()), book, strict=self.strict, policy=policy)

    def worse(self) -> list[AuditResult]:
        """The same results, one number moved to its bad side."""
        signs = {rule.measure: rule.sign for rule in self.rules}
        places = [(i, j) for i, r in enumerate(self.results) for j, m in enumerate(r.measures) if m.assessed]
        if not places:
            return self.results
        at, of = self.draw.choice(places)
        measures = list(self.results[at].measures)
        step = self.draw.choice([1e-6, 0.01, 0.2, 3.0])
        measures[of] = _moved(measures[of], step * signs[measures[of].name])
        changed = list(self.results)
        changed[at] = changed[at].model_copy(update={"measures": tuple(measures)})
        return changed

    def less(self) -> list[AuditResult]:
        """The same results without one audit, without one column's numbers, or with a number taken away."""
        way, changed = self.draw.choice(["audit", "column", "number", "crash"]), list(self.results)
        at = self.draw.randrange(len(changed))
        one = changed[at]
        needed = any(rule.area == one.audit for rule in self.rules)
        if way == "audit" and needed:  # what no rule speaks of may be left out
            del changed[at]
        elif way in ("crash", "audit"):
            changed[at] = AuditResult(audit=one.audit, status="failed", reason="boom")
        elif way == "column":
            column = self.draw.choice(COLUMNS)
            names = {r.measure for r in self.rules if not r.optional}
            kept = tuple(m for m in one.measures if m.where["attribute"] != column or m.name not in names)
            changed[at] = one.model_copy(update={"measures": kept})
        else:
            gone = tuple(
                m.model_copy(update={"value": None, "interval": None}) if self.draw.random() < 0.5 else m
                for m in one.measures
            )
            changed[at] = one.model_copy(update={"measures": gone})
        return changed


def _moved(measure: Measure, step: float) -> Measure:
    """A measure whose number and interval are moved together."""
    if measure.value is None:
        return measure
    interval = measure.interval
    if interval is not None:
        interval = interval.model_copy(update={"low": interval.low + step, "high": interval.high + step})
    return measure.model_copy(update={"value": measure.value + step, "interval": interval})


def check_worse(case: Case) -> None:
    """What was no pass is none with a worse number."""
    if case.judged().gate.code:
        assert case.judged(case.worse()).gate.code != 0


def check_less(case: Case) -> None:
    """What was no pass is none with less evidence; without policy, so that nothing else speaks."""
    alone = Policy(today=TODAY)
    waived_gap = case.policy.waivers is not None and "missing" in case.policy.waivers.sources[0].text
    less = case.less()
    if case.judged(policy=alone).gate.code:
        assert case.judged(less, alone).gate.code != 0
    if case.judged().gate.code and not waived_gap:
        assert case.judged(less).gate.code != 0


def check_nothing_hidden(case: Case) -> None:
    """A gap that no waiver with `missing: true` covers is never a pass, nor is a failed audit; no score rises."""
    bare, judged = case.judged(policy=Policy(today=TODAY)), case.judged()
    gaps = [v for v in judged.all_verdicts if v.outcome == "missing" and v.waived is None]
    if gaps or any(r.status == "failed" for r in case.results):
        assert judged.gate.code != 0
    assert not any(v.known for v in judged.all_verdicts if v.outcome == "missing")
    assert all(v.waived.missing for v in judged.all_verdicts if v.waived and v.outcome == "missing")
    assert judged.all_scores == bare.all_scores
    assert [v.outcome for v in judged.all_verdicts] == [v.outcome for v in bare.all_verdicts]


def check_exact(case: Case) -> None:
    """The code is what the verdicts say: a pass only if every rule holds, is let be by name, or is unsure and not strict."""
    judged = case.judged()
    bad = ("fail", "missing", "warn") if case.strict else ("fail", "missing")
    if judged.gate.code == 0:
        assert judged.all_verdicts
        assert all(v.outcome not in bad or v.excused for v in judged.all_verdicts)
    if judged.gate.code == 1 and judged.baseline is None:
        assert any(v.outcome in bad and not v.excused for v in judged.all_verdicts)


def check_agreement(case: Case, formats: tuple[str, ...]) -> None:
    """JSON, terminal, Markdown and HTML say the code of the gate."""
    judged = case.judged()
    code, word = judged.gate.code, {0: "PASS", 1: "FAIL", 3: "INCOMPLETE"}[judged.gate.code]
    for name in formats:
        text = write(judged, name)
        if name == "json":
            assert from_json(text).gate == judged.gate
            assert to_json(from_json(text)) == text
            continue
        assert word in text, name
        told = re.findall(r"exit (\d+)", " ".join(text.split()))
        assert told, name
        assert set(told) == {str(code)}, name


@given(SEEDS)
def test_making_a_number_worse_never_helps(seed: int) -> None:
    """No fail and no gap turns into a pass, with waivers and baseline and without."""
    check_worse(Case(seed))


@given(SEEDS)
def test_taking_evidence_away_never_helps(seed: int) -> None:
    """An audit, a column, a number less: what was no pass is none."""
    check_less(Case(seed))


@given(SEEDS)
def test_waivers_and_baselines_hide_no_gap_and_raise_no_score(seed: int) -> None:
    """Outcome and score are those without them."""
    check_nothing_hidden(Case(seed))
    check_exact(Case(seed))


@settings(max_examples=25)
@given(SEEDS)
def test_every_format_says_the_exit_code(seed: int) -> None:
    """One verdict object feeds all of them."""
    check_agreement(Case(seed), ("json", "text", "md", "summary", "html"))


@settings(max_examples=40)
@given(SEEDS)
def test_a_judged_report_does_not_contradict_itself(seed: int) -> None:
    """But for its rulebook's text, which these made-up rules do not have."""
    judged = Case(seed).judged()
    again = rejudge(judged, judged.rulebook, strict=judged.gate.strict)
    assert again == judged
    assert "rulebook 'test'" in contradiction(judged)


@pytest.mark.slow
def test_ten_thousand_gates_fail_open_never(capsys: pytest.CaptureFixture[str]) -> None:
    """10,000 cases from fixed numbers; the figures are printed."""
    codes: Counter[int] = Counter()
    moved = Counter[str]()
    for seed in range(10_000):
        case = Case(seed)
        judged = case.judged()
        codes[judged.gate.code] += 1
        moved["waived"] += judged.gate.waived > 0
        moved["known"] += judged.gate.known > 0
        check_worse(case)
        check_less(Case(seed))
        check_nothing_hidden(case)
        check_exact(case)
        check_agreement(case, ("text",) if seed % 20 else ("json", "text", "md", "html"))
    with capsys.disabled():
        print(f"\n10,000 gates: pass {codes[0]}, fail {codes[1]}, incomplete {codes[3]}; with waived {moved['waived']}, with known {moved['known']}; 0 failed open")  # fmt: skip
    assert min(codes[0], codes[1], codes[3], moved["waived"], moved["known"]) > 200
