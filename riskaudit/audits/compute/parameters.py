"""Parameters: how many numbers, or nodes of trees, the model decides by."""

from __future__ import annotations

from riskaudit.measure import Measure
from riskaudit.subjects.size import count
from riskaudit.subjects.subject import Subject

NAME = "compute.parameters"


def measure(subject: Subject) -> Measure:
    """The count and what was counted, or why nothing was."""
    found = count(subject.estimator)
    if not found:
        return Measure(
            name=NAME,
            value=None,
            n=0,
            unit="count",
            note=f"Not assessed: a {type(subject.estimator).__name__} holds nothing that is known how to count.",
        )
    what = ", ".join(f"{number:,} {kind}" for kind, number in sorted(found.items()))
    return Measure(
        name=NAME,
        value=sum(found.values()),
        n=1,
        unit="count",
        note=f"Counted, so without an interval: {what}. What prepares the rows (encoders, scalers) is not counted.",
    )
