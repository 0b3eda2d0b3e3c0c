"""Tables with the roles that a request gives them, every fault of every role told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from riskaudit.asking import check_roles
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.drift import check_record
from riskaudit.datasets.roles import (
    check_columns,
    check_groups,
    check_target,
    check_values,
    cut,
    dataset_of,
    quantile_edges,
    task_of,
)
from riskaudit.datasets.tables import Table, read_table, table_of
from riskaudit.errors import InputError, UsageError, all_of
from riskaudit.request import Request
from riskaudit.rulebook import Task
from riskaudit.subjects.subject import Subject

MOST_WEIGHT = 1e100  # squares of it, summed over any table, are finite


def table_in(
    request: Request,
    path: str,
    flag: str,
    subject: Subject | None = None,
    *,
    frames: Mapping[str, Any],
) -> Table:
    """A table, its groups read as words.

    A column that the model learned from is read as it was read in training, whatever it is asked for now.
    """
    if path in frames:
        return table_of(frames[path], flag=flag, name=path)
    record = subject.training if subject else None
    asked = {*request.sensitive, request.control} - {*request.bins, *request.quantiles}
    words = (asked - set(subject.features if subject else ())) | set(record.sensitive if record else ())
    learned = record.features.items() if record else ()
    verbatim = {name for name, kind in learned if kind in ("category", "text", "date")}
    return read_table(
        path,
        flag=flag,
        text_columns=words - verbatim,
        verbatim=verbatim,
        decimal=request.decimal,
        encoding=request.encoding,
    )


def with_edges(request: Request, table: Table) -> Request:
    """The request with its quantiles as edges, those of this table."""
    check_columns(table, {"--bins": [*request.bins, *request.quantiles]})
    if not request.quantiles:
        return request
    edges = quantile_edges(table, request.quantiles)
    return request.model_copy(update={"bins": {**request.bins, **edges}})


def dataset_in(
    table: Table,
    request: Request,
    *,
    subject: Subject | None,
    flag: str,
    features: tuple[str, ...] = (),
    more: Mapping[str, list[str]] | None = None,
    grouped: bool = True,
) -> Dataset:
    """A table with the request's roles; what the training record knows fills what is not said.

    Every fault of every role is told at once; `more` are roles besides those that every request has.
    """
    record = subject.training if subject else None
    target = request.target or (record.target if record else "")
    plain = request.sensitive or (record.sensitive if record else ())
    single = {"control": request.control, "weight": request.weight, "group-column": request.group_column}
    single["unit"] = request.unit
    roles = {
        "--target": [target],
        **(more or {}),
        "--sensitive": list(plain),
        **{f"--{flag}": [name] for flag, name in single.items() if name},
    }
    check_columns(table, {"--bins": list(request.bins), "--quasi": list(request.quasi), **roles})
    table = _cut(table, request)
    sensitive = tuple(f"{name} (cut)" if name in request.bins else name for name in plain)
    check_roles(request, target, sensitive)
    task = _task(table, target, request, subject)
    valued = {flag: names for flag, names in roles.items() if flag not in ("--unit", "--group-column")}
    valued["--features"] = list(features or (subject.features if subject else ()))
    known = set(map(str, table.frame.columns))
    all_of(
        lambda: check_target(table, target, task),
        lambda: check_groups(table, sensitive if grouped else ()),
        lambda: check_values(table, {f: [n for n in names if n in known] for f, names in valued.items()}),
    )
    data = dataset_of(
        table,
        target=target,
        task=task,
        classes=subject.classes if subject else (),
        positive=request.positive or (record.positive if record else ""),
        favourable=request.favourable or (record.favourable if record else ()),
        features=features or (subject.features if subject else ()),
        sensitive=sensitive,
        control=request.control,
        weight=request.weight,
        unit=request.unit or request.group_column,
    )
    if request.weight:
        _check_weights(data)
    if subject is not None and subject.can_predict:
        subject.columns(data.frame)
        all_of(lambda: _check_labels(data, subject), lambda: check_record(data, record, flag=flag))
    return data


def training_data(
    request: Request, *, frames: Mapping[str, Any] | None = None, grouped: bool = True
) -> Dataset:
    """The table to train on, its features named: all columns without a role, unless said otherwise.

    Without `grouped` a sensitive column may hold any numbers: an audit will ask where to cut them.
    """
    table = table_in(request, request.data, "--data", frames=frames or {})
    request = with_edges(request, table)
    check_columns(
        table,
        {
            "--target": [request.target],
            "--features": request.features,
            "--drop": request.drop,
            "--sensitive": request.sensitive,
        },
    )
    roles = {
        request.target,
        request.control,
        request.weight,
        request.group_column,
        request.unit,
        *request.sensitive,
        *request.drop,
    }
    roles |= {name.removesuffix(" (cut)") for name in request.sensitive}
    features = request.features or tuple(
        str(c) for c in table.frame.columns if c not in roles and not str(c).endswith(" (cut)")
    )
    if request.target in features:
        raise UsageError(
            f"the target '{request.target}' cannot be a feature",
            "leave it out of --features",
            where="--features",
        )
    if not features:
        raise UsageError("no feature column is left", "name some with --features", where="--features")
    return dataset_in(table, request, subject=None, flag="--data", features=features, grouped=grouped)


def _cut(table: Table, request: Request) -> Table:
    """The table with its numbers cut into ranges; edges that were not named are told."""
    if not request.bins:
        return table
    told = tuple(
        f"'{name}' was cut at {', '.join(f'{edge:g}' for edge in request.bins[name])}: "
        f"{parts} parts of about equal size"
        for name, parts in request.quantiles.items()
    )
    done = cut(table, request.bins)
    return replace(done, notes=done.notes + told)


def _task(table: Table, target: str, request: Request, subject: Subject | None) -> Task:
    """What is said, what the model is, or what the column looks like."""
    if subject is not None and subject.can_predict:
        return "regression" if subject.regression else "multiclass"
    return request.task or task_of(table.frame[target])


def _check_labels(data: Dataset, subject: Subject) -> None:
    """Refuse outcomes that the model does not know: it could never be right about them."""
    strange = [label for label in data.classes if label not in subject.classes]
    if not subject.regression and strange:
        raise InputError(
            f"target '{data.target}' of {data.name} has '{strange[0]}', but the model knows only "
            f"{', '.join(subject.classes[:6])}",
            "give the target in the labels the model was trained on, and leave other rows out",
            where="--target",
        )


def _check_weights(data: Dataset) -> None:
    """Refuse weights that are no weights."""
    check_number(data, data.weight, "--weight")
    weights = data.frame[data.weight]
    top = float(weights.max())
    if top > MOST_WEIGHT or 0 < top < 1 / MOST_WEIGHT:
        raise InputError(
            f"weights '{data.weight}' go up to {top:g}, which no sum of squares can hold",
            f"give weights between {1 / MOST_WEIGHT:g} and {MOST_WEIGHT:g}",
            where="--weight",
        )
    if (weights < 0).any() or weights.sum() <= 0:
        raise InputError(
            f"weights '{data.weight}' are negative, or all zero",
            "give a column of survey weights",
            where="--weight",
        )


def with_labels(subject: Subject, request: Request, table: Table) -> Subject:
    """A model that knows only 0 and 1 takes the names of --classes; False and True are no guess."""
    from riskaudit.datasets.labels import texts

    if subject.either and _is_value(subject, request, table):
        return subject.as_values()
    if request.classes:
        return subject.relabelled(request.classes)
    target = request.target or (subject.training.target if subject.training else "")
    if not subject.numbered or target not in table.frame.columns:
        return subject
    held = set(texts(table.frame[target]))
    if held & {"False", "True"} and len(subject.classes) == 2:
        return subject.relabelled(("False", "True"))
    strange = sorted(held - set(subject.classes))
    if strange:
        raise InputError(
            f"target '{target}' has '{strange[0][:80]}', but the model knows its classes only as {', '.join(subject.classes[:6])}",
            "say what they stand for, in that order: --classes " + ",".join(sorted(held)[:6]),
            where="--classes",
        )
    return subject


def _is_value(subject: Subject, request: Request, table: Table) -> bool:
    """Whether the one number that a model gives for a row is a value: said, or told by the target."""
    if request.task or request.classes:
        return request.task == "regression"
    return request.target in table.frame.columns and task_of(table.frame[request.target]) == "regression"


def check_number(data: Dataset, column: str, flag: str) -> None:
    """Refuse a column that is not a finite number in every row."""
    import numpy as np
    import pandas as pd

    values = data.frame[column]
    if not pd.api.types.is_numeric_dtype(values) or not np.isfinite(values.to_numpy(dtype=float)).all():
        raise InputError(
            f"column '{column}' is not a finite number in every row of {data.name}",
            next(
                (note for note in data.notes if note.startswith(f"column '{column}' ")),
                "leave rows without one out",
            ),
            where=flag,
        )
