"""Judging: which rules, waivers and baseline a re-judged report is seen through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskaudit.errors import UsageError
from riskaudit.policy import Policy, policy_for, policy_of, this_day
from riskaudit.report import Report
from riskaudit.rulebook import Rulebook, read_rulebooks, with_settings


def book_for(report: Report, rules: Sequence[str], settings: Mapping[str, str]) -> Rulebook:
    """The rulebooks asked for, or the one that the report carries, with `--set` laid over it."""
    if not rules:
        return with_settings(report.rulebook, settings)
    from riskaudit.audits import audits, declared_measures

    known = {**declared_measures(audits()), **{m.name: "" for m in report.measures()}}
    return read_rulebooks(rules, measures=known, settings=settings)


def policy(
    report: Report,
    *,
    waivers: Sequence[str] | None,
    baseline: str | None,
    tolerance: float | None,
    strict: bool,
) -> Policy:
    """The waivers and the baseline asked for, else the report's own as of today; None leaves them out.

    Raises
    ------
    UsageError
        If a file cannot be read, or a flag speaks of a baseline where there is none.
    """
    own = policy_of(report, today=this_day())
    asked = policy_for(waivers or (), baseline or "", tolerance=tolerance, strict=strict)
    held = asked.baseline or (None if baseline is None else own.baseline)
    if held is None and (strict or tolerance is not None):
        flag = "--strict-baseline" if strict else "--tolerance"
        raise UsageError(f"{flag} means nothing without a baseline", "give --baseline FILE", where=flag)
    if held is not None and held is own.baseline:
        changed = {"strict": strict or held.strict, "tolerance": held.tolerance if tolerance is None else tolerance}  # fmt: skip
        held = held.model_copy(update=changed)
    kept = asked.waivers or (None if waivers is None else own.waivers)
    return Policy(waivers=kept, baseline=held, today=own.today)
