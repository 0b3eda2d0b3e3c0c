"""Smaller models: on worlds where it is known what they lose."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from audits.privacy.worlds import linear, table
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression

from riskaudit.audits.compute import smaller, trade
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import subject_of
from riskaudit.training.ladder import ladder
from riskaudit.training.ladder.thinned import prune, quantise
from riskaudit.training.perceptron import NumpyPerceptronClassifier


def given(model, train, test, **rest):
    fitted = model.fit(train.frame[list(train.features)], train.labels)
    subject = subject_of(fitted, name="m", features=train.features)
    return Evidence(subject=subject, test=test, train=train, smaller=ladder, **rest)


def told(evidence):
    found = smaller.climb(evidence)
    return found, {(m.name.split("_", 1)[1], m.where["model"]): m for m in trade.measures(found)}


def xor(seed, n):
    X = np.random.default_rng(seed).normal(size=(n, 4))
    return table(X, ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int))


@pytest.fixture(scope="module")
def plain():
    return told(
        given(
            RandomForestClassifier(300, min_samples_leaf=5, random_state=0), linear(0, 1500), linear(1, 3000)
        )
    )


def test_a_linear_world_needs_no_forest(plain):
    """300 trees on a linear outcome: the logistic loses nothing beyond doubt, and costs less in energy and size."""
    _, measures = plain
    price = measures["price", "logistic"]
    assert price.interval.low <= 0
    assert price.value < 0.02
    mine, own = measures["energy", "logistic"], measures["energy", "as it is"]
    assert mine.value < own.value / 3
    assert measures["size", "logistic"].value < measures["size", "as it is"].value / 20


def test_xor_needs_more_than_a_line():
    """On XOR the logistic loses a third and the trees do not: beyond doubt."""
    found, measures = told(given(RandomForestClassifier(100, random_state=0), xor(0, 1500), xor(1, 2000)))
    assert measures["price", "logistic"].interval.low > 0.3
    assert measures["price", "small trees"].interval.high < 0.1
    assert measures["price", "distilled perceptron"].interval.high < 0.15
    quality = {step.name: step.quality for step in found.steps}
    assert quality["as it is"] > 0.9


def test_the_sentence_speaks_of_all_and_picks_none(plain):
    """Every smaller model is told with its share of accuracy and energy; the picture has a point for each."""
    found, _ = plain
    pareto, numbers = trade.exhibits(found)
    for name in ("logistic", "small trees", "distilled perceptron"):
        assert f"{name}: " in pareto.caption
        assert name in pareto.columns["label"]
    assert pareto.caption.count("% of the accuracy for") == 3
    assert pareto.kind == "scatter"
    assert pareto.metered
    assert numbers.columns["model"][0] == "as it is"


@pytest.mark.slow
def test_no_held_out_row_makes_a_rung():
    """Other held-out rows change no smaller model."""
    train = linear(0, 400)
    model = RandomForestClassifier(5, random_state=0)
    one, other = (ladder(given(model, train, linear(seed, 200)))[0] for seed in (1, 2))
    rows = linear(3, 50).frame
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.subject.predict_scores(rows), b.subject.predict_scores(rows))


def test_what_no_clock_made_repeats():
    """Prices, gaps and leaks are the same in equal runs; energy alone is metered."""
    evidence = given(RandomForestClassifier(5, random_state=0), linear(0, 400), linear(1, 300))
    first, second = ([m for m in told(evidence)[1].values() if not m.metered] for _ in range(2))
    assert first == second
    assert {m.name for m in first} == {trade.PRICE, trade.SIZE, trade.TOLD}


def test_an_overfit_forest_leaks_and_the_line_does_not():
    """Unpruned trees tell their members by the loss, the logistic hardly."""
    _, measures = told(given(RandomForestClassifier(30, random_state=0), linear(0, 800), linear(1, 800)))
    assert measures["membership_auc", "as it is"].interval.low > 0.6
    assert measures["membership_auc", "logistic"].interval.high < 0.6


def test_gaps_stand_beside_the_price():
    """With a sensitive column every model has its gap, the audited one equal to the plain difference of rates."""

    def grouped(seed):
        rows = linear(seed, 1000)
        group = np.where(rows.frame["x0"] + np.random.default_rng(seed).normal(size=1000) > 0, "a", "b")
        return replace(rows, frame=rows.frame.assign(group=group), sensitive=("group",), favourable=("1",))

    evidence = given(RandomForestClassifier(20, random_state=0), grouped(0), grouped(1))
    _, measures = told(evidence)
    said, group = evidence.decisions() == 1, evidence.test.frame["group"].to_numpy()
    rates = [said[group == name].mean() for name in "ab"]
    assert measures["gap", "as it is"].value == pytest.approx(abs(rates[0] - rates[1]))
    assert {name for kind, name in measures if kind == "gap"} >= {"logistic", "small trees"}


@pytest.mark.slow
def test_three_classes_and_numbers():
    """A k-class model and a regression have a ladder too; a regression's price is mean absolute error added."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    y = np.digitize(X[:, 0] + rng.normal(size=1200) / 3, (-0.5, 0.5))
    parts = [table(X[at], y[at], task="multiclass") for at in (slice(600), slice(600, None))]
    _, measures = told(given(RandomForestClassifier(20, random_state=0), *parts))
    assert measures["price", "logistic"].interval.high < 0.1
    values = 2 * X[:, 0] + rng.normal(size=1200) / 10
    parts = [table(X[at], values[at], task="regression") for at in (slice(600), slice(600, None))]
    found, measures = told(given(RandomForestRegressor(20, random_state=0), *parts))
    assert measures["price", "linear"].interval.high < 0
    assert "Mean absolute error added" in measures["price", "linear"].note
    assert "times the error" in next(trade.exhibits(found)).caption


