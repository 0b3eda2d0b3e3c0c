"""Pipeline: load, examine, judge; `run(request)` is the whole tool in one function."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.audits import AUDITS, audits, declared_measures
from riskaudit.audits.audit import Audit, concerns, examine
from riskaudit.audits.plugins import examine_apart
from riskaudit.baseline import gaps, reasons_to_fail
from riskaudit.errors import UsageError, did_you_mean
from riskaudit.judge import area_scores, clauses, gate, headline, judge, unfilled
from riskaudit.measure import Measure
from riskaudit.policy import Policy, excused, policy_for, policy_of
from riskaudit.provenance import code_sha256, git_state
from riskaudit.report import AuditResult, DataCard, Gate, GitState, Report, Run, SubjectCard
from riskaudit.rulebook import Rulebook, Severity, check_statements, read_rulebooks, with_settings
from riskaudit.sealing import sealed

if TYPE_CHECKING:
    from riskaudit.answering import Plan
    from riskaudit.evidence import Evidence
    from riskaudit.request import Request

Progress = Callable[[str], None]
PAIRED = "release"
LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "fairlearn", "shap", "codecarbon", "skops")


def run(
    request: Request, *, data: Any = None, train: Any = None, progress: Progress = lambda _: None
) -> Report:
    """Load the evidence, put every audit to it, judge by the rules.

    Parameters
    ----------
    data, train : data frame, optional
        The tables themselves (pandas, polars, PyArrow, whatever narwhals knows); `request.data` and
        `request.train` are then their names.

    Raises
    ------
    RiskAuditError
        If the request, the rules, the model or the data cannot be used; nothing was audited then.
    """
    from riskaudit.loading import load  # here, because a report that is judged again loads nothing

    if request.endpoint.dry_run:
        raise UsageError("a dry run gives a plan and no report", "call plan(request)", where="--dry-run")
    chosen = choose(audits(), only=request.only, skip=request.skip, against=bool(request.against))
    rulebook = rules_for(request)
    policy = policy_for(
        request.waivers, request.baseline, tolerance=request.tolerance, strict=request.strict_baseline
    )
    started = time.perf_counter()
    if train is not None and not request.train:
        request = request.model_copy(update={"train": "the members' frame"})
    at_hand = {request.data: data, request.train: train}
    frames = {name: frame for name, frame in at_hand.items() if frame is not None}
    evidence = load(request, progress=progress, frames=frames)
    try:
        report = report_on(
            evidence, chosen, rulebook, request=request, policy=policy, started=started, progress=progress
        )
        return _finished(evidence, report)
    finally:
        evidence.subject.close()


def _finished(evidence: Evidence, report: Report) -> Report:
    """The report, once a service's cassette is written; its sha256 is that of the subject."""
    if not evidence.subject.remote:
        return report
    evidence.subject.estimator.finish()
    kept = evidence.subject.estimator.cassette_sha256
    return sealed(report.model_copy(update={"subject": report.subject.model_copy(update={"sha256": kept})}))


