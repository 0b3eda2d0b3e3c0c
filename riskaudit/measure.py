"""Measure: the one thing an audit hands on, a number that knows how sure it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator


def no_bool(value: object) -> object:
    """A number as it is; yes, no and quoted numbers are refused where a number is asked for."""
    if isinstance(value, bool | str | bytes) or getattr(getattr(value, "dtype", None), "kind", "") == "b":
        raise ValueError("a plain number is needed")
    return value


Number = Annotated[FiniteFloat, BeforeValidator(no_bool)]


class Document(BaseModel):
    """A frozen, keyword-only part of the report; unknown keys and NaN are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Interval(Document):
    """How sure a number is: from `low` to `high` at confidence `level`, by the named `method`."""

    low: Number
    high: Number
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    method: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Interval:
        if self.low > self.high:
            raise ValueError(f"an interval's low ({self.low}) may not exceed its high ({self.high})")
        return self


def _within(value: float, interval: Interval) -> bool:
    """Whether a value is in its interval, but for the last digits of a float."""
    slack = 1e-9 * max(1.0, abs(value), abs(interval.low), abs(interval.high))
    return interval.low - slack <= value <= interval.high + slack


class Measure(Document):
    """One number of an audit, or the reason why there is none.

    Attributes
    ----------
    name : str
        `area.noun`, declared in the audit's `measures`.
    value : float or None
        Finite. None means *not assessed*; then `note` says why.
    interval : Interval or None
        None needs a `note` that says why there is none.
    n : int
        How many rows (or repeats) the number rests on.
    unit : str
        `fraction`, `ratio`, `difference`, `auc`, `seconds`, `kWh`, ...: how writers print it.
    where : dict
        The slice: `{"sex": "female"}` for a group's own number;
        `{"attribute": "sex", "group": "female", "reference": "male"}` for a comparison.
    note : str
        What a careful reader must know.
    metered : bool
        True where a clock or an energy meter made the number: equal runs differ in it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]+\.[a-z0-9_.]+$")]
    value: Number | None
    interval: Interval | None = None
    n: Annotated[int, Field(ge=0)]
    unit: str
    where: dict[str, str] = {}
    note: str = ""
    metered: bool = False

    @model_validator(mode="after")
    def _no_naked_number(self) -> Measure:
        if self.value is None and self.interval is not None:
            raise ValueError(f"{self.name}: a measure that is not assessed has no interval")
        if self.interval is None and not self.note.strip():
            what = "is not assessed" if self.value is None else "has no interval"
            raise ValueError(f"{self.name} {what} and must say why in its note")
        if self.value is not None and self.interval is not None and not _within(self.value, self.interval):
            raise ValueError(f"{self.name}: the value {self.value} is not in its own interval")
        return self

    @property
    def area(self) -> str:
        """The audit this number belongs to."""
        return self.name.split(".", 1)[0]

    @property
    def assessed(self) -> bool:
        """Whether there is a number at all."""
        return self.value is not None

    @property
    def slice(self) -> str:
        """The slice in words: `sex=female, race=black`; empty for the whole."""
        return ", ".join(f"{k}={v}" for k, v in self.where.items())


Cell = str | int | FiniteFloat | None
Kind = Literal["bars", "dots", "curve", "swarm", "heatmap", "scatter", "waterfall", "arrows", "tree", "table"]


class Exhibit(Document):
    """A picture as data: audits never draw, writers do.

    Columns by kind (all of one length):

    - `bars`, `dots`: `label`, `value`, and where known `low`, `high`, `series`, `n`
    - `curve`: `series`, `x`, `y`, and where known `low`, `high`; `axes` may name the line y = x as `diagonal`
    - `swarm`: `row` (the strip, e.g. a feature), `x`, `shade` (0..1 or None; `axes` may say what it is as `shade`)
    - `heatmap`: `row`, `column`, `value`
    - `scatter`: `x`, `y`, and where known `low`, `high` (of y), `series`, `label`, `shade` (0..1 or None)
    - `waterfall`: `label`, `value` (signed steps, in the order drawn); `axes` has `start`, and `end` where known
    - `arrows`: `label`, `before`, `after`, and where known `before_low`, `before_high`, `after_low`, `after_high`
    - `tree`: `node`, `parent` (None for the root), `branch` (the edge's words), `label`, and where known
      `value`, `share` (0..1 of the rows)
    - `table`: any

    `axes` has the labels (`x`, `y`, with units), and may set `x_scale` / `y_scale` to `log` and
    `x_mark` / `y_mark` to a number where a reference line belongs (`mark_label` names it).
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]+\.[a-z0-9_.-]+$")]
    kind: Kind
    title: str
    caption: str
    axes: dict[str, str | FiniteFloat] = {}
    columns: dict[str, list[Cell]]
    metered: bool = False

    @model_validator(mode="after")
    def _rectangular(self) -> Exhibit:
        if len({len(column) for column in self.columns.values()}) > 1:
            raise ValueError(f"exhibit {self.name}: columns differ in length")
        return self
