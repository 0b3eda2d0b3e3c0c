"""Averaged: federated averaging over the clients that a column names, simulated on this machine."""

from __future__ import annotations

from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.training.recipes.way import Way, apart, only, table

ROUNDS = 20
_LIMITS = (
    "Federated averaging keeps rows with their clients; parameters and updates still tell of them, and nothing is "
    "added against that. Simulated here: the preparation was learnt from all clients' rows together."
)


class Averaged(Way):
    """FedAvg; `federated.py` has the mathematics."""

    def __init__(self, column: str, rounds: int | None, seed: int) -> None:
        if rounds is not None and rounds < 1:
            raise UsageError(
                f"--rounds cannot be {rounds}", "it takes a whole number from 1", where="--rounds"
            )
        self.column, self.rounds, self.seed = column, rounds or ROUNDS, seed
        self.words = f"federated averaging over the clients in '{column}', {self.rounds} rounds"

    def roles(self, data: Dataset, *, named: tuple[str, ...]) -> Dataset:
        """Who holds a row is no feature of it."""
        return apart(data, self.column, named=named, flag="--client-column")

    def check(self, learner: str, data: Dataset) -> None:
        """Perceptrons alone can be averaged."""
        only(learner, "perceptron", flag="--client-column")

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """The averaged model in the pipeline's place."""
        from riskaudit.training.federated import fedavg

        clients = members.frame[self.column].to_numpy()
        averaged = fedavg(
            pipeline, table(members), members.labels, clients, rounds=self.rounds, seed=self.seed
        )
        pipeline.steps = averaged.steps
        return {"clients": averaged["model"].clients_, "guarantee": _LIMITS}
