"""Energy: what a block of work drew, in kWh and kg of CO2e, and how we know."""

from __future__ import annotations

from riskaudit.energy.grid import CarbonIntensity, carbon_intensity, countries
from riskaudit.energy.metering import Meter, measure, meter
from riskaudit.energy.reading import EnergyReading

__all__ = [
    "CarbonIntensity",
    "EnergyReading",
    "Meter",
    "carbon_intensity",
    "countries",
    "measure",
    "meter",
]
