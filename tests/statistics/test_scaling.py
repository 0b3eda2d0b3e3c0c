"""Scaling: exponents from a clock whose law is known."""

import numpy as np
import pytest

from riskaudit.statistics import Undefined
from riskaudit.statistics.scaling import exponent, gain

SIZES = (64, 256, 1024, 4096)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_an_exact_law_is_found_exactly(power):
    """Times of size^b have the exponent b, and an interval of no width."""
    value, interval = exponent(SIZES, [3e-6 * np.power(SIZES, power)] * 6)
    assert value == pytest.approx(power)
    assert (interval.low, interval.high) == (pytest.approx(power), pytest.approx(power))


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_interval_covers_under_heavy_noise(power):
    """With delays of a busy machine (log-normal, and every tenth call ten times slower) 95 % cover, but for chance."""
    rng, hits, runs = np.random.default_rng(0), 0, 400
    for _ in range(runs):
        delay = np.exp(rng.normal(0, 0.3, (7, 4))) * np.where(rng.random((7, 4)) < 0.1, 10, 1)
        _, interval = exponent(SIZES, 1e-6 * np.power(SIZES, power) * delay)
        hits += interval.low <= power <= interval.high
    assert hits / runs > 0.95 - 3 * (0.05 * 0.95 / runs) ** 0.5


def test_one_round_says_nothing():
    """One round has no spread; one size no slope; a time of 0 no logarithm."""
    for sizes, rounds in ((SIZES, [SIZES]), ((5, 5), [(1, 1)] * 3), ((1, 2), [(0, 1)] * 3)):
        with pytest.raises(Undefined):
            exponent(sizes, rounds)


def test_gain_is_a_ratio_of_rounds():
    """A machine that slows down over the rounds slows both, and the ratio stays."""
    slow = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    value, interval = gain(slow, slow / 2)
    assert (value, interval.low, interval.high) == (2.0, 2.0, 2.0)
