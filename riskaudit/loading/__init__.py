"""Loading: a request becomes evidence, every role checked before any audit starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riskaudit.asking import check_request
from riskaudit.evidence import Evidence
from riskaudit.loading.outside import from_outside
from riskaudit.loading.predictions import from_predictions
from riskaudit.loading.saved import from_file, from_learner
from riskaudit.loading.tables import training_data
from riskaudit.request import Request
from riskaudit.subjects.callable_model import is_callable
from riskaudit.subjects.service.address import is_address

Progress = Callable[[str], None]
__all__ = ["load", "training_data"]


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
        return from_predictions(request, frames)
    if request.learner:
        return from_learner(request, progress, frames)
    if is_address(request.model) or is_callable(request.model):
        return from_outside(request, progress, frames)
    return from_file(request, progress, frames)
