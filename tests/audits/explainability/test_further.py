"""The further looks say what was planted: spread, proxies, leaks, faithfulness, interactions, stand-ins."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from riskaudit.audits.explainability.attribution import attribute
from riskaudit.audits.explainability.concentration import effective_features
from riskaudit.audits.explainability.faithfulness import area, curves
from riskaudit.audits.explainability.pictures import _blurred
from riskaudit.audits.explainability.stability import across_rows

NUMBERS = ("age", "income", "noise")


class Planted(RegressorMixin, BaseEstimator):
    """A model that is a function of four numbers."""

    def __init__(self, of=None):
        self.of = of

    def fit(self, X, y=None):
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return self.of(np.asarray(X, dtype=float))


def four(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(n, 4)), columns=["a", "b", "c", "d"]).assign(y=rng.normal(size=n))


def planted(function, frame):
    return Planted(function).fit(frame[["a", "b", "c", "d"]])


def noise_of(X):
    """The same row, the same number; another row, another."""
    return np.modf(np.abs(np.sin(X @ np.array([127.1, 311.7, 74.7, 269.5])) * 43758.5453))[0]


def interaction(told, pair):
    return next(m for m in told.measures if m.where == {"columns": pair} and m.name.endswith("interaction"))


def test_effective_features_count_equal_columns():
    """Three equal columns of five are three; one that holds all is one; the interval holds both."""
    rng = np.random.default_rng(0)
    sizes = np.abs(rng.normal(size=(4000, 5))) * np.array([1, 1, 1, 0, 0])
    assert effective_features(sizes).value == pytest.approx(3, abs=0.01)
    assert effective_features(sizes * np.array([1, 0, 0, 0, 0])).value == pytest.approx(1)
    assert effective_features(sizes * 0).value is None


def test_effective_features_interval_covers():
    """Over 60 samples of 80 rows the interval holds the value of all rows in at least 52."""
    sizes = np.random.default_rng(0).gamma(1.0, [5.0, 3.0, 1.0, 0.5], size=(20_000, 4))
    truth, held, rng = effective_features(sizes).value, 0, np.random.default_rng(1)
    for _ in range(60):
        interval = effective_features(sizes[rng.choice(len(sizes), 80)]).interval
        held += interval.low <= truth <= interval.high
    assert held >= 52


def test_a_planted_proxy_carries_its_share(rows, pipe, answers):
    """Income that tells the group: its share counts; without the proxy next to nothing does."""
    frame = rows(1600)
    proxied = frame.assign(group=np.where(frame.income > 0, "f", "m"))
    told = answers(pipe(LogisticRegression(), proxied), proxied, sensitive=("group",))
    measure = told.one_where("proxy_share", {"attribute": "group"})
    share = told.one("importance_share", "income").value
    assert measure.value == pytest.approx(share, rel=0.1)
    assert "income (AUC" in measure.note
    clean = frame.assign(group=np.random.default_rng(1).choice(["f", "m"], len(frame)))
    plain = answers(pipe(LogisticRegression(), clean), clean, sensitive=("group",))
    assert plain.one_where("proxy_share", {"attribute": "group"}).value < 0.1


def test_a_planted_leak_is_suspected_and_its_twin_is_not(rows, pipe, answers):
    """A column known only afterwards: nearly all importance and an AUC near 1; without it neither."""
    rng = np.random.default_rng(1)
    leaky = rows(1000).assign(followup=lambda f: (f.y == "yes") + rng.normal(0, 0.05, len(f)))
    told = answers(pipe(LogisticRegression(C=1e4), leaky, numbers=(*NUMBERS, "followup")), leaky)
    suspicion = told.one("leak_suspicion")
    assert suspicion.value > 0.8
    assert suspicion.note.startswith("'followup'")
    assert told.one("single_column_auc", "followup").value > 0.99
    assert answers(pipe(LogisticRegression(), rows(1000)), rows(1000)).one("leak_suspicion").value < 0.5


def test_an_interaction_is_found_and_an_additive_model_has_none(answers):
    """AND of two columns: H well above 0; a sum of curves: exactly 0."""
    frame = four()
    both = answers(planted(lambda X: ((X[:, 0] > 0) & (X[:, 1] > 0)) * 1.0 + 0.5 * X[:, 2], frame), frame, task="regression")  # fmt: skip
    found = interaction(both, "a x b") if any(m.where == {"columns": "a x b"} for m in both.measures) else interaction(both, "b x a")  # fmt: skip
    assert found.interval.low > 0.2
    others = [m.value for m in both.measures if m.name.endswith("interaction") and m.where != found.where]
    assert max(v for v in others if v is not None) < 1e-6
    added = answers(planted(lambda X: X[:, 0] ** 2 + np.sin(X[:, 1]) + X[:, 2], frame), frame, task="regression")  # fmt: skip
    values = [m.value for m in added.measures if m.name.endswith("interaction")]
    assert max(v for v in values if v is not None) == 0


def test_faithful_values_beat_chance_and_made_up_ones_do_not(evidence):
    """A linear model's own values: better than a random order; values by lot, or all alike: not told from it."""
    from dataclasses import replace

    frame = four()
    at_hand = evidence(
        LinearRegression().fit(frame[list("abcd")], frame.a * 3 + frame.b - 2 * frame.c), frame, target="y", task="regression"
    )  # fmt: skip
    found = attribute(at_hand)
    for curve in ("deletion", "insertion"):
        assert area(curves(at_hand, found, 0), curve).interval.low > 0.1
    rng = np.random.default_rng(3)
    for made_up in (rng.normal(size=found.values.shape), np.ones_like(found.values)):
        told = area(curves(at_hand, replace(found, values=made_up), 0), "deletion")
        assert told.interval.low < 0 < told.interval.high
        assert told.note.startswith("not told from chance")


