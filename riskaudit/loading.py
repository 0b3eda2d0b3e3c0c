"""Loading: a request becomes evidence, every role checked before any audit starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from riskaudit.answering import answered
from riskaudit.asking import check_request, check_roles
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.drift import check_kinds, check_record
from riskaudit.datasets.noticing import noticed
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
from riskaudit.datasets.tables import Table, condition, holds, read_table, table_of
from riskaudit.errors import InputError, UsageError, all_of
from riskaudit.evidence import Comparing, Evidence
from riskaudit.request import Request
from riskaudit.rulebook import Task
from riskaudit.subjects.callable_model import is_callable
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.outside import Outside, callable_subject, service_subject
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.service.address import is_address
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust, trust_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[str], None]
PROBE_ROWS = 200


def load(
    request: Request, *, progress: Progress = lambda _: None, frames: Mapping[str, Any] | None = None
) -> Evidence:
    """The evidence that a request asks for.

    Parameters
    ----------
    frames : mapping of str to data frame, optional
        Tables that are at hand, by the names that `request.data` and `request.train` call them.

    Raises
    ------
    UsageError
        If the request contradicts itself, or names columns or outcomes that are not there.
    InputError
        If the model or a table cannot be read or must not be used.
    """
    check_request(request)
    frames = frames or {}
    if request.prediction:
        return _predictions(request, frames)
    if request.learner:
        return _learned(request, progress, frames)
    if is_address(request.model) or is_callable(request.model):
        return _outside(request, progress, frames)
    return _saved(request, progress, frames)


def _outside(request: Request, progress: Progress, frames: Mapping[str, Any]) -> Evidence:
    """A service, or code of the user's: it knows neither its columns nor its classes, so both are said."""
    table = _table(request, request.data, "--data", frames=frames)
    request = _with_edges(request, table)
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
        subject = callable_subject(request.model, meaning)
        data, members = _both(request, subject, table, frames)
        return _evidence(request, subject, data, members)
    subject = service_subject(request.model, request.endpoint, meaning)
    try:
        data, members = _both(request, subject, table, frames)
        progress("asking the service")
        return answered(_evidence(request, subject, data, members), request.endpoint)
    except BaseException:
        subject.close()
        raise


def _both(
    request: Request, subject: Subject, table: Table, frames: Mapping[str, Any]
) -> tuple[Dataset, Dataset | None]:
    """Held-out rows, and members where they are given."""
    data = _dataset(table, request, subject=subject, flag="--data")
    if not request.train:
        return data, None
    members = _table(request, request.train, "--train", frames=frames)
    return data, _dataset(members, request, subject=subject, flag="--train")


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


