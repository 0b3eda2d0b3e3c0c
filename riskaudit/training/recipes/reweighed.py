"""Reweighed: rows weigh so that a column's groups and the outcome no longer go together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.training.recipes.way import Way, apart, table


class Reweighed(Way):
    """Kamiran and Calders' weights, given to the model step; `reweighing.py` has the mathematics."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.words = f"rows reweighed so that '{column}' and the target are independent"

    def roles(self, data: Dataset, *, named: tuple[str, ...]) -> Dataset:
        """The column is sensitive: recorded, and no feature unless it was named as one."""
        found = apart(data, self.column, named=named, flag="--reweigh")
        return replace(found, sensitive=tuple(dict.fromkeys((*found.sensitive, self.column))))

    def check(self, learner: str, data: Dataset) -> None:
        """Classes alone can be balanced over groups."""
        if data.task == "regression":
            raise UsageError("--reweigh needs a target with classes", "a number has none", where="--reweigh")
        self._weights(data)

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """Fit with the weights."""
        from sklearn.utils.validation import has_fit_parameter

        if not has_fit_parameter(pipeline["model"], "sample_weight"):
            raise UsageError(
                "--reweigh needs a learner that takes weights of rows", "logistic does", where="--reweigh"
            )
        weights = self._weights(members)
        pipeline.fit(table(members), members.labels, model__sample_weight=weights)
        return {}

    def _weights(self, data: Dataset) -> Any:
        """A weight for each row (n,).

        Raises
        ------
        UsageError
            If there is one group alone, or a group without one of the labels.
        """
        from riskaudit.datasets.labels import texts
        from riskaudit.training.reweighing import reweigh

        groups = texts(data.frame[self.column])
        if len(set(groups)) < 2:
            raise UsageError(
                f"column '{self.column}' holds one group: there is nothing to weigh against it",
                "name a column with two groups or more",
                where="--reweigh",
            )
        try:
            return reweigh(groups, texts(data.labels))
        except ValueError as error:
            raise UsageError(
                str(error), "merge small groups in the table, or leave their rows out", where="--reweigh"
            ) from error
