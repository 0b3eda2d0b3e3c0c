"""Reruns do not gamble: a gap well beyond its limit keeps its verdict when the rows are drawn again."""

from __future__ import annotations

import numpy as np
import pytest
from gate_reports import book

from riskaudit.judge import verdict
from riskaudit.measure import Measure
from riskaudit.statistics import smallest_ratio


def judged(hits: tuple[int, int], n: int) -> tuple[str, float, int | None]:
    """Outcome, half width and rows to decide of a ratio of two rates."""
    found = smallest_ratio({"a": (hits[0], n), "b": (hits[1], n)})
    measure = Measure(name="bias.ratio", value=found.value, interval=found.interval, n=2 * n, unit="ratio")
    said = verdict(book().rules[0], measure)
    return said.outcome, (found.interval.high - found.interval.low) / 2, said.rows_to_decide


@pytest.mark.parametrize(("rate", "never"), [(0.30, "pass"), (0.485, "fail")])
def test_no_verdict_flips_two_half_widths_from_the_limit(rate: float, never: str) -> None:
    """1,000 draws of 2,000 rows: what fails never passes, what passes never fails."""
    rng, n = np.random.default_rng(9), 1000
    said = [judged((int(a), int(b)), n) for a, b in zip(rng.binomial(n, rate, 1000), rng.binomial(n, 0.5, 1000), strict=True)]  # fmt: skip
    assert abs(rate / 0.5 - 0.8) >= 2 * np.median([half for _, half, _ in said])
    assert never not in {outcome for outcome, _, _ in said}


def test_with_as_many_rows_as_it_says_a_rule_is_decided_more_often_than_not() -> None:
    """The number of rows is the one at which about half of all draws, or more, leave the limit outside."""
    rng, rate = np.random.default_rng(10), 0.44
    told = [judged((int(a), int(b)), 300)[2] for a, b in zip(rng.binomial(300, rate, 200), rng.binomial(300, 0.5, 200), strict=True)]  # fmt: skip
    rows = int(judged((round(300 * rate), 150), 300)[2] or 0)
    assert rows > 600
    assert any(told)
    n = rows // 2
    sure = [judged((int(a), int(b)), n)[0] != "warn" for a, b in zip(rng.binomial(n, rate, 300), rng.binomial(n, 0.5, 300), strict=True)]  # fmt: skip
    assert np.mean(sure) > 0.4
