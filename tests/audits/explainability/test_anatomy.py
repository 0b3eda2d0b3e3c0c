"""A fitted model comes apart, and every prepared column finds its owner."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import AdaBoostClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from riskaudit.subjects.anatomy import model_family, take_apart
from riskaudit.training.linear import NumpyLinearRegression
from riskaudit.training.logistic import NumpyLogisticRegression
from riskaudit.training.preprocessing import origins, prepare


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=120),
            "a_b": rng.choice(["c", "b_c", "x"], 120),
            "num": rng.normal(size=120),
            "text": [f"hello w{i}" for i in rng.integers(0, 3, 120)],
            "one": rng.choice(["u", "v"], 120),
            "unused": 1.0,
        }
    )
    frame.loc[3:9, "a"] = np.nan
    return frame, rng.integers(0, 2, 120)


def test_columns_find_their_owners_through_nested_steps(table):
    """Imputing with indicators, one-hot with rare values, text, dropped and passed columns, selection."""
    X, y = table
    prepare = ColumnTransformer(
        [
            ("n", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["a", "num"]),
            ("c", OneHotEncoder(drop="if_binary"), ["a_b", "one"]),
            ("t", TfidfVectorizer(), "text"),
            ("d", "drop", ["unused"]),
        ]
    )
    parts = take_apart(Pipeline([("p", prepare), ("m", LogisticRegression())]).fit(X, y))
    assert parts.origins == ("a", "num", "a", "a_b", "a_b", "a_b", "one", *["text"] * 4)
    assert parts.prepared(X).shape == (120, 11)
    kept = Pipeline([("p", prepare), ("k", SelectKBest(k=3)), ("m", LogisticRegression())]).fit(X, y)
    names = kept[:-1].get_feature_names_out()
    assert [n.split("__")[1].startswith(o[:3]) for n, o in zip(names, take_apart(kept).origins, strict=True)]


def test_our_own_preparation_comes_apart_as_it_says_itself(table):
    """The training core's `origins` and `take_apart` agree."""
    X, y = table
    X = X.assign(flag=X.num > 0, day=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(120), "D"))
    kinds = {"a": "number", "a_b": "category", "flag": "boolean", "day": "date", "one": "category"}
    model = Pipeline([("prepare", prepare(kinds)), ("model", LogisticRegression())]).fit(X, y)
    assert list(take_apart(model).origins) == origins(model[0])


def test_arrays_without_names_take_the_names_given(table):
    """Positions, slices, bins and a union, fitted to an array."""
    X, y = table
    numbers = X[["num", "num"]].to_numpy()
    bins = KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf")
    model = make_pipeline(StandardScaler(), bins, LogisticRegression()).fit(numbers, y)
    assert take_apart(model, ["u", "v"]).origins == ("u", "u", "u", "v", "v", "v")
    union = FeatureUnion([("s", StandardScaler()), ("p", "passthrough")])
    columns = ColumnTransformer([("first", union, slice(0, 1)), ("last", StandardScaler(), [False, True])])
    model = make_pipeline(columns, LogisticRegression()).fit(numbers, y)
    assert take_apart(model).origins == ("x0", "x0", "x1")


@pytest.mark.parametrize(
    "step",
    [PCA(2), KNNImputer(), FunctionTransformer(lambda X: X[["num", "a"]].to_numpy() @ np.ones((2, 2)))],
)
def test_steps_that_mix_columns_stay_whole(table, step):
    """Where a prepared column comes from several, the model is not taken apart."""
    X, y = table
    X = X[["num", "a"]].fillna(0)
    parts = take_apart(make_pipeline(step, LogisticRegression()).fit(X, y))
    assert not parts.apart
    assert parts.origins == ("num", "a")
    assert model_family(parts.model) == "other"


def test_the_audited_pipeline_is_not_touched(table):
    """Asking for names leaves no mark on the model."""
    X, y = table
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[["num", "unused"]], y)
    take_apart(model)
    assert list(model[0].feature_names_in_) == ["num", "unused"]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        (LogisticRegression(), "linear"),
        (NumpyLogisticRegression(), "linear"),
        (SVC(kernel="rbf"), "other"),
        (RandomForestClassifier(2), "trees"),
        (HistGradientBoostingClassifier(max_iter=2), "trees"),
        (AdaBoostClassifier(n_estimators=2), "other"),
        (GridSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}), "linear"),
    ],
)
def test_families(table, model, family):
    """Each model has the explainer that fits it; a search is what it found best."""
    X, y = table
    assert model_family(take_apart(model.fit(X[["num", "unused"]], y)).model) == family


def test_regressions_are_families_too(table):
    """Linear regressions, ours and scikit-learn's."""
    X, _ = table
    for model in (LinearRegression(), NumpyLinearRegression()):
        assert model_family(model.fit(X[["num"]], X.num)) == "linear"
