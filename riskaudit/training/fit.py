"""Fit: a learner and a dataset become a model with a training record, energy included."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.splits import held_out, mask_sha256
from riskaudit.datasets.tables import column_kind
from riskaudit.energy import EnergyReading, meter
from riskaudit.errors import InputError
from riskaudit.subjects.record import Split, TrainingRecord
from riskaudit.subjects.size import parameter_count
from riskaudit.subjects.subject import Subject, subject_of
from riskaudit.training.learners import recipe

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
    progress: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Hold rows out, fit the learner to the rest, and write down what it took.

    Parameters
    ----------
    data : Dataset
        With its features named; `data.unit` keeps rows of one person on one side.

    Raises
    ------
    UsageError
        If the learner, a setting or the task does not fit.
    InputError
        If the rows cannot be split or fitted.
    """
    stratify = data.task != "regression" and not data.unit
    groups = data.frame[data.unit].to_numpy() if data.unit else None
    mask = held_out(data.labels, share=test_share, seed=seed, stratify=stratify, groups=groups)
    split = Split(
        test_share=test_share,
        seed=seed,
        stratified=stratify,
        group_column=data.unit,
        sha256=mask_sha256(mask),
    )
    members, rest = data.take(~mask), data.take(mask)
    progress(f"training {learner} on {len(members):,} rows")
    fitted = fit(members, learner=learner, settings=settings, seed=seed, country=country)
    record = fitted.record.model_copy(
        update={"split": split, "held_out": len(rest), "data_sha256": data.sha256 or ""}
    )
    from dataclasses import replace

    return Trained(
        subject=replace(fitted.subject, training=record), record=record, members=members, held_out=rest
    )


def fit(
    members: Dataset,
    *,
    learner: str,
    settings: Mapping[str, str] | None = None,
    seed: int = 0,
    country: str = "",
) -> Trained:
    """Fit a learner to all of these rows, metered."""
    kinds = {name: column_kind(members.frame[name]) for name in members.features}
    task = "regression" if members.task == "regression" else "classification"
    model = recipe(learner, task=task, kinds=kinds, seed=seed, settings=dict(settings or {}))
    started = time.perf_counter()
    with meter(country=country or None) as metered:
        try:
            model.fit(members.frame[list(members.features)], members.labels)
        except ValueError as error:
            raise InputError(
                f"{learner} cannot learn from {members.name}: {str(error).splitlines()[0][:200]}",
                "check the feature columns",
                where="--data",
            ) from error
    seconds = time.perf_counter() - started
    record = _record(members, model, kinds, learner, settings, seed, seconds, metered.reading)
    subject = subject_of(model, name=learner, features=members.features, training=record)
    return Trained(subject=subject, record=record, members=members, held_out=members.take([]))


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
        data.frame[record.target].to_numpy(),
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