def test_values_of_a_random_model_are_no_better_than_chance_and_say_so(answers):
    """A model that is noise gives every order nearly the same curve: a tenth of what a real one gives, at most."""
    frame = four()
    told = answers(planted(noise_of, frame), frame, task="regression")
    measure = told.one_where("faithfulness", {"curve": "deletion"})
    assert abs(measure.value) < 0.15
    assert told.one("simplicity").interval.low < 0.05


@pytest.mark.parametrize(("n", "most"), [(1200, 0.008), (60, 0.06)])
def test_noise_is_faithful_no_more_than_chance(evidence, n, most):
    """Over eight tables the curves of a model that is noise differ from random ones by 0, of thirty rows too."""
    found = []
    for seed in range(8):
        frame = four(n, seed)
        at_hand = evidence(planted(noise_of, frame), frame, target="y", task="regression", seed=seed)
        made = curves(at_hand, attribute(at_hand), 0)
        found.append([area(made, curve) for curve in ("deletion", "insertion")])
    assert np.abs(np.mean([[one.value for one in pair] for pair in found], axis=0)).max() < most
    assert sum(one.note.startswith("better than") for pair in found for one in pair) <= 1


def test_a_constant_model_is_not_assessed(answers):
    """Where nothing moves, nothing is faithful, simple or interacting."""
    frame = four()
    told = answers(planted(lambda X: np.ones(len(X)), frame), frame, task="regression")
    assert told.result.status == "measured"
    for name in ("faithfulness", "simplicity", "interaction", "effective_features", "monotonicity"):
        found = [m for m in told.measures if m.name == f"explainability.{name}"]
        assert found
        assert all(m.value is None and m.note for m in found)


def test_a_depth_three_tree_is_its_own_stand_in(answers):
    """Whole numbers and a tree of depth three: the small tree says all of it."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 10, size=(3000, 4)), columns=list("abcd"))
    frame["y"] = 10.0 * (frame.a > 4) + 4.0 * (frame.b > 6) + 1.0 * (frame.c > 2)
    model = DecisionTreeRegressor(max_depth=3).fit(frame[list("abcd")], frame.y)
    told = answers(model, frame, task="regression")
    fidelity = told.one_where("surrogate_r2", {"surrogate": "tree of depth 3"})
    assert fidelity.value == pytest.approx(1)
    tree = told.exhibit("tree").columns
    assert tree["parent"].count(None) == 1
    assert tree["label"][0] == "a <= 4.5"


def test_a_linear_model_is_said_in_its_own_terms(rows, pipe, answers):
    """The sum of terms has the model's own weights, and is the best stand-in."""
    frame = rows(2000)
    model = LinearRegression().fit(frame[list(NUMBERS)], frame.value)
    told = answers(model, frame, target="value", task="regression")
    assert told.one("simplicity").value == pytest.approx(1, abs=1e-6)
    lines = next(e for e in told.result.exhibits if e.name.endswith("ten_lines")).columns["says"]
    assert len(lines) <= 11
    assert lines[1].endswith("times income")
    assert float(lines[1].split()[0]) == pytest.approx(model.coef_[1], rel=1e-3)


