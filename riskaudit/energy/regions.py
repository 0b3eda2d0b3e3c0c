"""Regions: states, provinces and zones whose grid differs from their country's, from codecarbon's packaged tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

GRAMS_PER_POUND = 453.59237  # by definition: International Yard and Pound Agreement, 1959


class Region(NamedTuple):
    """Grams of CO2e per kWh of a part of a country, its name, the year and the source."""

    g_per_kwh: float
    name: str
    year: str
    source: str


@lru_cache(maxsize=8)
def regions(country: str) -> dict[str, Region]:
    """The regions of a country by their code: USA/CA, CHN/BJ, SWE/SE3, NOR/NO4; none of other countries."""
    read = _READERS.get(country)
    return read() if read else {}


def _usa() -> dict[str, Region]:
    """States, in pounds of CO2e per MWh."""
    from codecarbon.input import DataSource

    table: dict[str, Any] = DataSource().get_country_emissions_data("usa")
    said = table.get("_source", {})
    year, source = str(said.get("year", "year not told")), str(said.get("name", "usa_emissions.json"))
    return {
        str(row["regionCode"]).upper(): Region(
            row["emissions"] * GRAMS_PER_POUND / 1000, name.title(), year, source
        )
        for name, row in table.items()
        if not name.startswith("_")
    }


def _china() -> dict[str, Region]:
    """Provinces; the table is of CO2 alone, which is said."""
    from codecarbon.input import DataSource

    rows = DataSource().get_china_provincial_emissions_data()["data"]
    source = "Ministry of Ecology and Environment of China, CO2 alone, without other gases"
    return {
        code.partition("-")[2]: Region(row["emission_factor"], row["description"], str(row["year"]), source)
        for code, row in rows.items()
    }


def _zones(prefix: str) -> Callable[[], dict[str, Region]]:
    """Bidding zones of Sweden or Norway."""

    def read() -> dict[str, Region]:
        from codecarbon.input import DataSource

        rows = DataSource().get_nordic_country_energy_mix_data()["data"]
        source = "ENTSO-E generation by zone, imports not counted"
        return {
            code: Region(row["emission_factor"], row["description"], str(row["year"]), source)
            for code, row in rows.items()
            if code.startswith(prefix)
        }

    return read


_READERS = {"USA": _usa, "CHN": _china, "SWE": _zones("SE"), "NOR": _zones("NO")}
