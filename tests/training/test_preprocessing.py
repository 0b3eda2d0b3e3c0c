"""Preprocessing: nasty tables become finite numbers whose origin is known."""

import datetime

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st

from riskaudit.errors import UsageError
from riskaudit.subjects.trusted import TRUSTED_TYPES
from riskaudit.training.columns import MISSING, Booleans, Categories, DaysSinceEpoch, Numbers
from riskaudit.training.preprocessing import origins, prepare

N = 120
KINDS = {
    "sex": "category",
    "age": "number",
    "income": "number",
    "words": "number",
    "empty": "number",
    "flag": "boolean",
    "yes": "boolean",
    "bits": "boolean",
    "code": "category",
    "label": "category",
    "many": "category",
    "nothing": "category",
    "day": "date",
    "moment": "date",
    "date": "date",
}


def nasty(n=N, seed=0):
    """A table with every dtype and a gap of every sort."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": pd.array(rng.integers(18, 80, n), dtype="Int64"),
            "income": rng.normal(size=n) * 1e4,
            "words": [None if i % 7 == 0 else str(i) for i in range(n)],
            "empty": [None] * n,
            "flag": pd.array(rng.random(n) > 0.5, dtype="boolean"),
            "yes": np.where(rng.random(n) > 0.5, "Yes", "no"),
            "bits": rng.random(n) > 0.5,
            "sex": pd.Series(np.where(rng.random(n) > 0.5, "f", "m"), dtype="str"),
            "code": rng.integers(0, 5, n).astype(float),
            "label": pd.Categorical(np.array(list("abc"))[rng.integers(0, 3, n)]),
            "many": [f"v{i % 80}" for i in range(n)],
            "nothing": pd.Series([None] * n, dtype=object),
            "day": [f"2020-01-0{1 + i % 9}" for i in range(n)],
            "moment": pd.date_range("1950", periods=n, freq="D", tz="Europe/Berlin"),
            "date": [datetime.date(2000, 1, 1 + i % 28) for i in range(n)],
        }
    )
    gaps = {"age": pd.NA, "income": np.nan, "flag": pd.NA, "sex": None, "code": np.nan, "label": None}
    for row, (column, gap) in enumerate({**gaps, "day": None, "moment": pd.NaT}.items()):
        frame.loc[row, column] = gap
    return frame


@pytest.fixture(scope="module")
def fitted():
    return prepare(KINDS).fit(nasty())


def test_everything_becomes_a_finite_number(fitted):
    """No gap, no object, no infinity comes out."""
    Z = fitted.transform(nasty())
    assert Z.dtype == np.float64
    assert np.isfinite(Z).all()
    assert Z.shape == (N, len(fitted.get_feature_names_out()))


def test_origins_name_the_column_behind_each_output(fitted):
    """Changing one column changes outputs of that origin and no other."""
    frame, names = nasty(), np.array(origins(fitted))
    before = fitted.transform(frame)
    assert len(names) == before.shape[1]
    assert set(names) == set(KINDS)
    for column in KINDS:
        other = frame.copy()
        other[column] = frame[column].to_numpy(dtype=object)[::-1]
        changed = (fitted.transform(other) != before).any(axis=0)
        assert set(names[changed]) <= {column}
        if column not in ("empty", "nothing"):
            assert changed.any(), column


def test_names_tell_column_and_value(fitted):
    """Numbers keep their name; categories are named column=value, gaps and the rest included."""
    names = list(fitted.get_feature_names_out())
    assert {"age", "missingindicator_age", "sex=f", f"sex={MISSING}", "code=3", "many=(rest)", "day"} <= set(
        names
    )


def test_order_and_strangers_do_not_matter(fitted):
    """Columns in any order, others beside them, even without a row index from 0."""
    frame = nasty()
    shuffled = frame[list(frame.columns[::-1])].assign(stranger=1).set_index(np.arange(N) + 1000)
    np.testing.assert_array_equal(fitted.transform(shuffled), fitted.transform(frame))


def test_a_missing_column_is_named(fitted):
    """The error says which."""
    with pytest.raises(ValueError, match="age"):
        fitted.transform(nasty().drop(columns="age"))


def test_values_never_seen(fitted):
    """An unseen value is the rest where there is one, and else none of the known values."""
    frame, names = nasty(), list(fitted.get_feature_names_out())
    frame["sex"], frame["many"], frame["code"] = "x", "unseen", 77
    Z = fitted.transform(frame)
    assert not Z[:, [names.index("sex=f"), names.index("sex=m"), names.index(f"sex={MISSING}")]].any()
    assert Z[:, names.index("many=(rest)")].all()


def test_codes_with_and_without_gaps_are_the_same_codes(fitted):
    """Whole numbers turn to floats where one is missing; the category does not change."""
    frame = nasty()
    as_whole = frame.assign(code=frame["code"].fillna(3).astype(int))
    as_float = frame.assign(code=frame["code"].fillna(3))
    np.testing.assert_array_equal(fitted.transform(as_whole), fitted.transform(as_float))


def test_no_more_than_fifty_columns_from_a_category():
    """Of 80 values 49 keep a column and the rest share one."""
    frame = pd.DataFrame({"many": [f"v{i % 80}" for i in range(400)] + ["v0"] * 9})
    assert prepare({"many": "category"}).fit_transform(frame).shape[1] == 50


def test_numbers_are_scaled_and_filled():
    """A gap becomes the median; the column then has mean 0 and deviation 1."""
    Z = prepare({"x": "number"}).fit_transform(pd.DataFrame({"x": [1.0, 2.0, None, 9.0]}))
    filled = np.array([1, 2, 2, 9.0])
    np.testing.assert_allclose(Z[:, 0], (filled - filled.mean()) / filled.std())
    assert Z[2, 1] > 0 > Z[0, 1]


def test_a_gap_that_training_did_not_have():
    """Columns without gaps get no indicator; a later gap is filled all the same."""
    fitted = prepare({"x": "number", "b": "boolean"}).fit(pd.DataFrame({"x": [1.0, 3.0], "b": [True, True]}))
    np.testing.assert_allclose(fitted.transform(pd.DataFrame({"x": [None], "b": [None]})), [[0.0, 1.0]])


def test_days_since_epoch():
    """Words, timestamps and dates of the same day are the same number; hours are fractions; zones count."""
    same = ["1970-01-11", pd.Timestamp("1970-01-11"), datetime.date(1970, 1, 11), "1970-01-11T00:00:00Z"]
    for value in same:
        frame = pd.DataFrame({"d": [value, None]})
        np.testing.assert_array_equal(DaysSinceEpoch().fit_transform(frame), [[10.0], [np.nan]])
    frame = pd.DataFrame({"d": ["1969-12-31T12:00:00", "1970-01-01T02:00:00+02:00", "3000-01-01"]})
    np.testing.assert_array_equal(DaysSinceEpoch().fit_transform(frame).ravel(), [-0.5, 0.0, 376200.0])


@pytest.mark.parametrize(
    ("reader", "values", "said"),
    [
        (Numbers(), ["1", "two"], "column 'x'.*two"),
        (Numbers(), [1.0, np.inf], "column 'x': holds infinity"),
        (Booleans(), ["yes", "maybe"], "column 'x': 'maybe' is neither"),
        (DaysSinceEpoch(), ["2020-01-01", "soon"], "column 'x'.*soon"),
        (DaysSinceEpoch(), [1, 2], "column 'x': 1 is no date"),
        (Categories(), [[1], [2]], "column 'x'"),
    ],
)
def test_what_cannot_be_read_is_named(reader, values, said):
    """The error names the column and the value."""
    with pytest.raises(ValueError, match=said):
        reader.fit(pd.DataFrame({"x": values}))


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "Float64", "int64[pyarrow]", "str", "object"])
def test_numbers_of_any_dtype(dtype):
    """1, 2, 3 are 1, 2, 3."""
    column = pd.Series([1, 2, 3]).astype(dtype)
    np.testing.assert_array_equal(Numbers().fit_transform(column.to_frame("x")).ravel(), [1, 2, 3])


def test_kinds_are_checked():
    """An unknown kind gets a suggestion; no column at all is an error."""
    with pytest.raises(UsageError) as caught:
        prepare({"x": "numbr"})
    assert "did you mean 'number'" in caught.value.hint
    with pytest.raises(UsageError, match="no feature column"):
        prepare({})


def test_written_and_read_it_is_the_same(fitted):
    """A round trip through skops with the fixed list keeps numbers, names and origins."""
    again = skops.io.loads(skops.io.dumps(fitted), trusted=list(TRUSTED_TYPES))
    assert again.transform(nasty()).tobytes() == fitted.transform(nasty()).tobytes()
    assert list(again.get_feature_names_out()) == list(fitted.get_feature_names_out())
    assert origins(again) == origins(fitted)


VALUES = st.one_of(st.none(), st.text(max_size=4), st.integers(-9, 9), st.floats(-9, 9), st.booleans())


@settings(max_examples=30, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=12), st.lists(VALUES, min_size=1, max_size=12))
def test_any_values_make_categories(seen, later):
    """Whatever a column holds, it can be a category, and rows have at most one 1."""
    fitted = prepare({"x": "category"}).fit(pd.DataFrame({"x": pd.Series(seen, dtype=object)}))
    assert (fitted.transform(pd.DataFrame({"x": pd.Series(seen, dtype=object)})).sum(axis=1) == 1).all()
    assert (fitted.transform(pd.DataFrame({"x": pd.Series(later, dtype=object)})).sum(axis=1) <= 1).all()
