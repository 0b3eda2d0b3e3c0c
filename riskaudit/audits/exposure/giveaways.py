"""Giveaways: digits of scores, details in errors and headers, answers of another form."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.subjects.service.answers import Answer
from riskaudit.subjects.service.model import ServiceModel

COUNTED = "Counted, so without an interval."


def measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """Each giveaway as a count."""
    model: ServiceModel = evidence.subject.estimator
    yield _digits(model)
    yield _errors(model)
    seen = model.journal
    names = ", ".join(sorted(seen.versions))
    yield Measure(
        name="exposure.version_headers",
        value=len(seen.versions),
        n=len(seen.waits),
        unit="count",
        note=f"{f'Headers with a version number: {names}' if names else 'No header tells a version'}, in {len(seen.waits):,} "
        f"answers. {COUNTED}",
    )
    drifted = seen.drift.total()
    kinds = "; ".join(f"{count:,}: {kind}" for kind, count in seen.drift.most_common(3))
    yield Measure(
        name="exposure.schema_drift",
        value=drifted,
        n=len(model.known),
        unit="count",
        note=f"Answers that do not have the form of the first ones ({model.form.name})"
        f"{f': {kinds}' if kinds else ''}. {COUNTED}",
    )


def _digits(model: ServiceModel) -> Measure:
    """The most finely told score."""
    digits = [one.digits for one in model.known.values() if isinstance(one, Answer) and one.scores]
    if not digits:
        return Measure(
            name="exposure.score_digits",
            value=None,
            n=0,
            unit="count",
            note="Not assessed: the service tells labels alone.",
        )
    return Measure(
        name="exposure.score_digits",
        value=max(digits),
        n=len(digits),
        unit="count",
        note="Significant digits of the most finely told score. Every digit helps who wants to copy the model or to "
        f"find its members; few callers need more than three. {COUNTED}",
    )


def _errors(model: ServiceModel) -> Measure:
    """What error answers tell."""
    seen = model.journal
    if not seen.errors:
        return Measure(
            name="exposure.error_details",
            value=None,
            n=0,
            unit="count",
            note="Not assessed: no error answer was met.",
        )
    kinds = ", ".join(f"{kind} ({count:,})" for kind, count in sorted(seen.leaks.items()))
    return Measure(
        name="exposure.error_details",
        value=len(seen.leaks),
        n=seen.errors,
        unit="count",
        note=f"Error answers give away {kinds or 'nothing that was searched for'}; {seen.errors:,} were met. {COUNTED}",
    )
