"""Loading: a request becomes evidence, every role checked before any audit starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.asking import check_request, check_roles
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.roles import check_columns, check_groups, cut, dataset_of, task_of
from riskaudit.datasets.tables import Table, condition, holds, read_table
from riskaudit.errors import InputError, UsageError
from riskaudit.evidence import Evidence
from riskaudit.request import Request
from riskaudit.rulebook import Task
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[str], None]


def load(request: Request, *, progress: Progress = lambda _: None) -> Evidence:
    """The evidence that a request asks for.

    Raises
    ------
    UsageError
        If the request contradicts itself, or names columns or outcomes that are not there.
    InputError
        If the model or a table cannot be read or must not be used.
    """
    check_request(request)
    if request.prediction:
        return _predictions(request)
    if request.learner:
        return _learned(request, progress)
    return _saved(request, progress)


def _saved(request: Request, progress: Progress) -> Evidence:
    """A saved model; members from its own record or from --train."""
    from riskaudit.training.fit import members_of

    progress("reading the model")
    subject = open_model(Path(request.model))
    record = subject.training
    if not request.target and record is None:
        raise UsageError(
            "no target column is named", "give --target COLUMN: the actual outcome", where="--target"
        )
    progress("reading the data")
    subject = _with_features(subject, request)
    data = _dataset(_table(request, request.data, "--data", subject), request, subject=subject, flag="--data")
    members: Dataset | None = None
    notes: tuple[str, ...] = ()
    mask = members_of(record, data) if record else None
    if request.train:
        members = _dataset(
            _table(request, request.train, "--train", subject), request, subject=subject, flag="--train"
        )
        _check_members(record, members)
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
    return _evidence(request, subject, replace(data, notes=data.notes + notes), members)


def _check_members(record: TrainingRecord | None, members: Dataset) -> None:
    """Refuse --train with the model's whole training table: its held-out rows are no members."""
    if record and record.split and record.data_sha256 == members.sha256:
        raise UsageError(
            f"{members.name} is the table this model was split from; not all of its rows are members",
            f"leave --train out and give --data {members.name}: the record knows the split",
            where="--train",
        )


def _learned(request: Request, progress: Progress) -> Evidence:
    """A model trained here and now on a split of the data."""
    from riskaudit.training.fit import train

    data = training_data(request)
    trained = train(
        data,
        learner=request.learner,
        settings=request.learner_settings,
        seed=request.seed,
        test_share=request.test_share,
        country=request.country,
        progress=progress,
    )
    return _evidence(request, trained.subject, trained.held_out, trained.members)


