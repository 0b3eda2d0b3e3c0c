"""Learners: every way of training a model here, one entry each, by name.

To add one: a class with scikit-learn's estimator API, and one entry in `LEARNERS`. Reading this table
imports neither NumPy nor scikit-learn; `build` imports the one module it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from riskaudit.errors import UsageError, did_you_mean
from riskaudit.subjects.size import parameter_count
from riskaudit.training import ranges
from riskaudit.training.settings import Setting, parse

__all__ = ["LEARNERS", "Learner", "build", "parameter_count", "recipe"]

Task = Literal["classification", "regression"]


@dataclass(frozen=True, kw_only=True)
class Learner:
    """One way of training.

    Attributes
    ----------
    name, summary : str
        As `riskaudit list learners` prints them.
    tasks : tuple of str
        What it can learn.
    factory : dict of task to "module:Class"
    defaults : dict of task, or "all", to settings
        What we choose differently from the class's own defaults.
    settings : dict of task, or "all", to dict of name to Setting
        What a user may set.
    seeded : bool
        Whether the class takes a `random_state`.
    """

    name: str
    summary: str
    tasks: tuple[Task, ...]
    factory: dict[Task, str]
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, dict[str, Setting]] = field(default_factory=dict)
    seeded: bool = True

    def settings_for(self, task: str) -> dict[str, Setting]:
        """What a user may set for that task."""
        return {**self.settings.get("all", {}), **self.settings.get(task, {})}

    def defaults_for(self, task: str) -> dict[str, Any]:
        """What we set for that task unless told otherwise."""
        return {**self.defaults.get("all", {}), **self.defaults.get(task, {})}


_ALL = (
    Learner(
        name="logistic",
        summary="logistic and softmax regression in NumPy, exact",
        tasks=("classification",),
        factory={"classification": "riskaudit.training.logistic:NumpyLogisticRegression"},
        settings={
            "all": {
                **ranges.LOGISTIC,
                "l1_ratio": Setting(real=(0, 1)),
                "solver": Setting(words=("auto", "newton", "proximal", "adam", "sgd")),
                "learning_rate": ranges.POSITIVE,
                "batch_size": ranges.COUNT,
                "epochs": ranges.COUNT,
            }
        },
    ),
    Learner(
        name="perceptron",
        summary="multilayer perceptron in NumPy, any depth",
        tasks=("classification", "regression"),
        factory={
            "classification": "riskaudit.training.perceptron:NumpyPerceptronClassifier",
            "regression": "riskaudit.training.perceptron:NumpyPerceptronRegressor",
        },
        settings={"all": ranges.PERCEPTRON, "classification": ranges.BALANCED},
    ),
    Learner(
        name="linear",
        summary="linear least squares in NumPy, with a ridge penalty where wanted",
        tasks=("regression",),
        factory={"regression": "riskaudit.training.linear:NumpyLinearRegression"},
        settings={
            "all": {
                "l2": ranges.FROM_ZERO,
                "fit_intercept": ranges.FLAG,
                "solver": Setting(words=("exact", "gradient")),
                "tol": ranges.FROM_ZERO,
                "max_iter": ranges.COUNT,
            }
        },
        seeded=False,
    ),
    Learner(
        name="sklearn-logistic",
        summary="scikit-learn's LogisticRegression",
        tasks=("classification",),
        factory={"classification": "sklearn.linear_model:LogisticRegression"},
        defaults={"all": {"max_iter": 1000}},
        settings={
            "all": {
                **ranges.LOGISTIC,
                "solver": Setting(words=("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")),
            }
        },
    ),
    Learner(
        name="sklearn-linear",
        summary="scikit-learn's LinearRegression, without a penalty",
        tasks=("regression",),
        factory={"regression": "sklearn.linear_model:LinearRegression"},
        settings={"all": {"fit_intercept": ranges.FLAG, "positive": ranges.FLAG}},
        seeded=False,
    ),
    Learner(
        name="random-forest",
        summary="scikit-learn's random forest, 100 unpruned trees",
        tasks=("classification", "regression"),
        factory={
            "classification": "sklearn.ensemble:RandomForestClassifier",
            "regression": "sklearn.ensemble:RandomForestRegressor",
        },
        defaults={"all": {"n_estimators": 100, "n_jobs": None}},
        settings={
            "all": ranges.FOREST,
            "classification": {
                "criterion": Setting(words=("gini", "entropy", "log_loss")),
                "class_weight": Setting(words=("balanced", "balanced_subsample"), none=True),
            },
            "regression": {"criterion": Setting(words=("squared_error", "absolute_error", "poisson"))},
        },
    ),
    Learner(
        name="boosting",
        summary="scikit-learn's histogram gradient boosting",
        tasks=("classification", "regression"),
        factory={
            "classification": "sklearn.ensemble:HistGradientBoostingClassifier",
            "regression": "sklearn.ensemble:HistGradientBoostingRegressor",
        },
        settings={
            "all": ranges.BOOSTING,
            "classification": ranges.BALANCED,
            "regression": {"loss": Setting(words=("squared_error", "absolute_error", "poisson", "gamma"))},
        },
    ),
)
LEARNERS: dict[str, Learner] = {learner.name: learner for learner in _ALL}


def build(learner: str, *, task: str, seed: int, settings: Mapping[str, Any] | None = None) -> Any:
    """An unfitted estimator.

    Parameters
    ----------
    learner : str
        A name in `LEARNERS`.
    task : "classification" or "regression"
    seed : int
        Becomes the estimator's `random_state`, where it has one.
    settings : dict
        Values, or words for them as typed in a terminal: {"max_depth": "none", "hidden": "64,32"}.

    Raises
    ------
    UsageError
        On an unknown learner or setting, a task it cannot learn, or a value out of range.
    """
    entry = _entry(learner, task)
    given = parse(settings or {}, entry.settings_for(task), learner=learner)
    module, _, name = entry.factory[_task(task)].partition(":")
    seeded = {"random_state": seed} if entry.seeded else {}
    return getattr(import_module(module), name)(**{**entry.defaults_for(task), **given, **seeded})


def recipe(
    learner: str, *, task: str, kinds: Mapping[str, str], seed: int, settings: Mapping[str, Any] | None = None
) -> Any:
    """An unfitted scikit-learn Pipeline from a table to predictions: steps `prepare` and `model`.

    `kinds` names each feature column and says what it holds: number, boolean, category or date.
    """
    model = build(learner, task=task, seed=seed, settings=settings)
    from sklearn.pipeline import Pipeline

    from riskaudit.training.preprocessing import prepare

    return Pipeline([("prepare", prepare(kinds)), ("model", model)])


def _entry(learner: str, task: str) -> Learner:
    """The learner of that name, which can do that task."""
    if learner not in LEARNERS:
        raise UsageError(f"there is no learner '{learner}'", did_you_mean(learner, list(LEARNERS)))
    if _task(task) not in LEARNERS[learner].tasks:
        able = [name for name, entry in LEARNERS.items() if task in entry.tasks]
        raise UsageError(f"learner '{learner}' does not learn {task}", f"these do: {', '.join(able)}")
    return LEARNERS[learner]


def _task(task: str) -> Task:
    match task:
        case "classification" | "regression":
            return task
    raise UsageError(f"there is no task '{task}'", did_you_mean(task, ["classification", "regression"]))
