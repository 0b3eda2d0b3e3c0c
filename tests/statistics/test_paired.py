"""Paired differences: Tango's interval covers, meets McNemar at zero, and mirrors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskaudit.statistics import difference_of_paired, mcnemar, paired_difference
from riskaudit.statistics.paired import _score

COUNTS = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(1, 2000)).filter(
    lambda c: c[0] + c[1] <= c[2]
)


@given(COUNTS)
def test_swapping_the_models_mirrors_the_interval(counts: tuple[int, int, int]) -> None:
    """Loss of the one is gain of the other."""
    lost, gained, n = counts
    one, two = paired_difference(lost, gained, n), paired_difference(gained, lost, n)
    assert one.low == pytest.approx(-two.high, abs=1e-9)
    assert one.high == pytest.approx(-two.low, abs=1e-9)
    assert -1 <= one.low <= (lost - gained) / n <= one.high <= 1


@given(COUNTS.filter(lambda c: c[0] + c[1] > 0))
def test_at_zero_the_statistic_is_mcnemars(counts: tuple[int, int, int]) -> None:
    """(b - c)² / (b + c), whatever n is."""
    lost, gained, n = counts
    assert _score(lost, gained, n, 0.0) ** 2 == pytest.approx(
        (lost - gained) ** 2 / (lost + gained), abs=1e-9
    )


def test_an_interval_without_zero_is_a_small_p_value() -> None:
    """The score interval and the uncorrected McNemar test agree at 5 %."""
    for lost in range(30):
        for gained in range(30):
            if lost + gained == 0:
                continue
            interval = paired_difference(lost, gained, 200)
            inside = (lost - gained) ** 2 / (lost + gained) <= 1.959964**2
            assert (interval.low <= 1e-12 and interval.high >= -1e-12) == inside, (lost, gained)


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_no_difference_at_all_still_has_a_width(n: int) -> None:
    """b = c = 0: the bound is z² / (n + z²), not zero."""
    z = 1.959964**2
    assert paired_difference(0, 0, n).high == pytest.approx(z / (n + z), rel=1e-5)


@pytest.mark.parametrize(("lost", "gained", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_counts_that_are_none_are_refused(lost: int, gained: int, n: int) -> None:
    """Negative, more than there are, none at all."""
    with pytest.raises(ValueError, match="no part of"):
        paired_difference(lost, gained, n)


@pytest.mark.parametrize(
    ("b", "c", "n"), [(0.1, 0.05, 100), (0.02, 0.02, 300), (0.3, 0.1, 60), (0.01, 0.0, 500)]
)
def test_the_paired_interval_covers(b: float, c: float, n: int) -> None:
    """Of 1,500 samples about 95 % of the intervals hold the true difference; at least 93.5."""
    rng = np.random.default_rng(11)
    held = 0
    for lost, gained, _ in rng.multinomial(n, [b, c, 1 - b - c], 1500):
        interval = paired_difference(int(lost), int(gained), n)
        held += interval.low - 1e-12 <= b - c <= interval.high + 1e-12
    assert held / 1500 >= 0.935


def test_not_worse_by_more_than_delta_is_seldom_said_in_error() -> None:
    """A model that is worse by exactly delta passes in at most 3.5 of 100 (2.5 % by the level)."""
    rng, delta, n, passed = np.random.default_rng(12), 0.03, 800, 0
    for lost, gained, _ in rng.multinomial(n, [0.08, 0.05, 0.87], 2000):
        passed += paired_difference(int(lost), int(gained), n).high <= delta
    assert passed / 2000 <= 0.035


def test_a_difference_of_paired_differences_covers() -> None:
    """One group's loss less the others': about 95 % of 1,200 hold the truth."""
    rng, held = np.random.default_rng(13), 0
    for _ in range(1200):
        one = rng.multinomial(150, [0.12, 0.04, 0.84])
        other = rng.multinomial(400, [0.05, 0.05, 0.9])
        _, interval = difference_of_paired(
            (int(one[0]), int(one[1]), 150), (int(other[0]), int(other[1]), 400)
        )
        held += interval.low <= 0.08 <= interval.high
    assert 0.93 <= held / 1200 <= 0.975


def test_mcnemar_is_a_sign_test_of_the_rows_that_differ() -> None:
    """1 of 10: 22 / 1024; no row differs: 1."""
    assert mcnemar(1, 9) == pytest.approx(22 / 1024)
    assert mcnemar(0, 0) == 1.0
    assert math.isclose(mcnemar(7, 3), mcnemar(3, 7))
