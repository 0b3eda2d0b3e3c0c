"""Headlines find planted harm, leave its clean twin alone, and never pass what they could not see."""

import numpy as np
import pandas as pd
import pytest

HEADLINES = (
    "selection_rate_difference",
    "selection_rate_ratio",
    "equalized_odds_difference",
    "equal_opportunity_difference",
    "accuracy_difference",
)


def table(*groups):
    """Rows from (name, actual, predicted, how many)."""
    parts = [pd.DataFrame({"group": [g] * n, "y": y, "yhat": p}) for g, y, p, n in groups]
    return pd.concat(parts, ignore_index=True)


def test_planted_harm_is_found(answers, plant):
    """A selection rate of 0.3 beside 0.6 shows in every selection headline, with the right groups."""
    told = answers(plant(rates={"a": 0.6, "b": 0.3}))
    gap, ratio = told.headline("selection_rate_difference"), told.headline("selection_rate_ratio")
    assert gap.interval.low < 0.3 < gap.interval.high
    assert gap.interval.low > 0.2
    assert ratio.interval.high < 0.8
    assert ratio.where == {"attribute": "group", "group": "b", "reference": "a"}
    assert "more selections would reach four fifths" in ratio.note


def test_the_clean_twin_is_left_alone(answers, plant):
    """Equal rates: no headline's interval excludes equality."""
    told = answers(plant(rates={"a": 0.45, "b": 0.45}))
    for name in HEADLINES:
        interval = told.headline(name).interval
        assert interval.low == 0 if name.endswith("difference") else interval.high == 1


def test_false_alarms_are_rare(answers, plant):
    """Over 20 clean data sets of three groups, the joint intervals exclude equality in at most 3 (200: truth_bias)."""
    alarms = 0
    for seed in range(20):
        told = answers(plant(n=400, rates=dict.fromkeys("abc", 0.4), seed=seed))
        alarms += told.headline("selection_rate_difference").interval.low > 0
    assert alarms <= 3


def test_exactly_four_fifths_is_reached(answers):
    """12 of 20 beside 15 of 20 is four fifths, and needs no more selections."""
    told = answers(
        table(("a", 1, 1, 15), ("a", 0, 0, 5), ("b", 1, 1, 12), ("b", 0, 0, 8)), min_group=20
    ).headline("selection_rate_ratio")
    assert told.value == 0.8
    assert "four fifths is reached" in told.note


def test_head_count_is_told(answers):
    """30 of 100 beside 120 of 200 lacks 18 selections."""
    frame = table(("a", 1, 1, 120), ("a", 0, 0, 80), ("b", 1, 1, 30), ("b", 0, 0, 70))
    note = answers(frame).headline("selection_rate_ratio").note
    assert "30 of 100 in b are selected; 18 more selections would reach four fifths" in note


def test_a_group_without_positives_is_not_assessed(answers, plant):
    """Nobody in c is actually positive: its TPR, and equalized odds for it, are not assessed."""
    frame = plant(rates=dict.fromkeys("abc", 0.5))
    frame.loc[frame.group == "c", "y"] = 0
    told = answers(frame)
    rate = told.one("true_positive_rate", group="c")
    assert rate.value is None
    assert rate.note.startswith("0 actual positives among")
    for name in ("equalized_odds_difference", "equal_opportunity_difference"):
        assert told.one(name, attribute="group", group="c").value is None
        assert "c" not in told.headline(name).where.values() or name.startswith("equalized")
    assert told.one("false_positive_rate", group="c").value is not None


def test_few_events_say_how_many_rows_would_do(answers, plant):
    """Three positives are too few, and the note gives the rows in which five would be expected."""
    frame = plant(rates={"a": 0.5, "b": 0.5}, n=1000)
    mine = frame.index[frame.group == "b"]
    frame.loc[mine, "y"] = 0
    frame.loc[mine[:3], "y"] = 1
    note = answers(frame).one("true_positive_rate", group="b").note
    needed = -(-10 * len(mine) // 3)
    assert note.startswith(f"3 actual positives among {len(mine)} rows; needs 10; about {needed:,} rows")


def test_one_row_groups_are_not_assessed(answers, plant):
    """A group of one row is named as left out; the others are compared."""
    told = answers(
        pd.concat([plant(rates={"a": 0.5, "b": 0.4}), table(("lone", 1, 0, 1))], ignore_index=True)
    )
    for name in HEADLINES:
        assert told.one(name, attribute="group", group="lone").note.endswith("1 rows; needs 30")
        assert set(told.headline(name).where.values()) == {"group", "a", "b"}


def test_a_single_group_gives_no_headline(answers, plant):
    """Where fewer than two groups can be assessed, nothing is compared."""
    told = answers(pd.concat([plant(rates={"a": 0.5}), table(("few", 1, 0, 7))], ignore_index=True))
    for name in HEADLINES:
        headline = told.headline(name)
        assert headline.value is None
        assert headline.where == {"attribute": "group"}
        assert headline.note.startswith("1 of 2 groups can be assessed")


@pytest.mark.parametrize("decision", [0, 1])
def test_a_constant_model_is_called_that(answers, plant, decision):
    """No gap of a constant model reads as fairness."""
    told = answers(plant(rates={"a": 0.5, "b": 0.5}).assign(yhat=decision))
    assert told.one("distinct_decisions").value == 1
    assert told.headline("selection_rate_difference").value == 0
    for name in HEADLINES:
        assert "no gap is not fairness" in told.headline(name).note
    ratio = told.headline("selection_rate_ratio")
    assert ratio.value == 1 if decision else ratio.value is None


def test_inverted_labels_are_pointed_at(answers):
    """A model that is wrong in most rows is asked whether its labels mean the same."""
    frame = table(("a", 0, 1, 90), ("a", 0, 0, 10), ("b", 1, 0, 80), ("b", 1, 1, 20))
    assert "wrong in 85%" in answers(frame).headline("accuracy_difference").note


def test_unknown_labels_are_refused(answers, plant):
    """A prediction that is no class is an error, not a count in a neighbouring cell."""
    frame = plant(rates={"a": 0.5, "b": 0.5})
    frame.loc[5, "yhat"] = 7
    result = answers(frame).result
    assert result.status == "failed"
    assert "1 predictions are none of the classes" in result.reason


def test_without_sensitive_columns_it_does_not_apply(answers, plant):
    """The reason says what to pass."""
    result = answers(plant(rates={"a": 0.5}), sensitive=()).result
    assert (result.status, result.reason[-16:]) == ("not_applicable", "pass --sensitive")
    assert answers(plant(rates={"a": 0.5}), favourable=()).result.status == "not_applicable"


def test_names_that_look_alike_stay_apart(answers):
    """Groups whose names contain the separator are two groups still."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "p": rng.choice(["a", "a, b"], 800),
            "q": rng.choice(["b, c", "c"], 800),
            "y": rng.integers(0, 2, 800),
        }
    )
    told = answers(frame.assign(yhat=1 - frame.y), sensitive=("p", "q"))
    assert told.headline("intersection_coverage", "p x q").note.startswith("4 of 4 cells")
    assert len([m for m in told.measures if m.name == "bias.accuracy" and len(m.where) == 2]) == 4
