"""Pretrained: hidden layers first learn the columns as autoencoders, without a look at the target."""

from __future__ import annotations

from collections.abc import Mapping

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.training.ranges import LAYERS
from riskaudit.training.recipes.way import Way, only


class Pretrained(Way):
    """Layer by layer; `pretraining.py` has the mathematics. It is a setting, so that shadows do it too."""

    def __init__(self, epochs: int) -> None:
        if epochs < 1:
            raise UsageError(
                f"--pretrain cannot be {epochs}", "it takes a whole number from 1", where="--pretrain"
            )
        self.epochs = epochs
        self.words = f"hidden layers pre-trained for {epochs} epochs each, without the target"

    def check(self, learner: str, data: Dataset) -> None:
        """Perceptrons alone have layers to pre-train."""
        only(learner, "perceptron", flag="--pretrain")

    def settings(self, given: Mapping[str, str]) -> dict[str, str]:
        """The epochs, as the setting they are."""
        hidden = given.get("hidden", "32")
        if LAYERS["hidden"].parsed(hidden) == ():
            raise UsageError(
                "--pretrain has no hidden layer to pre-train", "give --hidden 32, say", where="--pretrain"
            )
        return {**given, "pretrain_epochs": str(self.epochs)}
