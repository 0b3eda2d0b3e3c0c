"""A model that is not a file: a service behind an address, or code of the user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riskaudit.answering import answered
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.roles import check_columns, task_of
from riskaudit.datasets.tables import Table
from riskaudit.errors import UsageError
from riskaudit.evidence import Evidence
from riskaudit.loading.gathering import evidence_of
from riskaudit.loading.tables import dataset_in, table_in, with_edges
from riskaudit.request import Request
from riskaudit.rulebook import Task
from riskaudit.subjects.callable_model import is_callable
from riskaudit.subjects.outside import Outside, callable_subject, service_subject, weights_subject
from riskaudit.subjects.subject import Subject

Progress = Callable[[str], None]


def from_outside(request: Request, progress: Progress, frames: Mapping[str, Any]) -> Evidence:
    """A service, or code of the user's: it knows neither its columns nor its classes, so both are said."""
    table = table_in(request, request.data, "--data", frames=frames)
    request = with_edges(request, table)
    check_columns(table, {"--target": [request.target], "--features": request.features})
    task = request.task or task_of(table.frame[request.target])
    labels = _classes(table, request, task)
    _check_features(request)
    meaning = Outside(
        frame=table.frame[list(request.features)],
        features=request.features,
        classes=labels,
        regression=task == "regression",
        named=bool(request.classes),
    )
    if is_callable(request.model):
        progress("importing the model's code")
        subject = (
            weights_subject(request.model, request.weights, meaning)
            if request.weights
            else callable_subject(request.model, meaning)
        )
        data, members = _both(request, subject, table, frames)
        return evidence_of(request, subject, data, members)
    subject = service_subject(request.model, request.endpoint, meaning)
    try:
        data, members = _both(request, subject, table, frames)
        progress("asking the service")
        return answered(evidence_of(request, subject, data, members), request.endpoint)
    except BaseException:
        subject.close()
        raise


def _both(
    request: Request, subject: Subject, table: Table, frames: Mapping[str, Any]
) -> tuple[Dataset, Dataset | None]:
    """Held-out rows, and members where they are given."""
    data = dataset_in(table, request, subject=subject, flag="--data")
    if not request.train:
        return data, None
    members = table_in(request, request.train, "--train", frames=frames)
    return data, dataset_in(members, request, subject=subject, flag="--train")


def _classes(table: Table, request: Request, task: Task) -> tuple[str, ...]:
    """The outcomes in the order that is said, or in their own."""
    from riskaudit.datasets.labels import MISSING, sort_labels, texts

    if task == "regression":
        return ()
    return request.classes or sort_labels(set(texts(table.frame[request.target])) - {MISSING})


def _check_features(request: Request) -> None:
    """What is shown to a model that is not ours is named, column by column."""
    if not request.features:
        raise UsageError(
            "which columns may the model see? They leave this process, so they are never guessed",
            "give --features A,B,... in the order the model takes them",
            where="--features",
        )
    if request.target in request.features:
        raise UsageError(
            f"the target '{request.target}' cannot be a feature",
            "leave it out of --features",
            where="--features",
        )
