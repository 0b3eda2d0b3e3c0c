"""Learner: one way of training a model, as the list of learners tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from riskaudit.training.settings import Setting

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
    reads : "table" or "text"
        Columns of any kind, made numbers first; or one column of texts, as it is.
    """

    name: str
    summary: str
    tasks: tuple[Task, ...]
    factory: dict[Task, str]
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, dict[str, Setting]] = field(default_factory=dict)
    seeded: bool = True
    reads: Literal["table", "text"] = "table"

    def settings_for(self, task: str) -> dict[str, Setting]:
        """What a user may set for that task."""
        return {**self.settings.get("all", {}), **self.settings.get(task, {})}

    def defaults_for(self, task: str) -> dict[str, Any]:
        """What we set for that task unless told otherwise."""
        return {**self.defaults.get("all", {}), **self.defaults.get(task, {})}
