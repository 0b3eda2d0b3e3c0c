"""Generalisation gap: how much better the model does on the rows it was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.people import people_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import Undefined, bootstrap, cluster_sizes, newcombe

NAME = "privacy.generalisation_gap"
ROWS = 10_000  # of either side in the bootstrap, which costs rows x resamples


def generalisation_gap(evidence: Evidence) -> Measure:
    """Members' minus held-out accuracy; for regression, by how much RMSE is smaller on members."""
    return _of_errors(evidence) if evidence.task == "regression" else _of_accuracy(evidence)


def _of_accuracy(evidence: Evidence) -> Measure:
    inside, outside = (evidence.decisions(role) == evidence.outcome(role) for role in ("train", "test"))
    people = people_of(evidence) or (None, None)
    counts = *_counts(inside, people[0]), *_counts(outside, people[1])
    by = "" if people[0] is None else " Rows of one person count as far as they differ."
    return Measure(
        name=NAME,
        value=float(inside.mean() - outside.mean()),
        interval=newcombe(*counts),
        n=inside.size + outside.size,
        unit="difference",
        note=f"Accuracy {inside.mean():.3f} on {inside.size:,} members, {outside.mean():.3f} on "
        f"{outside.size:,} held-out rows. A gap makes leaks likely; none does not rule them out.{by}",
    )


def _counts(right: NDArray[np.bool_], people: NDArray[np.int64] | None) -> tuple[float, float]:
    """How many are right and how many there are; of people with several rows, as many as are independent."""
    n = float(right.size)
    if people is not None:
        hits = right.astype(np.float64)
        codes = np.unique(people, return_inverse=True)[1]
        one = np.zeros(right.size, dtype=np.int64)
        n = float(cluster_sizes(np.ones_like(hits), hits, groups=one, units=codes, k=1)[0])
    return float(right.mean()) * n, n


def _of_errors(evidence: Evidence) -> Measure:
    """1 - RMSE on members / RMSE on held-out rows, by bootstrap over rows of both."""
    at = [evidence.sample(ROWS, "generalisation gap", role) for role in ("train", "test")]
    parts = [evidence.losses("train")[at[0]], evidence.losses("test")[at[1]]]
    people = people_of(evidence)
    unit = None if people is None else np.concatenate([people[0][at[0]], people[1][at[1]]])
    squares, member = np.concatenate(parts), np.repeat([1.0, 0.0], [len(part) for part in parts])
    n = len(squares)
    try:
        interval = bootstrap(relative_gap, squares, member, rng=evidence.rng("generalisation gap"), unit=unit)
    except Undefined as reason:
        return Measure(name=NAME, value=None, n=n, unit="difference", note=f"Not assessed: {reason}.")
    return Measure(
        name=NAME,
        value=float(relative_gap(squares, member)),
        interval=interval,
        n=n,
        unit="difference",
        note="Relative difference of root mean squared errors, 1 - RMSE on members / RMSE on held-out rows: "
        "0 where both are alike, 1 where members are learnt by heart.",
    )


def relative_gap(
    squares: NDArray[np.float64], member: NDArray[np.float64], axis: int = -1
) -> NDArray[np.float64]:
    """1 - RMSE(members) / RMSE(others) along an axis; NaN where the others' errors are all zero."""
    inside = (squares * member).sum(axis=axis) / np.maximum(member.sum(axis=axis), 1)
    outside = (squares * (1 - member)).sum(axis=axis) / np.maximum((1 - member).sum(axis=axis), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap: NDArray[np.float64] = 1 - np.sqrt(inside / outside)
    return gap
