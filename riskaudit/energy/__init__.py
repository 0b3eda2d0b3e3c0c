"""Energy: what a block of work drew, in kWh and kg of CO2e, and how we know."""

from __future__ import annotations

from riskaudit.energy.arithmetic import carbon_of, energy_kwh
from riskaudit.energy.costs import Costs
from riskaudit.energy.grid import CarbonIntensity, carbon_intensity, countries
from riskaudit.energy.metering import Meter, measure, meter
from riskaudit.energy.reading import EnergyReading

__all__ = [
    "CarbonIntensity",
    "Costs",
    "EnergyReading",
    "Meter",
    "carbon_intensity",
    "carbon_of",
    "countries",
    "energy_kwh",
    "measure",
    "meter",
]
