"""Options: a chosen reference, costs, repeated people, classes, rankings, thresholds on numbers."""

import numpy as np
import pandas as pd
import pytest

from riskaudit.evidence import Comparing


def test_a_chosen_reference_replaces_the_highest_rate(answers, plant):
    """Compared with b, whose rate is the middle one, the ratio is that of c to b."""
    frame = plant(rates={"a": 0.6, "b": 0.5, "c": 0.3}, n=3000)
    told = answers(frame, comparing=Comparing(reference={"group": "b"}))
    ratio = told.headline("selection_rate_ratio")
    rates = frame.groupby("group").yhat.mean()
    assert ratio.where == {"attribute": "group", "group": "c", "reference": "b"}
    assert ratio.value == pytest.approx(rates.c / rates.b, abs=1e-12)
    assert told.headline("selection_rate_difference").value == pytest.approx(rates.b - rates.c, abs=1e-12)
    assert told.headline("equalized_odds_difference").where["reference"] == "b"


def test_a_reference_above_all_others_may_exceed_one(answers, plant):
    """Where everyone does better than the reference, the ratio is above 1."""
    told = answers(plant(rates={"a": 0.6, "b": 0.3}), comparing=Comparing(reference={"group": "b"}))
    assert told.headline("selection_rate_ratio").value > 1.5


def test_costs_are_counted(answers, plant):
    """A false negative five times as dear: the mean by row is what the rows say, the gap is their difference."""
    frame = plant(rates={"a": 0.6, "b": 0.3})
    told = answers(frame, comparing=Comparing(cost={"fp": 1.0, "fn": 5.0}))
    price = np.where(frame.yhat > frame.y, 1.0, np.where(frame.yhat < frame.y, 5.0, 0.0))
    by = pd.Series(price).groupby(frame.group).mean()
    for group in "ab":
        one = told.one("error_cost", group=group)
        assert one.value == pytest.approx(by[group], abs=1e-12)
        assert one.interval.low < one.value < one.interval.high
    assert told.headline("error_cost_difference").value == pytest.approx(by.max() - by.min(), abs=1e-12)
    assert not [m for m in answers(frame).measures if "cost" in m.name]


def test_repeated_people_widen_the_interval(answers, plant):
    """Every row ten times under one id: intervals are those of the people, not of the rows."""
    once = plant(rates={"a": 0.6, "b": 0.4}, n=300)
    frame = once.loc[once.index.repeat(10)].assign(who=lambda f: f.index).reset_index(drop=True)
    people, plain, copied = answers(once), answers(frame.drop(columns="who")), answers(frame, unit="who")

    def width(told):
        interval = told.headline("selection_rate_difference").interval
        return interval.high - interval.low

    assert width(copied) == pytest.approx(width(people), rel=0.02)
    assert width(plain) < width(people) / 2.5
    assert "repeated people; effective n" in copied.one("selection_rate", group="a").note


def test_derived_rates_are_those_of_the_rows(answers, plant):
    """Balanced accuracy, NPV and the balance of errors equal their definitions on the rows."""
    frame = plant(rates={"a": 0.6, "b": 0.3})
    told = answers(frame)
    found = {}
    for group, mine in frame.groupby("group"):
        tp, tn = ((mine.y == v) & (mine.yhat == v) for v in (1, 0))
        fp, fn = (mine.y < mine.yhat).sum(), (mine.y > mine.yhat).sum()
        found[group] = ((tp.sum() / (mine.y == 1).sum() + tn.sum() / (mine.y == 0).sum()) / 2, fn / (fp + fn))
        npv = tn.sum() / (mine.yhat == 0).sum()
        assert told.one("negative_predictive_value", group=group).value == pytest.approx(npv, abs=1e-12)
    for at, name in enumerate(("balanced_accuracy_difference", "error_balance_difference")):
        gap = abs(found["a"][at] - found["b"][at])
        assert told.headline(name).value == pytest.approx(gap, abs=1e-12)


