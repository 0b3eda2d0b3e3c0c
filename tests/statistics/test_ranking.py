"""AUC and differences of AUCs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri
from scipy.stats import mannwhitneyu, rankdata
from sklearn.metrics import roc_auc_score
from statistics_helpers import coverage, least

from riskaudit.statistics import auc, auc_difference
from riskaudit.statistics.ranking import _variance, midranks, placements

scores = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=40)


def delong_by_definition(pos: np.ndarray, neg: np.ndarray) -> tuple[float, float]:
    """AUC and variance from the m x n table of comparisons, as DeLong and others (1988) write them."""
    psi = (pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)
    area, m, n = psi.mean(), len(pos), len(neg)
    s10 = ((psi.mean(axis=1) - area) ** 2).sum() / (m - 1)
    s01 = ((psi.mean(axis=0) - area) ** 2).sum() / (n - 1)
    return area, s10 / m + s01 / n


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_equal_to_the_definition(digits: int | None) -> None:
    """Value and variance by midranks equal those from all comparisons, with ties and without."""
    rng = np.random.default_rng(1)
    pos, neg = rng.normal(1, 1, 37), rng.normal(0, 1, 61)
    if digits is not None:
        pos, neg = pos.round(digits), neg.round(digits)
    area, variance = delong_by_definition(pos, neg)
    assert auc(pos, neg)[0] == pytest.approx(area, abs=1e-12)
    assert _variance(*placements(pos, neg)) == pytest.approx(variance, rel=1e-10)


def test_equal_to_sklearn_and_scipy() -> None:
    """The value is sklearn's, and Mann-Whitney's U over m n; midranks are scipy's."""
    rng = np.random.default_rng(2)
    pos, neg = rng.integers(0, 9, 40).astype(float), rng.integers(0, 7, 55).astype(float)
    value, _ = auc(pos, neg)
    both, labels = np.r_[pos, neg], np.r_[np.ones(40), np.zeros(55)]
    assert value == pytest.approx(roc_auc_score(labels, both))
    assert value == pytest.approx(mannwhitneyu(pos, neg).statistic / (40 * 55))
    assert (midranks(both) == rankdata(both)).all()


def test_perfect_order_is_not_certain() -> None:
    """AUC 1 on 20 and 30 rows has Wilson's interval of 20 of 20, not one of no width."""
    value, interval = auc(np.arange(30, 50), np.arange(30))
    assert (value, interval.high) == (1, 1)
    assert interval.low == pytest.approx(20 / (20 + 1.959964**2))


def test_all_tied_is_not_certain() -> None:
    """A constant score has AUC 0.5 with an interval of some width."""
    value, interval = auc(np.ones(50), np.ones(70))
    assert value == 0.5
    assert interval.high - interval.low > 0.2


@given(scores, scores)
def test_value_is_inside(pos: list[float], neg: list[float]) -> None:
    """Any scores give 0 <= low <= AUC <= high <= 1, and the mirror image when classes change places."""
    (value, interval), (other, mirror) = auc(pos, neg), auc(neg, pos)
    assert 0 <= interval.low <= value <= interval.high <= 1
    assert value == pytest.approx(1 - other)
    assert (interval.low, interval.high) == pytest.approx((1 - mirror.high, 1 - mirror.low), abs=1e-9)


@given(scores, scores)
def test_only_the_order_counts(pos: list[float], neg: list[float]) -> None:
    """A rising function of the scores changes nothing."""
    assert auc(pos, neg) == auc(np.exp(pos), np.exp(neg))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=40), st.data())
