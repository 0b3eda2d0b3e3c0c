"""Epsilon and precision: what an attack's counts prove, and no more."""

import math

import numpy as np
import pytest

from riskaudit.statistics import epsilon_from_counts, epsilon_one_run, precision_at_prior


def test_jagielskis_figure():
    """500 of 500 hits and no false alarm at alpha 0.01 prove epsilon 4.54 (Jagielski 2020)."""
    assert epsilon_from_counts(500, 500, 0, 500, level=0.99) == pytest.approx(4.54, abs=0.005)


def test_both_directions_count():
    """An attack that is sure of non-members proves as much as its mirror image."""
    assert epsilon_from_counts(200, 400, 2, 400) == pytest.approx(epsilon_from_counts(398, 400, 200, 400))


def test_no_difference_proves_nothing():
    """Equal rates give 0, and delta takes away what it must."""
    assert epsilon_from_counts(50, 500, 50, 500) == 0
    assert epsilon_from_counts(400, 500, 5, 500, delta=0.1) < epsilon_from_counts(400, 500, 5, 500)


def test_a_fixed_test_proves_too_much_in_at_most_one_of_twenty():
    """Randomised response with epsilon 1: the bound exceeds 1 in at most 5 % of 2,000 runs."""
    rng = np.random.default_rng(0)
    tpr = math.e / (1 + math.e)
    bounds = [
        epsilon_from_counts(a, 300, b, 300)
        for a, b in zip(rng.binomial(300, tpr, 2000), rng.binomial(300, 1 - tpr, 2000), strict=True)
    ]
    assert np.mean(np.array(bounds) > 1) <= 0.05
    assert np.median(bounds) > 0.6


@pytest.mark.parametrize("epsilon", [0.0, 1.0, 4.0])
def test_one_run_keeps_its_promise(epsilon):
    """Randomised response on 1,000 coins: above the true epsilon in at most 5 % of 200 runs, and not far below."""
    rng = np.random.default_rng(1)
    bounds = []
    for _ in range(200):
        member = rng.random(1000) < 0.5
        told = member ^ (rng.random(1000) > 1 / (1 + math.exp(-epsilon)))
        scores = told + rng.random(1000) / 2
        bounds.append(epsilon_one_run(scores[member], scores[~member]))
    assert np.mean(np.array(bounds) > epsilon) <= 0.05
    assert np.median(bounds) >= 0.7 * epsilon - 0.01


def test_delta_weakens_the_one_run_bound():
    """A delta can only lower the bound."""
    scores = np.arange(400.0)
    plain, weak = (epsilon_one_run(scores[200:], scores[:200], delta=d) for d in (0.0, 1e-5))
    assert 0 < weak < plain


def test_precision_is_bayes_rule():
    """TPR .3 and FPR .01: 97 of 100 named at even odds, 23 of 100 where one in a hundred is a member."""
    assert precision_at_prior(300, 1000, 10, 1000, prior=0.5)[0] == pytest.approx(0.9677, abs=1e-4)
    value, interval = precision_at_prior(300, 1000, 10, 1000, prior=0.01)
    assert value == pytest.approx(0.2326, abs=1e-4)
    assert interval.low < value < interval.high


def test_precision_covers():
    """At least 95 % of 2,000 intervals hold the true precision."""
    rng, truth = np.random.default_rng(2), 0.5 * 0.2 / (0.5 * 0.2 + 0.5 * 0.05)
    held = 0
    for a, b in zip(rng.binomial(300, 0.2, 2000), rng.binomial(300, 0.05, 2000), strict=True):
        interval = precision_at_prior(a, 300, b, 300, prior=0.5)[1]
        held += interval.low <= truth <= interval.high
    assert held >= 1900


def test_who_names_nobody_has_learnt_nothing():
    """No accusation leaves the prior."""
    assert precision_at_prior(0, 100, 0, 100, prior=0.3)[0] == 0.3


@pytest.mark.parametrize("wrong", [{"prior": 0.0}, {"prior": 1.0}])
def test_a_prior_is_no_certainty(wrong):
    """A prior of 0 or 1 is refused, as is a delta of 1."""
    with pytest.raises(ValueError, match="prior"):
        precision_at_prior(1, 2, 1, 2, **wrong)
    with pytest.raises(ValueError, match="delta"):
        epsilon_from_counts(1, 2, 1, 2, delta=1.0)
    with pytest.raises(ValueError, match="delta"):
        epsilon_one_run([1.0], [0.0], delta=-0.1)
