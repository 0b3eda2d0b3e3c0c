"""Counting in chunks is counting; resampling cells is resampling rows."""

import numpy as np
import pytest

from riskaudit.statistics import Undefined, cell_bootstrap, count_cells, resampled_cells, small_codes


@pytest.mark.parametrize("n", [0, 1, 65_535, 65_537, 200_000])
def test_chunks_do_not_matter(n):
    """Counts equal those of one pass of numpy, whatever the number of chunks."""
    rng = np.random.default_rng(n)
    a, b = rng.integers(0, 7, n), rng.integers(0, 300, n)
    told = count_cells([small_codes(a, 7), small_codes(b, 300)], (7, 300))
    expected = np.zeros((7, 300), dtype=int)
    np.add.at(expected, (a, b), 1)
    assert (told == expected).all()


def test_weights_are_summed():
    """With weights each cell is their sum."""
    rng = np.random.default_rng(0)
    a, w = rng.integers(0, 3, 1000), rng.random(1000)
    told = count_cells([a], (3,), weights=w)
    np.testing.assert_allclose(told, [w[a == k].sum() for k in range(3)], rtol=1e-12)


def test_codes_take_the_smallest_type():
    """256 values fit a byte, 257 do not."""
    assert small_codes(np.arange(256), 256).dtype == np.uint8
    assert small_codes(np.arange(257), 257).dtype == np.uint16


def test_resampled_cells_keep_the_rows():
    """Every draw has as many rows as the data, and the mean is the data's."""
    counts = np.array([[5, 95], [300, 600]])
    drawn = resampled_cells(counts, rng=np.random.default_rng(0), resamples=4000)
    assert (drawn.sum(axis=(1, 2)) == 1000).all()
    np.testing.assert_allclose(drawn.mean(axis=0), counts, atol=1.5)


def test_cell_bootstrap_is_the_row_bootstrap():
    """The interval of a rate agrees with that from drawing rows."""
    rng = np.random.default_rng(1)
    rows = rng.random(800) < 0.3
    counts = np.array([(~rows).sum(), rows.sum()])
    told = cell_bootstrap(lambda c: c[:, 1] / c.sum(axis=1), counts, rng=rng, resamples=8000)
    drawn = np.array([rows[rng.integers(0, 800, 800)].mean() for _ in range(8000)])
    np.testing.assert_allclose([told.low, told.high], np.quantile(drawn, [0.025, 0.975]), atol=0.004)


def test_an_undefined_statistic_is_told():
    """A rate of no rows has no interval."""
    with pytest.raises(Undefined):
        cell_bootstrap(lambda c: np.full(len(c), np.nan), np.array([1, 2]), rng=np.random.default_rng(0))
    with pytest.raises(Undefined):
        resampled_cells(np.zeros(3, dtype=int), rng=np.random.default_rng(0), resamples=10)
