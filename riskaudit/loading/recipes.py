"""Recipes: what a model in a sandbox would be fitted again by, made in this process from plain words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from riskaudit.errors import RiskAuditError
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.subject import Subject


def with_recipe(subject: Subject) -> Subject:
    """The same subject, with its recipe where it can be made again.

    A model that riskaudit trained is rebuilt from its record (learner and settings), another one of
    scikit-learn from the settings that the sandbox told (`subjects/unfitted.py`); nothing is unpickled.
    """
    if not hasattr(subject.estimator, "unfitted"):
        return subject
    record = subject.training
    made = _by_record(record) if record else None
    return replace(subject, rebuilt=made if made is not None else subject.estimator.unfitted())


def _by_record(record: TrainingRecord) -> Any:
    """The learner's pipeline; None where this riskaudit has no such learner or setting."""
    from riskaudit.training.learners import recipe

    task = "regression" if record.task == "regression" else "classification"
    try:
        return recipe(
            record.learner, task=task, kinds=record.features, seed=record.seed, settings=record.settings
        )
    except RiskAuditError:
        return None
