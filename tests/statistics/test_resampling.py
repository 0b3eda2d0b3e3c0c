"""The bootstrap and rank correlation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statistics_helpers import coverage, least

from riskaudit.statistics import Undefined, bootstrap, mean_t, spearman


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def slow_mean(x: np.ndarray) -> float:
    return float(x.mean())


def test_mean_is_students() -> None:
    """For the mean of 200 normal values the percentile bootstrap is Student's interval."""
    x = rng().normal(size=200)
    ours, theirs = bootstrap(np.mean, x, rng=rng(1), resamples=20_000, method="percentile"), mean_t(x)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_bca_equal_to_scipy() -> None:
    """BCa is scipy's, but for the wider tails of small samples, which fade at 400 rows."""
    x = rng().exponential(size=400)
    ours = bootstrap(np.std, x, rng=rng(1), resamples=20_000)
    theirs = stats.bootstrap((x,), np.std, method="BCa", n_resamples=20_000, rng=rng(2)).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.012)


def test_seeded() -> None:
    """Equal generators give equal intervals, vectorised or not; the global generator is left alone."""
    x, before = rng().normal(size=60), np.random.get_state()[1].copy()  # noqa: NPY002 -- what is tested
    assert bootstrap(np.mean, x, rng=rng(3)) == bootstrap(np.mean, x, rng=rng(3))
    one, other = bootstrap(np.mean, x, rng=rng(3)), bootstrap(slow_mean, x, rng=rng(3))
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-12)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002 -- what is tested


def test_rows_stay_whole() -> None:
    """Arrays are drawn together: the correlation of x with itself never varies."""
    x = rng().normal(size=50)
    interval = bootstrap(lambda a, b: np.corrcoef(a, b)[0, 1], x, x, rng=rng())
    assert (interval.low, interval.high) == pytest.approx((1, 1))
    assert "constant" in interval.method


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_constant(method: str) -> None:
    """A constant sample gives no width, and the method says why."""
    interval = bootstrap(np.mean, np.full(20, 3.5), rng=rng(), method=method)
    assert (interval.low, interval.high) == (3.5, 3.5)
    assert "constant" in interval.method


@pytest.mark.parametrize("sizes", [[5] * 20, list(range(1, 21))])
def test_repeated_people_count_once(sizes: list[int]) -> None:
    """Rows that repeat a person widen the interval when people are drawn, equal counts or not."""
    who = np.repeat(np.arange(20), sizes)
    x = rng().normal(size=20)[who]
    people = bootstrap(np.mean, x, rng=rng(1), unit=who, method="percentile")
    rows = bootstrap(np.mean, x, rng=rng(1), method="percentile")
    assert people.high - people.low > 1.5 * (rows.high - rows.low)
    assert "of units" in people.method


def test_undefined() -> None:
    """One unit, or a statistic that is not a number, has no interval."""
    with pytest.raises(Undefined, match="two units"):
        bootstrap(np.mean, [1.0, 2.0], rng=rng(), unit=["a", "a"])
    with pytest.raises(Undefined, match="on the data itself"):
        bootstrap(lambda x: float("nan"), [1.0, 2.0], rng=rng())
    with pytest.raises(Undefined, match="of 1000 draws"):
        bootstrap(lambda x: float("nan") if x[0] > 1 else 1.0, [1.0, 2.0], rng=rng())
    with pytest.raises(ValueError, match="one length"):
        bootstrap(np.mean, [1.0, 2.0], [1.0], rng=rng())


