"""Rows of one person are worth less; intervals at that size cover."""

import numpy as np
import pytest

from riskaudit.statistics import bounded_mean, cluster_sizes, largest_spread, wilson


def test_single_rows_are_worth_themselves():
    """Where every unit has one row the effective size is n, but for C / (C - 1)."""
    rng = np.random.default_rng(0)
    hits = (rng.random(500) < 0.3).astype(float)
    told = cluster_sizes(np.ones(500), hits, groups=np.zeros(500, int), units=np.arange(500), k=1)
    assert told[0] == pytest.approx(499, rel=1e-9)


def test_copies_are_worth_one():
    """Each person ten times over, decided alike: as many rows as people."""
    rng = np.random.default_rng(1)
    hits = np.repeat((rng.random(80) < 0.4).astype(float), 10)
    told = cluster_sizes(
        np.ones(800), hits, groups=np.zeros(800, int), units=np.repeat(np.arange(80), 10), k=1
    )
    assert told[0] == pytest.approx(79, rel=1e-9)


def test_a_rate_of_zero_counts_people():
    """Without spread the units are counted."""
    told = cluster_sizes(
        np.ones(60), np.zeros(60), groups=np.zeros(60, int), units=np.repeat(np.arange(20), 3), k=1
    )
    assert told[0] == 20


def test_coverage_with_repeated_people():
    """Beta-binomial people of five rows: Wilson at the effective size covers, at the plain size it does not."""
    rng = np.random.default_rng(2)
    robust = plain = 0
    for _ in range(600):
        p = rng.beta(1.2, 1.8, 60)
        hits = rng.binomial(1, np.repeat(p, 5)).astype(float)
        size = cluster_sizes(
            np.ones(300), hits, groups=np.zeros(300, int), units=np.repeat(np.arange(60), 5), k=1
        )[0]
        for_people, for_rows = wilson(hits.mean() * size, size), wilson(hits.sum(), 300)
        robust += for_people.low <= 0.4 <= for_people.high
        plain += for_rows.low <= 0.4 <= for_rows.high
    assert robust / 600 > 0.925
    assert plain / 600 < 0.9


def test_a_bounded_mean_covers():
    """Costs of 0, 1 and 5: the interval covers their mean in 93 % or more, and is within its bounds."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        x = rng.choice([0.0, 1.0, 5.0], 120, p=[0.8, 0.15, 0.05])
        value, low, high = bounded_mean(x.mean(), x.var(), 120, top=5)
        assert 0 <= low <= value <= high <= 5
        held += low <= 0.4 <= high
    assert held / 2000 > 0.93
    assert bounded_mean(0.0, 0.0, 50, top=5)[2] > 0


def test_the_widest_spread_is_named():
    """The groups with the lowest and the highest number, and 0 inside where none differs."""

    def of(value):
        return lambda level: (value, value - 0.1, value + 0.1)

    told = largest_spread({"a": of(0.5), "b": of(0.9), "c": of(0.6)}, method="test")
    assert (told.group, told.reference, round(told.value, 9)) == ("a", "b", 0.4)
    assert largest_spread({"a": of(0.5), "b": of(0.55)}, method="test").interval.low == 0
