"""Refits: the recipe fitted to complementary parts of the pooled rows."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy import design as plan
from riskaudit.audits.privacy.bench import (
    REFUSALS,
    Bench,
    Floats,
    References,
    answers,
    in_order,
    refusal,
)
from riskaudit.audits.privacy.design import final_step
from riskaudit.audits.privacy.pool import Pool
from riskaudit.datasets.labels import text_of
from riskaudit.evidence import Evidence
from riskaudit.workers import map_work

MANY_ROWS = 6_000  # from which on refits are worth processes of their own

Job = tuple[NDArray[np.bool_], int]
"""Which rows to fit, and the seed."""


def complementary_refits(evidence: Evidence, bench: Bench, pooled: Pool) -> References:
    """K refits in rounds, each row left out of exactly one refit a round.

    Half of the pooled rows to a refit where members and held-out rows are alike many; more
    where members are more, so that a refit has about as many rows as the model had.
    """
    regression = evidence.task == "regression"
    design = plan.complementary(
        np.zeros(len(bench), dtype=np.int64) if regression else bench.outcome,
        rng=evidence.rng("privacy reference halves"),
        refits=plan.refits(bench.subject.estimator, evidence.effort),
        folds=min(max(round(len(bench) / len(pooled.others)), 2), 5),
        people=bench.people,
    )
    seeds = evidence.rng("privacy reference seeds").integers(2**31, size=len(design.fitted))
    jobs: list[Job] = [(rows, int(seed)) for rows, seed in zip(design.fitted, seeds, strict=True)]
    workers = evidence.workers if len(bench) >= MANY_ROWS else 1
    together = evidence.fit_many is not None and fits_together(bench.subject.estimator)
    if together:
        given = np.stack(refit_together(evidence, bench, design.fitted, seeds, workers))
    else:
        given = np.stack(map_work(partial(refit, bench), jobs, workers=workers, threads=False))
    rows = int(design.fitted[0].sum())
    foreign = type(final_step(bench.subject.estimator)).__name__ == "MLPClassifier"
    folds = len(design.fitted) // len(set(design.round_of.tolist()))
    return References(
        given=given,
        fitted=design.fitted,
        round_of=design.round_of,
        rows=rows,
        told=f"{len(jobs)} refits on {rows:,} of {len(bench):,} pooled rows each, every row left out of one "
        f"in {folds}"
        + ("; columns prepared once, from all pooled rows" if together else "")
        + ("; fitted by the core's own perceptron of the same settings" if together and foreign else ""),
    )


def fits_together(estimator: Any) -> bool:
    """Whether many fits of the model can go in one pass: those of riskaudit's own core, scikit-learn's perceptron.

    The latter stands in the core's own form: same layers, rate, batches, penalty and end (see `training.many.counterparts`).
    """
    model = final_step(estimator)
    if type(model).__name__ == "MLPClassifier":
        return bool(model.solver == "adam" and not model.early_stopping)
    return type(model).__module__.startswith("riskaudit.training.")


def refit_together(
    evidence: Evidence, bench: Bench, fitted: NDArray[np.bool_], seeds: NDArray[np.int64], workers: int
) -> list[Floats]:
    """All refits in one pass (K of (3, n)); what prepares the rows is fitted once, to all of them.

    Raises
    ------
    NotRefittable
        If the recipe refuses.
    """
    whole, model = bench.subject.estimator, final_step(bench.subject.estimator)
    assert evidence.fit_many is not None  # noqa: S101 -- asked for only where it is there
    rows: Any = bench.subject.columns(bench.frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in refit()
        try:
            X = rows if model is whole else whole[:-1].fit_transform(rows, bench.labels)
            shadows = evidence.fit_many(model, X, bench.labels, fitted, seeds, workers)
            return [_asked(shadow, X, bench) for shadow in shadows]
        except REFUSALS as error:
            raise refusal(error) from error


def _asked(shadow: Any, X: Any, bench: Bench) -> Floats:
    """One refit's answers about all rows."""
    if bench.subject.regression:
        return answers(np.asarray(shadow.predict(X), dtype=np.float64), bench.outcome)
    known = tuple(text_of(label) for label in shadow.classes_)
    return answers(in_order(shadow.predict_proba(X), known, bench.classes), bench.outcome)


def refit(bench: Bench, job: Job) -> Floats:
    """Fit the recipe to some of the rows, ask it about all (3, n).

    One thread of linear algebra, so that the last digits are the same wherever it runs.

    Raises
    ------
    NotRefittable
        If the recipe refuses.
    """
    from threadpoolctl import threadpool_limits

    rows, seed = job
    mine = bench.frame[rows].reset_index(drop=True)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence and the like: the target's recipe, not ours to mend
        try:
            shadow = bench.subject.retrained(mine, bench.labels[rows], seed=seed)
            scores = shadow.predict_scores(bench.frame)
        except REFUSALS as error:
            raise refusal(error) from error
    if not shadow.regression:
        scores = in_order(scores, shadow.classes, bench.classes)
    return answers(scores, bench.outcome)
