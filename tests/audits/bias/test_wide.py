"""Wide: many groups of many attributes stay readable, and nothing that is left out of the list is left out of a headline."""

import numpy as np
import pandas as pd
import pytest


def wide(attributes, groups, n, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {f"attr{i}": [f"group {v:02d}" for v in rng.integers(0, groups, n)] for i in range(attributes)}
    )
    p = rng.random(n)
    return frame.assign(p=p, y=(rng.random(n) < p).astype(int), yhat=(p > 0.5).astype(int))


def test_finer_numbers_are_listed_for_the_farthest(answers):
    """Of 20 groups each has its selection rate, four their precision, and the headline compares all."""
    frame = wide(1, 20, 6000)
    told = answers(frame, sensitive=("attr0",))
    rates = frame.groupby("attr0").yhat.mean()
    assert len([m for m in told.measures if m.name == "bias.selection_rate"]) == 20
    precision = [m for m in told.measures if m.name == "bias.precision"]
    assert len(precision) == 4
    assert all("4 farthest apart of 20 groups" in m.note for m in precision)
    gap = told.headline("selection_rate_difference", "attr0")
    assert gap.value == pytest.approx(rates.max() - rates.min(), abs=1e-12)


def test_cells_of_a_crossing_are_listed_at_both_ends(answers):
    """Of 144 cells a few are listed, the lowest and the highest of all among them; the headline is of all."""
    frame = wide(2, 12, 20_000)
    told = answers(frame, sensitive=("attr0", "attr1"))
    rates = frame.groupby(["attr0", "attr1"]).yhat.mean()
    cells = [m.value for m in told.measures if m.name == "bias.selection_rate" and len(m.where) == 2]
    assert len(cells) == 60
    assert (min(cells), max(cells)) == pytest.approx((rates.min(), rates.max()), abs=1e-12)
    gap = told.headline("intersection_selection_rate_difference", "attr0 x attr1")
    assert gap.value == pytest.approx(rates.max() - rates.min(), abs=1e-12)
    assert (
        "60 of 144 farthest apart are listed" in told.headline("intersection_coverage", "attr0 x attr1").note
    )


def test_too_fine_crossings_of_three_are_counted(answers):
    """20 x 20 x 20 cells of 6,000 rows say nothing: the crossing is left out, and named."""
    told = answers(wide(3, 20, 6000), sensitive=("attr0", "attr1", "attr2"))
    left = told.one("intersections_left_out")
    assert left.value == 1
    assert "attr0 x attr1 x attr2" in left.note


@pytest.mark.slow
def test_forty_groups_of_six_attributes_stay_readable(tmp_path):
    """The page is at most 410 KB, the findings of the 41 rules that fail among it."""
    from cli_helpers import run

    wide(6, 40, 40_000).to_csv(tmp_path / "wide.csv", index=False)
    names = ",".join(f"attr{i}" for i in range(6))
    words = (
        "--target",
        "y",
        "--prediction",
        "yhat",
        "--score",
        "p",
        "--favourable",
        "1",
        "--sensitive",
        names,
    )
    run(
        "audit",
        "--data",
        str(tmp_path / "wide.csv"),
        *words,
        "--rules",
        "predictions",
        "-o",
        str(tmp_path / "out"),
    )
    assert (tmp_path / "out" / "report.html").stat().st_size < 410_000
