"""Intervals of one rate and of a difference of two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from statistics_helpers import proportions

from riskaudit.statistics import clopper_pearson, newcombe, wilson
from riskaudit.statistics.proportions import newcombe_bounds, wilson_bounds

Z = 1.959963984540054


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_published(hits: int, n: int, low: float, high: float) -> None:
    """Wilson's interval is that of Newcombe (1998, Statistics in Medicine 17, 857-872, table I, method 3)."""
    interval = wilson(hits, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_published(hits: int, n: int, low: float, high: float) -> None:
    """Clopper-Pearson's interval is that of the same table, method 5."""
    interval = clopper_pearson(hits, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_published(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    """Newcombe's difference is that of his table II, examples (a) to (h), method 10."""
    interval = newcombe(*counts)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(("hits", "n"), [(0, 5), (3, 7), (50, 100), (99, 100), (100, 100), (2, 10**6)])
def test_equal_to_scipy(hits: int, n: int, level: float) -> None:
    """Wilson and Clopper-Pearson equal scipy's own."""
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = binomtest(hits, n).proportion_ci(level, method=method)
        mine = ours(hits, n, level=level)
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (0, 10, 3, 10), (499, 500, 2, 40), (7, 7, 7, 7)])
def test_equal_to_statsmodels(counts: tuple[int, int, int, int]) -> None:
    """Newcombe's difference equals statsmodels' `confint_proportions_2indep(method="newcomb")`."""
    pytest.importorskip("statsmodels", reason="statsmodels is the independent library here")
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

    interval = newcombe(*counts)
    theirs = confint_proportions_2indep(*counts, compare="diff", method="newcomb")
    assert (interval.low, interval.high) == pytest.approx(theirs, abs=1e-12)
    one = wilson(*counts[:2])
    assert (one.low, one.high) == pytest.approx(proportion_confint(*counts[:2], method="wilson"), abs=1e-12)


@given(proportions(), st.floats(0.5, 0.9999))
def test_value_is_inside(rate: tuple[float, float], level: float) -> None:
    """0 <= low <= hits/n <= high <= 1 for every count and level."""
    for interval in (wilson(*rate, level=level), clopper_pearson(*rate, level=level)):
        assert 0 <= interval.low <= rate[0] / rate[1] <= interval.high <= 1


@given(st.floats(0, 1), st.floats(1e-3, 1e6))
def test_counts_need_not_be_whole(rate: float, n: float) -> None:
    """Effective counts are taken as they are."""
    for interval in (wilson(rate * n, n), clopper_pearson(rate * n, n)):
        assert 0 <= interval.low <= interval.high <= 1


@given(proportions())
def test_narrower_with_more_rows(rate: tuple[float, float]) -> None:
    """Four times the rows at the same rate narrow Wilson's interval on both sides."""
    hits, n = rate
    few, many = wilson(hits, n), wilson(4 * hits, 4 * n)
    assert few.low <= many.low
    assert many.high <= few.high


@given(proportions(), proportions())
def test_newcombe_turned_round(a: tuple[float, float], b: tuple[float, float]) -> None:
    """The interval of b - a is that of a - b with its sign changed, and holds the difference."""
    there, back = newcombe(*a, *b), newcombe(*b, *a)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert -1 - 1e-9 <= there.low <= a[0] / a[1] - b[0] / b[1] <= there.high <= 1 + 1e-9


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (0, 0), (float("nan"), 5), (1, float("inf"))])
def test_refuses_what_is_no_proportion(hits: float, n: float) -> None:
    """Counts that are no proportion are refused by name."""
    with pytest.raises(ValueError, match="no proportion"):
        wilson(hits, n)


def test_refuses_what_is_no_level() -> None:
    """A level of 95 is refused: it means 0.95."""
    for call in (wilson, clopper_pearson):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            call(1, 2, level=95)


@pytest.mark.parametrize("n", [30, 100, 1000])
def test_exact_coverage_of_a_rate(n: int) -> None:
    """Over rates 0.02 to 0.98 Wilson covers 95 % on average and never below 89 %; Clopper-Pearson never below 95 %."""
    p, x = np.linspace(0.02, 0.98, 97)[:, None], np.arange(n + 1)
    weight = binom.pmf(x, n, p)
    low, high = wilson_bounds(x, n, Z)
    covered = (weight * ((low <= p) & (p <= high))).sum(axis=1)
    assert covered.mean() == pytest.approx(0.95, abs=0.006)
    assert covered.min() > 0.89
    exact = np.array([(i.low, i.high) for i in (clopper_pearson(h, n) for h in x)]).T
    assert (weight * ((exact[0] <= p) & (p <= exact[1]))).sum(axis=1).min() >= 0.95


@pytest.mark.parametrize(("n_a", "n_b"), [(500, 500), (100, 100), (1000, 60), (200, 50)])
@pytest.mark.parametrize(
    ("p_a", "p_b"), [(0.02, 0.02), (0.1, 0.1), (0.5, 0.5), (0.98, 0.98), (0.3, 0.4), (0.02, 0.08)]
)
def test_exact_coverage_of_a_difference(n_a: int, n_b: int, p_a: float, p_b: float) -> None:
    """Summed over all outcomes, Newcombe covers 94 to 99 %, at the null and at real gaps, at any rate."""
    x, y = np.arange(n_a + 1)[:, None], np.arange(n_b + 1)[None, :]
    weight = binom.pmf(x, n_a, p_a) * binom.pmf(y, n_b, p_b)
    likely = weight > 1e-10
    low, high = newcombe_bounds(*np.broadcast_arrays(x, n_a, y, n_b), z=Z)
    held = (low <= p_a - p_b + 1e-12) & (p_a - p_b <= high + 1e-12)
    assert 0.94 <= weight[likely & held].sum() <= 0.99
