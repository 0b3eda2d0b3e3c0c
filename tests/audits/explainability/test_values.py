"""SHAP values are right: in closed form, against enumeration, and they add up to the output."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.explainability.attribution import additivity_error, attribute
from riskaudit.audits.explainability.bench import Bench
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.subjects.anatomy import Parts


def bench_of(function, rows, background, owner=None):
    """A bench of any function of a table."""
    owner = np.arange(rows.shape[1]) if owner is None else np.asarray(owner)
    columns = tuple(f"x{at}" for at in range(owner.max() + 1))

    def see(table):
        return function(table).reshape(len(table), -1)

    return Bench(
        rows=rows,
        background=background,
        owner=owner,
        columns=columns,
        output=see(rows),
        see=see,
        words="value",
        family="other",
        parts=Parts(prepare=None, model=None, origins=columns),
        at=None,
        numbers=[None] * len(columns),
    )


def enumerated(bench):
    """Shapley values by all coalitions, the definition itself."""
    d = len(bench.columns)
    values = np.zeros((len(bench.rows), d))
    for i, row in enumerate(bench.rows):
        worth = {}
        for size in range(d + 1):
            for chosen in combinations(range(d), size):
                mask = np.isin(bench.owner, chosen)
                worth[frozenset(chosen)] = bench.see(np.where(mask, row, bench.background)).mean()
        for j in range(d):
            for chosen in worth:
                if j not in chosen:
                    weight = factorial(len(chosen)) * factorial(d - len(chosen) - 1) / factorial(d)
                    values[i, j] += weight * (worth[chosen | {j}] - worth[chosen])
    return values


def test_linear_values_are_weight_times_distance_from_the_mean(pipe, rows, evidence):
    """phi = w (x - mean), one-hot columns summed to the user's column before anything else."""
    frame = rows()
    model = pipe(LogisticRegression(), frame)
    found = attribute(evidence(model, frame))
    prepared = model[:-1].transform(frame.iloc[300:])
    each = model[-1].coef_[0] * (prepared - prepared.mean(axis=0))
    expected = np.column_stack([each[:, 0], each[:, 1], each[:, 2], each[:, 3:].sum(axis=1)])
    assert found.bench.columns == ("age", "income", "noise", "job")
    np.testing.assert_allclose(found.values[:, :, 0], expected[found.rows], atol=1e-12)
    assert "LinearExplainer" in found.method


def test_the_first_class_as_positive_turns_the_sign(pipe, rows, evidence):
    """Values speak of the positive class, whichever comes first in the model."""
    frame = rows()
    model = pipe(LogisticRegression(), frame)
    yes, no = (attribute(evidence(model, frame, positive=p)).values for p in ("yes", "no"))
    np.testing.assert_allclose(yes, -no, atol=1e-12)


def test_pairs_of_columns_are_exact_by_permutations():
    """Effects of single columns and of pairs need no luck: any seed gives the enumerated values."""
    rng = np.random.default_rng(0)
    bench = bench_of(
        lambda t: t[:, 0] * t[:, 1] + 2 * t[:, 2] - t[:, 3] * t[:, 4],
        rng.normal(size=(4, 5)),
        rng.normal(size=(7, 5)),
    )
    found = permutation_values(bench, np.random.default_rng(3))
    np.testing.assert_allclose(found.values[:, :, 0], enumerated(bench), atol=1e-12)


def test_any_function_comes_close_to_enumeration():
    """With interactions of all orders and ties, values are within their standard errors of the truth."""
    rng = np.random.default_rng(1)

    def function(t):
        return np.tanh(t[:, 0] * t[:, 1] * t[:, 2]) + (t[:, 3] > 0) * t[:, 4] * t[:, 5] + t[:, 6]

    bench = bench_of(function, rng.integers(-2, 3, (6, 8)) * 1.0, rng.integers(-2, 3, (100, 8)) * 1.0)
    found = permutation_values(bench, np.random.default_rng(2))
    off = (found.values[:, :, 0] - enumerated(bench)) / np.maximum(found.errors[:, :, 0], 1e-9)
    assert np.abs(off[:, :7]).max() < 3.5
    assert not found.values[:, 7].any()


def test_columns_of_one_owner_move_together():
    """Prepared columns of one user's column are one player: its value is that of the whole group."""
    rng = np.random.default_rng(2)
    bench = bench_of(
        lambda t: t[:, 0] * t[:, 1] + t[:, 2],
        rng.normal(size=(5, 3)),
        rng.normal(size=(9, 3)),
        owner=[0, 0, 1],
    )
    found = permutation_values(bench, np.random.default_rng(0)).values[:, :, 0]
    product, background = bench.rows[:, 0] * bench.rows[:, 1], bench.background
    np.testing.assert_allclose(
        found[:, 0], product - (background[:, 0] * background[:, 1]).mean(), atol=1e-12
    )


