"""Intervals of means, their differences, and medians."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statistics_helpers import coverage, least

from riskaudit.statistics import Undefined, largest_mean_difference, mean_t, median_order, welch

samples = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)
SLEEP = (  # Student 1908, after Cushny and Peebles: extra hours of sleep by two drugs
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)


def test_students_sleep() -> None:
    """Welch's interval of the sleep data is R's `t.test(extra ~ group)`: -3.3654832 to 0.2054832."""
    interval = welch(*SLEEP)
    assert (interval.low, interval.high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)


def test_equal_to_scipy() -> None:
    """Student's and Welch's intervals equal scipy's."""
    a, b = np.random.default_rng(0).normal(size=12), np.random.default_rng(1).exponential(size=40)
    for ours, theirs in (
        (mean_t(a), stats.ttest_1samp(a, 0).confidence_interval()),
        (welch(a, b), stats.ttest_ind(a, b, equal_var=False).confidence_interval()),
    ):
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


def test_two_groups_are_welch() -> None:
    """With two groups the largest difference is Welch's interval of |difference|."""
    found, plain = largest_mean_difference({"x": SLEEP[0], "y": SLEEP[1]}), welch(SLEEP[1], SLEEP[0])
    assert (found.group, found.reference) == ("x", "y")
    assert found.interval.high == pytest.approx(plain.high)
    assert found.interval.low == 0


@given(st.lists(samples, min_size=2, max_size=5))
def test_value_is_inside(groups: list[list[float]]) -> None:
    """Any finite samples give 0 <= low <= value <= high, whatever the order of groups."""
    named = {f"g{i}": values for i, values in enumerate(groups)}
    found = largest_mean_difference(named)
    assert 0 <= found.interval.low <= found.value <= found.interval.high
    assert largest_mean_difference(dict(reversed(named.items()))) == found


@given(samples)
def test_mean_and_median_are_inside(x: list[float]) -> None:
    """Both intervals hold their own estimate."""
    mean, median = mean_t(x), median_order(x)
    assert mean.low <= np.mean(x) <= mean.high
    assert median.low <= np.median(x) <= median.high


@pytest.mark.parametrize(("n", "level"), [(2, 0.5), (3, 0.75), (5, 0.9375), (6, 0.95), (50, 0.95)])
def test_median_is_honest_with_few_repeats(n: int, level: float) -> None:
    """Three repeats are worth 75 %, five 93.75 %; the interval says so."""
    interval = median_order(np.arange(n))
    assert interval.level == level
    if n < 6:
        assert (interval.low, interval.high) == (0, n - 1)


def test_median_by_the_table() -> None:
    """The published 95 % ranks: 2 and 9 of 10, 6 and 15 of 20, 18 and 33 of 50."""
    for n, r in ((10, 2), (20, 6), (50, 18)):
        interval = median_order(np.arange(1, n + 1))
        assert (interval.low, interval.high) == (r, n + 1 - r)


def test_one_value_says_nothing() -> None:
    """A single value has no interval; infinite ones are refused."""
    for ask in (mean_t, median_order):
        with pytest.raises(Undefined, match="one value"):
            ask([1.0])
        with pytest.raises(ValueError, match="infinite"):
            ask([1.0, math.inf])
    with pytest.raises(Undefined, match="two groups"):
        largest_mean_difference({"a": [1, 2]})


def test_constant_samples_are_certain() -> None:
    """Constant samples differ by what they differ by."""
    interval = welch([2, 2, 2], [1, 1])
    assert (interval.low, interval.high) == (1, 1)


@pytest.mark.parametrize(
    ("means", "sizes"),
    [([0, 0], [50, 50]), ([0] * 5, [100, 50, 30, 20, 10]), ([0, 0, 0, 0, 1], [100, 50, 30, 20, 10])],
)
def test_largest_difference_covers(means: list[float], sizes: list[int]) -> None:
    """Unlike spreads and sizes: the true largest difference is held in at least 93 % of runs."""
    rng = np.random.default_rng(2)

    def draw():
        told = enumerate(zip(means, sizes, strict=True))
        return largest_mean_difference({str(i): rng.normal(m, 1 + i / 3, n) for i, (m, n) in told}).interval

    assert coverage(draw, max(means) - min(means), 500) >= least(500)


@pytest.mark.slow
def test_means_and_medians_cover_by_2000_runs() -> None:
    """Means of normal, medians of skewed samples are held at their level."""
    rng = np.random.default_rng(3)
    assert coverage(lambda: mean_t(rng.normal(size=10)), 0, 2000) >= 0.93
    assert coverage(lambda: welch(rng.normal(0, 3, 10), rng.normal(1, 1, 40)), -1, 2000) >= 0.93
    for n, floor in ((3, 0.72), (5, 0.92), (11, 0.94), (200, 0.94)):
        assert coverage(lambda n=n: median_order(rng.exponential(size=n)), math.log(2), 2000) >= floor
