"""Private: a perceptron, or a logistic or linear regression as one, trained with differential privacy."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from math import inf
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.training import ranges
from riskaudit.training.recipes.way import Way, only, table
from riskaudit.training.settings import Setting, parse

NAME = "private-perceptron"
_OPEN = {"epsilon": ranges.POSITIVE, "clip": ranges.POSITIVE}
_DELTA = Setting(real=(0, 1), above=True, below=True)


class Private(Way):
    """DP-SGD to a given epsilon; `private/` has the mathematics."""

    def __init__(self, epsilon: float, delta: float | None, clip: float | None) -> None:
        given = {"epsilon": epsilon, "delta": delta, "clip": clip}
        self.privacy = {name: str(value) for name, value in given.items() if value is not None}
        for name, value in self.privacy.items():
            try:
                {**_OPEN, "delta": _DELTA}[name].parsed(value)
            except ValueError as error:
                flag = f"--dp-{name}"
                raise UsageError(f"{flag} cannot be {value}", f"it takes {error}", where=flag) from None
        self.words = "trained with differential privacy (DP-SGD)"

    def check(self, learner: str, data: Dataset) -> None:
        """Networks alone are trained so."""
        only(learner, "perceptron", "logistic", "linear", flag="--dp-epsilon")

    def build(
        self, learner: str, *, task: str, kinds: Mapping[str, str], seed: int, settings: Mapping[str, str]
    ) -> Any:
        """The private estimator in place of the learner's own; without hidden layers for a regression."""
        from sklearn.pipeline import Pipeline

        from riskaudit.training.learners import build as plain
        from riskaudit.training.preprocessing import prepare

        plain(learner, task=task, seed=seed)  # refuses a task that the learner has not
        if learner != "perceptron":
            if "hidden" in settings:
                raise UsageError(f"learner '{learner}' has no setting 'hidden'", "--learner perceptron has")
            settings = {"hidden": "none", **settings}
        model = build(learner, task=task, seed=seed, settings={**settings, **self.privacy})
        return Pipeline([("prepare", prepare(kinds)), ("model", model)])

    def fit(self, pipeline: Any, members: Dataset) -> dict[str, Any]:
        """Fit it, and tell what was spent and what that covers."""
        pipeline.fit(table(members), members.labels)
        model = pipeline["model"]
        return {"epsilon": model.epsilon_, "delta": model.delta_, "guarantee": model.guarantee_}


def build(learner: str, *, task: str, seed: int | None, settings: Mapping[str, Any]) -> Any:
    """An unfitted private estimator, its settings checked like a learner's.

    Raises
    ------
    UsageError
        On a setting it has not, or a value out of range.
    """
    from riskaudit.training.private.perceptron import PrivatePerceptronClassifier, PrivatePerceptronRegressor

    kind = PrivatePerceptronClassifier if task == "classification" else PrivatePerceptronRegressor
    mine = {**_OPEN, "delta": _DELTA, "noise_seed": Setting(whole=(0, 2**63), none=True)}
    known = {**ranges.PERCEPTRON, **mine}
    able = {name: known[name] for name in signature(kind).parameters if name in known}
    plain = {name: value for name, value in settings.items() if name.replace("-", "_") != "target_range"}
    given = parse(plain, able, learner=f"{learner} (private)")
    if len(plain) < len(settings) and task == "regression":
        given["target_range"] = _span(settings.get("target_range", settings.get("target-range")))
    return kind(**given, random_state=seed)


def _span(told: Any) -> tuple[float, float] | None:
    """`0,100` as two numbers; `none` where the target's own are to be measured, and given away."""
    if str(told).strip().lower() == "none":
        return None
    try:
        low, high = (float(part) for part in str(told).strip("()[] ").split(","))
    except ValueError:
        low, high = 0.0, 0.0
    if not -inf < low < high < inf:
        raise UsageError(f"target_range cannot be '{told}'", "it takes two numbers, low,high: 0,100; or none")
    return low, high