def test_gaps_that_agree_are_no_difference():
    """NaN in row and background alike is the same value."""
    table = np.array([[np.nan, 1.0], [np.nan, 2.0]])
    bench = bench_of(lambda t: np.nan_to_num(t).sum(axis=1), table, table)
    found = permutation_values(bench, np.random.default_rng(0)).values[:, :, 0]
    np.testing.assert_allclose(found, [[0, -0.5], [0, 0.5]])


@pytest.mark.parametrize(
    ("model", "by"),
    [
        (LogisticRegression(), "in closed form (as shap.LinearExplainer)"),
        (DecisionTreeClassifier(max_depth=4), "by shap.TreeExplainer"),
        (RandomForestClassifier(10, random_state=0), "by shap.TreeExplainer"),
        (ExtraTreesClassifier(10, random_state=0), "by shap.TreeExplainer"),
        (GradientBoostingClassifier(n_estimators=10, random_state=0), "by shap.TreeExplainer"),
        (HistGradientBoostingClassifier(max_iter=10), "by shap.TreeExplainer"),
        (GaussianNB(), "by 200 antithetic permutations"),
    ],
)
@pytest.mark.parametrize("positive", ["yes", "no"])
def test_values_add_up_for_every_family(pipe, rows, answers, model, by, positive):
    """Base plus values is what the whole pipeline says of the positive class, on every row."""
    frame = rows(400)
    told = answers(pipe(model, frame), frame, positive=positive).one("additivity_error")
    assert told.value < 1e-6
    assert by in told.note


@pytest.mark.parametrize(
    "model", [LinearRegression(), RandomForestRegressor(10), HistGradientBoostingRegressor(max_iter=10)]
)
def test_regressions_add_up(pipe, rows, answers, model):
    """A regression's values add up to its prediction."""
    frame = rows(400)
    told = answers(pipe(model, frame, "value"), frame, target="value", task="regression")
    assert told.one("additivity_error").value < 1e-6
    assert told.one("importance", "income").unit == "target units"


@pytest.mark.parametrize(
    "model", [LogisticRegression(), RandomForestClassifier(10), HistGradientBoostingClassifier(max_iter=5)]
)
def test_classes_add_up_and_are_averaged(pipe, rows, evidence, answers, model):
    """With three classes every output adds up; importance is the mean over classes."""
    frame = rows(400)
    fitted = pipe(model, frame, "band")
    given = {"target": "band", "task": "multiclass"}
    found = attribute(evidence(fitted, frame, **given))
    assert found.values.shape[2] == 3
    assert additivity_error(found.bench, found.values, found.base) < 1e-6
    expected = np.abs(found.values).mean(axis=(0, 2))[found.bench.columns.index("income")]
    assert answers(fitted, frame, **given).one("importance", "income").value == pytest.approx(expected)


def test_an_explainer_of_another_function_is_caught(pipe, rows, answers):
    """A Poisson regression is linear before its link: closed-form values miss the output, and are not used."""
    frame = rows(400).assign(count=lambda f: np.exp(f.value.clip(-2, 2)))
    told = answers(pipe(PoissonRegressor(), frame, "count"), frame, target="count", task="regression")
    note = told.one("additivity_error").note
    assert "antithetic permutations" in note
    assert "of the closed form miss the model's output" in note
    assert told.one("additivity_error").value < 1e-9


def test_the_check_compares_with_the_model_itself(pipe, rows, evidence):
    """Values that are off by a tenth of the spread are measured as that."""
    frame = rows(400)
    found = attribute(evidence(pipe(Ridge(), frame, "value"), frame, target="value", task="regression"))
    off = 0.1 * found.bench.output.std()
    wrong = found.values + np.array([off, 0, 0, 0])[None, :, None]
    assert additivity_error(found.bench, wrong, found.base) == pytest.approx(0.1, rel=1e-6)


def test_rows_that_are_asked_for_are_the_ones_explained(pipe, rows, evidence):
    """Given positions come back in their order, each with the value it has among all rows."""
    frame = rows(400)
    for model in (LogisticRegression(), RandomForestClassifier(5, random_state=0)):
        given = evidence(pipe(model, frame), frame)
        everything, some = attribute(given), attribute(given, np.array([17, 3]))
        where = [list(everything.rows).index(row) for row in (17, 3)]
        np.testing.assert_allclose(some.values, everything.values[where], atol=1e-12)
        assert (list(some.rows), some.columns) == ([17, 3], everything.columns)
        assert "asked for" in some.rows_because
