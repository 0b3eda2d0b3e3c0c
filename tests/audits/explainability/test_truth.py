"""Attributions against known truths: published trees, additive and planted models, coverage of the intervals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor

from riskaudit.audits.explainability.attribution import Attribution, attribute
from riskaudit.audits.explainability.bench import Bench
from riskaudit.audits.explainability.enough import in_batches, settled
from riskaudit.audits.explainability.importance import by_row, importances, shares
from riskaudit.audits.explainability.linear import closed_form
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.evidence import Explaining
from riskaudit.subjects.anatomy import Parts

REGRESSION = {"target": "y", "task": "regression"}


def bench_of(function, rows, background, **rest):
    columns = tuple(f"x{at}" for at in range(rows.shape[1]))

    def see(table):
        return function(table).reshape(len(table), -1)

    given = {
        "owner": np.arange(rows.shape[1]),
        "columns": columns,
        "output": see(rows),
        "see": see,
        "words": "predicted value",
        "family": "other",
        "parts": Parts(prepare=None, model=None, origins=columns),
        "at": None,
        "numbers": [None] * len(columns),
    }
    return Bench(rows=rows, background=background, **{**given, **rest})


def fever_and_cough(cough=0.0):
    """The four kinds of patient, as often as one another: 80 for both signs, and something for a cough."""
    frame = pd.DataFrame({"fever": [0, 0, 1, 1] * 50, "cough": [0, 1, 0, 1] * 50})
    return frame.assign(y=80.0 * frame.fever * frame.cough + cough * frame.cough)


@pytest.mark.parametrize(("cough", "both", "means"), [(0.0, (30, 30), (20, 20)), (10.0, (30, 35), (20, 25))])
@pytest.mark.parametrize("background", ["", "sample", "kmeans"])
def test_the_and_trees_of_the_paper(evidence, cough, both, means, background):
    """Lundberg 2018, figure 1: the values of a patient with both signs, and the mean |SHAP| of model A and B."""
    frame = fever_and_cough(cough)
    model = DecisionTreeRegressor().fit(frame[["fever", "cough"]], frame.y)
    given = replace(
        evidence(model, frame, **REGRESSION), explaining=Explaining(background=background, backgrounds=100)
    )
    found = attribute(given)
    patient = given.test.frame.iloc[found.rows].eval("fever == 1 and cough == 1").to_numpy()
    np.testing.assert_allclose(
        found.values[patient, :, 0], np.tile(both, (patient.sum(), 1)), atol=1e-6 if not background else 8
    )
    if not background:
        assert found.base == pytest.approx(20 + cough / 2)
        np.testing.assert_allclose(by_row(attribute(given, np.arange(100))).mean(axis=0), means, atol=1e-6)


@pytest.mark.parametrize("function", ["and", "or", "xor"])
def test_logic_is_exact_whichever_way_it_is_explained(evidence, function):
    """Lundberg 2020: AND, OR and XOR of two columns; interventional trees and permutations are equal to rounding."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 2, (400, 3)), columns=["a", "b", "c"])
    frame = X.assign(y={"and": X.a & X.b, "or": X.a | X.b, "xor": X.a ^ X.b}[function] * 1.0)
    given = evidence(DecisionTreeRegressor().fit(X, frame.y), frame, **REGRESSION)
    trees = attribute(replace(given, explaining=Explaining(background="sample")))
    assert "interventional" in trees.method
    asked = permutation_values(trees.bench, np.random.default_rng(5))
    np.testing.assert_allclose(trees.values, asked.values, atol=1e-6)
    np.testing.assert_allclose(trees.values[:, 2], 0, atol=1e-9)
    a, b = (given.test.frame[name].to_numpy()[trees.rows] for name in "ab")
    mean_a, mean_b = trees.bench.background[:, 0].mean(), trees.bench.background[:, 1].mean()
    joint = (trees.bench.background[:, 0] * trees.bench.background[:, 1]).mean()
    product = (a * mean_b - joint + a * b - mean_a * b) / 2
    plain, pairs = {"and": (0, 1), "or": (1, -1), "xor": (1, -2)}[function]
    np.testing.assert_allclose(trees.values[:, 0, 0], plain * (a - mean_a) + pairs * product, atol=1e-6)