def report_on(
    evidence: Evidence,
    chosen: Mapping[str, Audit],
    rulebook: Rulebook,
    *,
    request: Request,
    policy: Policy | None = None,
    started: float | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """Examine and judge: the report on evidence that is at hand."""
    began = time.perf_counter() if started is None else started
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    results, seconds = _examined(evidence, chosen, progress, request)
    measured = Report(
        gate=Gate(code=3, name="incomplete", reasons=("not judged yet",)),
        subject=_subject_card(evidence),
        data=_data_card(evidence),
        seed=evidence.seed,
        effort=evidence.effort,
        settings={"min_group": evidence.min_group, "min_events": evidence.min_events},
        rulebook=rulebook,
        results=tuple(_steady(result) for result in results),
        verdicts=(),
        scores={},
        statements=request.statements,
        run=Run(
            started=stamp,
            seconds=0,
            audit_seconds=seconds,
            command=request.command,
            settings_from=request.sources,
            versions=_versions(),
            host=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            code_sha256=code_sha256(),
            git=GitState(commit=found[0], dirty=found[1]) if (found := git_state(Path.cwd())) else None,
            measures=tuple(m for r in results for m in r.measures if m.metered),
            exhibits=tuple(e for r in results for e in r.exhibits if e.metered),
        ),
    )
    judged = rejudge(
        measured, rulebook, strict=request.strict, fail_on=request.fail_on, policy=policy or Policy()
    )
    run_part = judged.run.model_copy(update={"seconds": round(time.perf_counter() - began, 3)})
    return sealed(judged.model_copy(update={"run": run_part}))


def plan(request: Request, *, progress: Progress = lambda _: None) -> Plan:
    """What auditing a service would send: each audit is put to made-up answers, and its rows are counted.

    Raises
    ------
    RiskAuditError
        As `run`.
    """
    from riskaudit.answering import Plan, Sent
    from riskaudit.loading import load

    chosen = choose(audits(), only=request.only, skip=request.skip)
    dry = request.model_copy(update={"endpoint": request.endpoint.model_copy(update={"dry_run": True})})
    evidence = load(dry, progress=progress)
    model = evidence.subject.estimator
    parts = [
        Sent(
            what="held-out rows, members, repeats, probe",
            rows=len(model.known),
            requests=model.source.requests,
        )
    ]
    for name, audit in chosen.items():
        rows, requests = len(model.known), model.source.requests
        progress(f"planning {name}")
        examine(audit, evidence)
        parts.append(Sent(what=name, rows=len(model.known) - rows, requests=model.source.requests - requests))
    return Plan(
        address=model.address.text,
        parts=tuple(parts),
        most=request.endpoint.max_requests,
        rate=request.endpoint.rate,
    )


def rejudge(
    report: Report,
    rulebook: Rulebook,
    *,
    strict: bool = False,
    fail_on: Severity = "low",
    policy: Policy | None = None,
) -> Report:
    """The same measurement under other rules: no model, no data, instant.

    Without a `policy` the waivers and the baseline that the report carries hold, as of the day they were
    judged.

    Raises
    ------
    UsageError
        If the baseline is one of something else, or a waiver is malformed.
    """
    policy = policy_of(report) if policy is None else policy
    results = report.all_results
    verdicts = judge(results, rulebook, task=report.subject.task, sensitive=report.data.sensitive)
    verdicts, waivers, baseline = excused(verdicts, rulebook, policy, report)
    scores = area_scores(verdicts)
    points = clauses(rulebook, results, report.statements)
    metered = {v.area for v in verdicts if v.metered}
    run_part = {
        "today": policy.today.isoformat() if policy.waivers is not None else "",
        "verdicts": tuple(v for v in verdicts if v.metered),
        "scores": {area: score for area, score in scores.items() if area in metered},
        "headline": headline(scores),
    }
    again = report.model_copy(
        update={
            "gate": gate(
                verdicts, results, strict=strict, fail_on=fail_on,
                also_fails=reasons_to_fail(baseline) if baseline else (),
                also_lacks=[*(gaps(baseline, verdicts) if baseline else ()), *unfilled(points)],
            ),
            "rulebook": rulebook,
            "verdicts": tuple(v for v in verdicts if not v.metered),
            "scores": {area: score for area, score in scores.items() if area not in metered},
            "clauses": points,
            "waivers": waivers,
            "baseline": baseline,
            "run": report.run.model_copy(update=run_part),
        }
    )  # fmt: skip
    return sealed(again)


def rules_for(request: Request) -> Rulebook:
    """The rulebooks asked for; with a last release to be held against, also that it may not be worse.

    Raises
    ------
    UsageError
        If a rulebook is not there, or has faults, or asks for none of what is stated.
    """
    known = declared_measures(audits())
    book = read_rulebooks(request.rules, measures=known)
    if request.against and not any(rule.area == PAIRED for rule in book.rules):
        book = read_rulebooks((*request.rules, "no-worse"), measures=known)
    bounded = [r for r in book.rules if r.area == PAIRED and r.measure != "release.churn"]
    delta = {} if request.delta is None else {f"{rule.id}.limit": str(request.delta) for rule in bounded}
    check_statements(book, request.statements)
    return with_settings(with_settings(book, delta, flag="--delta"), request.overrides)


def choose(
    found: Mapping[str, Audit], *, only: tuple[str, ...], skip: tuple[str, ...], against: bool = False
) -> dict[str, Audit]:
    """The audits to run; a rule on one that is left out is *missing*, never passed.

    The audit of a release is asked only where there is a last one to be held `against`.

    Raises
    ------
    UsageError
        If a name is no audit's, or none is left.
    """
    for flag, names in (("--only", only), ("--skip", skip)):
        for name in names:
            if name not in found:
                raise UsageError(f"there is no audit '{name}'", did_you_mean(name, list(found)), where=flag)
    if PAIRED in only and not against:
        raise UsageError(
            "there is no last release to compare with", "give --against OLD_MODEL", where="--only"
        )
    found = {name: audit for name, audit in found.items() if name != PAIRED or against}
    chosen = {name: audit for name, audit in found.items() if (not only or name in only) and name not in skip}
    if not chosen:
        raise UsageError("no audit is left to run", "name fewer with --skip", where="--skip")
    return chosen


def _examined(
    evidence: Evidence, chosen: Mapping[str, Audit], progress: Progress, request: Request
) -> tuple[tuple[AuditResult, ...], dict[str, float]]:
    """Every audit's result, and how long each took; strangers' audits in a process of their own."""
    results, seconds = [], {}
    for name, audit in chosen.items():
        if name in AUDITS and name not in request.only and not concerns(audit, evidence):
            continue
        progress(f"{name}: {audit.question}")
        began = time.perf_counter()
        look = examine if name in AUDITS else examine_apart
        results.append(look(audit, evidence, seconds=request.time_budget))
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
        members_sha256=train.sha256 if train is not None else None,
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
