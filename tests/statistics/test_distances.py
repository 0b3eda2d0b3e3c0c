"""Distances of scores equal scipy's, and their intervals cover."""

import numpy as np
import pytest

from riskaudit.statistics import abroca, kolmogorov_smirnov, wasserstein

scipy_stats = pytest.importorskip("scipy.stats")


def test_values_are_scipys():
    """Kolmogorov-Smirnov exactly, Wasserstein on its grid to a thousandth."""
    rng = np.random.default_rng(0)
    a, b = np.round(rng.normal(0, 1, 300), 1), np.round(rng.normal(0.4, 1.3, 400), 1)
    assert kolmogorov_smirnov(a, b)[0] == pytest.approx(scipy_stats.ks_2samp(a, b).statistic, abs=1e-12)
    assert wasserstein(a, b, rng=rng)[0] == pytest.approx(scipy_stats.wasserstein_distance(a, b), abs=1e-9)
    a, b = rng.normal(0, 1, 3000), rng.normal(0.4, 1.3, 4000)
    assert wasserstein(a, b, rng=rng)[0] == pytest.approx(scipy_stats.wasserstein_distance(a, b), abs=0.01)


def test_the_ks_interval_covers():
    """Under no difference it holds 0, under a known one that: in 95 % or more."""
    rng = np.random.default_rng(1)
    true = 2 * scipy_stats.norm.cdf(0.25) - 1
    held = []
    for _ in range(200):
        a, b, c = rng.normal(0, 1, 200), rng.normal(0, 1, 200), rng.normal(0.5, 1, 200)
        held += [
            kolmogorov_smirnov(a, b)[1].low == 0,
            kolmogorov_smirnov(a, c)[1].low <= true <= kolmogorov_smirnov(a, c)[1].high,
        ]
    assert np.mean(held) > 0.95


def test_the_wasserstein_interval_covers_a_shift():
    """Two normals half a unit apart are half a unit apart, in about 95 %."""
    rng = np.random.default_rng(2)
    told = [
        wasserstein(rng.normal(0, 1, 300), rng.normal(0.5, 1, 300), rng=rng, resamples=200)[1]
        for _ in range(150)
    ]
    assert np.mean([i.low <= 0.5 <= i.high for i in told]) > 0.9


def test_abroca_is_small_where_curves_are_one():
    """Groups ranked alike: the area is what chance gives; ranked unlike: beyond it."""
    rng = np.random.default_rng(3)

    def group(d, n=600):
        y = rng.random(n) < 0.5
        return rng.normal(np.where(y, d, 0), 1), y

    (a, ya), (b, yb), (c, yc) = group(1.0), group(1.0), group(0.0)
    same = abroca((a, b), (ya, yb), rng=rng, draws=100)
    other = abroca((a, c), (ya, yc), rng=rng, draws=100)
    assert same[0] < same[2] * 1.5
    assert other[0] > 2 * other[2]
    expected = scipy_stats.norm.cdf(1 / np.sqrt(2)) - 0.5
    assert other[1].low < expected < other[1].high


def test_distances_are_exact_however_many_values():
    """With 5,000 distinct scores the distance is scipy's, and the area that of both whole ROC curves."""
    from scipy.stats import wasserstein_distance
    from sklearn.metrics import roc_curve

    rng = np.random.default_rng(3)
    a, b = rng.normal(0, 1, 3000), rng.normal(0.4, 1.3, 2000)
    labels = rng.random(3000) < 1 / (1 + np.exp(-a)), rng.random(2000) < 1 / (1 + np.exp(-2 * b))
    value, interval = wasserstein(a, b, rng=rng)
    assert value == pytest.approx(wasserstein_distance(a, b), abs=1e-12)
    assert interval.low < value < interval.high
    grid = np.linspace(0, 1, 200_001)
    curves = [roc_curve(y, s)[:2] for y, s in zip(labels, (a, b), strict=True)]
    one, two = (np.interp(grid, *curve) for curve in curves)
    found, around, _ = abroca((a, b), labels, rng=rng, draws=50)
    assert found == pytest.approx(np.abs(one - two).mean(), abs=2e-5)
    assert around.low <= found <= around.high
