"""Beyond: what is asked after the groups that columns name: rankings, single people, slices, texts, remedies."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


def beyond_groups(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """Each in turn; what the evidence does not allow is left out or says why."""
    from riskaudit.audits.bias.people import person_measures
    from riskaudit.audits.bias.remedies import remedy_measures
    from riskaudit.audits.bias.slices import slice_measures
    from riskaudit.audits.bias.texts import text_measures
    from riskaudit.audits.bias.top import top_measures

    yield from top_measures(evidence)
    yield from person_measures(evidence)
    yield from text_measures(evidence)
    yield from slice_measures(evidence)
    yield from remedy_measures(evidence)
