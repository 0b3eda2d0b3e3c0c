"""Request: what an audit is asked to do, in one frozen document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from riskaudit.measure import Document
from riskaudit.rulebook import Severity, Task


class Request(Document):
    """What to audit, on which rows, by which rules.

    Either `model` (a saved one), `learner` (train one on a split of `data` first) or `prediction`
    (predictions alone) says what the subject is.

    Attributes
    ----------
    data, train : str
        Paths of tables: held-out rows, and members where they are in a file of their own. For a model
        that riskaudit trained on `data`, members and held-out rows are told apart by its record.
    favourable : tuple of str
        Which outcome is good for the person it falls on: needed for classification.
    bins : dict
        Edges at which numeric sensitive columns are cut.
    """

    model: str = ""
    learner: str = ""
    learner_settings: dict[str, str] = {}
    prediction: str = ""
    score: str = ""
    data: str
    train: str = ""
    target: str = ""
    task: Task | None = None
    positive: str = ""
    favourable: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    control: str = ""
    weight: str = ""
    group_column: str = ""
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    bins: dict[str, tuple[float, ...]] = {}
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.3
    rules: tuple[str, ...] = ("default",)
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    effort: Literal["quick", "normal", "deep"] = "normal"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0  # what every library takes
    jobs: Annotated[int, Field(ge=0)] = 0
    min_group: Annotated[int, Field(ge=2)] = 30
    min_events: Annotated[int, Field(ge=1)] = 5
    country: str = ""
    intensity: Annotated[float, Field(ge=0)] | None = None
    refit: bool = False
    strict: bool = False
    fail_on: Severity = "low"
    command: str = ""
