"""Learners: every way of training a model here, one entry each, by name.

To add one: a class with scikit-learn's estimator API, and one entry in `catalogue.py`. Reading this table
imports neither NumPy nor scikit-learn; `build` imports the one module it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from riskaudit.errors import UsageError, did_you_mean
from riskaudit.subjects.size import parameter_count
from riskaudit.training.catalogue import CATALOGUE
from riskaudit.training.learner import Learner, Task
from riskaudit.training.settings import parse

__all__ = ["LEARNERS", "Learner", "build", "parameter_count", "recipe"]

LEARNERS: dict[str, Learner] = {learner.name: learner for learner in CATALOGUE}


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

    `kinds` names each feature column and says what it holds: number, boolean, category, date or text (as
    `kinds.feature_kinds` tells them). A learner of texts reads exactly one column, see `text_column`.
    """
    model = build(learner, task=task, seed=seed, settings=settings)
    if LEARNERS[learner].reads == "text":
        kinds = {text_column(kinds, model.column): "text"}
    _refuse_texts(learner, kinds)
    from sklearn.pipeline import Pipeline

    from riskaudit.training.preprocessing import prepare

    return Pipeline([("prepare", prepare(kinds)), ("model", model)])


def text_column(kinds: Mapping[str, str], named: str | None) -> str:
    """The one column that a learner of texts reads: the one named, else the only feature if it is a text.

    Raises
    ------
    UsageError
        If there are other feature columns, which it would not read, or none that is a text.
    """
    texts = [name for name, kind in kinds.items() if kind == "text"]
    if named is not None and named not in kinds:
        raise UsageError(f"there is no feature column '{named}'", did_you_mean(named, list(kinds)))
    found = named or (texts[0] if len(texts) == 1 else None)
    others = [name for name in kinds if name != found]
    if found is None:
        hint = "name it: --features NAME"
        if len(kinds) == 1 and not texts:
            hint = f"to read it as text all the same, name it: column={others[0]}"
        raise UsageError(
            f"learner 'text' reads one column of text; of the features these are: {', '.join(texts) or 'none'}",
            hint,
        )
    if others:
        raise UsageError(
            f"learner 'text' reads the column '{found}' alone and would leave {len(others)} other "
            f"feature(s) unread: {', '.join(others[:5])}",
            f"type --features {found}",
        )
    return found


def _refuse_texts(learner: str, kinds: Mapping[str, str]) -> None:
    """A learner of numbers has no use for a text."""
    texts = [name for name, kind in kinds.items() if kind == "text"]
    if texts and LEARNERS[learner].reads != "text":
        raise UsageError(
            f"learner '{learner}' cannot read the text column '{texts[0]}'",
            "take learner 'text' for it, or leave it out of --features",
        )


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
