"""Roles: a table and the user's words become a Dataset, every role checked before work starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.labels import MISSING, match_label, sort_labels, text_of, texts
from riskaudit.datasets.reading.origin import MOST_NAME
from riskaudit.datasets.tables import Table
from riskaudit.errors import InputError, UsageError, all_of, did_you_mean
from riskaudit.rulebook import Task

if TYPE_CHECKING:
    import pandas as pd

NO_OUTCOME = frozenset(
    {
        *("na", "n/a", "#n/a", "nan", "null", "?", "<na>"),
        *("#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"),
    }
)
# Words that may be an outcome among words; among numbers, or yes and no, they are a gap.
GAPS = frozenset({"", "-", "--", ".", "none", "nil", "n.a.", "missing", "unknown", "not available"})
MOST_GROUPS = 50
MOST_CLASSES = 100


def check_columns(table: Table, roles: Mapping[str, Sequence[str]]) -> None:
    """Refuse roles that name absent columns, all of them at once.

    Raises
    ------
    UsageError
        Naming the flags, the table and the nearest column.
    """
    columns = [str(c) for c in table.frame.columns]
    absent = [(flag, name) for flag, names in roles.items() for name in names if name not in set(columns)]
    if not absent:
        return
    name = absent[0][1]
    if len(absent) == 1:
        problem = f"column '{name}' is not in {table.name}"
    else:
        told = ", ".join(f"'{name}' ({flag})" for flag, name in absent)
        problem = f"{len(absent)} columns are not in {table.name}: {told}"
    if name in table.left_out:
        hint = "it is in the file, but holds lists, structures or raw bytes: give it plain values"
        raise UsageError(problem, hint, where=", ".join(dict.fromkeys(flag for flag, _ in absent)))
    hint = did_you_mean(name, columns)
    if sum(_like_a_value(column) for column in columns) * 2 > len(columns):
        hint = "its first line looks like a row: does the file lack a header line? " + hint
    raise UsageError(problem, hint, where=", ".join(dict.fromkeys(flag for flag, _ in absent)))


def _like_a_value(name: str) -> bool:
    """Whether a column name is a number."""
    try:
        float(name)
    except ValueError:
        return False
    return True


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
    _check_words(table, target, task)
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


TRUTHS = frozenset({"yes", "no", "true", "false", "y", "n", "t", "f"})


def _check_words(table: Table, target: str, task: Task) -> None:
    """Refuse outcomes that look like missing values, or like one outcome spelt in two ways."""
    import pandas as pd

    column = table.frame[target]
    if task == "regression" or pd.api.types.is_numeric_dtype(column):
        return
    labels = list(dict.fromkeys(text_of(label) for label in column.unique()[: MOST_CLASSES + 1]))
    if target in labels:
        raise InputError(
            f"target '{target}' is '{target}' in {int((column == target).sum()):,} of {len(column):,} rows of {table.name}",
            "that is the header again, among the rows: were files joined? Leave those lines out",
            where="--target",
        )
    plain = [label for label in labels if label.strip().casefold() in TRUTHS or _like_a_value(label)]
    gaps = GAPS if len(plain) >= 2 else frozenset()
    for label in labels:
        if label.strip().lower() in NO_OUTCOME | gaps:
            raise InputError(
                f"target '{target}' is '{label}' in {int((column == label).sum()):,} of {len(column):,} rows of {table.name}",
                "that reads like a missing value: leave those rows out, or give the outcome another name",
                where="--target",
            )
    _check_lengths(table, target, "--target")
    for one, other in lookalikes(labels):
        raise InputError(
            f"target '{target}' has both '{one}' and '{other}', which differ in capitals, blanks or signs nobody sees",
            "spell each outcome in one way",
            where="--target",
        )
    truths = [label for label in labels if label.strip().casefold() in TRUTHS]
    numbers = [label for label in labels if label.strip() in ("0", "1")]
    if truths and numbers:
        raise InputError(
            f"target '{target}' has both '{truths[0]}' and '{numbers[0]}': yes and no spelt in two ways",
            "spell each outcome in one way",
            where="--target",
        )


def _check_lengths(table: Table, name: str, flag: str) -> None:
    """Refuse labels that are texts: they would fill a report."""
    longest = max(
        (len(text_of(label)) for label in table.frame[name].dropna().unique()[:MOST_CLASSES]), default=0
    )
    if longest > MOST_NAME:
        raise InputError(
            f"column '{name}' of {table.name} has a value of {longest:,} characters, at most {MOST_NAME} can name a group",
            "name a column of short labels",
            where=flag,
        )


def lookalikes(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of labels that a reader would take for one: `f` and `F `, or two codings of one letter."""
    import unicodedata

    seen: dict[str, str] = {}
    pairs = []
    for label in labels:
        plain = "".join(c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
        plain = " ".join(plain.split()).casefold()
        if plain in seen:
            pairs.append((seen[plain], label))
        seen.setdefault(plain, label)
    return pairs


def check_values(table: Table, roles: Mapping[str, Sequence[str]]) -> None:
    """Refuse columns with a role that hold infinity, or truth values beside numbers.

    Raises
    ------
    InputError
        All that is found, at once.
    """
    all_of(
        *(
            lambda flag=flag, name=name: _check_value(table, name, flag)
            for flag, names in roles.items()
            for name in names
        )
    )


def _check_value(table: Table, name: str, flag: str) -> None:
    """One column of them."""
    import numpy as np
    import pandas as pd

    column = table.frame[name]
    if pd.api.types.is_float_dtype(column):
        endless = int(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
        if endless:
            raise InputError(
                f"column '{name}' is infinite in {endless:,} of {len(column):,} rows of {table.name}",
                "leave those rows out, or give a number",
                where=flag,
            )
    learned = flag == "--features"  # what a model makes of words is its own matter
    if learned or pd.api.types.is_numeric_dtype(column) or column.nunique() > MOST_CLASSES:
        return
    found = column.dropna()
    words = {text_of(value).lower() for value in found.unique()}
    kinds = set(found.map(type)) if column.dtype == object else set()
    beside = [kind for kind in kinds if kind is not bool and issubclass(kind, (int, float))]
    if (bool in kinds and beside) or (words & {"true", "false"} and words & {"0", "1", "0.0", "1.0"}):
        raise InputError(
            f"column '{name}' of {table.name} has both truth values and numbers",
            "write each value in one way: true and false, or 1 and 0",
            where=flag,
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


def quantile_edges(table: Table, parts: Mapping[str, int]) -> dict[str, tuple[float, ...]]:
    """The edges that cut numeric columns into so many parts of about equal size.

    Parameters
    ----------
    parts
        How many parts each column is to have; ties can make it fewer.

    Raises
    ------
    UsageError
        If a column is not numeric, or hardly varies.
    """
    import numpy as np
    import pandas as pd

    found = {}
    for name, count in parts.items():
        if not pd.api.types.is_numeric_dtype(table.frame[name]):
            raise UsageError(
                f"column '{name}' holds words, which --bins cannot cut",
                "name a numeric column",
                where="--bins",
            )
        values = table.frame[name].dropna().to_numpy(dtype=np.float64)
        _check_cut(values, name)
        edges = np.unique(np.quantile(values, np.arange(1, count) / count, method="inverted_cdf"))
        edges = edges[edges > values.min()]
        if not len(edges):
            raise UsageError(
                f"column '{name}' cannot be cut into {count} parts: most rows share one value",
                f"name the edges: --bins {name}=25,45,65",
                where="--bins",
            )
        found[name] = tuple(float(edge) for edge in edges)
    return found


def _check_cut(values: Any, name: str) -> None:
    """Refuse numbers that have no quantiles."""
    import numpy as np

    if len(values) and np.isfinite(values).all():
        return
    raise InputError(
        f"column '{name}' is empty" if not len(values) else f"column '{name}' is infinite in some rows",
        "name a column of finite numbers",
        where="--bins",
    )


def check_groups(table: Table, sensitive: Sequence[str]) -> None:
    """Refuse a column of groups that is no column of groups.

    Raises
    ------
    InputError
        If it has more than 50 different values.
    """
    for name in sensitive:
        count = table.frame[name].nunique()
        if not count:
            raise InputError(
                f"sensitive column '{name}' of {table.name} is empty",
                "name a column of groups",
                where="--sensitive",
            )
        if table.frame[name].dtype.kind not in "iufb":
            _check_lengths(table, name, "--sensitive")
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
