"""TrainingRecord: what the training core writes down while it trains, for audits that come later."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from riskaudit.energy import EnergyReading
from riskaudit.measure import Document

ColumnKind = Literal["number", "boolean", "category", "date"]


class Split(Document):
    """How members and held-out rows were told apart; `sha256` is of the held-out mask, a byte a row."""

    test_share: Annotated[float, Field(gt=0, lt=1)]
    seed: int
    stratified: bool
    group_column: str = ""
    sha256: str


class TrainingRecord(Document):
    """Rows, columns, time, energy and seed of one training.

    `features` maps each feature column to its kind; `rows` counts members (rows trained on).
    """

    learner: str
    settings: dict[str, str] = {}
    task: Literal["binary", "multiclass", "regression"]
    target: str
    positive: str = ""
    favourable: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    features: dict[str, ColumnKind]
    rows: int
    held_out: int
    seconds: FiniteFloat
    energy: EnergyReading | None = None
    parameters: int | None = None
    seed: int
    data_name: str = ""
    data_sha256: str = ""
    split: Split | None = None
    loss_curve: tuple[FiniteFloat, ...] = ()
    versions: dict[str, str] = {}
