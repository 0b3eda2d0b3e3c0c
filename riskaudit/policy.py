"""Policy: the waivers and the baseline that a verdict is seen through, and the day it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from riskaudit.baseline import TOLERATED, against, check_fits, held_against, read_baseline
from riskaudit.errors import UsageError
from riskaudit.report import Baseline, Report, Verdict, Waivers
from riskaudit.rulebook import Rulebook
from riskaudit.waivers import read_waivers, waiver_source
from riskaudit.waiving import waive


def this_day() -> date:
    """Today, in UTC: a gate must not depend on where its runner stands."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What may excuse a finding."""

    waivers: Waivers | None = None
    baseline: Baseline | None = None
    today: date = field(default_factory=this_day)


def policy_for(
    waivers: Sequence[str] = (), baseline: str = "", *, tolerance: float | None = None, strict: bool = False
) -> Policy:
    """The policy that these files make, read and checked before anything is audited.

    Raises
    ------
    UsageError
        If a file is not there, malformed, or has an unknown key; or the tolerance has no end.
    """
    if tolerance is not None and not 0 <= tolerance < float("inf"):
        raise UsageError(f"a tolerance of {tolerance:g} tolerates everything", "write --tolerance 0.02", where="--tolerance")  # fmt: skip
    sources = tuple(waiver_source(path) for path in dict.fromkeys(waivers))
    read_waivers(sources)
    held = None
    if baseline:
        file, digest = read_baseline(Path(baseline))
        held = held_against(file, Path(baseline), digest, tolerance=TOLERATED if tolerance is None else tolerance, strict=strict)  # fmt: skip
    return Policy(waivers=Waivers(sources=sources) if sources else None, baseline=held)


def policy_of(report: Report, *, today: date | None = None) -> Policy:
    """The policy that a report carries, as of the day it was judged unless another is given."""
    judged = date.fromisoformat(report.run.today) if report.run.today else this_day()
    return Policy(waivers=report.waivers, baseline=report.baseline, today=today or judged)


def policy_digest(report: Report) -> str:
    """What a report was judged by, as one sha256: whoever pins it sees any softening of the gate.

    It covers rulebooks, `--set`, waivers, the baseline with its tolerance, `--strict` and `--fail-on`; not the
    names of files, the day, or anything that was measured.
    """
    held = report.baseline
    told = {
        "rulebooks": [source.sha256 for source in report.rulebook.sources],
        "set": [[o.rule, o.key, o.now] for o in report.rulebook.overrides],
        "waivers": [source.sha256 for source in report.waivers.sources] if report.waivers else [],
        "baseline": [held.sha256, held.tolerance, held.strict] if held else [],
        "strict": report.gate.strict,
        "fail_on": report.gate.fail_on,
    }
    return sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def policy_words(report: Report) -> str:
    """The same for a reader: which rules, what excuses, how strict."""
    books = ", ".join(source.name for source in report.rulebook.sources)
    parts = [f"rules {books}"]
    parts += [f"--set {o.rule}.{o.key}={o.now}" for o in report.rulebook.overrides]
    parts.append(
        f"waivers {', '.join(s.name for s in report.waivers.sources)}" if report.waivers else "no waivers"
    )
    parts.append(f"baseline {report.baseline.name}" if report.baseline else "no baseline")
    parts += ["strict"] if report.gate.strict else []
    return f"{'; '.join(parts)}; fails on {report.gate.fail_on}; digest {policy_digest(report)}"


def excused(
    verdicts: tuple[Verdict, ...], rulebook: Rulebook, policy: Policy, report: Report
) -> tuple[tuple[Verdict, ...], Waivers | None, Baseline | None]:
    """The verdicts with their waivers and what the baseline knows of them."""
    waivers, baseline = policy.waivers, policy.baseline
    if waivers is not None:
        found = read_waivers(waivers.sources)
        verdicts, notes = waive(verdicts, found, rulebook, policy.today, measures=report.measures())
        waivers = waivers.model_copy(update={"notes": notes})
    if baseline is not None:
        check_fits(baseline, report, verdicts)
        verdicts, baseline = against(verdicts, rulebook, baseline, report.measures())
    return verdicts, waivers, baseline
