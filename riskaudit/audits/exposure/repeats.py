"""Repeats: whether the service says the same of the same row."""

from __future__ import annotations

from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import wilson
from riskaudit.subjects.service.model import ServiceModel

NAME = "exposure.repeat_disagreement"


def measure(evidence: Evidence) -> Measure:
    """The share of repeated rows with another answer."""
    model: ServiceModel = evidence.subject.estimator
    told = model.repeats
    if not told.asked:
        return Measure(
            name=NAME,
            value=None,
            n=0,
            unit="fraction",
            note="Not assessed: no row was answered twice; --repeats says how many are asked again.",
        )
    change = f" Scores changed by up to {told.largest:.3g}." if told.largest else ""
    return Measure(
        name=NAME,
        value=told.differing / told.asked,
        interval=wilson(told.differing, told.asked),
        n=told.asked,
        unit="fraction",
        note=f"{told.differing:,} of {told.asked:,} rows that were sent again, in the opposite order, got another answer to the "
        f"last digit.{change} Where this is not 0, the service is not deterministic, looks at a row's neighbours, or "
        "mixes answers up: every other number of this report then holds for one asking only.",
    )
