"""Arithmetic: energy, carbon, water and money from amounts; every figure of the house goes through here."""

from __future__ import annotations

import math

from riskaudit.errors import UsageError

YEAR_SECONDS = 365.25 * 24 * 3600


def energy_kwh(hours: float, watts: float, *, pue: float = 1.0) -> float:
    """Energy in kWh of `hours` (of one device, or summed over devices) at a mean power of `watts`.

    Parameters
    ----------
    pue : float
        Power usage effectiveness, energy of the site over energy of its computers (ISO/IEC 30134-2); 1 is the
        computers alone.

    Raises
    ------
    UsageError
        If an amount is negative or not finite, or `pue` below 1.
    """
    _amount("hours", hours)
    _amount("watts", watts)
    _amount("pue", pue, least=1.0)
    return hours * watts / 1000 * pue


def carbon_kg(kwh: float, intensity: float) -> float:
    """Operational carbon in kg CO2e: E x I, the intensity in grams of CO2e per kWh."""
    return kwh * intensity / 1000


def carbon_of(hours: float, watts: float, *, intensity: float, pue: float = 1.0) -> float:
    """Operational carbon in kg CO2e of `hours` at `watts`, on a grid of `intensity` grams of CO2e per kWh.

    What published cases are recomputed with: 184,320 hours of a GPU capped at 400 W, at 385 g/kWh and a PUE of
    1.1, are 31.22 t (Touvron et al. 2023, Llama 2, table 2; grid and PUE are those of its predecessor's paper).
    Offsets and certificates have no place in it.

    Raises
    ------
    UsageError
        As `energy_kwh`.
    """
    _amount("intensity", intensity)
    return carbon_kg(energy_kwh(hours, watts, pue=pue), intensity)


def embodied_kg(total_kg: float, seconds: float, *, lifetime_years: float, share: float = 1.0) -> float:
    """Embodied carbon in kg CO2e that falls on `seconds` of use: M = TE x TS x RS.

    TE is `total_kg` for making the hardware, TS the part of its `lifetime_years` that is used, RS the `share` of
    the hardware that is reserved.

    References
    ----------
    ISO/IEC 21031:2024, Software Carbon Intensity, embodied emissions.
    """
    return total_kg * seconds / (lifetime_years * YEAR_SECONDS) * share


def sci(operational: float, embodied: float, *, per: float = 1.0) -> float:
    """Software Carbon Intensity: (E x I + M) per R, operational and embodied carbon in one unit."""
    return (operational + embodied) / per


def _amount(name: str, value: float, *, least: float = 0.0) -> None:
    if not (math.isfinite(value) and value >= least):
        raise UsageError(f"{name} of {value} cannot be meant", f"give a number of {least:g} or more")
