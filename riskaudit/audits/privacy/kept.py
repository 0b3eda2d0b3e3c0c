"""Kept: references by their content, so that the same model on the same rows is not attacked by new fits twice."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable

from riskaudit.audits.privacy.bench import REFUSALS, Bench, Floats, References
from riskaudit.evidence import Evidence

MOST = 64 << 20  # bytes of references in this process

_KEPT: OrderedDict[str, References] = OrderedDict()


def references(
    evidence: Evidence, bench: Bench, target: Floats, make: Callable[[], References]
) -> References:
    """Those kept for this very target, or new ones.

    The key is a hash of all that they depend on (recipe and its settings, pooled rows with their outcomes, whose row
    each is, how many rows the model was trained on, seed, effort, cores) and of what the audited model answers about every pooled
    row. So another model, be it the same recipe on the same rows, never meets another's references: which rows are
    members stands in their order, and a public tool that forgot it saw its AUC fall from 0.567 to 0.507. Kept in
    memory only, for as long as the process lives, up to 64 MB.
    """
    key = _key(evidence, bench, target)
    if key in _KEPT:
        _KEPT.move_to_end(key)
        return _KEPT[key]
    made = make()
    if key and made.given.nbytes <= MOST:
        _KEPT[key] = made
        while sum(one.given.nbytes for one in _KEPT.values()) > MOST:
            _KEPT.popitem(last=False)
    return made


def _key(evidence: Evidence, bench: Bench, target: Floats) -> str:
    """The hash; empty where the recipe or a cell cannot be hashed, and then nothing is kept."""
    import joblib
    from pandas.util import hash_pandas_object

    subject = bench.subject
    run = (evidence.seed, evidence.effort, evidence.workers, evidence.fit_many is None, evidence.task)
    recipe = (
        type(subject.estimator).__name__,
        subject.estimator,
        subject.features,
        subject.named,
        subject.numbered,
    )
    try:
        cells = hash_pandas_object(bench.frame, index=False).to_numpy()
        words = (list(map(str, bench.frame.columns)), bench.classes, str(bench.labels.dtype), bench.trained)
        return str(joblib.hash((recipe, run, words, cells, bench.outcome, bench.people, target)))
    except (*REFUSALS, pickle.PicklingError, RecursionError):
        return ""
