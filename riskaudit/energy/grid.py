"""Grid: how much CO2e a kilowatt-hour stands for, by country, from codecarbon's packaged tables."""

from __future__ import annotations

import json
import math
import os
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from riskaudit.energy.regions import regions
from riskaudit.errors import UsageError, did_you_mean

WORLD_YEARS = {475: "2018"}  # the International Energy Agency's report of 2019 speaks of the year before


class CarbonIntensity(NamedTuple):
    """Grams of CO2e per kWh, whose grid that is, who says so, and of which year (empty where not told)."""

    g_per_kwh: float
    label: str
    source: str
    year: str = ""


def countries() -> list[str]:
    """The countries whose grid the table knows: ISO 3166 alpha-3, sorted."""
    return sorted(_grids())


def carbon_intensity(country: str | None = None) -> CarbonIntensity:
    """The carbon intensity of a country's grid, of a region's (`USA/CA`), or of the world's where none is named.

    codecarbon's own trackers take Quebec, among the cleanest there are, where they cannot tell.
    """
    if country is None:
        return _world_average()
    grids = _grids()
    country, slash, region = country.partition("/")
    if country.upper() in grids:
        return _region(country.upper(), region) if slash else grids[country.upper()]
    named = {grid.source.split(",")[0].lower(): code for code, grid in grids.items()}
    raise UsageError(
        f"there is no carbon intensity for country '{country}'",
        f"ISO 3166 alpha-3 codes; {did_you_mean(named.get(country.lower(), country), countries())}",
        where="--country",
    )


def _region(country: str, code: str) -> CarbonIntensity:
    """The grid of a part of a country.

    Raises
    ------
    UsageError
        If there is no table of it.
    """
    known = regions(country)
    found = known.get(code.upper())
    if found is None:
        raise UsageError(
            f"there is no carbon intensity for region '{code}' of {country}",
            did_you_mean(code.upper(), sorted(known))
            if known
            else f"give the country alone: {country}; regions are known of USA, CHN, SWE and NOR",
            where="--country",
        )
    source = f"{found.name}, {found.year}, {found.source}, tables of {codecarbon_version()}"
    return CarbonIntensity(found.g_per_kwh, f"{country}/{code.upper()}", source, found.year)


def given_intensity(g_per_kwh: float, country: str | None) -> CarbonIntensity:
    """An intensity the reader brought, in grams of CO2e per kWh."""
    if not (math.isfinite(g_per_kwh) and g_per_kwh >= 0):
        raise UsageError(
            f"a carbon intensity of {g_per_kwh} g/kWh cannot be meant",
            "give grams of CO2e per kWh, 0 or more",
            where="--carbon-intensity",
        )
    return CarbonIntensity(float(g_per_kwh), country.upper() if country else "as given", "as given")


def check_grid(country: str, g_per_kwh: float | None) -> None:
    """Refuse a place or an intensity that cannot be meant, before any work is done for it.

    Raises
    ------
    UsageError
        Naming the flag.
    """
    if g_per_kwh is not None:
        given_intensity(g_per_kwh, country or None)
    elif country:
        with suppress(ImportError):  # without codecarbon there are no tables; energy is then not assessed
            carbon_intensity(country)


def codecarbon_version() -> str:
    """`codecarbon 3.3.2`, as installed."""
    from importlib.metadata import version

    return f"codecarbon {version('codecarbon')}"


@lru_cache(maxsize=1)
def _grids() -> dict[str, CarbonIntensity]:
    from codecarbon.input import DataSource

    rows = _read(DataSource().global_energy_mix_data_path)
    table = f"global_energy_mix.json of {codecarbon_version()}"
    return {
        code: CarbonIntensity(
            row["carbon_intensity"], code, f"{row['country_name']}, {row['year']}, {table}", str(row["year"])
        )
        for code, row in rows.items()
        if row.get("carbon_intensity")  # the Central African Republic has 0.0: a gap, no grid is free
    }


@lru_cache(maxsize=1)
def _world_average() -> CarbonIntensity:
    from codecarbon.input import DataSource

    table = _read(DataSource().carbon_intensity_per_source_path)
    year = WORLD_YEARS.get(table["world_average"], "year not told")
    source = (
        f"{year}, {table['world_average_source']}, carbon_intensity_per_source.json of {codecarbon_version()}"
    )
    return CarbonIntensity(float(table["world_average"]), "world average", source, year)


def _read(path: os.PathLike[str]) -> dict[str, Any]:
    with open(path, encoding="utf-8") as table:
        return dict(json.load(table))
