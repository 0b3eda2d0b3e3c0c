"""EnergyReading: the energy of one call of a block, and what the figure rests on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from riskaudit.measure import Document

JOULES_PER_KWH = 3.6e6

Amount = Annotated[FiniteFloat, Field(gt=0)]
Level = Annotated[FiniteFloat, Field(ge=0)]


class EnergyReading(Document):
    """What one call of a block drew; kwh None means *not assessed*, and `note` says why.

    Attributes
    ----------
    kwh, kg_co2e : float or None
        Never 0 kWh: nothing runs on nothing.
    seconds, cpu_seconds : float
        Of the clock on the wall; of all cores, child processes included (None where nobody counted them).
    watts : float or None
        The mean power over `seconds`.
    idle_watts : float or None
        What the same boundary draws while nothing is done: it is part of `kwh`, and not of `above_idle_kwh`.
    method : str
        `measured: ...` or `estimated: ...`: what the power figure rests on.
    measured : bool
        True only where a sensor read the CPU's energy; memory is estimated even then, `method` tells.
    boundary : 'process' or 'machine'
        Whose energy it is: a sensor cannot tell this process from its neighbours.
    intensity_g_per_kwh, country, source
        Grams of CO2e per kWh, whose grid that is, and who says so.
    calls : int
        How many calls of the block the reading is the mean of.
    """

    kwh: Amount | None
    kg_co2e: Level | None
    seconds: Level
    cpu_seconds: Level | None
    watts: Amount | None
    idle_watts: Level | None = None
    method: str
    measured: bool
    boundary: Literal["process", "machine"]
    intensity_g_per_kwh: Level | None
    country: str
    source: str
    calls: Annotated[int, Field(ge=1)] = 1
    note: str

    @model_validator(mode="after")
    def _missing_says_why(self) -> EnergyReading:
        if None in (self.kwh, self.kg_co2e) and not self.note.strip():
            raise ValueError("an energy reading that cannot be had must say why in its note")
        return self

    @property
    def above_idle_kwh(self) -> float | None:
        """The energy without what would have been drawn idle; None where that cannot be told from nothing."""
        if self.kwh is None or self.idle_watts is None:
            return None
        above = self.kwh - self.idle_watts * self.seconds / JOULES_PER_KWH
        return above if above > 0 else None

    def then(self, later: EnergyReading) -> EnergyReading:
        """This block and a later one as one reading; not assessed where either is not."""
        amounts = {}
        for name in ("kwh", "kg_co2e", "seconds", "cpu_seconds"):
            one, other = getattr(self, name), getattr(later, name)
            amounts[name] = None if None in (one, other) else one + other
        kwh, seconds = amounts["kwh"], amounts["seconds"]
        note = self.note if self.kwh is None else later.note
        watts = kwh * JOULES_PER_KWH / seconds if kwh and seconds else None
        return self.model_copy(update={**amounts, "watts": watts, "note": note})

    def per_call(self, calls: int) -> EnergyReading:
        """The reading of one of `calls` equal calls: amounts are shared out, watts stay."""
        amounts = {name: getattr(self, name) for name in ("kwh", "kg_co2e", "seconds", "cpu_seconds")}
        shared = {name: None if amount is None else amount / calls for name, amount in amounts.items()}
        return self.model_copy(update={**shared, "calls": self.calls * calls})
