"""Idle: settings that were given and have no say beside the others, for the cautions of a training record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_RULES: tuple[tuple[tuple[str, ...], str, tuple[Any, ...]], ...] = (
    (("momentum",), "optimizer", ("adam",)),
    (("decay",), "schedule", ("constant", "cosine")),
    (("decay_every",), "schedule", ("constant", "cosine", "exponential")),
    (("validation_fraction",), "early_stopping", (False,)),
    (("learning_rate", "batch_size", "epochs"), "solver", ("auto", "newton", "proximal")),
    (("tol", "max_iter"), "solver", ("adam", "sgd", "exact")),
)
"""These settings, under that one, where it has one of these values."""


def idle(given: Iterable[str], params: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each setting given that the estimator's other parameters leave without effect.

    Parameters
    ----------
    given : names of settings, as they were typed
    params : dict
        The estimator's `get_params()`.
    """
    named = {name.replace("-", "_") for name in given}
    for settings, under, values in _RULES:
        value = params.get(under)
        if value in values:
            for name in sorted(named.intersection(settings, params)):
                told = str(value).lower() if isinstance(value, bool) else value
                yield f"{name} was given and has no say: {under} is {told}"
