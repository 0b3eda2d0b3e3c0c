"""Audits that go wrong in every way, to stand in for the bias audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from riskaudit.audits.audit import NotApplicable
from riskaudit.measure import Interval, Measure

NAME = "bias.selection_rate_ratio"


class Whole:
    """What it asks. How it measures. What it cannot see."""

    name = "bias"
    question = "?"
    measures = {NAME: "a ratio"}

    def examine(self, evidence: Any) -> Iterator[Measure]:
        where = {"attribute": "sex", "group": "f", "reference": "m"}
        yield Measure(name=NAME, value=0.95, interval=Interval(low=0.9, high=1.0, method="m"), n=99, unit="ratio", where=where)  # fmt: skip


class Empty(Whole):
    """Measured, and gave nothing."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        yield from ()


class Raises(Whole):
    """Crashes after its number."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        yield from super().examine(evidence)
        raise RuntimeError("boom")


class Exits(Whole):
    """Calls for exit code 0."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        yield from super().examine(evidence)
        raise SystemExit(0)


class Skips(Whole):
    """Says that it does not apply."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        raise NotApplicable("not today")
        yield  # a generator, as all audits are


class Nan(Whole):
    """Gives NaN."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        yield Measure(name=NAME, value=float("nan"), n=9, unit="ratio", note="none")


class Silent(Whole):
    """Gives no number, and says why."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        yield Measure(
            name=NAME, value=None, n=9, unit="ratio", where={"attribute": "sex"}, note="9 rows; needs 30"
        )


class Forgets(Whole):
    """Says nothing of the second sensitive column."""


class Undeclared(Whole):
    """Gives what it did not declare."""

    def examine(self, evidence: Any) -> Iterator[Measure]:
        yield from super().examine(evidence)
        yield Measure(name="bias.secret", value=1.0, n=9, unit="ratio", note="none")


class Garbage(Whole):
    """Gives what is no measure."""

    def examine(self, evidence: Any) -> Iterator[Any]:
        yield from super().examine(evidence)
        yield {"verdict": "pass"}
