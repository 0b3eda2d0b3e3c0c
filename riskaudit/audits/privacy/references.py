"""Reference attack: surer than its own recipe fitted with and without the row, so a member."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy import design as plan
from riskaudit.audits.privacy.pool import Pool, joined, thinned
from riskaudit.audits.privacy.signals import chosen, compared, of_probabilities, of_residuals
from riskaudit.audits.privacy.told import Attack
from riskaudit.errors import RiskAuditError
from riskaudit.evidence import Evidence, Role
from riskaudit.subjects.subject import Subject
from riskaudit.workers import map_work

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 50  # of either side
MANY_ROWS = 6_000  # from which on refits are worth processes of their own
REFUSALS = (
    *(RiskAuditError, TypeError, ValueError, AttributeError),
    *(NotImplementedError, RuntimeError, ImportError, OSError),
)


class NotRefittable(RiskAuditError):
    """The recipe of the model cannot be fitted again."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """All that a refit needs: it goes to the workers.

    Attributes
    ----------
    subject : Subject
        Its estimator unfitted.
    frame, labels, outcome
        The pooled rows: features, the outcome in the model's own labels, and as codes or values.
    """

    subject: Subject
    frame: pd.DataFrame
    labels: Any
    outcome: NDArray[Any]
    classes: tuple[str, ...]


def attack(evidence: Evidence, rows: Pool) -> Attack | str:
    """The reference attack by complementary refits, or the reason why the model cannot be refitted.

    Pools members and held-out rows, fits the recipe K times to complementary parts of them, and scores
    each row by how far the target's confidence lies above the middle of refits with and without it. Costs K
    fits. The attacker needs the recipe, rows like those of the training data, the record, its outcome and
    one answer of the model.

    References
    ----------
    Carlini, N. et al. (2022). Membership inference attacks from first principles. IEEE S&P.
    Zarifzadeh, S. et al. (2024). Low-cost high-power membership inference attacks. ICML.
    """
    pooled = drawn(evidence, rows)
    if min(len(pooled.members), len(pooled.others)) < FEWEST:
        return f"references need {FEWEST} members and {FEWEST} held-out rows that occur once"
    try:
        bench = _bench(evidence, pooled)
        design = _design(evidence, bench, pooled)
        seeds = evidence.rng("privacy reference seeds").integers(2**31, size=len(design.fitted))
        answers = _refitted(bench, design, seeds, evidence.workers)
    except NotRefittable as error:
        return f"the model cannot be refitted ({error.problem})"
    target = _target_answer(evidence, pooled)
    return _judged(evidence, pooled, bench, design, target, answers)


def drawn(evidence: Evidence, rows: Pool) -> Pool:
    """The rows to refit on: all, or as many as the cost rule lets, evenly from both sides."""
    subject = evidence.subject
    width = len(subject.features) or evidence.test.frame.shape[1]
    most = plan.most_rows(subject.estimator, evidence.effort, width)
    if len(rows.members) + len(rows.others) <= most:
        return rows
    rng = evidence.rng("privacy reference rows")
    others = thinned(rows.others, max(most // 2, most - len(rows.members)), rng)
    return replace(rows, members=thinned(rows.members, most - len(others), rng), others=others)


def _bench(evidence: Evidence, pooled: Pool) -> Bench:
    """The pooled rows and an unfitted model."""
    table = joined(evidence).iloc[_at(evidence, pooled)].reset_index(drop=True)
    outcome = [evidence.outcome("train")[pooled.members], evidence.outcome("test")[pooled.others]]
    return Bench(
        subject=replace(evidence.subject, estimator=shell(evidence.subject.estimator), training=None),
        frame=table.drop(columns="(outcome)"),
        labels=table["(outcome)"].to_numpy(),
        outcome=np.concatenate(outcome),
        classes=evidence.test.classes,
    )


def shell(estimator: Any) -> Any:
    """The recipe without what it learnt, on one thread: light enough to send to workers.

    Raises
    ------
    NotRefittable
        If it has no `fit` or cannot be cloned.
    """
    from sklearn.base import clone

    try:
        empty = clone(estimator)
        if not hasattr(empty, "fit"):
            raise TypeError(f"{type(empty).__name__} has no fit()")
        return empty.set_params(**{key: 1 for key in empty.get_params() if key.split("__")[-1] == "n_jobs"})
    except REFUSALS as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> NotRefittable:
    said = error.problem if isinstance(error, RiskAuditError) else f"{type(error).__name__}: {error}"
    return NotRefittable(" ".join(said.split())[:200])


def _at(evidence: Evidence, pooled: Pool) -> NDArray[np.int64]:
    """The pooled rows' positions in the joined table."""
    return np.concatenate([pooled.members, len(evidence.rows("train")) + pooled.others])