def test_difference_turned_round(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    """b minus a is a minus b with its sign changed, inside its interval, for any scores and labels."""
    positive = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    if positive.all() or not positive.any():
        return
    a, b = np.array(rows, dtype=float).T
    (value, there), (_, back) = auc_difference(a, b, positive), auc_difference(b, a, positive)
    assert -1 <= there.low <= value <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


def test_difference_by_definition() -> None:
    """The correlated variance equals S10 and S01 of the two scores, combined with the contrast (1, -1)."""
    rng = np.random.default_rng(3)
    positive = np.r_[np.ones(60, bool), np.zeros(80, bool)]
    a = rng.normal(size=140) + positive
    b = a + rng.normal(size=140)
    psi = [(s[positive][:, None] > s[~positive]) * 1.0 for s in (a, b)]
    s10, s01 = np.cov([p.mean(axis=1) for p in psi]), np.cov([p.mean(axis=0) for p in psi])
    contrast = np.array([1, -1])
    error = np.sqrt(contrast @ (s10 / 60 + s01 / 80) @ contrast)
    value, interval = auc_difference(a, b, positive)
    assert value == pytest.approx(psi[0].mean() - psi[1].mean())
    assert 1.95 * error < interval.high - value < 2.01 * error  # Student's t, some 100 degrees of freedom


def test_same_order_differs_by_nothing() -> None:
    """Two scores that order all rows alike differ by 0."""
    value, interval = auc_difference([1, 2, 3, 4], [1, 4, 9, 16], [False, True, False, True])
    assert (value, interval.low, interval.high) == (0, 0, 0)


def test_refusals() -> None:
    """NaN, an empty class and unequal lengths are refused."""
    for pos, neg in (([np.nan], [1.0]), ([], [1.0])):
        with pytest.raises(ValueError, match="scores_pos"):
            auc(pos, neg)
    with pytest.raises(ValueError, match="both classes"):
        auc_difference([1, 2], [1, 2], [True, True])
    with pytest.raises(ValueError, match="rows must agree"):
        auc_difference([1, 2], [1, 2, 3], [True, False])


def auc_coverage(m: int, n: int, area: float, *, spread: float = 1.0, runs: int) -> float:
    rng = np.random.default_rng(4)
    shift = ndtri(area) * np.hypot(1, spread)
    return coverage(lambda: auc(rng.normal(shift, spread, m), rng.normal(size=n))[1], area, runs)


@pytest.mark.parametrize(("m", "n"), [(30, 30), (20, 400)])
@pytest.mark.parametrize("area", [0.5, 0.8, 0.95, 0.99])
def test_auc_covers(m: int, n: int, area: float) -> None:
    """Few positives and an AUC near 1 included, the interval holds the truth in at least 93 % of runs."""
    assert auc_coverage(m, n, area, runs=400) >= least(400)


@pytest.mark.slow
@pytest.mark.parametrize(("m", "n"), [(30, 30), (20, 400), (100, 100), (100, 2000), (500, 500)])
@pytest.mark.parametrize("area", [0.5, 0.8, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("spread", [1.0, 0.3])
def test_auc_covers_by_2000_runs(m: int, n: int, area: float, spread: float) -> None:
    """Equal or unequal spread, any sizes, AUC 0.5 to 0.999: at least 92.5 %."""
    assert auc_coverage(m, n, area, spread=spread, runs=2000) >= 0.925


@pytest.mark.slow
@pytest.mark.parametrize(
    ("m", "n", "shift", "gain"),
    [(50, 50, 1, 0), (50, 50, 1, 0.5), (30, 300, 1, 0.5), (20, 400, 2.3, 0.5), (500, 500, 3.3, 0)],
)
def test_difference_covers_by_2000_runs(m: int, n: int, shift: float, gain: float) -> None:
    """Correlated scores, alike or not: the true difference is held in at least 93 % of runs."""
    rng, positive = np.random.default_rng(6), np.r_[np.ones(m, bool), np.zeros(n, bool)]

    def draw():
        noise = rng.normal(size=m + n)
        other = 0.6 * noise + 0.8 * rng.normal(size=m + n)
        return auc_difference(noise + positive * (shift + gain), other + positive * shift, positive)[1]

    truth = ndtr((shift + gain) / 2**0.5) - ndtr(shift / 2**0.5)
    assert coverage(draw, truth, 2000) >= 0.93
