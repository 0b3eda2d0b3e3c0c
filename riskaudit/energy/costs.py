"""Costs: what the reader knows and no meter can tell: the site, the hardware's making, the price, the plan."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, FiniteFloat, StringConstraints

from riskaudit.measure import Document

YEAR_DAYS = 365.25
RETRAINING = {
    "daily": 1.0,
    "weekly": 7.0,
    "monthly": YEAR_DAYS / 12,
    "quarterly": YEAR_DAYS / 4,
    "yearly": YEAR_DAYS,
}

Positive = Annotated[FiniteFloat, Field(gt=0, le=1e15)]  # products of all of them stay finite
Time = Annotated[FiniteFloat, Field(ge=0.001, le=100_000)]


class Embodied(Document):
    """Carbon of making the hardware: kg CO2e in all, years it will serve, share of it that this work reserves."""

    kg: Positive
    years: Time
    share: Annotated[FiniteFloat, Field(gt=0, le=1)] = 1.0


class Price(Document):
    """Money per kWh, in a currency that is taken as it is written."""

    amount: Positive
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")]


class Plan(Document):
    """How the model will be used: what a year of it takes is reckoned from this.

    Attributes
    ----------
    requests_per_day : float
        Requests, of `rows` rows each.
    retrain_days : float or None
        Days from one training to the next; None where it is trained once.
    years : float
        How long it will be in use.
    """

    requests_per_day: Positive
    rows: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    retrain_days: Time | None = None
    years: Time = 1.0

    @property
    def trainings(self) -> int:
        """Trainings in its life: the first, and one at the end of every `retrain_days` but the last."""
        if self.retrain_days is None:
            return 1
        whole = self.years * YEAR_DAYS / self.retrain_days
        return max(1, int(-(-(whole - 1e-9) // 1)))

    @property
    def requests_per_year(self) -> float:
        """Requests a year."""
        return self.requests_per_day * YEAR_DAYS


class Costs(Document):
    """What is known besides what is metered; what is not said is not assessed, never taken as nothing.

    Attributes
    ----------
    pue : float or None
        Power usage effectiveness of the site, 1 or more.
    water : float or None
        Litres of water the site takes per kWh of its computers (water usage effectiveness).
    """

    pue: Annotated[FiniteFloat, Field(ge=1, le=10)] | None = None
    embodied: Embodied | None = None
    water: Annotated[FiniteFloat, Field(ge=0, le=1e6)] | None = None
    price: Price | None = None
    plan: Plan | None = None
