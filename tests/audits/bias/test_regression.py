"""Regression: gaps in means, in standard deviations of the target."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, mean_prediction
from sklearn.metrics import mean_absolute_error


def rows(bias=0.0, n=1500, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"group": rng.choice(["a", "b"], n), "y": 50 + 10 * rng.normal(size=n), "w": rng.random(n)}
    )
    return frame.assign(yhat=frame.y + 3 * rng.normal(size=n) + bias * (frame.group == "b"))


def test_group_values_equal_fairlearn_on_the_rows(answers):
    """Mean prediction and mean absolute error by group are fairlearn's."""
    frame = rows()
    expected = MetricFrame(
        metrics={"mean_prediction": mean_prediction, "mean_absolute_error": mean_absolute_error},
        y_true=frame.y,
        y_pred=frame.yhat,
        sensitive_features=frame.group,
    ).by_group
    told = answers(frame, task="regression")
    for group, line in expected.iterrows():
        for name, value in line.items():
            assert told.one(name, group=group).value == pytest.approx(value, abs=1e-12)


def test_a_planted_gap_is_found_in_sd_of_the_target(answers):
    """Predictions 5 too high for b are half a standard deviation of the target."""
    gap = answers(rows(bias=5.0), task="regression").headline("mean_error_gap")
    assert gap.unit == "SD of target"
    assert gap.interval.low < 0.5 < gap.interval.high
    assert gap.interval.low > 0.4
    assert gap.where == {"attribute": "group", "group": "a", "reference": "b"}


def test_the_clean_twin_is_left_alone(answers):
    """Without a planted gap, every interval starts at 0."""
    told = answers(rows(), task="regression")
    assert told.headline("mean_error_gap").interval.low == 0
    assert told.headline("mean_absolute_error_gap").interval.low == 0


def test_weighted_means_are_weighted(answers):
    """A group's mean error is the weighted one, with its effective n."""
    frame = rows()
    mine = frame[frame.group == "a"]
    one = answers(frame, task="regression", weight="w").one("mean_error", group="a")
    assert one.value == pytest.approx(np.average(mine.yhat - mine.y, weights=mine.w))
    assert "effective n" in one.note


def test_small_groups_and_constant_models_are_named(answers):
    """Seven rows are left out by name; a constant prediction is called that."""
    frame = pd.concat([rows(), rows(n=7).assign(group="few")], ignore_index=True).assign(yhat=50.0)
    told = answers(frame, task="regression")
    assert told.one("mean_error_gap", attribute="group", group="few").note == "7 rows; needs 30"
    assert told.one("distinct_decisions").value == 1
    assert "no gap is not fairness" in told.headline("mean_prediction_gap").note


def test_a_constant_target_has_no_scale(answers):
    """Without spread in the target no gap is given in its standard deviations."""
    told = answers(rows().assign(y=1.0), task="regression").headline("mean_error_gap")
    assert told.value is None
    assert "constant" in told.note


def test_repeated_people_widen_a_regressions_intervals(answers):
    """Every row eight times under one id: the interval of a mean error is that of the people."""
    rng = np.random.default_rng(5)
    once = pd.DataFrame(
        {"group": rng.choice(["a", "b"], 300), "y": rng.normal(0, 1, 300), "yhat": rng.normal(0, 1, 300)}
    )
    many = once.loc[once.index.repeat(8)].assign(who=lambda f: f.index).reset_index(drop=True)
    people = answers(once, task="regression").one("mean_error", group="a").interval
    copied = answers(many, task="regression", unit="who").one("mean_error", group="a").interval
    np.testing.assert_allclose([copied.low, copied.high], [people.low, people.high], rtol=1e-9)