def test_a_stand_in_decides_as_the_model_does(rows, pipe, answers):
    """A forest that learned a band: agreement is measured with its interval, beyond the commoner decision."""
    frame = rows(2000)
    told = answers(pipe(RandomForestClassifier(30, max_depth=4, random_state=0), frame), frame)
    measure = told.one_where("surrogate_agreement", {"surrogate": "tree of depth 3"})
    assert measure.interval.method.startswith("Wilson")
    assert measure.value > 0.85


def test_monotone_effects_are_one_and_a_hill_is_not(answers):
    """Straight up is 1; up and down again is near 0."""
    frame = four()
    told = answers(planted(lambda X: 2 * X[:, 0] - X[:, 1] ** 2, frame), frame, task="regression")
    assert told.one("monotonicity", "a").value == pytest.approx(1)
    assert "rises" in told.one("monotonicity", "a").note
    assert told.one("monotonicity", "b").value < 0.3


def test_stability_falls_where_columns_are_alike():
    """Far apart the order stays in every draw; columns that are the same swap, and are named as interchangeable."""
    rng = np.random.default_rng(0)
    apart = np.abs(rng.normal(size=(300, 4))) * np.array([8, 4, 2, 1])
    names = ("a", "b", "c", "d")
    assert across_rows(apart, names, np.random.default_rng(1)).interval.low == pytest.approx(1)
    alike = np.abs(rng.normal(size=(300, 4))) * np.array([8, 1, 1, 1])
    told = across_rows(alike, names, np.random.default_rng(1))
    assert told.interval.low < 0.9
    assert "are interchangeable" in told.note


def test_refits_of_a_linear_recipe(rows, pipe, evidence, answers):
    """Across refits the order stays, dropping agrees with SHAP, and shuffled labels leave little."""
    from dataclasses import replace

    frame = rows(2400)
    model = pipe(LogisticRegression(), frame)
    members = replace(evidence(model, frame).test, frame=frame.iloc[: len(frame) // 2].reset_index(drop=True))
    told = answers(model, frame, train=members)
    assert told.one_where("stability", {"across": "refits"}).value > 0.8
    assert told.first("drop_column_importance") in ("age", "income")
    assert told.one("drop_column_agreement").value > 0.7
    assert told.one("randomised_labels_share").value < 0.4
    assert answers(model, frame).one("randomised_labels_share").note.startswith("the rows it was trained on")


def test_pictures_name_nobody(rows, pipe, answers):
    """Points of the dependence are means of ten rows or more; the swarm's ends are shared; strips are not aligned."""
    frame = rows(2000)
    told = answers(pipe(RandomForestClassifier(20, random_state=0), frame), frame)
    drawn = [e for e in told.result.exhibits if e.kind == "scatter"]
    assert len(drawn) == 2
    assert all(min(e.columns["n"]) >= 10 and len(e.columns["x"]) <= 500 for e in drawn)
    values = np.random.default_rng(0).normal(size=500)
    blurred = _blurred(values)
    assert (blurred == blurred.max()).sum() >= 10
    assert len(np.unique(blurred)) <= 201
    swarm = pd.DataFrame(told.exhibit("swarm").columns)
    assert all(part.x.is_monotonic_increasing for _, part in swarm.groupby("row"))
    effects = next(e for e in told.result.exhibits if e.name.endswith("effect-1"))
    assert max(effects.columns["x"]) < frame[effects.axes["x"]].max()


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_further_looks_know_every_task(rows, pipe, answers, task):
    """Several classes, and values: measured, or not assessed with a reason."""
    frame = rows(800)
    target = "band" if task == "multiclass" else "value"
    model = RandomForestClassifier(10, random_state=0) if task == "multiclass" else LinearRegression()
    told = answers(pipe(model, frame, target), frame, target=target, task=task)
    assert told.result.status == "measured", told.result.reason
    assert told.one("simplicity").value > 0.5


def test_strange_tables_are_measured_too(rows, answers):
    """One column; gaps, truth values and a column that is nearly empty; five rows."""
    frame = rows(600)
    alone = answers(LogisticRegression().fit(frame[["age"]], frame.y), frame)
    assert alone.result.status == "measured", alone.result.reason
    assert alone.one("effective_features").value == pytest.approx(1)
    gaps = frame.assign(flag=frame.age > 40, void=np.nan)
    gaps.loc[::7, "income"] = np.nan
    gaps.loc[5:9, "void"] = [1.0, 2, 3, 4, 5]
    seen = ["age", "income", "flag", "void"]
    model = HistGradientBoostingClassifier(max_iter=5).fit(gaps[seen].iloc[:300], gaps.y.iloc[:300])
    assert answers(model, gaps).result.status == "measured"
    assert answers(model, gaps.iloc[:10]).result.status == "measured"
