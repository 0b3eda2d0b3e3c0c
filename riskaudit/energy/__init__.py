"""Energy: what a block of work drew, in kWh and kg of CO2e, and how we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "carbon_of": "arithmetic",
    "energy_kwh": "arithmetic",
    "Costs": "costs",
    "CarbonIntensity": "grid",
    "carbon_intensity": "grid",
    "countries": "grid",
    "Meter": "metering",
    "measure": "metering",
    "meter": "metering",
    "EnergyReading": "reading",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for: a gate reads what costs are and starts no meter."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskaudit.energy' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"riskaudit.energy.{_HOMES[name]}"), name)
