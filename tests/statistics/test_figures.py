"""Figures: bounds that go with sums and quotients, and cover."""

from __future__ import annotations

import numpy as np
import pytest

from riskaudit.statistics.figures import Figure, exact, median


def test_exact_numbers_stay_exact():
    """A number taken as it is has no interval, and adds none."""
    assert exact(3.0).interval is None
    summed = exact(3.0).plus(Figure(1.0, 0.5, 2.0))
    assert (summed.value, summed.low, summed.high) == pytest.approx((4.0, 3.5, 5.0))
    divided = exact(4.0).over(Figure(2.0, 1.0, 4.0))
    assert (divided.value, divided.low, divided.high) == pytest.approx((2.0, 1.0, 4.0))


def test_a_median_brings_the_level_of_its_repeats():
    """Three repeats are worth 75 %, and whatever is reckoned from them is worth no more."""
    three = median([3.0, 1.0, 2.0])
    assert (three.value, three.low, three.high, three.level) == (2.0, 1.0, 3.0, 0.75)
    assert three.plus(Figure(1, 0, 2)).level == three.over(exact(2.0)).level == three.times(2).level == 0.75


def test_a_bound_of_nothing_reaches_to_nothing():
    """A numerator that may be 0 makes a quotient that may be 0; sums never fall below."""
    assert Figure(1.0, 0.0, 2.0).over(exact(2.0)).low == 0.0
    assert Figure(1.0, 0.0, 2.0).plus(Figure(1.0, 0.0, 2.0)).low > 0


@pytest.mark.parametrize("spread", [0.02, 0.15])
def test_sums_and_quotients_cover(spread):
    """Of 3,000 sums and quotients of log-normal means, 93 to 97 % of the intervals hold the truth."""
    rng, held = np.random.default_rng(3), [0, 0]
    for _ in range(3000):
        one, other = (
            Figure(m, m * np.exp(-1.96 * spread), m * np.exp(1.96 * spread))
            for m in np.array([5.0, 2.0]) * np.exp(rng.normal(0, spread, 2))
        )
        for at, (got, truth) in enumerate(((one.plus(other), 7.0), (one.over(other), 2.5))):
            held[at] += got.low <= truth <= got.high
    assert all(0.93 <= count / 3000 <= 0.97 for count in held)
