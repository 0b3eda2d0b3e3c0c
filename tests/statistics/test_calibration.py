"""Calibration: nothing found where nothing is, the planted error where there is one."""

import numpy as np
import pytest

from riskaudit.statistics import Undefined, calibration_error, calibration_slope, reliability


def rows(n, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.9 - shift, n)
    return p, (rng.random(n) < p + shift).astype(float)


def test_a_calibrated_model_has_no_error_on_average():
    """The debiased square is 0 on average where the plain one is not; its interval holds 0 in most data sets."""
    told = [calibration_error(*rows(400, s), rng=np.random.default_rng(s), resamples=300) for s in range(200)]
    assert np.median([value for value, _ in told]) < 0.035
    assert np.mean([interval.low <= 1e-9 for _, interval in told]) > 0.93


@pytest.mark.parametrize("shift", [0.08, 0.2])
def test_a_planted_error_is_covered(shift):
    """A constant shift is the error; the interval covers it in about 95 % of data sets."""
    told = [
        calibration_error(*rows(1500, s, shift), rng=np.random.default_rng(s), resamples=400)
        for s in range(200)
    ]
    assert np.mean([i.low <= shift <= i.high for _, i in told]) > 0.91
    assert np.mean([value for value, _ in told]) == pytest.approx(shift, abs=0.01)


def test_the_slope_is_that_of_statsmodels():
    """Cox's slope and its standard error are those of statsmodels' Logit."""
    api = pytest.importorskip("statsmodels.api")
    p, y = rows(900, 5)
    x = np.log(p / (1 - p))
    fitted = api.Logit(y, api.add_constant(x)).fit(disp=0)
    value, interval = calibration_slope(p, y)
    assert value == pytest.approx(fitted.params[1], rel=1e-8)
    np.testing.assert_allclose([interval.low, interval.high], fitted.conf_int()[1], rtol=1e-6)


def test_overconfident_scores_have_a_slope_below_one():
    """Logits twice too large give a slope of about a half."""
    p, y = rows(20_000, 6)
    x = 2 * np.log(p / (1 - p))
    assert calibration_slope(1 / (1 + np.exp(-x)), y)[0] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("p", "y"), [([0.5] * 9, [0, 1] * 4 + [0]), ([0.2, 0.8] * 5, [0, 1] * 5), ([0.1, 0.9], [1, 1])]
)
def test_no_slope_where_there_is_none(p, y):
    """Equal scores, perfect separation and a single class have no slope."""
    with pytest.raises(Undefined):
        calibration_slope(p, y)


def test_ties_share_a_bin():
    """Two distinct scores make two bins at most."""
    table = reliability([0.2] * 50 + [0.7] * 50, [0, 1] * 50)
    assert list(table.n) == [50, 50]
    np.testing.assert_allclose(table.score, [0.2, 0.7])