def _saved(request: Request, progress: Progress, frames: Mapping[str, Any]) -> Evidence:
    """A saved model; members from its own record or from --train."""
    from riskaudit.training.fit import members_of

    progress("reading the model")
    subject = open_model(request.model, trust=_trust(request))
    record = subject.training
    if not request.target and record is None:
        raise UsageError(
            "no target column is named", "give --target COLUMN: the actual outcome", where="--target"
        )
    progress("reading the data")
    subject = _with_features(subject, request)
    table = _table(request, request.data, "--data", subject, frames=frames)
    request = _with_edges(request, table)
    subject = _with_labels(subject, request, table)
    data = _dataset(table, request, subject=subject, flag="--data")
    members: Dataset | None = None
    notes: tuple[str, ...] = ()
    mask = members_of(record, data) if record else None
    whole = data
    if request.train:
        members = _dataset(
            _table(request, request.train, "--train", subject, frames=frames),
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
    evidence = _evidence(request, subject, replace(data, notes=data.notes + notes), members)
    return _held_against(evidence, request, whole, None if request.train else mask)


def _trust(request: Request) -> Trust:
    """What may be loaded although it is not on our lists."""
    return trust_of(
        types=request.trust, pickle=request.trust_pickle, reduced_sandbox=request.allow_reduced_sandbox
    )


def _check_members(record: TrainingRecord | None, members: Dataset) -> None:
    """Refuse --train with the model's whole training table: its held-out rows are no members."""
    if record and record.split and record.data_sha256 == members.sha256:
        raise UsageError(
            f"{members.name} is the table this model was split from; not all of its rows are members",
            f"leave --train out and give --data {members.name}: the record knows the split",
            where="--train",
        )


def _learned(request: Request, progress: Progress, frames: Mapping[str, Any]) -> Evidence:
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
    return _held_against(_evidence(request, trained.subject, trained.held_out, trained.members), request)


def training_data(
    request: Request, *, frames: Mapping[str, Any] | None = None, grouped: bool = True
) -> Dataset:
    """The table to train on, its features named: all columns without a role, unless said otherwise.

    Without `grouped` a sensitive column may hold any numbers: an audit will ask where to cut them.
    """
    table = _table(request, request.data, "--data", frames=frames or {})
    request = _with_edges(request, table)
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
    return _dataset(table, request, subject=None, flag="--data", features=features, grouped=grouped)


def _predictions(request: Request, frames: Mapping[str, Any]) -> Evidence:
    """Predictions alone: a column of decisions, or a condition such as `decile_score >= 5`."""
    table = _table(request, request.data, "--data", frames=frames)
    request = _with_edges(request, table)
    test = condition(request.prediction) if request.prediction not in table.frame.columns else None
    column = test[0] if test else request.prediction
    own = {"--prediction": [column], "--score": [request.score] if request.score else []}
    own["--member"] = [request.member] if request.member else []
    data = _dataset(table, request, subject=None, flag="--data", more=own)
    data = _with_prediction(data, request.prediction, test)
    if request.score:
        _check_number(data, request.score, "--score")
    subject = Subject(
        name=f"predictions in {table.name} ({request.prediction})",
        kind="predictions",
        regression=data.task == "regression",
        classes=data.classes,
    )
    evidence = _members_told(request, subject, replace(data, score=request.score))
    if not request.against:
        return evidence
    older = condition(request.against) if request.against not in table.frame.columns else None
    check_columns(table, {"--against": [older[0] if older else request.against]})
    then = _with_prediction(evidence.test, request.against, older)
    return replace(evidence, against=_plain(replace(evidence, test=replace(then, score=""))))


def _plain(evidence: Evidence) -> Evidence:
    """The evidence with nothing derived yet."""
    return replace(evidence, _kept={})


def _held_against(
    evidence: Evidence, request: Request, whole: Dataset | None = None, mask: Any = None
) -> Evidence:
    """The evidence with the last release beside it, on the very same rows.

    `whole` is the table the rows come from and `mask` which of it they are, where that is known.
    """
    if not request.against:
        return evidence
    from riskaudit.training.fit import members_of

    older, data = open_model(request.against, flag="--against", trust=_trust(request)), evidence.test
    if older.regression != (evidence.task == "regression"):
        kind = "a regression" if older.regression else "a classifier"
        raise UsageError(
            f"'{older.name}' is {kind}, the model under audit is not",
            "give its own last release",
            where="--against",
        )
    older.columns(data.frame)
    unseen = members_of(older.training, whole) if older.training and whole is not None else None
    seen = "whether the last release learned from some of these rows is not known"
    if unseen is not None:
        mine = unseen if mask is None else unseen[mask]
        seen = f"the last release learned from {int((~mine).sum()):,} of these {len(mine):,} rows"
    note = f"held against {older.name}: {seen}"
    test = replace(data, notes=(*data.notes, note))
    then = replace(evidence, subject=older, test=test, train=None, _kept={})
    return replace(evidence, test=test, against=then, _kept={})


def _members_told(request: Request, subject: Subject, data: Dataset) -> Evidence:
    """Predictions with members and held-out rows told apart by a column, where there is one."""
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
    elif (same := _same_truth(frame[prediction], data)) is not None:
        note = f"'{prediction}' and '{data.target}' write truth in two ways: 1 was read as True, 0 as False"
        frame = frame.assign(**{prediction: same})
        return replace(data, frame=frame, prediction=prediction, notes=(*data.notes, note))
    elif (encode(frame[prediction], data.classes) < 0).any():
        strange = sorted(set(texts(frame[prediction])) - set(data.classes))
        told = "missing values" if strange == [MISSING] else f"'{strange[0][:60]}'"
        raise InputError(
            f"column '{prediction}' has {told}, which the target '{data.target}' never has (it has {', '.join(data.classes[:6])})",
            f"give predictions in the target's own labels, or a condition such as --prediction '{prediction}>=0.5'",
            where="--prediction",
        )
    return replace(data, prediction=prediction)


def _same_truth(column: Any, data: Dataset) -> Any:
    """Predictions in the target's own labels, where one has True and False and the other 1 and 0."""
    from riskaudit.datasets.labels import texts

    ways = {"True": "1", "False": "0"}
    if set(data.classes) == {"0", "1"}:
        said = ways
    elif set(data.classes) == {"True", "False"}:
        said = {number: truth for truth, number in ways.items()}
    else:
        return None
    words = texts(column)
    return [said[word] for word in words] if set(words) <= set(said) else None


def _check_number(data: Dataset, column: str, flag: str) -> None:
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


def _table(
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
        path, flag=flag, text_columns=words - verbatim, verbatim=verbatim, decimal=request.decimal
    )


def _with_edges(request: Request, table: Table) -> Request:
    """The request with its quantiles as edges, those of this table."""
    check_columns(table, {"--bins": [*request.bins, *request.quantiles]})
    if not request.quantiles:
        return request
    edges = quantile_edges(table, request.quantiles)
    return request.model_copy(update={"bins": {**request.bins, **edges}})


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


def _with_labels(subject: Subject, request: Request, table: Table) -> Subject:
    """A model that knows only 0 and 1 takes the names of --classes; False and True are no guess."""
    from riskaudit.datasets.labels import texts

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


def _dataset(
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
    from riskaudit.training.remedies import remedies
    from riskaudit.workers import default_workers

    if test.task != "regression" and test.sensitive and not test.favourable:
        raise UsageError(
            f"which outcome of '{test.target}' is good for the person? It is never guessed",
            "give --favourable " + " or --favourable ".join(f"'{label}'" for label in test.classes[:6]),
            where="--favourable",
        )
    notes = noticed(test, train, features=subject.features, seed=request.seed)
    return Evidence(
        subject=subject,
        test=replace(test, notes=test.notes + notes),
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
        comparing=_comparing(request, test),
        mend=remedies,
        private_learner=_private_learner,
        quasi=request.quasi,
        prior=request.prior,
    )


def _comparing(request: Request, test: Dataset) -> Comparing:
    """How groups are to be compared, every word of it checked.

    Raises
    ------
    UsageError
        If a cost is unknown or no cost, a reference is no group, or an option does not fit the task.
    """
    for kind, price in request.cost.items():
        if kind not in ("fp", "fn") or not 0 <= price < float("inf"):
            raise UsageError(
                f"'{kind}={price:g}' is no cost of an error", "write --cost fp=1,fn=5", where="--cost"
            )
    if request.cost and test.task != "binary":
        raise UsageError(
            "false positives and negatives need an outcome of two values", "leave --cost out", where="--cost"
        )
    if request.threshold is not None and test.task != "regression":
        raise UsageError(
            "a threshold is for predictions that are numbers", "leave --threshold out", where="--threshold"
        )
    if request.top_k is not None and test.task == "multiclass":
        raise UsageError("more than two classes have no one ranking", "leave --top-k out", where="--top-k")
    return Comparing(
        cost=request.cost,
        reference={c: _reference(c, g, test) for c, g in request.reference.items()},
        threshold=request.threshold,
        top_k=request.top_k,
        terms=request.terms,
    )


def _reference(column: str, group: str, test: Dataset) -> str:
    """A group that a sensitive column has."""
    from riskaudit.errors import did_you_mean

    if column not in test.sensitive:
        raise UsageError(
            f"'{column}' is no sensitive column",
            did_you_mean(column, list(test.sensitive)),
            where="--reference",
        )
    names = [where[column] for where in test.groups(column).names]
    if group not in names:
        raise UsageError(
            f"'{column}' has no group '{group}'", did_you_mean(group, names), where="--reference"
        )
    return group


def _private_learner(epsilon: float) -> Any:
    """An unfitted perceptron that is trained with differential privacy."""
    from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

    return PrivatePerceptronClassifier(epsilon=epsilon)
