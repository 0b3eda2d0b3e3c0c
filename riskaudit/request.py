"""Request: what an audit is asked to do, in one frozen document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from riskaudit.energy.costs import Costs
from riskaudit.measure import Document
from riskaudit.rulebook import Severity, Task
from riskaudit.subjects.service.settings import Endpoint


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
    trust, trust_pickle, allow_reduced_sandbox
        What may be loaded although it is not on our lists: types of a skops file, one pickle by its sha256.
    endpoint : Endpoint
        Where `model` is an address: how the service is asked, and how often at most.
    weights : str
        Where `model` is a PyTorch class of one's own: the file of its state dict, or safetensors.
    classes : tuple of str
        What a model that knows only 0..k-1 means by them, in that order.
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
    quantiles : dict
        Or: into how many parts of about equal size, on the rows of `data`.
    unit : str
        Column that says which rows are of one person.
    sources : dict
        Where each setting that was given came from: flag, environment or a file; for the provenance.
    time_budget : float
        Seconds that one audit may take; 0 is no limit for ours and an hour for a plugin's.
    cost, reference, threshold, top_k, terms
        How the bias audit compares groups: see `evidence.Comparing`.
    costs : Costs
        What no meter can tell: the site's PUE and water, the hardware's making, the price of power, and a plan of
        use to reckon a year from.
    training_record, emissions, emissions_run : str
        The metered training of `model`: a file of `riskaudit meter`, or codecarbon's own and which run of it.
    background, background_rows, group_correlated
        How the explainability audit attributes: see `evidence.Explaining`.
    member : str
        With `prediction`: a column that is true for rows the model was trained on.
    quasi : tuple of str
        Columns that outsiders may know of a person.
    prior : float
        The share of members among those whom an attacker asks about.
    """

    model: str = ""
    trust: tuple[str, ...] = ()
    trust_pickle: str = ""
    allow_reduced_sandbox: bool = False
    endpoint: Endpoint = Endpoint()
    weights: str = ""
    classes: tuple[str, ...] = ()
    learner: str = ""
    learner_settings: dict[str, str] = {}
    prediction: str = ""
    against: str = ""
    delta: Annotated[float, Field(gt=0)] | None = None
    score: str = ""
    data: str
    train: str = ""
    decimal: Literal[".", ","] = "."
    encoding: str = ""
    target: str = ""
    task: Task | None = None
    positive: str = ""
    favourable: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    control: str = ""
    weight: str = ""
    group_column: str = ""
    unit: str = ""
    cost: dict[str, float] = {}
    reference: dict[str, str] = {}
    threshold: float | None = None
    top_k: Annotated[int, Field(ge=1)] | None = None
    terms: tuple[str, ...] = ()
    background: Literal["", "sample", "kmeans"] = ""
    background_rows: Annotated[int, Field(ge=0, le=1000)] = 0
    group_correlated: Annotated[float, Field(ge=0.3, le=1)] | None = None
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    bins: dict[str, tuple[float, ...]] = {}
    quantiles: dict[str, Annotated[int, Field(ge=2, le=50)]] = {}
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
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0  # what every library takes
    jobs: Annotated[int, Field(ge=0)] = 0
    min_group: Annotated[int, Field(ge=2)] = 30
    min_events: Annotated[int, Field(ge=1)] = 10
    country: str = ""
    intensity: Annotated[float, Field(ge=0)] | None = None
    refit: bool = False
    costs: Costs = Costs()
    training_record: str = ""
    emissions: str = ""
    emissions_run: str = ""
    time_budget: Annotated[float, Field(ge=0)] = 0
    member: str = ""
    quasi: tuple[str, ...] = ()
    prior: Annotated[float, Field(gt=0, lt=1)] = 0.5
    strict: bool = False
    fail_on: Severity = "low"
    command: str = ""
    sources: dict[str, str] = {}
