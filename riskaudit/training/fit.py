"""Fit: a learner and a dataset become a model with a training record, energy included."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.splits import held_out, mask_sha256
from riskaudit.energy import EnergyReading, meter
from riskaudit.errors import InputError, UsageError
from riskaudit.subjects.record import Split, TrainingRecord
from riskaudit.subjects.size import parameter_count
from riskaudit.subjects.subject import Subject, subject_of
from riskaudit.training.idle import idle
from riskaudit.training.kinds import feature_kinds
from riskaudit.training.recipes.origin import Origin
from riskaudit.training.recipes.way import Way
from riskaudit.training.unusable import Unusable

LARGEST = 1e150  # as of feature columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A fitted model, its record, and the rows on both sides."""

    subject: Subject
    record: TrainingRecord
    members: Dataset
    held_out: Dataset


def train(
    data: Dataset,
    *,
    learner: str,
    settings: Mapping[str, str] | None = None,
    seed: int = 0,
    test_share: float = 0.3,
    country: str = "",
    way: Way | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Hold rows out, fit the learner to the rest, and write down what it took.

    Parameters
    ----------
    data : Dataset
        With its features named; `data.unit` keeps rows of one person on one side.
    way : Way
        A recipe of `training/recipes`; the plain one if left out.

    Raises
    ------
    UsageError
        If the learner, a setting or the task does not fit.
    InputError
        If the rows cannot be split or fitted, or a numeric target squared.
    """
    way = way or Way()
    way.check(learner, data)
    _check_unit(data)
    mask, split = _split(data, way.origin, share=test_share, seed=seed)
    members, rest = data.take(~mask), data.take(mask)
    progress(f"training {learner} on {len(members):,} rows")
    fitted = fit(members, learner=learner, settings=settings, seed=seed, country=country, way=way)
    cautions = (
        *(way.origin.cautions(data) if way.origin else ()),
        *fitted.record.cautions,
        *_watched(fitted.subject.estimator[-1], data, way.origin),
    )
    record = fitted.record.model_copy(
        update={
            "split": split,
            "held_out": len(rest),
            "data_sha256": data.sha256 or "",
            "cautions": cautions,
        }
    )
    from dataclasses import replace

    return Trained(
        subject=replace(fitted.subject, training=record), record=record, members=members, held_out=rest
    )


def _check_unit(data: Dataset) -> None:
    """Refuse a numeric target whose squares leave double precision: no error of it could be told."""
    if data.task != "regression":
        return
    largest = float(abs(data.labels.astype(float)).max())
    if largest > LARGEST or 0 < largest < 1 / LARGEST:
        raise InputError(
            f"the target '{data.target}' holds numbers up to {largest:.3g}, whose squares are no numbers any more",
            f"give it in another unit (from {1 / LARGEST:g} to {LARGEST:g})",
            where="--target",
        )


def _split(
    data: Dataset, origin: Origin | None, *, share: float, seed: int
) -> tuple[NDArray[np.bool_], Split]:
    """The held-out mask (n,), and how it was drawn."""
    kept = _kept(data, origin, share=share, seed=seed) if origin else None
    if kept is not None:
        return kept
    stratify = data.task != "regression" and not data.unit
    groups = data.frame[data.unit].to_numpy() if data.unit else None
    mask = held_out(data.labels, share=share, seed=seed, stratify=stratify, groups=groups)
    split = Split(
        test_share=share,
        seed=seed,
        stratified=stratify,
        group_column=data.unit,
        sha256=mask_sha256(mask),
    )
    if origin:
        origin.check_split(data, split)
    return mask, split


def _kept(
    data: Dataset, origin: Origin, *, share: float, seed: int
) -> tuple[NDArray[np.bool_], Split] | None:
    """The origin's own split, where it is of this table and was drawn as is asked for now; else None.

    So a model that learns another target holds out the same rows: strata by that target would be others.
    """
    record = origin.subject.training
    if record is None or record.split is None:
        return None
    before = record.split
    if (before.test_share, before.seed, before.group_column) != (share, seed, data.unit):
        return None
    mask = members_of(record, data)
    if mask is None:
        return None
    labels = before.labels or (record.target if record.target != data.target else "")
    return mask, before.model_copy(update={"labels": labels})


def fit(
    members: Dataset,
    *,
    learner: str,
    settings: Mapping[str, str] | None = None,
    seed: int = 0,
    country: str = "",
    way: Way | None = None,
) -> Trained:
    """Fit a learner to all of these rows, metered."""
    way = way or Way()
    way.check(learner, members)
    settings = way.settings(settings or {})
    kinds = feature_kinds(members.frame, members.features, learner=learner)
    task = "regression" if members.task == "regression" else "classification"
    model = way.build(learner, task=task, kinds=kinds, seed=seed, settings=settings)
    with meter(country=country or None) as metered:
        started = time.perf_counter()
        try:
            told, unfinished = _told_if_unfinished(lambda: way.fit(model, members))
        except Unusable as error:
            raise UsageError(str(error), error.hint, where=error.flag) from error
        except MemoryError as error:
            raise UsageError(
                f"this {learner} does not fit into memory: {str(error).splitlines()[0][:200] if str(error) else 'none left'}",
                "make it smaller (fewer or narrower layers, a shorter vocabulary), or give fewer rows and columns",
            ) from error
        except ValueError as error:
            raise InputError(
                f"{learner} cannot learn from {members.name}: {str(error).splitlines()[0][:200]}",
                "check the feature columns, the target and the settings",
                where="--data",
            ) from error
        seconds = time.perf_counter() - started
    record = _record(members, model, kinds, learner, settings, seed, seconds, metered.reading)
    record = TrainingRecord.model_validate({**dict(record), "recipe": way.words, **told})
    cautions = (
        *_cautions(record, classes=len(members.classes)),
        *unfinished,
        *idle(settings, model[-1].get_params(deep=False)),
    )
    record = record.model_copy(update={"cautions": cautions})
    subject = subject_of(model, name=learner, features=members.features, training=record)
    return Trained(subject=subject, record=record, members=members, held_out=members.take([]))


def _told_if_unfinished(work: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a fit gives, and what a solver warned of that stopped before it had arrived; other warnings go on."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always", ConvergenceWarning)
        result = work()
    for one in met:
        if not issubclass(one.category, ConvergenceWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    said = (
        str(one.message).strip().splitlines()[0]
        for one in met
        if issubclass(one.category, ConvergenceWarning)
    )
    return result, tuple(
        dict.fromkeys(f"the solver stopped before it was done: {text[:200]}" for text in said)
    )


def _cautions(record: TrainingRecord, *, classes: int) -> tuple[str, ...]:
    """What the learning curve warns of: a last loss above the first, or far above that of guessing.

    Guessing all classes alike has the loss log(classes); the mean of a scaled target has 1/2. A distilled model's
    loss is on another scale.
    """
    curve, guess = record.loss_curve, math.log(classes) if classes else 0.5
    if not curve or (curve[-1] <= curve[0] and (record.teacher_sha256 or curve[-1] <= 2 * guess)):
        return ()
    return (
        f"the loss of the last epoch ({curve[-1]:.4g}; first: {curve[0]:.4g}, guessing: {guess:.3g}) says that the "
        "model has learnt nothing, or gone astray: try a lower learning rate, then more epochs",
    )


def _watched(model: Any, data: Dataset, origin: Origin | None) -> Iterator[str]:
    """Why the rows that early stopping watched may not be new to the model; held-out figures do not rest on them."""
    if getattr(model, "early_stopping", False) is not True:
        return
    if data.unit:
        yield (
            f"early stopping watched single rows, not whole groups of '{data.unit}': it knew their groups, and may have "
            "stopped too late"
        )
    if origin is not None and origin.flag == "--from":
        yield (
            f"early stopping watched rows that may have trained {origin.subject.name}: it may have stopped too late"
        )


def _record(
    members: Dataset,
    model: Any,
    kinds: dict[str, str],
    learner: str,
    settings: Mapping[str, str] | None,
    seed: int,
    seconds: float,
    energy: EnergyReading,
) -> TrainingRecord:
    """What is written down of a training."""
    from importlib.metadata import version

    return TrainingRecord.model_validate(
        {
            "learner": learner,
            "settings": {str(k): str(v) for k, v in (settings or {}).items()},
            "task": members.task,
            "target": members.target,
            "positive": members.positive,
            "favourable": members.favourable,
            "sensitive": members.sensitive,
            "features": kinds,
            "rows": len(members),
            "held_out": 0,
            "seconds": seconds,
            "energy": energy,
            "parameters": parameter_count(model),
            "seed": seed,
            "data_name": members.name,
            "data_sha256": members.sha256 or "",
            "loss_curve": [float(x) for x in getattr(model[-1], "loss_curve_", ())],
            "validation_curve": [float(x) for x in getattr(model[-1], "validation_curve_", ())],
            "versions": {name: version(name) for name in ("scikit-learn", "numpy")},
        }
    )


def members_of(record: TrainingRecord, data: Dataset) -> NDArray[np.bool_] | None:
    """The held-out mask of a model's own training table, found again; None for any other table.

    Raises
    ------
    InputError
        If the table is the one, but the split comes out differently.
    """
    if record.split is None or not data.sha256 or data.sha256 != record.data_sha256:
        return None
    split = record.split
    groups = data.frame[split.group_column].to_numpy() if split.group_column else None
    mask = held_out(
        data.frame[split.labels or record.target].to_numpy(),
        share=split.test_share,
        seed=split.seed,
        stratify=split.stratified,
        groups=groups,
    )
    if mask_sha256(mask) != split.sha256:
        raise InputError(
            "the split of the model's training table cannot be found again (another library version?)",
            "pass members and held-out rows as two files: --train and --data",
            where="--data",
        )
    return mask
