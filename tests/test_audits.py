"""The registry and the examination: a crash, a skip and a lie each cost only themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from riskaudit.audits import AUDITS, audits, declared_measures
from riskaudit.audits.audit import Audit, NotApplicable, examine
from riskaudit.measure import Measure

ROWS = Measure(name="toy.rows", value=3.0, n=3, unit="count", note="a count")


class Toy:
    """What it asks. How it measures. What it cannot see."""

    name = "toy"
    question = "why?"
    measures = {"toy.rows": "rows"}

    def __init__(self, *items: object) -> None:
        self.items = items

    def examine(self, evidence: Any) -> Iterator[Any]:
        for item in self.items:
            if isinstance(item, BaseException):
                raise item
            yield item


@pytest.mark.parametrize("name", list(AUDITS))
def test_every_audit_is_one_and_says_what_it_cannot_see(name: str) -> None:
    """Name, registry entry and measures' prefix are one word; the docstring has its three parts."""
    audit = audits()[name]
    assert isinstance(audit, Audit)
    assert audit.name == name
    assert audit.question
    assert audit.measures
    assert all(measure.startswith(f"{name}.") for measure in audit.measures)
    for part in ("What it asks", "How it measures", "What it cannot see"):
        assert part in (type(audit).__doc__ or "")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ValueError("boom"), "ValueError: boom"),
        (SystemExit(0), "SystemExit: 0"),
        ("not a measure", "TypeError"),
        (ROWS.model_copy(update={"name": "toy.secret"}), "do not declare"),
    ],
)
def test_a_crash_is_a_failed_result_that_keeps_what_was_measured(trouble: object, words: str) -> None:
    """Even SystemExit(0) and an undeclared measure cost only this audit."""
    result = examine(Toy(ROWS, trouble), None)  # type: ignore[arg-type]
    assert result.status == "failed"
    assert words in result.reason
    assert result.measures == (ROWS,)


def test_not_applicable_is_a_result_with_what_to_pass() -> None:
    """A skip says what is lacking."""
    result = examine(Toy(NotApplicable("there are no members", "pass --train")), None)  # type: ignore[arg-type]
    assert (result.status, result.reason) == ("not_applicable", "there are no members; pass --train")


def test_ctrl_c_is_not_swallowed() -> None:
    """An interruption is the user's, not the audit's."""
    with pytest.raises(KeyboardInterrupt):
        examine(Toy(KeyboardInterrupt()), None)  # type: ignore[arg-type]


class Point:
    """An entry point as importlib.metadata gives it."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value, self.dist = name, value, None


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (Point("gone", "no_such_module:Audit"), "cannot be loaded"),
        (Point("plain", "builtins:object"), "is not an audit"),
        (Point("other", "toy_plugin:Toy"), "calls itself 'toy'"),
    ],
)
def test_a_broken_plugin_is_a_failed_result(
    monkeypatch: pytest.MonkeyPatch, point: Point, words: str
) -> None:
    """It stands in the list, and fails with the reason."""
    monkeypatch.setitem(sys.modules, "toy_plugin", sys.modules[__name__])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point])
    result = examine(audits()[point.name], None)  # type: ignore[arg-type]
    assert result.status == "failed"
    assert words in result.reason


def test_a_clash_of_names_names_both_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin cannot take the place of an audit in silence."""
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point("bias", "evil:Bias")])
    with pytest.raises(Exception, match="two packages give an audit 'bias': riskaudit and evil:Bias"):
        audits()


def test_measures_are_declared_once() -> None:
    """No two audits share a measure."""
    assert len(declared_measures(audits())) == sum(len(audit.measures) for audit in audits().values())
