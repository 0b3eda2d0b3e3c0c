"""Rates by group are fairlearn's own, whatever form groups and weights come in."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_negative_rate,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import accuracy_score, precision_score

from riskaudit.statistics import kish, wilson

METRICS = {
    "selection_rate": selection_rate,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "precision": precision_score,
    "accuracy": accuracy_score,
}
GROUPS = {
    "0/1 integers": lambda rng, n: rng.integers(0, 2, n),
    "booleans": lambda rng, n: rng.random(n) < 0.3,
    "words with gaps": lambda rng, n: rng.choice(np.array(["a", "b", "c d", None], dtype=object), n),
    "floats": lambda rng, n: rng.choice([1.0, 2.5], n),
}


def rows(kind, seed=0, n=900):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"group": GROUPS[kind](rng, n), "y": rng.integers(0, 2, n), "w": rng.random(n) + 0.1}
    )
    frame["yhat"] = np.where(rng.random(n) < 0.7, frame["y"], rng.integers(0, 2, n))
    return frame


def on_rows(frame, weight=None):
    params = {} if weight is None else {"sample_params": {m: {"sample_weight": weight} for m in METRICS}}
    words = frame["group"].map(lambda g: "(missing)" if pd.isna(g) else str(g)).astype(str).to_numpy()
    return MetricFrame(
        metrics=METRICS, y_true=frame["y"], y_pred=frame["yhat"], sensitive_features=words, **params
    )


@pytest.mark.parametrize("kind", GROUPS)
def test_rates_equal_fairlearn_on_the_rows(answers, kind):
    """Counting cells first changes no rate by more than rounding."""
    frame = rows(kind)
    told = answers(frame)
    for group, expected in on_rows(frame).by_group.iterrows():
        for name in METRICS:
            label = {"1.0": "1"}.get(group, group)
            assert told.one(name, group=label).value == pytest.approx(expected[name], abs=1e-12)


def test_weighted_rates_equal_fairlearn_with_sample_weights(answers):
    """Survey weights give fairlearn's weighted rates, and an effective n below the rows."""
    frame = rows("words with gaps", seed=1)
    told = answers(frame, weight="w")
    for group, expected in on_rows(frame, frame["w"]).by_group.iterrows():
        for name in METRICS:
            assert told.one(name, group=group).value == pytest.approx(expected[name], abs=1e-12)
    one = told.one("selection_rate", group="a")
    assert "effective n" in one.note
    worth = kish(frame.w[frame.group == "a"])
    assert worth < one.n == (frame.group == "a").sum()
    expected = wilson(one.value * worth, worth)
    assert (one.interval.low, one.interval.high) == pytest.approx((expected.low, expected.high))


def test_equal_weights_are_no_weights(answers):
    """Weights of 1 leave every number as it is."""
    frame = rows("booleans").assign(w=1.0)
    plain, weighted = answers(frame), answers(frame, weight="w")
    assert [(m.name, m.value, m.interval) for m in plain.measures] == [
        (m.name, m.value, m.interval) for m in weighted.measures
    ]


def test_headlines_equal_fairlearn(answers):
    """Differences and ratios over all groups are fairlearn's."""
    frame = rows("words with gaps", seed=2)
    told = answers(frame)
    words = frame["group"].fillna("(missing)").astype(str)
    given = {"sensitive_features": words}
    for name, function in (
        ("selection_rate_difference", demographic_parity_difference),
        ("selection_rate_ratio", demographic_parity_ratio),
        ("equalized_odds_difference", equalized_odds_difference),
    ):
        expected = function(frame["y"], frame["yhat"], **given)
        assert told.headline(name).value == pytest.approx(expected, abs=1e-12)


def test_order_of_rows_does_not_matter(answers):
    """Shuffled rows give the same result, to the last digit."""
    frame = rows("words with gaps")
    assert answers(frame).result == answers(frame.sample(frac=1, random_state=1)).result


def test_favourable_may_be_the_other_class_than_positive(answers):
    """Selection speaks of the favourable outcome, error rates of the positive class."""
    frame = rows("0/1 integers")
    good, bad = answers(frame), answers(frame, favourable=("0",))
    for group in "01":
        one, other = (told.one("selection_rate", group=group).value for told in (good, bad))
        assert one + other == pytest.approx(1)
        name = "false_positive_rate"
        assert good.one(name, group=group).value == bad.one(name, group=group).value
    opportunity = bad.headline("equal_opportunity_difference")
    gap = abs(np.subtract(*(bad.one("false_positive_rate", group=g).value for g in "01")))
    assert opportunity.value == pytest.approx(gap)


def test_more_classes_are_favourable_against_the_rest(answers):
    """With three classes selection and error rates take the favourable set as one; accuracy takes all."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 600), "y": rng.choice(["x", "y", "z"], 600)})
    frame["yhat"] = np.where(rng.random(600) < 0.6, frame["y"], rng.choice(["x", "y", "z"], 600))
    told = answers(frame, task="multiclass", favourable=("x", "y"))
    mine = frame[frame.group == "a"]
    chosen, actual = mine.yhat.isin(["x", "y"]), mine.y.isin(["x", "y"])
    assert told.one("selection_rate", group="a").value == pytest.approx(chosen.mean())
    assert told.one("true_positive_rate", group="a").value == pytest.approx(chosen[actual].mean())
    assert told.one("accuracy", group="a").value == pytest.approx((mine.y == mine.yhat).mean())
    assert "against the rest" in told.one("precision", group="a").note


def test_compas_gives_propublicas_figures(answers, compas):
    """Error rates of black and white defendants are the published ones, to two digits of a per cent."""
    frame = compas.assign(y=compas.two_year_recid, yhat=(compas.decile_score >= 5).astype(int))
    told = answers(frame, sensitive=("race", "sex"), favourable=("0",))
    shown = {
        race: [
            round(100 * told.one(f"false_{kind}_rate", race=race).value, 2)
            for kind in ("positive", "negative")
        ]
        for race in ("African-American", "Caucasian")
    }
    assert shown == {"African-American": [44.85, 27.99], "Caucasian": [23.45, 47.72]}
    assert told.one("selection_rate", race="Native American").note.startswith("18 rows; needs 30")
    assert told.one("selection_rate_difference", attribute="race", group="Native American").value is None
