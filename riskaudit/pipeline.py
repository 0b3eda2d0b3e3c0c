"""Pipeline: load, examine, judge; `run(request)` is the whole tool in one function."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from riskaudit.audits import audits, declared_measures
from riskaudit.audits.audit import Audit, examine
from riskaudit.errors import UsageError, did_you_mean
from riskaudit.evidence import Evidence
from riskaudit.judge import area_scores, gate, headline, judge
from riskaudit.loading import load
from riskaudit.measure import Measure
from riskaudit.report import AuditResult, DataCard, Report, Run, Score, SubjectCard, Verdict
from riskaudit.request import Request
from riskaudit.rulebook import Rulebook, Severity, read_rulebooks

Progress = Callable[[str], None]
LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "fairlearn", "shap", "codecarbon", "skops")


def run(request: Request, *, progress: Progress = lambda _: None) -> Report:
    """Load the evidence, put every audit to it, judge by the rules.

    Raises
    ------
    RiskAuditError
        If the request, the rules, the model or the data cannot be used; nothing was audited then.
    """
    chosen = choose(audits(), only=request.only, skip=request.skip)
    rulebook = read_rulebooks(request.rules, measures=declared_measures(audits()))
    started = time.perf_counter()
    evidence = load(request, progress=progress)
    return report_on(evidence, chosen, rulebook, request=request, started=started, progress=progress)


def report_on(
    evidence: Evidence,
    chosen: Mapping[str, Audit],
    rulebook: Rulebook,
    *,
    request: Request,
    started: float | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """Examine and judge: the report on evidence that is at hand."""
    began = time.perf_counter() if started is None else started
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    results, seconds = _examined(evidence, chosen, progress)
    verdicts = judge(results, rulebook, task=evidence.task)
    scores = area_scores(verdicts)
    metered = {v.area for v in verdicts if v.metered}
    return Report(
        gate=gate(verdicts, results, strict=request.strict, fail_on=request.fail_on),
        subject=_subject_card(evidence),
        data=_data_card(evidence),
        seed=evidence.seed,
        effort=evidence.effort,
        settings={"min_group": evidence.min_group, "min_events": evidence.min_events},
        rulebook=rulebook,
        results=tuple(_steady(result) for result in results),
        verdicts=tuple(v for v in verdicts if not v.metered),
        scores={area: score for area, score in scores.items() if area not in metered},
        run=Run(
            started=stamp,
            seconds=round(time.perf_counter() - began, 3),
            audit_seconds=seconds,
            command=request.command,
            versions=_versions(),
            host=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            measures=tuple(m for r in results for m in r.measures if m.metered),
            exhibits=tuple(e for r in results for e in r.exhibits if e.metered),
            verdicts=tuple(v for v in verdicts if v.metered),
            scores={area: score for area, score in scores.items() if area in metered},
            headline=headline(scores),
        ),
    )


def rejudge(report: Report, rulebook: Rulebook, *, strict: bool = False, fail_on: Severity = "low") -> Report:
    """The same measurement under other rules: no model, no data, instant."""
    results = report.all_results
    verdicts = judge(results, rulebook, task=report.subject.task)
    scores = area_scores(verdicts)
    metered = {v.area for v in verdicts if v.metered}
    run_part: dict[str, tuple[Verdict, ...] | dict[str, Score] | float | None] = {
        "verdicts": tuple(v for v in verdicts if v.metered),
        "scores": {area: score for area, score in scores.items() if area in metered},
        "headline": headline(scores),
    }
    return report.model_copy(
        update={
            "gate": gate(verdicts, results, strict=strict, fail_on=fail_on),
            "rulebook": rulebook,
            "verdicts": tuple(v for v in verdicts if not v.metered),
            "scores": {area: score for area, score in scores.items() if area not in metered},
            "run": report.run.model_copy(update=run_part),
        }
    )


def choose(found: Mapping[str, Audit], *, only: tuple[str, ...], skip: tuple[str, ...]) -> dict[str, Audit]:
    """The audits to run; a rule on one that is left out is *missing*, never passed.

    Raises
    ------
    UsageError
        If a name is no audit's, or none is left.
    """
    for flag, names in (("--only", only), ("--skip", skip)):
        for name in names:
            if name not in found:
                raise UsageError(f"there is no audit '{name}'", did_you_mean(name, list(found)), where=flag)
    chosen = {name: audit for name, audit in found.items() if (not only or name in only) and name not in skip}
    if not chosen:
        raise UsageError("no audit is left to run", "name fewer with --skip", where="--skip")
    return chosen


def _examined(
    evidence: Evidence, chosen: Mapping[str, Audit], progress: Progress
) -> tuple[tuple[AuditResult, ...], dict[str, float]]:
    """Every audit's result, and how long each took."""
    results, seconds = [], {}
    for name, audit in chosen.items():
        progress(f"{name}: {audit.question}")
        began = time.perf_counter()
        results.append(examine(audit, evidence))
        seconds[name] = round(time.perf_counter() - began, 3)
    return tuple(results), seconds


def _steady(result: AuditResult) -> AuditResult:
    """A result without what a clock or an energy meter made."""
    measures: tuple[Measure, ...] = tuple(m for m in result.measures if not m.metered)
    return result.model_copy(
        update={"measures": measures, "exhibits": tuple(e for e in result.exhibits if not e.metered)}
    )


def _subject_card(evidence: Evidence) -> SubjectCard:
    """The model, as the report tells of it; time and energy of its training are the compute audit's."""
    subject, record = evidence.subject, evidence.subject.training
    training: dict[str, str | int | float | None] = {}
    if record is not None:
        training = {"rows": record.rows, "held_out": record.held_out, "seed": record.seed}
        training |= {"data": record.data_name, "data_sha256": record.data_sha256, **record.settings}
        training |= {"recipe": record.recipe} if record.recipe else {}
    return SubjectCard(
        name=subject.name,
        kind=subject.kind,
        sha256=subject.sha256,
        task=evidence.task,
        classes=evidence.test.classes,
        features=subject.features,
        learner=record.learner if record else "",
        training=training,
    )


def _data_card(evidence: Evidence) -> DataCard:
    """The rows, as the report tells of them."""
    test, train = evidence.test, evidence.train
    return DataCard(
        name=test.name,
        sha256=test.sha256,
        rows=len(test),
        members=len(train) if train is not None else None,
        members_name=train.name if train is not None else "",
        target=test.target,
        positive=test.positive,
        favourable=test.favourable,
        sensitive=test.sensitive,
        control=test.control,
        weight=test.weight,
        notes=test.notes,
    )


def _versions() -> dict[str, str]:
    """Ours, and those of the libraries that made the numbers."""
    from importlib.metadata import version

    from riskaudit import __version__

    return {"riskaudit": __version__, **{name: version(name) for name in LIBRARIES}}
