"""Core preparation: a fitted `prepare` step told as data, and made again from it.

It is made again by fitting the step to a few rows that have every value and every gap there was, and
then setting the numbers: that uses nothing of scikit-learn's but its public fitted attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from riskaudit.errors import InputError
from riskaudit.subjects.core_header import Booleans, Categories, Group, Header, Numbers, Texts, Vocabulary


def told_preparation(fitted: Any) -> Iterator[Group]:
    """The groups of a fitted ColumnTransformer of ours, in the order of its output.

    Raises
    ------
    InputError
        If a step is none that the format has words for.
    """
    for kind, steps, chosen in fitted.transformers_:
        columns = tuple(str(column) for column in chosen)
        match kind:
            case "number" | "date":
                yield _numbers(kind, steps, columns)
            case "boolean":
                yield Booleans(kind=kind, columns=columns, fill=_floats(steps["fill"].statistics_))
            case "category":
                yield Categories(kind=kind, columns=tuple(_vocabularies(steps["encode"], columns)))
            case "text":
                yield Texts(kind=kind, columns=(columns[0],))
            case "remainder":
                continue
            case _:
                raise InputError(
                    f"columns of kind '{kind}' cannot be written to .npz", "save the model as .skops"
                )


def made_preparation(header: Header) -> Any:
    """The fitted step that the header tells of; `ValueError` where it cannot be."""
    preparing = import_module("riskaudit.training.preprocessing")
    kinds = {name: group.kind for group in header.prepare for name in group.names}
    step = preparing.prepare({name: kinds[name] for name in header.features})
    step.fit(_rows(header))
    for group in header.prepare:
        _set(step.named_transformers_[group.kind], group)
    if tuple(told_preparation(step)) != header.prepare:
        raise ValueError("the preparation it tells of cannot be made")
    return step


def _numbers(kind: Any, steps: Any, columns: tuple[str, ...]) -> Numbers:
    fill, scale = steps["fill"], steps["scale"]
    gaps = () if fill.indicator_ is None else tuple(int(at) for at in fill.indicator_.features_)
    return Numbers(
        kind=kind,
        columns=columns,
        fill=_floats(fill.statistics_),
        gaps=gaps,
        mean=_floats(scale.mean_),
        scale=_floats(scale.scale_),
    )


def _vocabularies(encoder: Any, columns: tuple[str, ...]) -> Iterator[Vocabulary]:
    rests = getattr(encoder, "infrequent_categories_", [None] * len(columns))
    for column, values, rest in zip(columns, encoder.categories_, rests, strict=True):
        rare = () if rest is None else tuple(str(value) for value in rest)
        own = tuple(str(value) for value in values if str(value) not in set(rare))
        yield Vocabulary(column=column, values=own, rest=rare)


def _rows(header: Header) -> Any:
    """A table that `prepare` learns the same columns from: each value of its own twice, the rest once."""
    import pandas as pd

    columns: dict[str, list[Any]] = {}
    for group in header.prepare:
        for at, name in enumerate(group.names):
            columns[name] = _values(group, at)
    n = max(2, *(len(values) for values in columns.values()))
    filled = {name: values + [values[-1]] * (n - len(values)) for name, values in columns.items()}
    return pd.DataFrame({name: pd.Series(filled[name], dtype=object) for name in header.features})


def _values(group: Group, at: int) -> list[Any]:
    """Values of one column; the last may be repeated at will."""
    if isinstance(group, Categories):
        one = group.columns[at]
        return [*one.rest, *one.values, *one.values]
    if isinstance(group, Booleans):
        return [False, True]
    if isinstance(group, Texts):
        return ["a text", "another"]
    known = "1970-01-01" if group.kind == "date" else 0.0
    return [None if at in group.gaps else known, known]


def _set(steps: Any, group: Group) -> None:
    """The numbers of one group, in place of those of the rows."""
    if isinstance(group, Categories | Texts):
        return
    steps["fill"].statistics_ = np.array(group.fill)
    if isinstance(group, Numbers):
        scale = steps["scale"]
        scale.mean_, scale.scale_ = np.array(group.mean), np.array(group.scale)
        scale.var_ = scale.scale_**2


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
