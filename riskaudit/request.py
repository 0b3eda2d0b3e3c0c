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
    against : str
        The last release, to be held against on the same rows: a saved model; with `prediction`, a column.
    delta : float or None
        How much worse than it is bearable: the limit of every rule on a loss, a growth or a lag.
    favourable : tuple of str
        Which outcome is good for the person it falls on: needed for classification.
    overrides : dict
        `rule.limit` to a value, laid over the rulebooks and recorded.
    statements : dict
        What people say and no measure can: auditor, audit_date, data_source, ...
    waivers, baseline, tolerance, strict_baseline
        Files that excuse findings, and how far a number may move before it counts as worse.
    bins : dict
        Edges at which numeric sensitive columns are cut.
    time_budget : float
        Seconds that one audit may take; 0 is no limit for ours and an hour for a plugin's.
    """

    model: str = ""
    learner: str = ""
    learner_settings: dict[str, str] = {}
    prediction: str = ""
    against: str = ""
    delta: Annotated[float, Field(gt=0)] | None = None
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
    overrides: dict[str, str] = {}
    statements: dict[str, str] = {}
    waivers: tuple[str, ...] = ()
    baseline: str = ""
    tolerance: Annotated[float, Field(ge=0)] | None = None
    strict_baseline: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    effort: Literal["quick", "normal", "deep"] = "normal"
    seed: Annotated[int, Field(ge=0)] = 0
    jobs: Annotated[int, Field(ge=0)] = 0
    min_group: Annotated[int, Field(ge=2)] = 30
    min_events: Annotated[int, Field(ge=1)] = 5
    country: str = ""
    intensity: Annotated[float, Field(ge=0)] | None = None
    refit: bool = False
    time_budget: Annotated[float, Field(ge=0)] = 0
    strict: bool = False
    fail_on: Severity = "low"
    command: str = ""
