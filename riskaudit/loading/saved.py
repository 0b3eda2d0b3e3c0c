"""A saved model, or one trained here and now; members told from held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.drift import check_kinds
from riskaudit.errors import UsageError
from riskaudit.evidence import Evidence
from riskaudit.loading.gathering import evidence_of, held_against, trust_in
from riskaudit.loading.recipes import with_recipe
from riskaudit.loading.tables import dataset_in, table_in, training_data, with_edges, with_labels
from riskaudit.request import Request
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.subject import Subject

Progress = Callable[[str], None]
PROBE_ROWS = 200


def from_file(request: Request, progress: Progress, frames: Mapping[str, Any]) -> Evidence:
    """A saved model; members from its own record or from --train."""
    from riskaudit.training.fit import members_of

    progress("reading the model")
    subject = open_model(request.model, trust=trust_in(request))
    record = subject.training
    if not request.target and record is None:
        raise UsageError(
            "no target column is named", "give --target COLUMN: the actual outcome", where="--target"
        )
    progress("reading the data")
    subject = _with_features(subject, request)
    table = table_in(request, request.data, "--data", subject, frames=frames)
    request = with_edges(request, table)
    subject = with_labels(subject, request, table)
    data = dataset_in(table, request, subject=subject, flag="--data")
    members: Dataset | None = None
    notes: tuple[str, ...] = ()
    mask = members_of(record, data) if record else None
    whole = data
    if request.train:
        members = dataset_in(
            table_in(request, request.train, "--train", subject, frames=frames),
            request,
            subject=subject,
            flag="--train",
        )
        _check_members(record, members)
        check_kinds(members, data, subject.features)
    if hasattr(subject.estimator, "probe"):
        progress("asking the sandboxed model")
        subject.probe(data.frame.head(PROBE_ROWS))
    if mask is None and not request.train and record and record.split:
        notes = (
            f"{data.name} is not the file this model was split from: whether some of its rows are members is not known",
        )
    elif mask is not None and not request.train:
        notes = (
            f"members and held-out rows are those of the model's own split of {data.name} (seed {record.split.seed if record and record.split else 0})",
        )
        members, data = data.take(~mask), data.take(mask)
    notes += record.cautions if record else ()
    subject = with_recipe(subject) if members is not None else subject
    evidence = evidence_of(request, subject, replace(data, notes=data.notes + notes), members)
    return held_against(evidence, request, whole, None if request.train else mask)


def _with_features(subject: Subject, request: Request) -> Subject:
    """A model that was fitted to a bare array takes the columns that --features names, in that order."""
    if subject.features:
        if request.features:
            raise UsageError(
                f"model '{subject.name}' knows its own columns", "leave --features out", where="--features"
            )
        return subject
    wanted = int(getattr(subject.estimator, "n_features_in_", 0))
    if len(request.features) != wanted or not wanted:
        raise UsageError(
            f"model '{subject.name}' was fitted without column names, to {wanted} columns; --features names {len(request.features)}",
            "give --features with its columns, in the order it was fitted to",
            where="--features",
        )
    return replace(subject, features=request.features, named=False)


def _check_members(record: TrainingRecord | None, members: Dataset) -> None:
    """Refuse --train with the model's whole training table: its held-out rows are no members."""
    if record and record.split and record.data_sha256 == members.sha256:
        raise UsageError(
            f"{members.name} is the table this model was split from; not all of its rows are members",
            f"leave --train out and give --data {members.name}: the record knows the split",
            where="--train",
        )


def from_learner(request: Request, progress: Progress, frames: Mapping[str, Any]) -> Evidence:
    """A model trained here and now on a split of the data."""
    from riskaudit.training.fit import train

    data = training_data(request, frames=frames)
    trained = train(
        data,
        learner=request.learner,
        settings=request.learner_settings,
        seed=request.seed,
        test_share=request.test_share,
        country=request.country,
        progress=progress,
    )
    return held_against(evidence_of(request, trained.subject, trained.held_out, trained.members), request)
