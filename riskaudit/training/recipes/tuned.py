"""Tuned: a perceptron starts from the layers, and the preparation, of one trained before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import InputError, UsageError
from riskaudit.subjects.opening import open_model
from riskaudit.training.recipes.origin import Origin
from riskaudit.training.recipes.way import Way, only, table
from riskaudit.training.unusable import Unusable


class Tuned(Way):
    """Fine-tuning; `pretraining.py` has the mathematics. The source's preparation stays as it is: its layers
    mean nothing over columns that are scaled otherwise."""

    def __init__(self, path: Path, freeze: int | None) -> None:
        if freeze is not None and freeze < 0:
            raise UsageError(
                f"--freeze cannot be {freeze}", "it takes a whole number from 0", where="--freeze"
            )
        self.source = open_model(path, flag="--from")
        self.origin = Origin(subject=self.source, flag="--from")
        self.steps = dict(getattr(self.source.estimator, "steps", ()))
        if list(self.steps) != ["prepare", "model"] or not hasattr(self.steps["model"], "coefs_"):
            raise InputError(
                f"{path.name} is no perceptron that riskaudit trained: there are no layers to start from",
                "riskaudit train ... --learner perceptron makes one",
                where="--from",
            )
        self.freeze = freeze or 0
        frozen = f", {self.freeze} layer(s) frozen" if self.freeze else ""
        self.words = f"started from the layers of {path.name}{frozen}"

    def check(self, learner: str, data: Dataset) -> None:
        """The same columns, and a perceptron."""
        only(learner, "perceptron", flag="--from")
        if set(data.features) != set(self.source.features):
            other = sorted(set(data.features) ^ set(self.source.features))
            raise UsageError(
                f"the source was trained on other columns: {', '.join(map(repr, other[:5]))} in one and not in the other",
                f"give --features {','.join(self.source.features)}",
                where="--from",
            )

    def settings(self, given: Mapping[str, str]) -> dict[str, str]:
        """The source's shape, unless another was chosen."""
        source = self.steps["model"]
        own = {"hidden": ",".join(map(str, source.sizes_[1:-1])) or "none", "activation": source.activation}
        return {**own, **given}

    def build(
        self, learner: str, *, task: str, kinds: Mapping[str, str], seed: int, settings: Mapping[str, str]
    ) -> Any:
        """The learner behind the source's own preparation, which is fitted already."""
        pipeline = super().build(learner, task=task, kinds=kinds, seed=seed, settings=settings)
        pipeline.steps[0] = ("prepare", self.steps["prepare"])
        return pipeline

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """Fit the model step alone."""
        from riskaudit.training.pretraining import fine_tune

        X = pipeline["prepare"].transform(table(members))
        try:
            fine_tune(pipeline["model"], X, members.labels, source=self.steps["model"], frozen=self.freeze)
        except Unusable:
            raise
        except ValueError as error:
            raise UsageError(str(error).splitlines()[0], "choose other layers", where="--from") from error
        return {"source_sha256": self.source.sha256 or "", "layers": tuple(pipeline["model"].layer_origins_)}
