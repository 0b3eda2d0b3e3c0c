"""Coverage: rows without an answer, and whether one group has more of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import wilson
from riskaudit.subjects.service.model import ServiceModel

NAME = "exposure.unanswered_share"


def measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """The share in all held-out rows and in each group, and the reasons as a table."""
    model: ServiceModel = evidence.subject.estimator
    held = model.coverage["test"]
    failed, total = int((~held.answered).sum()), len(held.answered)
    yield _share(failed, total, {}, _reasons(held.reasons))
    for where, rows, without in held.groups:
        if rows < evidence.min_group:
            yield Measure(
                name=NAME,
                value=None,
                n=rows,
                unit="fraction",
                where=where,
                note=f"Not assessed: {rows:,} rows, fewer than {evidence.min_group:,}.",
            )
        else:
            yield _share(without, rows, where, "")
    if held.reasons:
        told = held.reasons.most_common(20)
        yield Exhibit(
            name="exposure.unanswered_reasons",
            kind="table",
            title="Why rows have no answer",
            caption=f"{failed:,} of {total:,} held-out rows were left out of every other number of this report.",
            columns={"reason": [reason for reason, _ in told], "rows": [count for _, count in told]},
        )


def _share(failed: int, total: int, where: dict[str, str], reasons: str) -> Measure:
    """One share with its interval."""
    return Measure(
        name=NAME,
        value=failed / total,
        interval=wilson(failed, total),
        n=total,
        unit="fraction",
        where=where,
        note=f"{failed:,} of {total:,} rows have no answer and are in no other number.{reasons}",
    )


def _reasons(reasons: Counter[str]) -> str:
    """The three commonest reasons."""
    told = "; ".join(f"{count:,}: {reason}" for reason, count in reasons.most_common(3))
    return f" ({told}.)" if told else ""