def training_data(request: Request) -> Dataset:
    """The table to train on, its features named: all columns without a role, unless said otherwise."""
    table = _table(request, request.data, "--data")
    check_columns(
        table, {"--target": [request.target], "--features": request.features, "--drop": request.drop}
    )
    roles = {
        request.target,
        request.control,
        request.weight,
        request.group_column,
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
    return _dataset(table, request, subject=None, flag="--data", features=features)


def _predictions(request: Request) -> Evidence:
    """Predictions alone: a column of decisions, or a condition such as `decile_score >= 5`."""
    table = _table(request, request.data, "--data")
    test = condition(request.prediction) if request.prediction not in table.frame.columns else None
    column = test[0] if test else request.prediction
    check_columns(table, {"--prediction": [column], "--score": [request.score] if request.score else []})
    check_columns(table, {"--member": [request.member] if request.member else []})
    data = _dataset(table, request, subject=None, flag="--data")
    data = _with_prediction(data, request.prediction, test)
    if request.score:
        _check_number(data, request.score, "--score")
    subject = Subject(
        name=f"predictions in {table.name} ({request.prediction})",
        kind="predictions",
        regression=data.task == "regression",
        classes=data.classes,
    )
    data = replace(data, score=request.score)
    if not request.member:
        return _evidence(request, subject, data, None)
    member = _membership(data, request.member)
    data = replace(data, frame=data.frame.drop(columns=request.member))
    return _evidence(request, subject, data.take(~member), data.take(member, name=f"members of {data.name}"))


def _membership(data: Dataset, column: str) -> NDArray[np.bool_]:
    """Which rows the column says the model was trained on (n,).

    Raises
    ------
    InputError
        If it is no 0/1 column, or all rows are of one kind.
    """
    from riskaudit.datasets.labels import texts

    said = texts(data.frame[column]).astype(str)
    truth = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    strange = sorted({word for word in set(said.tolist()) if word.lower() not in truth})
    if strange:
        raise InputError(
            f"column '{column}' has '{strange[0]}', which is neither 0 nor 1",
            "give a column with 1 for rows the model was trained on and 0 for the others",
            where="--member",
        )
    import numpy as np

    mask: NDArray[np.bool_] = np.array([truth[word.lower()] for word in said], dtype=bool)
    if mask.all() or not mask.any():
        raise InputError(
            f"column '{column}' says the same of every row",
            "give members and held-out rows in one table",
            where="--member",
        )
    return mask


def _with_prediction(data: Dataset, prediction: str, test: tuple[str, str, str] | None) -> Dataset:
    """The dataset with its decisions in place, each of them a label of the target."""
    from riskaudit.datasets.labels import MISSING, encode, texts

    frame = data.frame
    if test is not None:
        if data.task != "binary":
            raise UsageError(
                "a condition is a prediction only where the target has two values",
                "name a column of predictions",
                where="--prediction",
            )
        other = next(label for label in data.classes if label != data.positive)
        chosen = holds(frame[test[0]], test[1], test[2]).map({True: data.positive, False: other})
        return replace(data, frame=frame.assign(**{prediction: chosen}), prediction=prediction)
    if data.task == "regression":
        _check_number(data, prediction, "--prediction")
    elif (encode(frame[prediction], data.classes) < 0).any():
        strange = sorted(set(texts(frame[prediction])) - set(data.classes))
        told = "missing values" if strange == [MISSING] else f"'{strange[0]}'"
        raise InputError(
            f"column '{prediction}' has {told}, which the target '{data.target}' never has (it has {', '.join(data.classes[:6])})",
            f"give predictions in the target's own labels, or a condition such as --prediction '{prediction}>=0.5'",
            where="--prediction",
        )
    return replace(data, prediction=prediction)


def _check_number(data: Dataset, column: str, flag: str) -> None:
    """Refuse a column that is not a finite number in every row."""
    import numpy as np
    import pandas as pd

    values = data.frame[column]
    if not pd.api.types.is_numeric_dtype(values) or not np.isfinite(values.to_numpy(dtype=float)).all():
        raise InputError(
            f"column '{column}' is not a finite number in every row of {data.name}",
            "leave rows without one out",
            where=flag,
        )


def _table(request: Request, path: str, flag: str, subject: Subject | None = None) -> Table:
    """A table, its groups read as words, and cut where bins are given.

    A column that the model learned from is read as it was read in training, whatever it is asked for now.
    """
    record = subject.training if subject else None
    asked = {*request.sensitive, request.control}
    words = (asked - set(subject.features if subject else ())) | set(record.sensitive if record else ())
    table = read_table(path, flag=flag, text_columns=words)
    check_columns(table, {"--bins": list(request.bins)})
    return cut(table, request.bins) if request.bins else table


def _with_features(subject: Subject, request: Request) -> Subject:
    """A model that was fitted to a bare array takes the columns that --features names, in that order."""
    if subject.features:
        if request.features:
            raise UsageError(
                f"model '{subject.name}' knows its own columns", "leave --features out", where="--features"
            )
        return subject
    wanted = int(getattr(subject.estimator, "n_features_in_", 0))
    if len(request.features) != wanted:
        raise UsageError(
            f"model '{subject.name}' was fitted without column names, to {wanted} columns; --features names {len(request.features)}",
            "give --features with its columns, in the order it was fitted to",
            where="--features",
        )
    return replace(subject, features=request.features, named=False)


def _dataset(
    table: Table, request: Request, *, subject: Subject | None, flag: str, features: tuple[str, ...] = ()
) -> Dataset:
    """A table with the request's roles; what the training record knows fills what is not said."""
    record = subject.training if subject else None
    target = request.target or (record.target if record else "")
    sensitive = tuple(
        f"{name} (cut)" if name in request.bins else name
        for name in request.sensitive or (record.sensitive if record else ())
    )
    roles = {"--target": [target], "--sensitive": sensitive}
    roles |= {
        f"--{flag}": [name]
        for flag, name in (
            ("control", request.control),
            ("weight", request.weight),
            ("group-column", request.group_column),
        )
        if name
    }
    check_columns(table, roles)
    check_columns(table, {"--quasi": request.quasi})
    check_roles(request, target, sensitive)
    check_groups(table, sensitive)
    task = _task(table, target, request, subject)
    favourable = request.favourable or (record.favourable if record else ())
    data = dataset_of(
        table,
        target=target,
        task=task,
        classes=subject.classes if subject else (),
        positive=request.positive or (record.positive if record else ""),
        favourable=favourable,
        features=features or (subject.features if subject else ()),
        sensitive=sensitive,
        control=request.control,
        weight=request.weight,
        unit=request.group_column,
    )
    if request.weight:
        _check_weights(data)
    if subject is not None and subject.can_predict:
        subject.columns(data.frame)
        _check_labels(data, subject)
    return data


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
    _check_number(data, data.weight, "--weight")
    if (data.frame[data.weight] < 0).any() or data.frame[data.weight].sum() <= 0:
        raise InputError(
            f"weights '{data.weight}' are negative, or all zero",
            "give a column of survey weights",
            where="--weight",
        )


def _evidence(request: Request, subject: Subject, test: Dataset, train: Dataset | None) -> Evidence:
    """The evidence, once it is known which outcome is the good one."""
    from riskaudit.training.many import fit_many
    from riskaudit.workers import default_workers

    if test.task != "regression" and test.sensitive and not test.favourable:
        raise UsageError(
            f"which outcome of '{test.target}' is good for the person? It is never guessed",
            "give --favourable " + " or --favourable ".join(f"'{label}'" for label in test.classes[:6]),
            where="--favourable",
        )
    return Evidence(
        subject=subject,
        test=test,
        train=train,
        seed=request.seed,
        workers=request.jobs or default_workers(),
        effort=request.effort,
        min_group=request.min_group,
        min_events=request.min_events,
        country=request.country,
        intensity=request.intensity,
        refit=request.refit,
        fit_many=fit_many,
        private_learner=_private_learner,
        quasi=request.quasi,
        prior=request.prior,
    )


def _private_learner(epsilon: float) -> Any:
    """An unfitted perceptron that is trained with differential privacy."""
    from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

    return PrivatePerceptronClassifier(epsilon=epsilon)
