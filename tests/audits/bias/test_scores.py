"""Scores: ranking, calibration and distance find what was planted and leave the clean twin alone."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score


def rows(seed=0, n=4000, *, shift=0.0, noise=0.0):
    """Group b's scores are moved by `shift`, or blurred by `noise`; outcomes follow the true chance."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], n)
    true = rng.uniform(0.05, 0.95, n)
    y = (rng.random(n) < true).astype(int)
    b = group == "b"
    blurred = np.where(b & (rng.random(n) < noise), rng.uniform(0.05, 0.95, n), true)
    score = np.clip(blurred + shift * b, 0.001, 0.999)
    return pd.DataFrame({"group": group, "y": y, "yhat": (score > 0.5).astype(int), "p": score})


def test_auc_within_and_across_groups_is_sklearns(answers):
    """AUC, BNSP and BPSN by group equal roc_auc_score on those rows."""
    frame = rows(shift=0.1)
    told = answers(frame, score="p")
    for group in "ab":
        mine, other = frame[frame.group == group], frame[frame.group != group]
        bnsp = pd.concat([mine[mine.y == 1], other[other.y == 0]])
        bpsn = pd.concat([mine[mine.y == 0], other[other.y == 1]])
        for name, part in (("auc", mine), ("bnsp_auc", bnsp), ("bpsn_auc", bpsn)):
            assert told.one(name, group=group).value == pytest.approx(
                roc_auc_score(part.y, part.p), abs=1e-12
            )


def test_blurred_scores_of_one_group_are_found(answers):
    """Half of b's scores are noise: its AUC is lower, its ROC another; the clean twin shows neither."""
    planted, clean = answers(rows(noise=0.5), score="p"), answers(rows(), score="p")
    gap = planted.headline("auc_difference")
    assert gap.interval.low > 0
    assert gap.where["group"] == "b"
    assert planted.headline("abroca").interval.low > 0.02
    assert clean.headline("auc_difference").interval.low == 0
    assert clean.headline("abroca").value < 0.05


def test_shifted_scores_of_one_group_are_found(answers):
    """b is promised 0.15 too much: AUC within groups is blind to it, calibration and BPSN are not."""
    told = answers(rows(shift=0.15), score="p")
    assert told.headline("auc_difference").interval.low == 0
    gap = told.headline("calibration_difference")
    assert gap.interval.low < 0.15 < gap.interval.high + 0.02
    assert gap.interval.low > 0.08
    assert told.one("calibration_in_the_large", group="b").interval.high < 0
    assert told.one("calibration_error", group="b").interval.low > 0.05
    assert told.one("bpsn_auc", group="b").value < told.one("bpsn_auc", group="a").value


def test_calibrated_scores_are_left_alone(answers):
    """The clean twin: no calibration gap, an error whose interval holds 0, slopes that hold 1."""
    told = answers(rows(), score="p")
    assert told.headline("calibration_difference").interval.low == 0
    for group in "ab":
        assert told.one("calibration_error", group=group).interval.low < 0.02
        slope = told.one("calibration_slope", group=group).interval
        assert slope.low < 1 < slope.high


def test_an_order_is_not_taken_for_probabilities(answers):
    """Scores in tenths of a thousand rank, and are not asked for calibration."""
    told = answers(rows().assign(p=lambda f: (f.p * 1000).round()), score="p")
    names = {m.name for m in told.measures}
    assert "bias.auc" in names
    assert not [n for n in names if "calibration" in n]


def test_score_distance_bounds_every_threshold(answers):
    """No threshold makes a wider selection gap than the Kolmogorov-Smirnov distance."""
    frame = rows(shift=0.1)
    told = answers(frame, score="p").headline("score_distance_ks")
    gaps = [
        abs((frame.p[frame.group == "a"] >= t).mean() - (frame.p[frame.group == "b"] >= t).mean())
        for t in np.linspace(0, 1, 50)
    ]
    assert max(gaps) <= told.value + 1e-12


def test_weights_are_refused_for_scores(answers):
    """With survey weights scores are not assessed, and say so."""
    told = answers(rows().assign(w=lambda f: 1.0 + f.index % 3), score="p", weight="w")
    assert told.headline("auc_difference").value is None


@pytest.mark.slow
def test_false_alarms_of_auc_and_calibration_are_rare(answers):
    """Over 150 clean data sets each headline excludes 0 in 14 at most (7.5 are meant; more would be 1 in 100)."""
    alarms = np.zeros(2)
    for seed in range(1000, 1150):
        told = answers(rows(seed, n=600), score="p", effort="quick")
        alarms += [told.headline(n).interval.low > 0 for n in ("auc_difference", "calibration_difference")]
    assert (alarms <= 14).all()
