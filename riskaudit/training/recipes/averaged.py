"""Averaged: federated averaging over the clients that a column names, simulated on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.training.recipes.way import Way, apart, only, table
from riskaudit.training.settings import SettingError

ROUNDS = 20
_LIMITS = (
    "Federated averaging keeps rows with their clients; parameters and updates still tell of them, and nothing is "
    "added against that. Simulated here: the preparation was learnt from all clients' rows together."
)


_NO_SAY = {
    "epochs": (
        "clients walk in rounds: --epochs has no say",
        "use --rounds, and --local-epochs within a round",
    ),
    "patience": ("all rounds are walked: patience has no say", "leave it out, and give fewer --rounds"),
    "tol": ("all rounds are walked: tol has no say", "leave it out, and give fewer --rounds"),
    "early_stopping": (
        "early stopping looks at all clients' rows at once",
        "leave it out, and give fewer --rounds",
    ),
    "pretrain_epochs": ("pre-training looks at all clients' rows at once", "leave it out"),
}


class Averaged(Way):
    """FedAvg; `federated.py` has the mathematics."""

    def __init__(
        self,
        column: str,
        rounds: int | None,
        seed: int,
        *,
        share: float | None = None,
        local_epochs: int | None = None,
    ) -> None:
        _check_count("--rounds", rounds)
        _check_count("--local-epochs", local_epochs)
        if share is not None and not 0 < share <= 1:
            problem = f"--client-share cannot be {share:g}"
            raise UsageError(problem, "it takes a number above 0 to 1", where="--client-share")
        self.column, self.rounds, self.seed = column, rounds or ROUNDS, seed
        self.share, self.local_epochs = share or 1.0, local_epochs or 1
        self.words = f"federated averaging over the clients in '{column}', {self.rounds} rounds"
        self.words += f" of {self.local_epochs} epochs each" if self.local_epochs > 1 else ""
        self.words += f", {self.share:.0%} of the clients in a round" if self.share < 1 else ""

    def roles(self, data: Dataset, *, named: tuple[str, ...]) -> Dataset:
        """Who holds a row is no feature of it."""
        return apart(data, self.column, named=named, flag="--client-column")

    def check(self, learner: str, data: Dataset) -> None:
        """Perceptrons alone can be averaged, over two clients or more, one for each row."""
        if learner in ("logistic", "linear"):
            raise UsageError(
                f"--client-column does not work with learner '{learner}'",
                f"--learner perceptron --hidden none is {learner} regression, trained by steps",
                where="--client-column",
            )
        only(learner, "perceptron", flag="--client-column")
        clients = data.frame[self.column]
        if clients.isna().any():
            raise UsageError(
                f"{int(clients.isna().sum())} rows name no client in column '{self.column}'",
                "give each row its client, or leave these rows out",
                where="--client-column",
            )
        if clients.nunique() < 2:
            raise UsageError(
                f"column '{self.column}' names one client: there is nothing to average",
                "leave --client-column out",
                where="--client-column",
            )

    def settings(self, given: Mapping[str, str]) -> dict[str, str]:
        """Settings that averaging would not heed are refused."""
        for name, value in given.items():
            key = name.replace("-", "_")
            if key in _NO_SAY and value not in ("false", "0"):
                raise SettingError(*_NO_SAY[key], setting=key)
        return dict(given)

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """The averaged model in the pipeline's place."""
        from riskaudit.training.federated import fedavg

        clients = members.frame[self.column].to_numpy()
        averaged = fedavg(
            pipeline,
            table(members),
            members.labels,
            clients,
            rounds=self.rounds,
            share=self.share,
            local_epochs=self.local_epochs,
            seed=self.seed,
        )
        pipeline.steps = averaged.steps
        return {"clients": averaged["model"].clients_, "guarantee": _LIMITS}


def _check_count(flag: str, given: int | None) -> None:
    """Refuse what is no count."""
    if given is not None and given < 1:
        raise UsageError(f"{flag} cannot be {given}", "it takes a whole number from 1", where=flag)
