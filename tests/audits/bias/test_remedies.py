"""Remedies under audit: tried where a gap is shown, in selection or in error rates; the clean twin is left alone."""

import numpy as np
import pandas as pd


def rows(*, shift=0.0, n=4000, seed=0):
    """Group b deserves as often as a, and scores `shift` lower if it deserves, as much higher if it does not."""
    rng = np.random.default_rng(seed)
    group, y = rng.choice(["a", "b"], n), rng.integers(0, 2, n)
    moved = np.where(y == 1, -shift, shift) * (group == "b")
    score = 1 / (1 + np.exp(-(rng.normal(0, 1, n) + 2 * y - 1 + moved)))
    return pd.DataFrame({"group": group, "y": y, "yhat": (score > 0.5).astype(int), "p": score})


def test_a_gap_in_error_rates_alone_is_given_remedies(answers):
    """Selection is level and error rates are not: the gap in error rates shrinks to half at most, its price is told."""
    told = answers(rows(shift=0.6), score="p", effort="quick")
    assert told.headline("selection_rate_difference").interval.low == 0
    before = told.headline("equalized_odds_difference")
    assert before.interval.low > 0.1
    where = {"attribute": "group", "remedy": "equalized-odds-thresholds"}
    after = told.one("remedy_odds_gap", **where)
    assert after.value < before.value / 2
    assert told.one("remedy_accuracy_price", **where).value > 0
    assert [e.name for e in told.result.exhibits if "remedies" in e.name] == ["bias.remedies-odds-1"]


def test_the_clean_twin_needs_no_remedy(answers):
    """Neither gap is shown: nothing is tried."""
    told = answers(rows(), score="p", effort="quick")
    assert not [m for m in told.measures if m.name.startswith("bias.remedy")]


def test_without_scores_both_thresholds_say_why(answers, plant):
    """Decisions alone cannot be moved: each remedy is not measured, with the reason."""
    told = answers(plant(rates={"a": 0.7, "b": 0.2}), effort="quick")
    found = [m for m in told.measures if m.name == "bias.remedy_gap"]
    assert [m.where["remedy"] for m in found] == ["group-thresholds", "equalized-odds-thresholds"]
    assert all(m.value is None and "score" in m.note for m in found)


def test_an_unfavourable_positive_turns_the_scores_round(answers):
    """Where the positive class is the harm, thresholds still select by low scores and close the gap."""
    frame = rows(shift=0.6).assign(y=lambda f: 1 - f.y, yhat=lambda f: 1 - f.yhat, p=lambda f: 1 - f.p)
    told = answers(frame, score="p", favourable=("0",), effort="quick")
    before = told.headline("equalized_odds_difference")
    after = told.one("remedy_odds_gap", attribute="group", remedy="equalized-odds-thresholds")
    assert after.value < before.value / 2


def test_weighted_rows_say_that_remedies_are_not_measured(answers, plant):
    """A planted gap under survey weights: no remedy, and the reason."""
    frame = plant(rates={"a": 0.7, "b": 0.2}).assign(w=lambda f: 1.0 + f.index % 2)
    told = answers(frame, weight="w", effort="quick").one("remedy_gap", attribute="group")
    assert told.value is None
    assert "survey weights" in told.note