def test_stumps_are_additive(evidence):
    """Boosted stumps: a column's value is its own step function less the background's mean of it."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b", "c"])
    frame = X.assign(y=np.sin(X.a) + X.b**2)
    model = GradientBoostingRegressor(max_depth=1, n_estimators=40).fit(X, frame.y)
    found = attribute(
        replace(evidence(model, frame, **REGRESSION), explaining=Explaining(background="sample"))
    )
    rows, background = found.bench.rows, found.bench.background
    for column, name in enumerate("abc"):
        alone, before = np.zeros_like(rows), np.zeros_like(background)
        alone[:, column], before[:, column] = rows[:, column], background[:, column]
        ask = lambda t: model.predict(pd.DataFrame(t, columns=list("abc")))  # noqa: E731
        expected = ask(alone) - ask(before).mean()
        np.testing.assert_allclose(found.values[:, column, 0], expected, atol=1e-6, err_msg=name)


def _three(t):
    """Effects of one, two and three columns of independent standard normals, and a column without any."""
    return t[:, 0] + 2 * t[:, 1] * t[:, 2] + 3 * t[:, 3] * t[:, 4] * t[:, 5]


HALF = np.sqrt(2 / np.pi)  # E|z|
TRUE = np.array([HALF, HALF**2, HALF**2, HALF**3, HALF**3, HALF**3, 0.0])


def _sampled_once(seed, n=150, b=60):
    rng = np.random.default_rng(seed)
    bench = bench_of(_three, rng.normal(size=(n, 7)), rng.normal(size=(b, 7)))
    found = permutation_values(bench, rng)
    made = Attribution(
        bench=bench,
        rows=np.arange(n),
        values=found.values,
        base=found.base,
        errors=found.errors,
        pulls=found.pulls / n,
        sizes=found.sizes,
        method="",
        rows_because="",
    )
    return made


@pytest.mark.slow
def test_intervals_of_sampled_importance_cover_the_truth():
    """Over 400 draws of rows and background, 95 % intervals of mean |SHAP| and of shares hold their closed forms in 93 % and more."""
    hits, runs = np.zeros((2, 6)), 400
    for seed in range(runs):
        made = _sampled_once(seed)
        told = [*importances(made, by_row(made)), *shares(made, by_row(made), ())]
        for measure in (m for m in told if m.where and m.where["column"] != "x6"):
            of_shares = int(measure.name.endswith("share"))
            true = (TRUE, TRUE / TRUE.sum())[of_shares][at := int(measure.where["column"][1:])]
            hits[of_shares, at] += measure.interval.low <= true <= measure.interval.high
    assert hits.min() / runs >= 0.93, hits / runs


@pytest.mark.slow
def test_values_agree_with_shaps_exact_explainer():
    """A function of six columns: within 4.5 standard errors of shap.ExactExplainer over the same background."""
    import shap

    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))

    def function(t):
        return np.tanh(_three(t)) + t[:, 0] * t[:, 1]

    bench = bench_of(function, X[:10], X[100:150])
    exact = shap.explainers.Exact(function, shap.maskers.Independent(X[100:150], max_samples=50))(
        X[:10], silent=True
    ).values
    found = permutation_values(bench, np.random.default_rng(1), passes=40)
    spread = np.abs(exact).mean()
    assert np.abs(found.values[:, :, 0] - exact).max() < 0.12 * spread
    once = permutation_values(bench, np.random.default_rng(2))
    assert (np.abs(once.values[:, :, 0] - exact) < 4.5 * once.errors[:, :, 0]).all()


def test_a_planted_proxy_is_named_first(pipe, answers):
    """Where the outcome follows sex, and sex is no feature, the column that stands in for it leads."""
    rng = np.random.default_rng(0)
    n = 1200
    sex = rng.integers(0, 2, n)
    frame = pd.DataFrame(
        {
            "sex": np.where(sex == 1, "m", "f"),
            "height": 165 + 13 * sex + rng.normal(0, 4, n),
            "age": rng.normal(40, 10, n),
            "noise": rng.normal(size=n),
        }
    ).assign(y=np.where(rng.random(n) < 0.2 + 0.6 * sex, "yes", "no"))
    half = frame.iloc[: n // 2]
    features = ["height", "age", "noise"]
    for model in (
        RandomForestClassifier(30, min_samples_leaf=20, random_state=0),
        LogisticRegression(max_iter=1000),
    ):
        told = answers(model.fit(half[features], half.y), frame, sensitive=("sex",))
        assert told.first() == "height"
        assert told.one("importance_share", "height").interval.low > 0.5
        assert told.one("sensitive_share").value == 0


def test_labels_at_random_leave_nothing_to_explain(pipe, rows, evidence):
    """The same learner on shuffled labels: what mattered loses nearly all of its importance (Adebayo 2018)."""
    frame = rows(2000)
    shuffled = frame.assign(y=np.random.default_rng(0).permutation(frame.y))
    learned, idle = (
        by_row(attribute(evidence(pipe(LogisticRegression(), table), table))).mean(axis=0)
        for table in (frame, shuffled)
    )
    assert idle[1] < 0.15 * learned[1]
    assert idle.sum() < 0.25 * learned.sum()


def test_correlated_columns_are_one_player_and_named(rows, evidence):
    """A column and its near copy are grouped; the group has the credit of both, and counts as sensitive."""
    frame = rows(1000)
    frame["wage"] = frame.income + 0.05 * np.random.default_rng(0).normal(size=1000)
    features = ["age", "income", "wage", "noise"]
    half = frame.iloc[:500]
    model = LogisticRegression(max_iter=1000).fit(half[features], half.y)
    given = evidence(model, frame, sensitive=("wage",))
    alone = attribute(given)
    found = attribute(replace(given, explaining=Explaining(group_correlated=0.8)))
    assert found.columns == ("age", "income + wage", "noise")
    np.testing.assert_allclose(found.values[:, 1], alone.values[:, 1:3].sum(axis=1), atol=1e-12)
    assert "income + wage" in found.method
    (named,) = [m for m in shares(found, by_row(found), ("wage",)) if m.name.endswith("sensitive_share")]
    assert "income + wage" in named.note


def test_grouped_columns_are_exchanged_together(rows, evidence):
    """By permutations a group is one player: its value is exact however its columns interact."""
    frame = rows(300)
    frame["wage"] = frame.income
    X = frame[["income", "wage", "noise"]]
    frame["y"] = X.income * X.wage + X.noise
    model = MLPRegressor(hidden_layer_sizes=(4,), max_iter=20, tol=1.0, random_state=0).fit(X, frame.y)
    given = evidence(model, frame, **REGRESSION)
    found = attribute(replace(given, explaining=Explaining(group_correlated=0.9)), np.arange(5))
    assert found.columns == ("income + wage", "noise")
    bench = found.bench
    mixed = bench.background.repeat(5, axis=0).reshape(-1, 5, 3)
    both, rest = mixed.copy(), mixed.copy()
    both[:, :, :2], rest[:, :, 2] = bench.rows[:, :2], bench.rows[:, 2]
    v = [bench.see(t.reshape(-1, 3)).reshape(-1, 5).mean(axis=0) for t in (mixed, both, rest)]
    expected = (v[1] - v[0] + bench.output[:, 0] - v[2]) / 2
    np.testing.assert_allclose(found.values[:, 0, 0], expected, atol=1e-6)  # single precision


def test_weights_of_background_rows_count():
    """A weight of two is the same as the row given twice."""
    rng = np.random.default_rng(0)
    rows, background = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    pairs = lambda t: t[:, 0] * t[:, 1] + t[:, 2]  # noqa: E731
    weighted = bench_of(pairs, rows, background, weights=np.array([2 / 3, 1 / 3]))
    twice = bench_of(pairs, rows, background[[0, 0, 1]])
    one, other = (permutation_values(bench, np.random.default_rng(0)) for bench in (weighted, twice))
    np.testing.assert_allclose(one.values, other.values, atol=1e-12)
    np.testing.assert_allclose(one.base, other.base, atol=1e-12)


def test_drawing_ends_where_shares_are_known():
    """Clear shares settle at once; close ones ask for more rows."""
    rng = np.random.default_rng(0)
    clear = np.tile([[[5.0], [3.0], [1.0], [0.5]]], (200, 1, 1)) * rng.uniform(0.99, 1.01, (200, 4, 1))
    assert settled(clear, 0.01)
    close = np.abs(rng.normal(size=(200, 4, 1)))
    assert not settled(close, 0.01)
    assert settled(np.zeros((10, 3, 1)), 0.01)


def test_a_grossly_slow_model_is_stopped_by_the_clock():
    """What costs a hundred times the plan ends after the first batch."""
    rng = np.random.default_rng(0)

    def slow(table):
        return (np.sin(table[None] * np.arange(1, 60)[:, None, None]).sum(axis=0) * table[:, ::-1]).sum(
            axis=1
        )

    bench = bench_of(slow, rng.normal(size=(640, 4)), rng.normal(size=(10, 4)))
    explain = lambda part: permutation_values(part, rng)  # noqa: E731
    found, end = in_batches(bench, explain, fewest=20, tolerance=1e-9, seconds=1e-4)
    assert (len(found.values), end) == (20, "clock")
    found, end = in_batches(bench, explain, fewest=20, tolerance=0.5, seconds=1e3)
    assert end == "settled"
    assert len(found.values) < 640


def test_the_closed_form_is_shaps_linear_explainer():
    """The same numbers as shap.LinearExplainer before the same mean."""
    import shap

    rng = np.random.default_rng(0)
    weights, rows, mean = rng.normal(size=(2, 5)), rng.normal(size=(30, 5)), rng.normal(size=5)
    values, base = closed_form(weights, np.array([1.0, -2.0]), mean, rows)
    for at, offset in enumerate((1.0, -2.0)):
        explainer = shap.LinearExplainer((weights[at], offset), (mean, np.zeros((1, 1))))
        np.testing.assert_allclose(values[:, :, at], explainer.shap_values(rows), atol=1e-12)
        assert base[at] == pytest.approx(explainer.expected_value)
