"""Distilled: a student learns from what a teacher says of the rows; any model that loads can teach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import NOBODY, Trust
from riskaudit.training.recipes.origin import Origin
from riskaudit.training.recipes.way import Way, only, table

TEMPERATURE = 2.0
ALPHA = 0.5


class Distilled(Way):
    """Hinton's distillation; `distillation.py` has the mathematics. The teacher is asked for scores alone."""

    def __init__(
        self, path: Path, temperature: float | None, alpha: float | None = None, *, trust: Trust = NOBODY
    ) -> None:
        if temperature is not None and not 0 < temperature < float("inf"):
            raise UsageError(
                f"--temperature cannot be {temperature:g}", "it takes a number above 0", where="--temperature"
            )
        if alpha is not None and not 0 <= alpha <= 1:
            raise UsageError(f"--alpha cannot be {alpha:g}", "it takes a number from 0 to 1", where="--alpha")
        self.teacher: Subject = open_model(path, flag="--teacher", trust=trust)
        self.origin = Origin(subject=self.teacher, flag="--teacher")
        self.alpha = ALPHA if alpha is None else alpha
        self.temperature = temperature or TEMPERATURE
        soft = "" if self.teacher.regression else f" at temperature {self.temperature:g}"
        self.words = f"distilled from {path.name}{soft}, the teacher's weight {self.alpha:g}"
        if self.teacher.regression and temperature is not None:
            raise UsageError(
                "--temperature softens probabilities, and the teacher predicts a number",
                "leave it out; --alpha weighs the teacher",
                where="--temperature",
            )

    def check(self, learner: str, data: Dataset) -> None:
        """The teacher must do the same task, in the same labels."""
        from riskaudit.datasets.labels import texts

        if self.teacher.regression != (data.task == "regression"):
            what = "a number" if self.teacher.regression else "classes"
            raise UsageError(
                f"the teacher predicts {what}, the target is not so", "give another", where="--teacher"
            )
        if not self.teacher.regression:
            only(learner, "perceptron", "logistic", "text", flag="--teacher")
            found = set(texts(data.frame[data.target]))
            if found != set(self.teacher.classes):
                raise UsageError(
                    f"the teacher knows {', '.join(self.teacher.classes[:6])}, the target has {', '.join(sorted(found)[:6])}",
                    "a teacher must know the same classes",
                    where="--teacher",
                )
        self.teacher.columns(data.frame)

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """Prepare the rows as the student sees them, and let it learn from both."""
        from riskaudit.training.distillation import distil

        said = self._said(members)
        X = pipeline["prepare"].fit_transform(table(members), members.labels)
        distil(said, X, members.labels, pipeline["model"], temperature=self.temperature, alpha=self.alpha)
        return {"teacher_sha256": self.teacher.sha256 or ""}

    def _said(self, members: Dataset) -> Any:
        """What the teacher says of the rows, its classes in the order of the student's."""
        import numpy as np

        from riskaudit.datasets.labels import text_of

        scores = self.teacher.predict_scores(members.frame)
        if self.teacher.regression:
            return scores
        order = [self.teacher.classes.index(text_of(label)) for label in np.unique(members.labels)]
        scores = scores[:, order]
        # Decision values are no probabilities: such a teacher is taken at its word.
        return scores if self.teacher.gives_probabilities else np.eye(len(order))[scores.argmax(axis=1)]
