"""Preprocessing: from a table of mixed columns, gaps included, to the numbers a model takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from riskaudit.errors import UsageError, did_you_mean

KINDS = ("number", "boolean", "category", "date", "text")


def prepare(kinds: Mapping[str, str]) -> Any:
    """An unfitted ColumnTransformer for these columns; it takes them in any order and leaves others alone.

    - number: gaps filled with the median, a 0/1 column more where there were gaps; scaled to mean 0,
      deviation 1
    - boolean: 0 and 1; gaps filled with the more frequent
    - category: a 0/1 column for each value, gaps being a value; of more than 50 values the 49 most frequent
      have their own and the rest share one. A value never seen counts as the rest, or as none of the values
      where there is no rest
    - date: days since 1970-01-01, then as numbers
    - text: left as it is, gaps being empty texts; a table of one text column, for learners that read texts

    Parameters
    ----------
    kinds : dict of str to str
        What each feature column holds.

    Raises
    ------
    UsageError
        If there is no column, a kind that is none, or a text beside other columns.
    """
    from sklearn.compose import ColumnTransformer

    if not kinds:
        raise UsageError("there is no feature column to learn from", "name at least one")
    for column, kind in kinds.items():
        if kind not in KINDS:
            raise UsageError(f"column '{column}' cannot be a '{kind}'", did_you_mean(str(kind), KINDS))
    if "text" in kinds.values() and len(kinds) > 1:
        raise UsageError(
            "a text column cannot be prepared together with others", "prepare it alone, for learner 'text'"
        )
    groups = {kind: [column for column, its in kinds.items() if its == kind] for kind in KINDS}
    steps = [(kind, _steps(kind), columns) for kind, columns in groups.items() if columns]
    return ColumnTransformer(steps, remainder="drop", sparse_threshold=0, verbose_feature_names_out=False)


def origins(fitted: Any) -> list[str]:
    """The input column that each output feature of a fitted `prepare` came from, in order of output."""
    return [column for kind, steps, columns in _groups(fitted) for column in _from(kind, steps, columns)]


def _steps(kind: str) -> Any:
    """The way of one kind of column to numbers."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    from riskaudit.training.columns import Booleans, Categories, DaysSinceEpoch, Numbers, Texts, value_name

    if kind == "text":
        return Texts()
    if kind == "boolean":
        return Pipeline(
            [
                ("read", Booleans()),
                ("fill", SimpleImputer(strategy="most_frequent", keep_empty_features=True)),
            ]
        )
    if kind == "category":
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=50,
            sparse_output=False,
            feature_name_combiner=value_name,
        )
        return Pipeline([("read", Categories()), ("encode", encoder)])
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    read = DaysSinceEpoch() if kind == "date" else Numbers()
    return Pipeline([("read", read), ("fill", fill), ("scale", StandardScaler())])


def _groups(fitted: Any) -> Iterator[tuple[str, Any, list[str]]]:
    """The fitted groups: kind, steps, columns."""
    for kind, steps, columns in fitted.transformers_:
        if kind in KINDS:
            yield kind, steps, list(columns)


def _from(kind: str, steps: Any, columns: list[str]) -> Iterator[str]:
    """The column behind each output of one group."""
    if kind == "category":
        encoder = steps["encode"]
        for column, values, rest in zip(
            columns, encoder.categories_, encoder.infrequent_categories_, strict=True
        ):
            yield from [column] * (len(values) if rest is None else len(values) - len(rest) + 1)
        return
    yield from columns
    indicator = steps["fill"].indicator_ if kind in ("number", "date") else None
    if indicator is not None:
        yield from (columns[at] for at in indicator.features_)
