"""Strata: a gap overall may vanish, or turn, within the strata of a legitimate column."""

import numpy as np
import pandas as pd
import pytest

from riskaudit.statistics import mantel_haenszel

# Admitted and rejected by department, men then women: Bickel, Hammel, O'Connell (1975), Science 187.
BERKELEY = {
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}


def berkeley():
    rows = [
        {"group": sex, "dept": dept, "y": 1, "yhat": decision, "n": n}
        for dept, counts in BERKELEY.items()
        for (sex, decision), n in zip(
            (("men", 1), ("men", 0), ("women", 1), ("women", 0)), counts, strict=True
        )
    ]
    frame = pd.DataFrame(rows)
    frame = frame.loc[frame.index.repeat(frame.n)].reset_index(drop=True)
    frame.loc[::2, "y"] = 0
    return frame


def test_berkeley_turns_round(answers):
    """Overall women are admitted 0.68 times as often; within departments it is the men who are behind."""
    told = answers(berkeley(), control="dept")
    overall, within = (
        told.headline("selection_rate_ratio"),
        told.headline("stratified_selection_rate_difference"),
    )
    assert overall.value == pytest.approx((557 / 1835) / (1198 / 2691))
    assert overall.where["group"] == "women"
    assert (within.where["group"], within.where["reference"]) == ("men", "women")
    assert within.value < 0.05 < told.headline("selection_rate_difference").value
    assert "6 of 6 strata" in within.note


def test_one_stratum_is_the_plain_difference():
    """With one stratum the pooled difference is that of the rates, and its error the usual one."""
    pooled = mantel_haenszel(*(np.array([v]) for v in (30.0, 100.0, 45.0, 120.0)))
    assert pooled.value == pytest.approx(0.3 - 0.375)
    assert pooled.error == pytest.approx(np.sqrt(0.3 * 0.7 / 100 + 0.375 * 0.625 / 120), rel=0.02)


def test_the_standard_error_is_that_of_repetitions():
    """Over 3,000 draws from six uneven strata, Sato's error is the spread of the pooled difference."""
    rng = np.random.default_rng(0)
    n_a, n_b = np.array([80, 40, 10, 5, 30, 60]), np.array([20, 40, 60, 25, 6, 60])
    p = np.array([0.1, 0.3, 0.5, 0.7, 0.4, 0.2])
    drawn = [
        mantel_haenszel(
            rng.binomial(n_a, p + 0.1).astype(float), n_a * 1.0, rng.binomial(n_b, p) * 1.0, n_b * 1.0
        )
        for _ in range(3000)
    ]
    values = np.array([d.value for d in drawn])
    assert values.mean() == pytest.approx(0.1, abs=0.005)
    assert np.mean([d.error for d in drawn]) == pytest.approx(values.std(), rel=0.05)
    covered = np.mean([abs(d.value - 0.1) <= 1.96 * d.error for d in drawn])
    assert 0.93 <= covered <= 0.97


def test_strata_with_one_group_say_nothing(answers, plant):
    """Where every stratum has one group only, the measure is not assessed."""
    frame = plant(rates={"a": 0.5, "b": 0.5})
    told = answers(frame.assign(dept=frame.group), control="dept").headline(
        "stratified_selection_rate_difference"
    )
    assert told.value is None
    assert "no stratum of 'dept'" in told.note


def test_a_gap_within_strata_stays(answers, plant):
    """A control column that explains nothing leaves the gap as it was."""
    frame = plant(rates={"a": 0.6, "b": 0.3}).assign(dept=np.random.default_rng(1).choice(["x", "y"], 2000))
    told = answers(frame, control="dept").headline("stratified_selection_rate_difference")
    assert told.interval.low > 0.2
