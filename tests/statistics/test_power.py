"""What rows could have seen, what is shown to be alike, and chance's own widest gap."""

import numpy as np
import pytest

from riskaudit.statistics import (
    Undefined,
    equivalence,
    largest_difference,
    max_gap_p,
    smallest_visible_gap,
)


def drawn(rng, n, rates):
    return {str(i): (float(rng.binomial(n, p)), float(n)) for i, p in enumerate(rates)}


@pytest.mark.parametrize("k", [2, 4])
def test_the_visible_gap_is_seen_in_about_four_of_five(k):
    """A true gap of the size that is called visible is shown with about the power it promises."""
    rng, n, p = np.random.default_rng(k), 800, 0.4
    gap = smallest_visible_gap({str(i): (p * n, n) for i in range(k)})
    rates = [p - gap / 2, p + gap / 2, *([p] * (k - 2))]
    shown = np.mean([largest_difference(drawn(rng, n, rates)).interval.low > 0 for _ in range(400)])
    assert 0.7 < shown < 0.93


def test_statsmodels_agrees_on_the_visible_gap():
    """With two groups statsmodels gives that gap the power 0.8, to the arcsine's own approximation."""
    power = pytest.importorskip("statsmodels.stats.power")
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    gap = smallest_visible_gap({"a": (500.0, 1000.0), "b": (500.0, 1000.0)})
    effect = proportion.proportion_effectsize(0.5 + gap / 2, 0.5 - gap / 2)
    assert power.NormalIndPower().power(effect, 1000, 0.05) == pytest.approx(0.8, abs=0.005)


def test_more_rows_see_more():
    """The visible gap shrinks as one over the root of the rows."""
    small, large = (smallest_visible_gap({"a": (n / 2, n), "b": (n / 2, n)}) for n in (100.0, 10_000.0))
    assert small / large == pytest.approx(10, rel=1e-6)


def test_equality_is_claimed_with_enough_rows_only():
    """The same equal rates: with many rows shown within 0.1, with few not, and never for a gap of 0.2."""
    assert equivalence({"a": (400.0, 1000.0), "b": (405.0, 1000.0)}).within
    assert not equivalence({"a": (16.0, 40.0), "b": (16.0, 40.0)}).within
    assert not equivalence({"a": (4000.0, 10000.0), "b": (6000.0, 10000.0)}).within


def test_equality_is_wrongly_claimed_in_five_percent_at_most():
    """At a true gap of exactly delta the claim is an error, made in about 5 % of data sets or fewer."""
    rng = np.random.default_rng(3)
    claims = np.mean([equivalence(drawn(rng, 2000, (0.4, 0.5))).within for _ in range(1500)])
    assert claims < 0.07


def test_permutation_p_is_uniform_under_no_gap():
    """Of null data sets about 5 % have p <= 0.05, however many groups."""
    rng = np.random.default_rng(4)
    p = np.array([max_gap_p(drawn(rng, 150, [0.3] * 6), rng=rng, draws=199) for _ in range(400)])
    assert 0.02 < (p <= 0.05).mean() < 0.09
    assert 0.4 < p.mean() < 0.62


def test_permutation_p_agrees_with_fisher_for_two_groups():
    """With two groups of a size the max-statistic is Fisher's two-sided test."""
    stats = pytest.importorskip("scipy.stats")
    expected = stats.fisher_exact([[30, 70], [45, 55]]).pvalue
    told = max_gap_p({"a": (30.0, 100.0), "b": (45.0, 100.0)}, rng=np.random.default_rng(0), draws=20_000)
    assert told == pytest.approx(expected, abs=0.008)


def test_a_wide_gap_of_many_groups_is_found():
    """One group of eighty far from the rest is no chance."""
    groups = {str(i): (50.0, 100.0) for i in range(79)} | {"odd": (85.0, 100.0)}
    assert max_gap_p(groups, rng=np.random.default_rng(0), draws=500) < 0.01


def test_constant_decisions_give_no_evidence():
    """Nobody selected: p is 1."""
    assert max_gap_p({"a": (0.0, 9.0), "b": (0.0, 7.0)}, rng=np.random.default_rng(0)) == 1


def test_one_group_is_undefined():
    """There is nothing to compare."""
    for ask in (smallest_visible_gap, equivalence, lambda g: max_gap_p(g, rng=np.random.default_rng(0))):
        with pytest.raises(Undefined):
            ask({"a": (1.0, 2.0)})