@settings(max_examples=30)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.sampled_from(["bca", "percentile"]))
def test_value_is_inside(x: list[float], method: str) -> None:
    """The interval holds the statistic, even one that no draw exceeds."""
    for statistic in (np.mean, np.max, np.median):
        interval = bootstrap(statistic, x, rng=rng(), resamples=100, method=method)
        assert interval.low <= statistic(x) <= interval.high


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_bootstrap_covers(statistic) -> None:
    """Mean and median of 60 skewed values are held in at least 92 % of runs."""
    chance, truth = rng(5), {np.mean: 1.0, np.median: np.log(2)}[statistic]
    runs = 300
    share = coverage(
        lambda: bootstrap(statistic, chance.exponential(size=60), rng=chance, resamples=500), truth, runs
    )
    assert share >= least(runs, 0.92)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "floor"), [(30, 0.90), (100, 0.92), (300, 0.93)])
def test_bootstrap_covers_by_2000_runs(n: int, floor: float) -> None:
    """BCa holds the mean of exponential values at 93 % from 300 rows on, and falls short below."""
    chance = rng(6)
    assert coverage(lambda: bootstrap(np.mean, chance.exponential(size=n), rng=chance), 1, 2000) >= floor


@pytest.mark.slow
def test_clusters_cover_by_2000_runs() -> None:
    """Forty people of five rows each: drawn as people at least 92 % of runs hold the mean."""
    chance, who = rng(7), np.repeat(np.arange(40), 5)

    def draw():
        x = chance.normal(size=40)[who] + chance.normal(size=200) / 2
        return bootstrap(np.mean, x, rng=chance, unit=who)

    assert coverage(draw, 0, 2000) >= 0.92


def test_spearman_equals_scipy() -> None:
    """The value is scipy's, ties or not."""
    x, y = rng(1).integers(0, 6, 50), rng(2).normal(size=50)
    assert spearman(x, y)[0] == pytest.approx(stats.spearmanr(x, y).statistic)


def test_spearman_by_hand() -> None:
    """Neighbours swapped in 28 pairs: r = 1 - 6 * 28 / (28 (28² - 1)), and its Fisher-z interval."""
    y = np.arange(28).reshape(14, 2)[:, ::-1].ravel()
    value, interval = spearman(np.arange(28), y)
    assert value == pytest.approx(1 - 6 / (28**2 - 1))
    half = 1.959963984540054 * np.sqrt((1 + value**2 / 2) / 25)
    assert interval.low == pytest.approx(np.tanh(np.arctanh(value) - half))
    assert interval.high == pytest.approx(np.tanh(np.arctanh(value) + half))


def test_perfect_agreement_is_not_certain() -> None:
    """Ten pairs in one order have 1 as their correlation, and a lower bound below it."""
    value, interval = spearman(range(10), range(10))
    assert (value, interval.high) == (1, 1)
    assert 0.9 < interval.low < 0.95
    assert spearman(range(10), range(10, 0, -1))[1].high == pytest.approx(-interval.low)


def test_no_order_no_correlation() -> None:
    """A constant side or three pairs have no rank correlation to be sure of."""
    with pytest.raises(Undefined, match="constant"):
        spearman([1, 1, 1, 1], [1, 2, 3, 4])
    with pytest.raises(Undefined, match="four pairs"):
        spearman([1, 2, 3], [1, 2, 3])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=40))
def test_spearman_value_is_inside(pairs: list[tuple[int, int]]) -> None:
    """Any pairs with an order give -1 <= low <= r <= high <= 1."""
    x, y = zip(*pairs, strict=True)
    if len(set(x)) > 1 and len(set(y)) > 1:
        value, interval = spearman(x, y)
        assert -1 <= interval.low <= value <= interval.high <= 1


@pytest.mark.parametrize("rho", [0, 0.5, 0.9])
@pytest.mark.parametrize("n", [10, 50])
def test_spearman_covers(rho: float, n: int) -> None:
    """For binormal pairs the true rank correlation is held in at least 93 % of runs."""
    chance, truth = rng(8), 6 / np.pi * np.arcsin(rho / 2)

    def draw():
        x = chance.normal(size=n)
        return spearman(x, rho * x + np.sqrt(1 - rho**2) * chance.normal(size=n))[1]

    assert coverage(draw, truth, 600) >= least(600)
