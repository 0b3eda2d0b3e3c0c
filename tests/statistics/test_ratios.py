"""The interval of a ratio of two rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import binom
from statistics_helpers import proportions

from riskaudit.statistics import UNBOUNDED, Undefined, koopman, wilson
from riskaudit.statistics.ratios import koopman_bounds

Z = 1.959963984540054


@pytest.mark.parametrize(
    ("counts", "low", "high", "digits"),
    [
        ((36, 40, 16, 80), 2.94, 7.15, 2),  # Koopman 1984
        ((7, 34, 1, 34), 1.21, 43, None),  # Fagerland, Lydersen and Laake 2015, table 5
    ],
)
def test_published(counts: tuple[int, int, int, int], low: float, high: float, digits: int | None) -> None:
    """Koopman's own example, and that of Fagerland and others (given as 1.21 to 43, by Koopman's method)."""
    interval = koopman(*counts)
    if digits:
        assert (round(interval.low, digits), round(interval.high, digits)) == (low, high)
    else:
        assert interval.low == pytest.approx(low, rel=0.01)
        assert interval.high == pytest.approx(high, rel=0.011)


def nam(x: float, m: float, y: float, n: float) -> tuple[float, float]:
    """The closed form: with p_a the constrained rate, a cubic whose roots hold both bounds.

    (x - m p)² (y (m + n) p - n (x + y)) = z² m n p (1 - p) ((m + y) p - (x + y)).
    """
    p = np.polynomial.Polynomial([0, 1])
    cubic = (x - m * p) ** 2 * (y * (m + n) * p - n * (x + y)) - Z**2 * m * n * p * (1 - p) * (
        (m + y) * p - (x + y)
    )
    roots = cubic.roots()
    roots = roots.real[(abs(roots.imag) < 1e-9) & (roots.real > 0) & (roots.real < 1)]
    ratios = roots * ((m + n) * roots - (x + n)) / ((m + y) * roots - (x + y))
    estimate = x * n / (m * y)
    q = roots / ratios
    real = ratios[(ratios > 0) & (q > 0) & (q < 1)]
    return max(real[real < estimate]), min(real[real > estimate])


@pytest.mark.parametrize(
    "counts",
    [
        (36, 40, 16, 80),
        (7, 34, 1, 34),
        (12, 20, 15, 20),
        (3, 1000, 7, 400),
        (480, 500, 55, 60),
        (20.5, 31.25, 8, 90),
    ],
)
def test_equal_to_closed_form(counts: tuple[float, float, float, float]) -> None:
    """The bounds equal the roots of Nam's (1995) cubic, solved independently."""
    interval = koopman(*counts)
    assert (interval.low, interval.high) == pytest.approx(nam(*counts), rel=1e-7)


@pytest.mark.parametrize("counts", [(36, 40, 16, 80), (12, 200, 25, 190), (90, 100, 80, 100)])
def test_equal_to_statsmodels(counts: tuple[int, int, int, int]) -> None:
    """Koopman equals statsmodels' score interval of a ratio, without its small-sample correction."""
    pytest.importorskip("statsmodels", reason="statsmodels is the independent library here")
    from statsmodels.stats.proportion import confint_proportions_2indep

    interval = koopman(*counts)
    theirs = confint_proportions_2indep(*counts, compare="ratio", method="score", correction=False)
    assert (interval.low, interval.high) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize(
    "counts", [(0, 10, 3, 10), (10, 10, 10, 10), (5, 10, 10, 10), (0, 10, 10, 10), (10, 10, 3, 10)]
)
def test_edges(counts: tuple[int, int, int, int]) -> None:
    """Counts at their edges give a finite interval with the ratio inside, from 0 where a has no hit."""
    interval = koopman(*counts)
    assert interval.low <= (counts[0] / counts[1]) / (counts[2] / counts[3]) <= interval.high < UNBOUNDED
    assert (interval.low == 0) == (counts[0] == 0)


def test_all_hits_on_both_sides_is_wilson() -> None:
    """With every row a hit on both sides the lower bound is Wilson's of n of n."""
    assert koopman(10, 10, 10, 10).low == pytest.approx(wilson(10, 10).low, rel=1e-12)


def test_no_hit_below() -> None:
    """Without hits in b there is no upper bound, and the method says so; b / a has one."""
    interval = koopman(5, 50, 0, 40)
    assert interval.high == UNBOUNDED
    assert "no upper bound" in interval.method
    assert 1 / koopman(0, 40, 5, 50).high == pytest.approx(interval.low)


def test_no_hit_at_all() -> None:
    """0/0 has no interval, and the reason is told."""
    with pytest.raises(Undefined, match="neither side has a hit"):
        koopman(0, 10, 0, 20)


def test_dust_is_no_hit() -> None:
    """What rounding leaves of a weighted sum counts as no hit, not as a tiny rate."""
    assert koopman(1e-17, 50, 20, 100) == koopman(-1e-17, 50, 20, 100) == koopman(0, 50, 20, 100)


@given(proportions(), proportions())
def test_value_is_inside(a: tuple[float, float], b: tuple[float, float]) -> None:
    """Every pair of counts with a hit has an interval that holds the ratio, and turns round with it."""
    if a[0] == 0 or b[0] == 0:
        return
    there, back = koopman(*a, *b), koopman(*b, *a)
    assert 0 < there.low <= a[0] * b[1] / (a[1] * b[0]) <= there.high < UNBOUNDED
    assert there.low == pytest.approx(1 / back.high, rel=1e-9)


@given(proportions(2000), proportions(2000))
def test_narrower_with_more_rows(a: tuple[float, float], b: tuple[float, float]) -> None:
    """Four times the rows at the same rates narrow the interval on both sides."""
    if a[0] == 0 or b[0] == 0:
        return
    few, many = koopman(*a, *b), koopman(*(4 * v for v in (*a, *b)))
    assert few.low <= many.low * (1 + 1e-9)
    assert many.high <= few.high * (1 + 1e-9)


@pytest.mark.parametrize(("n_a", "n_b"), [(500, 500), (100, 100), (1000, 60)])
@pytest.mark.parametrize(
    ("p_a", "p_b"), [(0.05, 0.05), (0.1, 0.1), (0.5, 0.5), (0.98, 0.98), (0.3, 0.4), (0.1, 0.2)]
)
def test_exact_coverage(n_a: int, n_b: int, p_a: float, p_b: float) -> None:
    """Summed over all outcomes, Koopman covers 93.5 to 98 %, at the null and at real gaps."""
    x, y = np.arange(n_a + 1)[:, None], np.arange(n_b + 1)[None, :]
    weight = binom.pmf(x, n_a, p_a) * binom.pmf(y, n_b, p_b)
    i, j = np.nonzero(weight > 1e-7)
    low, high = koopman_bounds(i, n_a, j, n_b, z=Z)
    held = (low <= p_a / p_b + 1e-12) & (p_a / p_b <= high + 1e-12)
    assert 0.935 <= weight[i, j][held].sum() <= 0.98
