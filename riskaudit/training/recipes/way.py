"""Way: how a pipeline comes to be fitted; the plain one, from which each recipe departs in a method or two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError, did_you_mean
from riskaudit.training.recipes.origin import Origin


class Way:
    """The plain way. `words` is what the training record says of another, `origin` the model it starts from."""

    words = ""
    origin: Origin | None = None

    def roles(self, data: Dataset, *, named: tuple[str, ...]) -> Dataset:
        """The table with the roles of columns that the recipe needs; `named` are the features asked for."""
        return data

    def check(self, learner: str, data: Dataset) -> None:
        """Refuse, before anything is trained, a learner or a table that the recipe cannot take.

        Raises
        ------
        UsageError
            If they do not go together.
        """

    def settings(self, given: Mapping[str, str]) -> dict[str, str]:
        """The learner's settings, given those the user chose."""
        return dict(given)

    def build(
        self, learner: str, *, task: str, kinds: Mapping[str, str], seed: int, settings: Mapping[str, str]
    ) -> Any:
        """The pipeline to fit."""
        from riskaudit.training.learners import recipe

        return recipe(learner, task=task, kinds=kinds, seed=seed, settings=settings)

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """Fit it in place, and give the fields of the training record that the recipe adds."""
        pipeline.fit(table(members), members.labels)
        return {}


def table(members: Dataset) -> Any:
    """The features alone."""
    return members.frame[list(members.features)]


def only(learner: str, *able: str, flag: str) -> None:
    """Refuse other learners than these."""
    if learner not in able:
        raise UsageError(
            f"{flag} does not work with learner '{learner}'", f"it does with: {', '.join(able)}", where=flag
        )


def apart(data: Dataset, column: str, *, named: tuple[str, ...], flag: str) -> Dataset:
    """The table with a column that has a role, and is no feature unless it was named as one.

    Raises
    ------
    UsageError
        If it is not there, or is the target, or no feature is left.
    """
    known = [str(name) for name in data.frame.columns]
    if column not in known:
        raise UsageError(
            f"there is no column '{column}' in {data.name}", did_you_mean(column, known), where=flag
        )
    if column == data.target:
        raise UsageError(
            f"the target '{column}' cannot be given to {flag}", "name another column", where=flag
        )
    left = tuple(name for name in data.features if name != column or name in named)
    if not left:
        raise UsageError("no feature column is left", "name some with --features", where="--features")
    return replace(data, features=left)
