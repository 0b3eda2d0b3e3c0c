"""Operations: how many multiplications, or visits of tree nodes, one prediction takes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.compute.visits import visits_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import mean_t

NAME = "compute.operations"
ROWS = 512  # over which the paths through trees are averaged
FLOPS, VISITS = "floating-point operations", "node visits"
TROUBLE = (ValueError, TypeError, AttributeError, LookupError, NotImplementedError, RuntimeError)


def measure(evidence: Evidence) -> Measure:
    """The count of what decides, by the model's form; preparation of the rows is not counted."""
    prepare, model = decider(evidence.subject.estimator)
    name = type(model).__name__
    flops = flops_of(model)
    if flops is not None:
        return Measure(
            name=NAME,
            value=flops,
            n=1,
            unit="count",
            where={"kind": FLOPS},
            note=f"Multiplications and additions of a {name} for one row (2 x inputs x outputs of each linear map); "
            "links and preparation of the rows are not counted. By the model's form, so without an interval.",
        )
    try:
        found = _visits(evidence, prepare, model)
    except TROUBLE as error:
        return _unknown(f"the trees of a {name} cannot be walked here ({type(error).__name__})")
    if found is None:
        return _unknown(f"a {name} is neither a linear map, a perceptron nor trees whose paths are known")
    return Measure(
        name=NAME,
        value=float(found.mean()),
        interval=mean_t(found),
        n=len(found),
        unit="count",
        where={"kind": VISITS},
        note=f"Nodes passed on the way through all trees of a {name}, leaves included: mean over {len(found)} held-out rows.",
    )


def _unknown(why: str) -> Measure:
    return Measure(name=NAME, value=None, n=0, unit="count", note=f"Not assessed: {why}.")


def decider(estimator: Any) -> tuple[Any, Any]:
    """What prepares the rows (None where nothing does) and what decides; searches are looked into."""
    whole = getattr(estimator, "best_estimator_", estimator)
    if not hasattr(whole, "steps"):
        return None, whole
    return (whole[:-1] if len(whole.steps) > 1 else None), whole.steps[-1][1]


def flops_of(model: Any) -> int | None:
    """2 x inputs x outputs of each linear map; None where the model is not made of such.

    A text classifier's embedding is looked up, not multiplied, so it counts nothing.
    """
    if hasattr(model, "counted"):  # in a box, where it cannot be looked into
        return None
    if hasattr(model, "coefs_"):
        layers = model.coefs_[1:] if hasattr(model, "embedding_") else model.coefs_
        return 2 * sum(_entries(layer) for layer in layers)
    if (
        hasattr(model, "coef_")
        and not hasattr(model, "support_vectors_")
        and not hasattr(model, "get_booster")
    ):
        return 2 * _entries(model.coef_)
    if hasattr(model, "_fit_X") and getattr(model, "algorithm", "") == "brute":
        return 3 * _entries(model._fit_X)  # a difference, a square and a sum for every stored value
    return None


def _entries(array: Any) -> int:
    return math.prod(int(size) for size in np.shape(array))


def _visits(evidence: Evidence, prepare: Any, model: Any) -> NDArray[np.float64] | None:
    """Visits of each row (n,), on a sample of held-out rows."""
    data, subject = evidence.test, evidence.subject
    rows = subject.rows(data.frame.iloc[evidence.sample(ROWS, "compute operations")])
    seen = rows if prepare is None else prepare.transform(rows)
    return visits_of(model, seen.toarray() if hasattr(seen, "toarray") else seen)