def _design(evidence: Evidence, bench: Bench, pooled: Pool) -> plan.Design:
    """Folds so many that a refit has about as many rows as the target had, where the pool is the whole."""
    regression = evidence.task == "regression"
    strata = np.zeros(len(bench.outcome), dtype=np.int64) if regression else bench.outcome
    left_out = len(pooled.others) / (len(pooled.members) + len(pooled.others))
    return plan.complementary(
        strata,
        rng=evidence.rng("privacy reference halves"),
        refits=plan.refits(bench.subject.estimator, evidence.effort),
        folds=min(max(round(1 / left_out), 2), 5),
    )


def _refitted(
    bench: Bench, design: plan.Design, seeds: NDArray[np.int64], workers: int
) -> NDArray[np.float64]:
    """Every refit's answer on all pooled rows (K, 2, n)."""
    jobs = [(fitted, int(seed)) for fitted, seed in zip(design.fitted, seeds, strict=True)]
    many = workers if len(bench.outcome) >= MANY_ROWS else 1
    return np.stack(map_work(partial(refit, bench), jobs, workers=many, threads=False))


def refit(bench: Bench, job: tuple[NDArray[np.bool_], int]) -> NDArray[np.float64]:
    """Fit the recipe to some of the rows, ask it about all (2, n).

    One thread of linear algebra, so that the last digits are the same wherever it runs.

    Raises
    ------
    NotRefittable
        If the recipe refuses.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    fitted, seed = job
    mine = bench.frame[fitted].reset_index(drop=True)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence and the like: the target's recipe, not ours to mend
        try:
            shadow = bench.subject.retrained(mine, bench.labels[fitted], seed=seed)
            scores = shadow.predict_scores(bench.frame)
        except REFUSALS as error:
            raise _refusal(error) from error
    if shadow.regression:
        return answers(scores, bench.outcome)
    known = [shadow.classes.index(label) if label in shadow.classes else -1 for label in bench.classes]
    return answers(np.column_stack([scores, np.zeros(len(scores))])[:, known], bench.outcome)


def answers(scores: NDArray[np.float64], outcome: NDArray[Any]) -> NDArray[np.float64]:
    """Probability of the actual class and of all others (2, n); for regression the absolute error, twice."""
    if scores.ndim == 1:
        return np.stack([np.abs(scores - outcome)] * 2)
    right = scores[np.arange(len(scores)), outcome]
    others = scores.copy()
    others[np.arange(len(scores)), outcome] = 0
    return np.stack([right, others.sum(axis=1)])  # not 1 - right: that has no digits left near 1


def _target_answer(evidence: Evidence, pooled: Pool) -> NDArray[np.float64]:
    parts: list[tuple[Role, NDArray[np.int64]]] = [("train", pooled.members), ("test", pooled.others)]
    given = []
    for role, at in parts:
        scores = evidence.scores(role)
        assert scores is not None  # noqa: S101 -- a model always has scores
        given.append(answers(scores[at], evidence.outcome(role)[at]))
    return np.concatenate(given, axis=1)


def _judged(
    evidence: Evidence,
    pooled: Pool,
    bench: Bench,
    design: plan.Design,
    target: NDArray[np.float64],
    given: NDArray[np.float64],
) -> Attack:
    """The chosen score of every pooled row."""
    if evidence.task == "regression":
        scale = float(np.median(given[:, 0][~design.fitted])) or 1.0
        mine, references = of_residuals(target[0], scale), of_residuals(given[:, 0], scale)
    else:
        votes = plan.votes(bench.subject.estimator)
        mine = of_probabilities(target[0], target[1], votes)
        references = of_probabilities(given[:, 0], given[:, 1], votes)
    score, strength = chosen(references, design)
    scores = compared(mine, references, design.fitted, score)
    return Attack(
        name="reference",
        members=scores[: len(pooled.members)],
        others=scores[len(pooled.members) :],
        note=_note(
            evidence, pooled, design, f"{score}, AUC {strength[score]:.2f} against the refits themselves"
        ),
        needs=f"the recipe, rows like the members, {len(design.fitted)} fits",
    )


def _note(evidence: Evidence, pooled: Pool, design: plan.Design, score: str) -> str:
    """How many refits on how many rows, and what that leaves out."""
    rows, trained = int(design.fitted[0].sum()), len(evidence.rows("train"))
    said = [
        f"{len(design.fitted)} refits on {rows:,} of {design.fitted.shape[1]:,} pooled rows each, every row left "
        f"out of one in {len(design.fitted) // len(set(design.round_of.tolist()))}; score: {score}."
    ]
    if rows < 0.8 * trained:
        said.append(
            f"The model was trained on {trained:,} rows: refits on fewer are overfitted somewhat more than it "
            "is, and the attack may be weaker than it could be."
        )
    if not (evidence.probabilistic or evidence.task == "regression"):
        said.append("The model gives no probabilities; its decision values stand in.")
    return " ".join([*said, pooled.note]).strip()
