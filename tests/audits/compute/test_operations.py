"""Operations: counted by hand and by a naive walk."""

import numpy as np
import pandas as pd
import pytest
from audits.privacy.worlds import linear
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from riskaudit.audits.compute.memory import bytes_in
from riskaudit.audits.compute.operations import flops_of, measure
from riskaudit.audits.compute.visits import visits_of
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import subject_of
from riskaudit.training.perceptron import NumpyPerceptronClassifier

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(300, 4)), RNG.integers(3, size=300)


def walked(tree, row):
    at, passed = 0, 1
    while tree.children_left[at] >= 0:
        left = np.float32(row[tree.feature[at]]) <= tree.threshold[at]
        at, passed = (tree.children_left if left else tree.children_right)[at], passed + 1
    return passed


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, random_state=0),
        ExtraTreesRegressor(5, random_state=0),
        GradientBoostingClassifier(n_estimators=4, random_state=0),
    ],
)
def test_visits_are_those_of_a_naive_walk(model):
    """Every node from root to leaf, over all trees of all classes."""
    model.fit(X, Y)
    trees = [one.tree_ for one in np.ravel(model.estimators_)]
    naive = [sum(walked(tree, row) for tree in trees) for row in X[:40]]
    assert visits_of(model, X[:40]).tolist() == naive


def test_histogram_trees_are_walked_as_the_library_does():
    """The nodes we end in hold the values that the library adds up; gaps go where it sends them."""
    gaps = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
    model = HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(gaps, Y == 0)
    found = visits_of(model, gaps)

    def passed(nodes, row):
        at, count = 0, 1
        while not nodes[at]["is_leaf"]:
            value = row[nodes[at]["feature_idx"]]
            missing = np.isnan(value) and nodes[at]["missing_go_to_left"]
            at, count = (
                int(nodes[at]["left" if missing or value <= nodes[at]["num_threshold"] else "right"]),
                count + 1,
            )
        return count, nodes[at]["value"]  # fmt: skip

    for row, visits in zip(gaps[:50], found[:50], strict=True):
        ends = [passed(trees[0].nodes, row) for trees in model._predictors]
        assert visits == sum(count for count, _ in ends)
        total = model._baseline_prediction[0, 0] + sum(value for _, value in ends)
        assert total == pytest.approx(model.decision_function(row[None])[0])


def test_a_split_on_categories_is_not_guessed():
    """Sets of categories are the library's own: then nothing is counted, and the note says so."""
    frame = pd.DataFrame({"x": pd.Categorical(RNG.choice(list("abcdef"), 300)), "z": RNG.normal(size=300)})
    y = frame["x"].isin(["a", "c", "f"]).astype(int)
    model = HistGradientBoostingClassifier(max_iter=2, categorical_features=["x"]).fit(frame, y)
    with pytest.raises((NotImplementedError, ValueError)):
        visits_of(model, frame)


def test_native_trees_agree_with_a_walk_by_depth():
    """XGBoost and LightGBM: a full tree of depth 2 passes 3 nodes each."""
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    y = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
    boosted = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1).fit(X, y)
    light = lightgbm.LGBMClassifier(n_estimators=3, max_depth=1, verbose=-1, n_jobs=1).fit(X, y)
    assert visits_of(boosted, X).max() <= 9
    assert set(visits_of(light, X)) == {6.0}
    table = boosted.get_booster().trees_to_dataframe()
    leaves = boosted.apply(X)[0].astype(int)
    naive = 0
    for tree, leaf in enumerate(leaves):
        part = table[table.Tree == tree].set_index("ID")
        at, naive = f"{tree}-{leaf}", naive + 1
        while not (up := part[(part.Yes == at) | (part.No == at)]).empty:
            at, naive = up.index[0], naive + 1
    assert visits_of(boosted, X[:1])[0] == naive


def test_multiplications_by_hand():
    """4 x 5 into the hidden layer and 5 x 3 out of it, 2 each; 2 p for two classes; 3 for each stored value."""
    network = NumpyPerceptronClassifier((5,), epochs=1, random_state=0).fit(X, Y)
    assert flops_of(network) == 2 * (4 * 5 + 5 * 3)
    assert flops_of(LogisticRegression().fit(X, Y == 0)) == 2 * 4
    assert flops_of(LogisticRegression().fit(X, Y)) == 2 * 4 * 3
    assert flops_of(KNeighborsClassifier(algorithm="brute").fit(X, Y)) == 3 * X.size
    assert flops_of(GaussianNB().fit(X, Y)) is None


def told(model):
    rows = linear(0, 300)
    fitted = model.fit(rows.frame[list(rows.features)], rows.labels)
    return measure(Evidence(subject=subject_of(fitted, name="m", features=rows.features), test=rows))


def test_the_rows_are_prepared_as_the_model_sees_them():
    """A scaler before the forest is passed through first: the count equals that of scaled rows."""
    rows = linear(0, 300)
    found = told(make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)))
    scaled = StandardScaler().fit_transform(rows.frame[list(rows.features)])
    forest = RandomForestClassifier(3, random_state=0).fit(scaled, rows.labels)
    assert found.value == pytest.approx(visits_of(forest, scaled).mean())
    assert found.where == {"kind": "node visits"}
    assert found.interval.low <= found.value <= found.interval.high


def test_what_cannot_be_counted_is_no_zero():
    """A model of neither kind has no count, and the note names it."""
    found = told(GaussianNB())
    assert found.value is None
    assert "GaussianNB" in found.note


def test_memory_grows_by_the_arrays():
    """A model holds its arrays once, however many names they go by; trees by their nodes."""
    model = LogisticRegression().fit(X, Y)
    before = bytes_in(model)
    model.extra_ = model.again_ = np.zeros(10_000)
    model.view_ = model.extra_[5:]
    assert bytes_in(model) - before == 80_000 + len("extra_again_view_")
    small, large = (bytes_in(RandomForestClassifier(n, random_state=0).fit(X, Y)) for n in (10, 20))
    assert large == pytest.approx(2 * small, rel=0.1)
    nodes = sum(
        t.tree_.node_count * 64 for t in RandomForestClassifier(10, random_state=0).fit(X, Y).estimators_
    )
    assert small > nodes  # fmt: skip
