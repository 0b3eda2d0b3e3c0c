"""Gathering: subject, rows and settings made into evidence, and the last release beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.noticing import noticed
from riskaudit.energy.grid import check_grid
from riskaudit.errors import UsageError
from riskaudit.evidence import Evidence, Explaining
from riskaudit.loading.comparing import comparing_in
from riskaudit.metered.emissions import read_emissions
from riskaudit.metered.run import MeteredRun, check_model, read_run, run_beside
from riskaudit.request import Request
from riskaudit.subjects.callable_model import is_callable
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.service.address import is_address
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust, trust_of


def evidence_of(request: Request, subject: Subject, test: Dataset, train: Dataset | None) -> Evidence:
    """The evidence, once it is known which outcome is the good one."""
    from riskaudit.training.ladder import ladder
    from riskaudit.training.many import fit_many
    from riskaudit.training.remedies import remedies
    from riskaudit.workers import default_workers

    check_grid(request.country, request.intensity)
    if test.task != "regression" and test.sensitive and not test.favourable:
        raise UsageError(
            f"which outcome of '{test.target}' is good for the person? It is never guessed",
            "give --favourable " + " or --favourable ".join(f"'{label}'" for label in test.classes[:6]),
            where="--favourable",
        )
    notes = noticed(test, train, features=subject.features, seed=request.seed)
    return Evidence(
        subject=subject,
        test=replace(test, notes=test.notes + notes),
        train=train,
        seed=request.seed,
        workers=request.jobs or default_workers(),
        effort=request.effort,
        min_group=request.min_group,
        min_events=request.min_events,
        country=request.country,
        intensity=request.intensity,
        refit=request.refit,
        costs=request.costs,
        training_run=_training_run(request, subject),
        fit_many=fit_many,
        comparing=comparing_in(request, test),
        explaining=Explaining(
            background=request.background,
            backgrounds=request.background_rows,
            group_correlated=request.group_correlated,
        ),
        mend=remedies,
        private_learner=_private_learner,
        smaller=ladder,
        model_file=request.model,
        quasi=request.quasi,
        prior=request.prior,
    )


def _training_run(request: Request, subject: Subject) -> MeteredRun | None:
    """The metered training that is named, or that lies beside the model's file."""
    if request.emissions:
        return read_emissions(Path(request.emissions), run_id=request.emissions_run)
    found = Path(request.training_record) if request.training_record else None
    if found is None and request.model and not is_address(request.model) and not is_callable(request.model):
        found = run_beside(Path(request.model))
    if found is None:
        return None
    flag = "--training-record" if request.training_record else "--model"
    run = read_run(found, flag=flag)
    check_model(run, subject.sha256, path=found, flag=flag)
    return run


def _private_learner(epsilon: float) -> Any:
    """An unfitted perceptron that is trained with differential privacy."""
    from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

    return PrivatePerceptronClassifier(epsilon=epsilon)


def held_against(
    evidence: Evidence, request: Request, whole: Dataset | None = None, mask: Any = None
) -> Evidence:
    """The evidence with the last release beside it, on the very same rows.

    `whole` is the table the rows come from and `mask` which of it they are, where that is known.
    """
    if not request.against:
        return evidence
    from riskaudit.training.fit import members_of

    older, data = open_model(request.against, flag="--against", trust=trust_in(request)), evidence.test
    if older.regression != (evidence.task == "regression"):
        kind = "a regression" if older.regression else "a classifier"
        raise UsageError(
            f"'{older.name}' is {kind}, the model under audit is not",
            "give its own last release",
            where="--against",
        )
    older.columns(data.frame)
    unseen = members_of(older.training, whole) if older.training and whole is not None else None
    seen = "whether the last release learned from some of these rows is not known"
    if unseen is not None:
        mine = unseen if mask is None else unseen[mask]
        seen = f"the last release learned from {int((~mine).sum()):,} of these {len(mine):,} rows"
    note = f"held against {older.name}: {seen}"
    test = replace(data, notes=(*data.notes, note))
    then = replace(evidence, subject=older, test=test, train=None, _kept={})
    return replace(evidence, test=test, against=then, _kept={})


def plain(evidence: Evidence) -> Evidence:
    """The evidence with nothing derived yet."""
    return replace(evidence, _kept={})


def trust_in(request: Request) -> Trust:
    """What may be loaded although it is not on our lists."""
    return trust_of(
        types=request.trust, pickle=request.trust_pickle, reduced_sandbox=request.allow_reduced_sandbox
    )
