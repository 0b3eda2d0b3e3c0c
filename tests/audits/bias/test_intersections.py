"""Intersections show harm that no single column shows."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def crossed():
    """Women of one race and men of the other are selected less: each column alone is even."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 4000), "race": rng.choice(["b", "w"], 4000)})
    low = (frame.sex == "f") == (frame.race == "b")
    frame["yhat"] = (rng.random(4000) < np.where(low, 0.3, 0.6)).astype(int)
    return frame.assign(y=rng.integers(0, 2, 4000))


def test_harm_in_cells_is_found_where_columns_are_even(answers, crossed):
    """Single columns show no gap; their intersection does."""
    told = answers(crossed, sensitive=("sex", "race"))
    assert told.headline("selection_rate_difference", "sex").interval.low == 0
    gap = told.headline("intersection_selection_rate_difference", "sex x race")
    assert gap.interval.low > 0.2
    assert told.headline("intersection_selection_rate_ratio", "sex x race").interval.high < 0.8
    assert told.one("selection_rate", sex="f", race="b").value < 0.4
    assert told.headline("intersection_coverage", "sex x race").value == 1


def test_small_cells_are_left_out_and_counted(answers, crossed):
    """Coverage is the share of rows in cells that are large enough."""
    few = crossed.index[(crossed.sex == "f") & (crossed.race == "b")][20:]
    frame = crossed.drop(few)
    told = answers(frame, sensitive=("sex", "race"))
    coverage = told.headline("intersection_coverage", "sex x race")
    assert coverage.value == pytest.approx(1 - 20 / len(frame))
    assert "3 of 4 cells" in coverage.note
    assert told.one("selection_rate", sex="f", race="b").value is None
    heat = next(e for e in told.result.exhibits if e.kind == "heatmap")
    assert heat.columns["value"].count(None) == 1
    assert "1 cell too small" in heat.caption


def test_every_pair_and_three_of_columns_are_crossed(answers, crossed):
    """Three columns give three crossings of two and one of three."""
    frame = crossed.assign(age=np.random.default_rng(1).choice(["old", "young"], len(crossed)))
    told = answers(frame, sensitive=("sex", "race", "age"))
    crossings = {m.where["attribute"] for m in told.measures if m.name == "bias.intersection_coverage"}
    assert crossings == {"sex x race", "sex x age", "race x age", "sex x race x age"}
    assert told.one("intersections_left_out").value == 0
