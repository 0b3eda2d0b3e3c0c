"""Reports whose findings are partly waived or known from a baseline, under any gate; the real gate decides."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st
from writers.strategies import reports

from riskaudit import judge
from riskaudit.report import Report, Verdict
from riskaudit.waivers import Waiver


def waiver(verdict: Verdict, reason: str = "an old case", owner: str = "ana") -> Waiver:
    return Waiver(
        rule=verdict.rule, match={}, reason=reason, owner=owner, expires=date(2027, 1, 31), missing=True
    )


def excuse(report: Report, waived: set[str], known: set[str], **gate: object) -> Report:
    """The report with the verdicts of these fingerprints waived or known, and gated again."""

    def marked(verdict: Verdict) -> Verdict:
        if verdict.outcome == "pass":
            return verdict
        return verdict.model_copy(
            update={
                "waived": waiver(verdict) if verdict.fingerprint in waived else None,
                "known": verdict.fingerprint in known,
            }
        )

    verdicts = tuple(map(marked, report.verdicts))
    run = report.run.model_copy(update={"verdicts": tuple(map(marked, report.run.verdicts))})
    again = report.model_copy(update={"verdicts": verdicts, "run": run})
    passed = judge.gate(again.all_verdicts, again.all_results, **gate)  # type: ignore[arg-type]
    return again.model_copy(update={"gate": passed})


@st.composite
def gated(draw: st.DrawFn) -> Report:
    """Any report with any of its findings excused, under any gate."""
    report = draw(reports())
    names = [v.fingerprint for v in report.all_verdicts]
    some = st.sets(st.sampled_from(names)) if names else st.just(set())
    return excuse(
        report,
        draw(some),
        draw(some),
        strict=draw(st.booleans()),
        fail_on=draw(st.sampled_from(["low", "medium", "high", "critical"])),
    )
