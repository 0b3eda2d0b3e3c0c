"""Columns: how a table's columns become numbers, one transformer for each kind.

Each takes a DataFrame (or an array) and gives an array of as many columns; missing values of any sort
(None, NaN, NaT, pd.NA) become NaN, or for categories a category of their own. They keep nothing but the
names of the columns they were fitted to, so a fitted one is safe to write and read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import (  # noqa: TID253 a transformer is a scikit-learn class; only imported to train
    BaseEstimator,
    OneToOneFeatureMixin,
    TransformerMixin,
)

from riskaudit.training.arrays import Array

if TYPE_CHECKING:
    import pandas as pd

MISSING = "(missing)"

_TRUE = {"true", "yes", "t", "y", "1", "1.0"}
_FALSE = {"false", "no", "f", "n", "0", "0.0"}


class _Columns(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """One column in, one column out, each by itself."""

    dtype: Any = np.float64

    def fit(self, X: Any, y: Any = None) -> _Columns:
        """Remember the columns' names and number; refuse what cannot be read."""
        from sklearn.utils.validation import validate_data

        validate_data(self, X, skip_check_array=True)
        self.transform(X)
        return self

    def transform(self, X: Any) -> Array:
        """An array (n, d)."""
        import pandas as pd
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X)
        result = np.empty(frame.shape, self.dtype)
        for at, name in enumerate(frame.columns):
            try:
                result[:, at] = self._read(frame.iloc[:, at])
            except (ValueError, TypeError, OverflowError) as error:
                raise ValueError(f"column '{name}': {error}") from error
        return result

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def _read(self, column: pd.Series) -> Array:
        raise NotImplementedError


LARGEST = 1e150
"""Beyond it a column has no deviation in double precision: squares, summed over rows, are infinite."""


class Numbers(_Columns):
    """Numbers of any dtype, words of numbers included, as float64."""

    def fit(self, X: Any, y: Any = None) -> Numbers:
        """Remember the columns; refuse what cannot be read, or is too large to be scaled."""
        super().fit(X, y)
        values = np.abs(self.transform(X))
        for at in np.flatnonzero((values > LARGEST).any(axis=0)):
            name = self.feature_names_in_[at] if hasattr(self, "feature_names_in_") else at
            raise ValueError(
                f"column '{name}' holds numbers up to {np.nanmax(values[:, at]):.3g}, too large to be scaled; "
                f"give it in a larger unit (at most {LARGEST:g})"
            )
        return self

    def _read(self, column: pd.Series) -> Array:
        import pandas as pd

        values = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(values).any():
            raise ValueError("holds infinity; a number must be finite or missing")
        return np.asarray(values)


class Booleans(_Columns):
    """True and false, in bits or in words (true, yes, 1; false, no, 0; any case), as 1.0 and 0.0."""

    def _read(self, column: pd.Series) -> Array:
        return _by_value(column, _truth, missing=np.nan, dtype=np.float64)


class Categories(_Columns):
    """Values of any sort as words; missing ones as "(missing)". A whole float is written as a whole number,
    for a column of codes turns to floats where one is missing."""

    dtype = object

    def _read(self, column: pd.Series) -> Array:
        return _by_value(column, _written, missing=MISSING, dtype=object)


class Texts(_Columns):
    """Texts as they are; missing ones as empty ones."""

    dtype = object

    def _read(self, column: pd.Series) -> Array:
        from riskaudit.training.tokens import texts_of

        return texts_of(column)


class DaysSinceEpoch(_Columns):
    """ISO 8601 words, dates or timestamps as days since 1970-01-01 (UTC), with their fraction."""

    def _read(self, column: pd.Series) -> Array:
        import pandas as pd

        if not pd.api.types.is_datetime64_any_dtype(column):
            return _by_value(column, _days, missing=np.nan, dtype=np.float64)
        moments = column.dt.tz_localize("UTC") if column.dt.tz is None else column.dt.tz_convert("UTC")
        days = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
        return np.asarray(days.to_numpy(dtype=np.float64, na_value=np.nan))


def _by_value(column: pd.Series, read: Any, *, missing: Any, dtype: Any) -> Array:
    """Each value read once, however many rows hold it."""
    import pandas as pd

    codes, values = pd.factorize(column.astype(object))
    known = np.array([*(read(value) for value in values), missing], dtype)
    return np.asarray(known[codes])  # missing has code -1, the last


def _truth(value: Any) -> float:
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return float(word in _TRUE)
    raise ValueError(f"{value!r} is neither true nor false")


def _days(value: Any) -> float:
    """Python's own dates reach from year 1 to 9999, in which pandas' nanoseconds do not fit."""
    moment = value
    if isinstance(value, str):
        moment = datetime.fromisoformat(value.strip())
    elif isinstance(value, date) and not isinstance(value, datetime):
        moment = datetime(value.year, value.month, value.day)
    elif isinstance(value, np.datetime64):
        moment = value.astype("datetime64[us]").item()
    if not isinstance(moment, datetime):
        raise ValueError(f"{value!r} is no date; dates must be ISO 8601 words or timestamps")
    return float((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) / 86_400


def _written(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def value_name(column: str, value: Any) -> str:
    """The name of a category's 0/1 column: `sex=female`."""
    return f"{column}={'(rest)' if value == 'infrequent_sklearn' else value}"
