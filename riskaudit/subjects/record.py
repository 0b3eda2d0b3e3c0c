"""TrainingRecord: what the training core writes down while it trains, for audits that come later."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from riskaudit.energy import EnergyReading
from riskaudit.measure import Document

ColumnKind = Literal["number", "boolean", "category", "date", "text"]


class Split(Document):
    """How members and held-out rows were told apart; `sha256` is of the held-out mask, a byte a row.

    `labels` names the column whose values were kept in proportion, where that is not the target.
    """

    test_share: Annotated[float, Field(gt=0, lt=1)]
    seed: int
    stratified: bool
    group_column: str = ""
    labels: str = ""
    sha256: str


class TrainingRecord(Document):
    """Rows, columns, time, energy and seed of one training.

    `features` maps each feature column to its kind; `rows` counts members (rows trained on). The schema
    grows by optional fields alone, so that old files keep loading.

    Attributes
    ----------
    recipe : str
        How the training differed from a plain one, in words; empty where it did not.
    epsilon, delta : float or None
        Differential privacy spent; `guarantee` says what it covers.
    teacher_sha256, source_sha256 : str
        Of the model it was distilled from, and of the one whose layers it started from.
    clients : int or None
        How many clients' updates were averaged.
    layers : tuple of str
        Where each layer's first parameters came from, if not from chance.
    cautions : tuple of str
        What is to be known before the model or its figures are trusted; each a sentence without its stop.
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
    validation_curve: tuple[FiniteFloat, ...] = ()
    recipe: str = ""
    epsilon: Annotated[FiniteFloat, Field(ge=0)] | None = None
    delta: Annotated[FiniteFloat, Field(ge=0, lt=1)] | None = None
    guarantee: str = ""
    teacher_sha256: str = ""
    source_sha256: str = ""
    clients: Annotated[int, Field(ge=1)] | None = None
    layers: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    versions: dict[str, str] = {}

    @property
    def repeatable(self) -> bool:
        """Whether the estimator, fitted again by itself, repeats the recipe: noise and pre-training are settings
        of it; other layers, teachers, clients and weights of rows are not."""
        return not self.recipe or self.epsilon is not None or "pretrain_epochs" in self.settings
