"""Exposure: what a model behind an address leaves unanswered, contradicts and gives away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskaudit.audits.audit import NotApplicable
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


class ExposureAudit:
    """Does the service answer everybody, say the same twice, and keep its inside to itself?

    What it asks
        For whom the service gives no answer; whether it answers the same row alike; how finely it tells its
        probabilities; what its errors and headers tell a stranger of its software.

    How it measures
        Rows without an answer are counted, in all and by group, with the reasons. A seeded sample of rows is
        sent once more, in the opposite order and other batches. The digits are those of the scores as they
        were written. Errors are those met while asking, and that of one request without rows
        (`--no-probe` leaves it out); their texts are searched for stack traces, paths, versions, names of
        classes and private addresses, and forgotten. All of it rides on requests that the other audits need
        anyway, but for the repeats and the probe.

    What it cannot see
        Who else may ask, whether keys are checked, rate limits for others, logs on the far side, and any
        weakness that a harmless request does not show: it is no penetration test. A service may answer an
        audit otherwise than its customers.
    """

    name = "exposure"
    question = "Does the service answer everybody, say the same twice, and keep its inside to itself?"
    measures: Mapping[str, str] = {
        "exposure.unanswered_share": "share of rows that the service gave no usable answer to, in all or in a group",
        "exposure.repeat_disagreement": "share of rows that got another answer when they were sent again",
        "exposure.score_digits": "significant digits of the most finely told score",
        "exposure.error_details": "kinds of inner detail that error answers give away",
        "exposure.version_headers": "response headers that tell a version of software",
        "exposure.schema_drift": "answers that were not of the form of the first ones",
    }

    def concerns(self, evidence: Evidence) -> bool:
        """Only a service gives away more than its answers."""
        return evidence.subject.remote

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield coverage, agreement, digits and leaks.

        Raises
        ------
        NotApplicable
            For a model that is no service.
        """
        if not evidence.subject.remote:
            raise NotApplicable(
                "the model is here, not behind an address",
                "give --model https://... to audit it as a service",
            )
        from riskaudit.audits.exposure import coverage, giveaways, repeats

        yield from coverage.measures(evidence)
        yield repeats.measure(evidence)
        yield from giveaways.measures(evidence)