def test_no_gap_says_what_could_have_been_seen(answers, plant):
    """Few equal rows: no gap shown and equality not shown; many: shown within 0.1; a gap says neither."""
    few, many, gap = (
        answers(plant(rates=r, n=n, seed=3)).headline("selection_rate_difference").note
        for r, n in (
            ({"a": 0.4, "b": 0.4}, 150),
            ({"a": 0.4, "b": 0.4}, 20_000),
            ({"a": 0.6, "b": 0.3}, 2000),
        )
    )
    assert "no gap shown, which is not the same as none" in few
    assert "shown within 0.1" in many
    assert "could have seen a gap of" in few
    assert "could have seen a gap of" in many
    assert "no gap" not in gap


def test_chance_is_told_for_all_groups_at_once(answers, plant):
    """The permutation p is small for a planted gap, not for its clean twin, and absent under uneven weights."""
    harm, clean = plant(rates={"a": 0.6, "b": 0.3}), plant(rates=dict.fromkeys("abcd", 0.4))
    assert answers(harm).one("selection_rate_gap_p", attribute="group").value < 0.01
    assert answers(clean).one("selection_rate_gap_p", attribute="group").value > 0.01
    weighted = answers(harm.assign(w=lambda f: 1.0 + f.index % 2), weight="w")
    assert weighted.one("selection_rate_gap_p", attribute="group").value is None


def test_a_class_that_one_group_is_denied_is_found(answers):
    """Three classes: b's rows of class 2 are called 1; the gap is in the recall of class 2, and in macro recall."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 3000), "y": rng.integers(0, 3, 3000)})
    wrong = (frame.group == "b") & (frame.y == 2) & (rng.random(3000) < 0.6)
    told = answers(frame.assign(yhat=np.where(wrong, 1, frame.y)), task="multiclass", favourable=("2",))
    gaps = {m.where["class"]: m for m in told.measures if m.name == "bias.class_recall_difference"}
    assert set(gaps) == {"0", "1", "2"}
    assert gaps["2"].interval.low > 0.5
    assert gaps["0"].value == 0
    recall = told.one("macro_recall", group="b")
    assert recall.value == pytest.approx(
        (1 + 1 + 1 - wrong.sum() / ((frame.group == "b") & (frame.y == 2)).sum()) / 3
    )
    assert told.headline("macro_recall_difference").interval.low > 0.1


def test_top_k_takes_the_highest_scores(answers):
    """b's scores are lower: fewer of them are among the first 200, and they get less attention; the twin is even."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 2000), "y": rng.integers(0, 2, 2000)})
    for shift, harmed in ((0.25, True), (0.0, False)):
        score = rng.random(2000) - shift * (frame.group == "b")
        told = answers(frame.assign(yhat=1, p=score), score="p", comparing=Comparing(top_k=200))
        first = frame.assign(s=score).nlargest(200, "s").group.value_counts()
        rate = told.one("top_k_rate", group="a")
        assert rate.value == pytest.approx(first["a"] / (frame.group == "a").sum())
        assert (told.headline("top_k_selection_ratio").interval.high < 0.8) is harmed
        assert (told.headline("exposure_difference").interval.low > 0) is harmed


def test_a_regression_is_selected_from_a_threshold(answers):
    """Predictions of 1 or more are selected; RMSE and parity are those of the rows."""
    rng = np.random.default_rng(2)
    group = rng.choice(["a", "b"], 3000)
    frame = pd.DataFrame({"group": group, "y": rng.normal(0, 1, 3000)})
    frame["yhat"] = frame.y + np.where(group == "b", rng.normal(0, 1.5, 3000), rng.normal(0, 0.5, 3000))
    told = answers(frame, task="regression", comparing=Comparing(threshold=1.0))
    for name, mine in frame.groupby("group"):
        assert told.one("selection_rate", group=name).value == pytest.approx((mine.yhat >= 1).mean())
        rmse = told.one("root_mean_squared_error", group=name)
        assert rmse.value == pytest.approx(np.sqrt(((mine.yhat - mine.y) ** 2).mean()))
    assert told.headline("root_mean_squared_error_gap").interval.low > 0.5
    assert told.headline("prediction_parity_distance").interval.low > 0.02
    assert told.headline("selection_rate_difference").value > 0
