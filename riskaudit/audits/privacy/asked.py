"""Asked: what the audited model says of the rows an attack is judged on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.pool import Pool
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence, Role

Floats = NDArray[np.float64]
Kind = Literal["probability", "order", "decision", "residual"]

LEAST = 1e-7  # below it a probability's logit says how a library rounds, not what it learnt


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The model's answer about each row's own outcome, members first.

    Attributes
    ----------
    right, wrong, top : float arrays (n,)
        Probability of the actual class, of all others, of the largest other; for regression the
        absolute error three times.
    outcome : array (n,)
        Class codes, or values.
    predicted : array (n,)
        What it decides.
    member : bool array (n,)
    at : int array (n,)
        Positions in the training or the held-out table.
    kind : str
        What the answer is: a probability, a mere order, a decision, or a regression's error.
    people : int array (n,) or None
        Whose row each is, where people have several.
    """

    right: Floats
    wrong: Floats
    top: Floats
    outcome: NDArray[np.generic]
    member: NDArray[np.bool_]
    at: NDArray[np.int64]
    kind: Kind
    note: str = ""
    people: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.right)

    @property
    def logit(self) -> Floats:
        """log p - log(1 - p) of the actual class; minus the log error for regression: higher is surer."""
        if self.kind == "residual":
            floor = max(float(np.median(self.right)) * 1e-3, 1e-12)
            logs: Floats = -np.log(np.maximum(self.right, floor))
            return logs
        odds: Floats = np.log(np.maximum(self.right, LEAST)) - np.log(np.maximum(self.wrong, LEAST))
        return odds

    def rows(self, keep: NDArray[np.generic]) -> Asked:
        """Some of the rows (mask or positions)."""
        parts = {
            name: getattr(self, name)[keep] for name in ("right", "wrong", "top", "outcome", "member", "at")
        }
        people = None if self.people is None else self.people[keep]
        return replace(self, people=people, **parts)

    def attack(self, name: str, scores: Floats, *, note: str, needs: str) -> Attack:
        """These rows' scores as an attack."""
        return Attack(
            name=name,
            members=scores[self.member],
            others=scores[~self.member],
            member_at=self.at[self.member],
            other_at=self.at[~self.member],
            note=" ".join(filter(None, (note, self.note))),
            needs=needs,
        )


def asked(evidence: Evidence, rows: Pool) -> Asked:
    """The answers about the rows of the pool; no query that was not made before is made again."""
    given = np.concatenate(
        [_answers(evidence, "train")[:, rows.members], _answers(evidence, "test")[:, rows.others]], axis=1
    )
    outcome = [evidence.outcome("train")[rows.members], evidence.outcome("test")[rows.others]]
    return Asked(
        right=given[0],
        wrong=given[1],
        top=given[2],
        outcome=np.concatenate(outcome),
        member=np.arange(given.shape[1]) < len(rows.members),
        at=np.concatenate([rows.members, rows.others]),
        kind=kind_of(evidence),
        note=rows.note,
        people=rows.owners,
    )


def kind_of(evidence: Evidence) -> Kind:
    """What the model's answers are."""
    if evidence.task == "regression":
        return "residual"
    scores = evidence.scores()
    if scores is None:
        return "decision"
    return "probability" if evidence.probabilistic or _shares(evidence) else "order"


def _shares(evidence: Evidence) -> bool:
    """Whether a column of scores, given without a model, reads as probabilities."""
    return not evidence.subject.can_predict and all(
        float(part.min()) >= 0 and float(part.max()) <= 1
        for part in (np.abs(np.asarray(evidence.scores(role))) for role in ("test", "train"))
    )


def _answers(evidence: Evidence, role: Role) -> Floats:
    """Right, wrong and top of all rows of a table (3, n)."""
    outcome, scores = evidence.outcome(role), evidence.scores(role)
    kind = kind_of(evidence)
    if kind == "residual":
        return np.stack([np.abs(np.asarray(scores) - outcome)] * 3)
    if scores is None:
        hit = (evidence.decisions(role) == outcome).astype(np.float64)
        return np.stack([hit, 1 - hit, 1 - hit])
    if not evidence.subject.can_predict:
        scores = _two_columns(evidence, scores, kind)
    from riskaudit.audits.privacy.bench import answers

    return answers(scores, outcome)


def _two_columns(evidence: Evidence, scores: Floats, kind: Kind) -> Floats:
    """A column of scores, (-s, s) in the evidence, as two columns of numbers in 0..1."""
    positive = evidence.test.positive_code
    upper = scores[:, positive]
    if kind == "order":
        both = np.concatenate([np.asarray(evidence.scores(role))[:, positive] for role in ("test", "train")])
        spread = float(np.subtract(*np.percentile(both, [75, 25]))) or float(both.std()) or 1.0
        upper = 1 / (1 + np.exp(-np.clip((upper - np.median(both)) / spread, -15, 15)))
    return np.column_stack([upper if code == positive else 1 - upper for code in (0, 1)])
