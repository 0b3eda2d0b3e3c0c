"""Bench: the pooled rows and the unfitted recipe, all that a reference model is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.pool import Pool, joined
from riskaudit.errors import RiskAuditError
from riskaudit.evidence import Evidence, Role
from riskaudit.subjects.subject import Subject

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

REFUSALS = (
    *(RiskAuditError, TypeError, ValueError, AttributeError),
    *(NotImplementedError, RuntimeError, ImportError, OSError),
)
"""What a recipe may raise that cannot be fitted again."""


class NotRefittable(RiskAuditError):
    """The recipe of the model cannot be fitted again."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """All that a refit needs; it goes to the workers.

    Attributes
    ----------
    subject : Subject
        Its estimator unfitted.
    frame, labels, outcome
        The pooled rows: features, the outcome in the model's own labels, and as codes or values.
    trained : int
        How many rows the audited model was trained on.
    people : int array (n,) or None
        Whose row each is, where people have several.
    """

    subject: Subject
    frame: pd.DataFrame
    labels: Any
    outcome: NDArray[Any]
    classes: tuple[str, ...]
    trained: int
    people: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True, kw_only=True)
class References:
    """What K reference models say of n rows.

    Attributes
    ----------
    given : float array (K, 3, n)
        As `answers` has it.
    fitted : bool array (K, n)
        Which model was fitted to which row.
    round_of : int array (K,)
        Within a round each row is left out of one model; all zero where models cannot stand as targets.
    rows : int
        How many rows a model was fitted to.
    told : str
        How they were made, in words.
    """

    given: Floats
    fitted: NDArray[np.bool_]
    round_of: NDArray[np.int64]
    rows: int
    told: str


def bench_of(evidence: Evidence, pooled: Pool) -> Bench:
    """The pooled rows, members first, and the recipe.

    Raises
    ------
    NotRefittable
        If there is no recipe.
    """
    trained = len(evidence.rows("train"))
    at = np.concatenate([pooled.members, trained + pooled.others])
    table = joined(evidence).iloc[at].reset_index(drop=True)
    outcome = [evidence.outcome("train")[pooled.members], evidence.outcome("test")[pooled.others]]
    return Bench(
        subject=replace(
            evidence.subject, estimator=shell(evidence.subject.recipe), rebuilt=None, training=None
        ),
        frame=table.drop(columns="(outcome)"),
        labels=table["(outcome)"].to_numpy(),
        outcome=np.concatenate(outcome),
        classes=evidence.test.classes,
        trained=trained,
        people=pooled.owners,
    )


def recipe(estimator: Any) -> Any:
    """What a refit repeats: of a search, only the best estimator it found, not the search."""
    return getattr(estimator, "best_estimator_", estimator)


def shell(estimator: Any) -> Any:
    """The recipe without what it learnt, on one thread: light enough to send to workers."""
    from sklearn.base import clone

    try:
        empty = clone(recipe(estimator))
        if not hasattr(empty, "fit"):
            raise TypeError(f"{type(empty).__name__} has no fit()")
        return empty.set_params(**{key: 1 for key in empty.get_params() if key.split("__")[-1] == "n_jobs"})
    except REFUSALS as error:
        raise refusal(error) from error


def refusal(error: Exception) -> NotRefittable:
    """An error of the recipe, as our own."""
    said = error.problem if isinstance(error, RiskAuditError) else f"{type(error).__name__}: {error}"
    return NotRefittable(unquoted(said))


def unquoted(said: str) -> str:
    """A library's message without what it quotes: "could not convert string to float: 'Ann Lee'" names a member."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'...'", " ".join(said.split()))[:200]


def answers(scores: Floats, outcome: NDArray[Any]) -> Floats:
    """Probability of the actual class, of all others and of the largest other (3, n); for regression the error thrice."""
    if scores.ndim == 1:
        return np.stack([np.abs(scores - outcome)] * 3)
    right = scores[np.arange(len(scores)), outcome]
    others = scores.copy()
    others[np.arange(len(scores)), outcome] = 0
    return np.stack([right, others.sum(axis=1), others.max(axis=1)])  # not 1 - right: no digits left near 1


def target_answers(evidence: Evidence, pooled: Pool) -> Floats:
    """What the audited model says of the pooled rows (3, n)."""
    parts: list[tuple[Role, NDArray[np.int64]]] = [("train", pooled.members), ("test", pooled.others)]
    given = []
    for role, at in parts:
        scores = evidence.scores(role)
        assert scores is not None  # noqa: S101 -- a model always has scores
        given.append(answers(scores[at], evidence.outcome(role)[at]))
    return np.concatenate(given, axis=1)


def in_order(scores: Floats, known: tuple[str, ...], classes: tuple[str, ...]) -> Floats:
    """Class columns in the data's order; a class the model does not know has 0."""
    padded = np.column_stack([scores, np.zeros(len(scores))])
    return padded[:, [known.index(label) if label in known else -1 for label in classes]]
