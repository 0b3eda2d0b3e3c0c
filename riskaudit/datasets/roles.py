"""Roles: a table and the user's words become a Dataset, every role checked before work starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.labels import MISSING, match_label, sort_labels, text_of, texts
from riskaudit.datasets.tables import Table
from riskaudit.errors import InputError, UsageError, did_you_mean
from riskaudit.rulebook import Task

if TYPE_CHECKING:
    import pandas as pd

MOST_GROUPS = 50
MOST_CLASSES = 100


def check_columns(table: Table, roles: Mapping[str, Sequence[str]]) -> None:
    """Refuse roles that name absent columns, or one column twice in roles that exclude each other.

    Raises
    ------
    UsageError
        Naming the flag, the table and the nearest column.
    """
    columns = [str(c) for c in table.frame.columns]
    for flag, names in roles.items():
        for name in names:
            if name not in columns:
                raise UsageError(
                    f"column '{name}' is not in {table.name}", did_you_mean(name, columns), where=flag
                )


def task_of(column: pd.Series) -> Task:
    """What kind of outcome a target column is: words and few whole numbers are classes."""
    import pandas as pd

    values = column.dropna()
    distinct = values.nunique()
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return "binary" if distinct <= 2 else "multiclass"
    if distinct <= 2:
        return "binary"
    return "multiclass" if distinct <= 20 and bool((values % 1 == 0).all()) else "regression"


def check_target(table: Table, target: str, task: Task) -> None:
    """Refuse a target that is missing somewhere, constant, or no number where one is needed.

    Raises
    ------
    InputError
        With what was found.
    """
    import pandas as pd

    column = table.frame[target]
    absent = int(column.isna().sum())
    if absent:
        raise InputError(
            f"target '{target}' is missing in {absent:,} of {len(column):,} rows of {table.name}",
            "leave those rows out: an outcome nobody knows cannot be audited",
            where="--target",
        )
    if column.nunique() < 2:
        raise InputError(
            f"target '{target}' is '{text_of(column.iloc[0])}' in every row of {table.name}",
            "give a table with more than one outcome",
            where="--target",
        )
    if task == "regression":
        import numpy as np

        if not pd.api.types.is_numeric_dtype(column) or not np.isfinite(column.to_numpy(dtype=float)).all():
            raise InputError(
                f"target '{target}' is not a finite number in every row of {table.name}",
                "give a numeric target, or audit it as classes",
                where="--target",
            )
    elif column.nunique() > MOST_CLASSES:
        raise InputError(
            f"target '{target}' has {column.nunique():,} different values in {table.name}",
            f"at most {MOST_CLASSES} classes can be audited; is it a number (--task regression) or an identifier?",
            where="--target",
        )


def cut(table: Table, bins: Mapping[str, Sequence[float]]) -> Table:
    """The table with numeric columns cut into the named ranges: `<25`, `25-60`, `>=60`.

    Raises
    ------
    UsageError
        If a column is not numeric.
    """
    from dataclasses import replace

    import pandas as pd

    frame = table.frame.copy()
    for name, edges in bins.items():
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise UsageError(
                f"column '{name}' holds words, which --bins cannot cut",
                "name a numeric column",
                where="--bins",
            )
        words = [
            f"<{text_of(edges[0])}",
            *(f"{text_of(a)}-<{text_of(b)}" for a, b in pairwise(edges)),
            f">={text_of(edges[-1])}",
        ]
        cuts = pd.cut(frame[name], [float("-inf"), *edges, float("inf")], right=False, labels=words)
        frame[f"{name} (cut)"] = cuts.astype(object)
    return replace(table, frame=frame)


def check_groups(table: Table, sensitive: Sequence[str]) -> None:
    """Refuse a column of groups that is no column of groups.

    Raises
    ------
    InputError
        If it has more than 50 different values.
    """
    for name in sensitive:
        count = table.frame[name].nunique()
        if count > MOST_GROUPS:
            raise InputError(
                f"sensitive column '{name}' has {count:,} different values, at most {MOST_GROUPS} can be groups",
                f"cut a number into ranges with --bins {name}=25,45,65, or name a column of groups",
                where="--sensitive",
            )


def dataset_of(
    table: Table,
    *,
    target: str,
    task: Task | None = None,
    classes: Sequence[str] = (),
    positive: str = "",
    favourable: Sequence[str] = (),
    features: Sequence[str] = (),
    **roles: str | tuple[str, ...],
) -> Dataset:
    """The dataset that a table is under these roles (columns are known to be there).

    Parameters
    ----------
    classes : sequence of str
        Labels that the model knows; labels of the table are added.
    positive : str
        Default: the last class in order.
    roles
        `sensitive`, `control`, `weight`, `unit`, `prediction`, `score`.
    """
    task = task or task_of(table.frame[target])
    check_target(table, target, task)
    found = (
        ()
        if task == "regression"
        else tuple(w for w in dict.fromkeys(texts(table.frame[target])) if w != MISSING)
    )
    labels = () if task == "regression" else sort_labels([*classes, *found])
    if task != "regression":
        task = "binary" if len(labels) == 2 else "multiclass"
    good = (
        ()
        if task == "regression"
        else tuple(dict.fromkeys(match_label(f, labels, flag="--favourable") for f in favourable))
    )
    if good and set(good) == set(labels):
        raise UsageError(
            f"every outcome of '{target}' is called favourable, so nobody could be treated worse",
            "name only the good one(s)",
            where="--favourable",
        )
    return Dataset(
        name=table.name,
        frame=table.frame,
        target=target,
        task=task,
        classes=labels,
        positive=""
        if task == "regression"
        else match_label(positive, labels, flag="--positive")
        if positive
        else labels[-1],
        favourable=good,
        features=tuple(features),
        sha256=table.sha256,
        notes=table.notes,
        **roles,  # type: ignore[arg-type]
    )
