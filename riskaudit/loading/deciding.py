"""Deciding: the whole table of a model, in its file's order, so that a row can be called by its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from riskaudit.errors import UsageError
from riskaudit.evidence import Evidence
from riskaudit.loading import load
from riskaudit.loading.gathering import trust_in
from riskaudit.loading.tables import dataset_in, table_in, with_edges, with_labels
from riskaudit.request import Request
from riskaudit.subjects.callable_model import is_callable
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.service.address import is_address

OWN = "decision of the model"


def load_whole(
    request: Request, progress: Callable[[str], None] = lambda _: None, *, unseen: bool = False
) -> tuple[Evidence, Any, bool]:
    """The evidence on all rows of the table, what each is called, and whether the actual outcome is among its columns.

    With `unseen` only the rows that the model did not learn from, where that is known; they keep their names. A
    table without the target is taken as rows that are yet to be decided: the model's own decisions stand in for it.

    Raises
    ------
    UsageError, InputError
        As `load`.
    """
    import numpy as np

    from riskaudit.training.fit import members_of

    if not request.model:
        raise UsageError("there is no model to explain", "give MODEL: a saved model's file", where="MODEL")
    if request.data == "-":
        raise UsageError("stdin can be read once", "give DATA as a file", where="DATA")
    if is_address(request.model) or is_callable(request.model):
        evidence = load(request, progress=progress)
        return evidence, _answered(evidence), True
    frames, request = _undecided(request)
    evidence = load(request, progress=progress, frames=frames)
    if evidence.train is None or request.train:
        return evidence, np.arange(len(evidence.test)), not frames
    table = table_in(request, request.data, "DATA", evidence.subject, frames=frames)
    cut = with_edges(request, table)
    subject = with_labels(evidence.subject, cut, table)
    whole = dataset_in(table, cut, subject=subject, flag="DATA")
    names = np.arange(len(whole))
    mask = members_of(subject.training, whole) if subject.training and unseen else None
    if mask is not None:
        names = np.flatnonzero(mask)
        note = f"chosen among the {len(names):,} rows that the model did not learn from"
        whole = replace(whole.take(mask), notes=(*whole.notes, note))
    return replace(evidence, test=whole, _kept={}), names, True


def _undecided(request: Request) -> tuple[dict[str, Any], Request]:
    """The table with the model's own decisions where it lacks the outcome; nothing where it has one."""
    if request.target:
        return {}, request
    subject = open_model(request.model, trust=trust_in(request))
    try:
        record = subject.training
        table = table_in(request, request.data, "DATA", subject, frames={})
        if record and record.target in table.frame.columns:
            return {}, request
        own = record.target if record else OWN
        known = subject.relabelled(request.classes) if request.classes else subject
        frame = table.frame.assign(**{own: known.predict_labels(table.frame)})
        return {request.data: frame}, request.model_copy(update={"target": own})
    finally:
        subject.close()


def _answered(evidence: Evidence) -> Any:
    """Which rows of the file are left, where a service had no answer for some."""
    import numpy as np

    coverage = getattr(evidence.subject.estimator, "coverage", {})
    held = coverage.get("test") if coverage else None
    return np.arange(len(evidence.test)) if held is None else np.flatnonzero(held.answered)
