"""Many looks, and weighted rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from riskaudit.statistics import benjamini_hochberg, bonferroni, critical, kish

PUBLISHED = [
    *[0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344],
    *[0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000],
]


def test_bonferroni_shares_the_doubt() -> None:
    """Ten intervals at 99.5 % hold together at 95 %."""
    assert bonferroni(0.95, 10) == pytest.approx(0.995)
    assert bonferroni(0.95, 1) == pytest.approx(0.95)


def test_benjamini_hochberg_published() -> None:
    """Of the fifteen p-values of Benjamini and Hochberg (1995, section 3.2) four are kept at 0.05."""
    assert (benjamini_hochberg(PUBLISHED) <= 0.05).sum() == 4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_benjamini_hochberg_equals_scipy(p: list[float]) -> None:
    """Adjusted p-values are scipy's, in the order given."""
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p), abs=1e-12)


def test_nothing_looked_at() -> None:
    """No p-values give none; those outside 0 to 1 are refused."""
    assert benjamini_hochberg([]).size == 0
    for wrong in ([1.1], [-0.1], [np.nan]):
        with pytest.raises(ValueError, match="p-values"):
            benjamini_hochberg(wrong)


def test_false_discoveries_are_few() -> None:
    """With 80 of 100 nulls true, the mean share of false finds at 0.1 stays below 0.1."""
    rng, shares = np.random.default_rng(0), []
    for _ in range(400):
        p = rng.uniform(size=100)
        p[80:] **= 12
        found = benjamini_hochberg(p) <= 0.1
        shares.append(found[:80].sum() / max(found.sum(), 1))
    assert np.mean(shares) < 0.1


def test_critical() -> None:
    """1.96 at 95 %, 2.576 at 99 %, and no level outside (0, 1)."""
    assert (critical(0.95), critical(0.99)) == pytest.approx((1.959963984540054, 2.5758293035489004))
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match="level"):
            critical(level)


def test_kish() -> None:
    """Equal weights are worth all rows; 1, 1, 2 is worth 16/6; rows of no weight are worth nothing."""
    assert kish([3, 3, 3, 3]) == 4
    assert kish([1, 1, 2]) == pytest.approx(16 / 6)
    assert kish([1, 1, 0]) == pytest.approx(2)


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=50), st.floats(1e-200, 1e200))
def test_kish_has_no_scale(weights: list[float], scale: float) -> None:
    """The effective size lies between 1 and n, whatever the unit of the weights."""
    size = kish(weights)
    assert 1 - 1e-9 <= size <= len(weights)
    assert kish(np.array(weights) * scale) == pytest.approx(size)


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2], [np.inf, 1], [np.nan, 1]])
def test_kish_refuses(weights: list[float]) -> None:
    """Weights that weigh nothing, less than nothing, or without end are refused."""
    with pytest.raises(ValueError, match="weights"):
        kish(weights)
