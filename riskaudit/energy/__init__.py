"""Energy: what a block of work drew, in kWh and kg of CO2e, and how we know."""

from __future__ import annotations

from .grid import CarbonIntensity, carbon_intensity, countries
from .metering import Meter, measure, meter
from .reading import EnergyReading

__all__ = [
    "CarbonIntensity",
    "EnergyReading",
    "Meter",
    "carbon_intensity",
    "countries",
    "measure",
    "meter",
]