def test_a_text_model_has_one_rung():
    """Texts: a logistic regression on words, measured like the rest."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng(0)

    def rows(n):
        y = rng.integers(2, size=n)
        words = [("fine good happy", "poor bad sad")[at] + f" day {rng.integers(9)} of the week" for at in y]
        made = table(np.zeros((n, 1)), y)
        return replace(made, frame=pd.DataFrame({"said": words, "y": y}), features=("said",))

    counts = ColumnTransformer([("w", CountVectorizer(), "said")])
    model = make_pipeline(counts, RandomForestClassifier(20, random_state=0))
    _, measures = told(given(model, rows(400), rows(400)))
    assert measures["price", "logistic on words"].value == pytest.approx(0, abs=0.01)


def test_a_linear_model_is_the_lowest_rung():
    """Of a logistic regression nothing smaller is known: not assessed, with that reason, and no fit."""
    found, measures = told(given(LogisticRegression(), linear(0, 200), linear(1, 200)))
    assert not found.steps
    (only,) = measures.values()
    assert only.value is None
    assert "linear" in only.note


def test_without_members_nothing_is_fitted():
    """No member rows: not assessed, with what to pass."""
    evidence = given(RandomForestClassifier(5), linear(0, 200), linear(1, 200))
    _, measures = told(replace(evidence, train=None))
    (only,) = measures.values()
    assert "--train" in only.note


def test_people_who_come_twice_have_no_interval():
    """Rows of one person are not independent: the price has no interval, and the note says why."""
    evidence = given(RandomForestClassifier(5), linear(0, 200), replace(linear(1, 200), unit="x0"))
    price = told(evidence)[1]["price", "logistic"]
    assert price.interval is None
    assert "more than once" in price.note


def test_a_perceptron_is_thinned():
    """Pruned and 8-bit twins of a perceptron: smaller, told without energy, and the original is left alone."""
    train, test = linear(0, 800), linear(1, 800)
    model = NumpyPerceptronClassifier((64,), epochs=20, random_state=0)
    evidence = given(model, train, test)
    before = model.parameters_.copy()
    _, measures = told(evidence)
    assert np.array_equal(model.parameters_, before)
    own = measures["size", "as it is"].value
    for name in ("pruned by four fifths", "8-bit weights"):
        assert measures["size", name].value < own
        assert measures["energy", name].value is None
        assert "simulated" in measures["energy", name].note
    assert abs(measures["price", "8-bit weights"].value) < 0.01


def test_bytes_by_hand():
    """80 % of 100 weights cut leaves 20 values of 4 bytes and a bit a weight; 8 bits leave a byte each and scales."""
    rng = np.random.default_rng(0)
    layers = [rng.normal(size=(8, 10)).astype(np.float32), rng.normal(size=(10, 2)).astype(np.float32)]
    assert prune([layer.copy() for layer in layers], 0.8) == 20 * 4 + 10 + 3
    rounded = [layer.copy() for layer in layers]
    assert quantise(rounded) == 100 + 4 * 12
    for one, other in zip(layers, rounded, strict=True):
        step = np.abs(one).max(axis=0) / 127
        assert (np.abs(one - other) <= step / 2 * 1.001).all()
        assert all(
            np.unique(np.rint(column / s)).size <= 255 for column, s in zip(other.T, step, strict=True)
        )


def test_fewer_rows_say_what_all_said():
    """Narrowed evidence keeps what the model said of the rows that stay, and asks nothing again."""
    evidence = given(RandomForestClassifier(5, random_state=0), linear(0, 200), linear(1, 300))
    at = np.array([3, 7, 250])
    scores, losses = evidence.scores()[at], evidence.losses("train")[:2]
    few = replace(evidence.narrowed(test=at, train=np.arange(2)), subject=None)
    assert np.array_equal(few.scores(), scores)
    assert np.array_equal(few.losses("train"), losses)
    assert len(few.test) == 3
    assert few.outcome().tolist() == evidence.outcome()[at].tolist()
