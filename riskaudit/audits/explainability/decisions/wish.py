"""Wish: which outcome a row should have instead, and how near the model is to giving it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Table
from riskaudit.datasets.labels import texts
from riskaudit.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the model says of some rows: words of its decisions (n,), and whether each is on the wanted side."""

    words: NDArray[np.object_]
    there: NDArray[np.bool_]
    lead: Table


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The wanted side of a model's outcomes.

    Attributes
    ----------
    labels : tuple of str
        Outcomes that are wanted, of a classifier.
    threshold : float or None
        The value that a regression is to reach.
    above : bool
        Whether reaching it from below is what is wanted.
    good : bool
        Whether it is known that the wanted side is good for the person.
    """

    labels: tuple[str, ...] = ()
    threshold: float | None = None
    above: bool = True
    good: bool = False

    @property
    def known(self) -> bool:
        """Whether there is a side to flip to."""
        return bool(self.labels) or self.threshold is not None

    @property
    def words(self) -> str:
        """The wanted side in words."""
        if self.threshold is not None:
            return f"{self.threshold:g} or more" if self.above else f"less than {self.threshold:g}"
        return " or ".join(f"'{label}'" for label in self.labels)

    def other(self, classes: tuple[str, ...]) -> Wish:
        """The opposite side: what a row that is there would fall to."""
        left = tuple(label for label in classes if label not in self.labels)
        return Wish(labels=left, threshold=self.threshold, above=not self.above)

    def answer(self, evidence: Evidence, rows: Any, *, leads: bool = True) -> Answer:
        """The model's decisions on rows (n), and by how much each leads for the wanted side (0 if not asked for)."""
        subject = evidence.subject
        if not leads and evidence.task != "regression":
            words = texts(subject.predict_labels(rows))
            return Answer(words=words, there=np.isin(words, self.labels), lead=np.zeros(len(words)))
        scores = subject.predict_scores(rows)
        if evidence.task == "regression":
            words = np.array([f"{value:.6g}" for value in scores], dtype=object)
            lead = scores - (self.threshold or 0.0)
            reached = lead >= 0
            return Answer(words=words, there=reached == self.above, lead=lead if self.above else -lead)
        words = texts(subject.predict_labels(rows))
        wanted = np.array([label in self.labels for label in subject.classes])
        if wanted.all() or not wanted.any():
            return Answer(words=words, there=np.isin(words, self.labels), lead=np.zeros(len(words)))
        lead = scores[:, wanted].max(axis=1) - scores[:, ~wanted].max(axis=1)
        return Answer(words=words, there=np.isin(words, self.labels), lead=lead)


def wish_of(evidence: Evidence, *, wanted: tuple[str, ...], threshold: float | None, below: bool) -> Wish:
    """What is wanted: what is said, else what is favourable, else the positive class (good or not)."""
    data = evidence.test
    if evidence.task == "regression":
        return Wish(threshold=threshold, above=not below, good=threshold is not None)
    if wanted:
        return Wish(labels=wanted, good=True)
    if data.favourable:
        return Wish(labels=data.favourable, good=True)
    return Wish(labels=(data.positive,) if data.positive else ())
