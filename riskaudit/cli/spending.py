"""Spending: what no meter can tell of a model's cost, as words of the command line."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from riskaudit.errors import UsageError

Pue = Annotated[
    float | None,
    typer.Option(
        "--pue", metavar="RATIO", help="Power usage effectiveness of the site: 1.5 is half as much again."
    ),
]
EmbodiedWords = Annotated[
    str,
    typer.Option(
        "--embodied",
        metavar="KG/YEARS[/SHARE]",
        help="Carbon of making the hardware, its years of service, the share reserved: 1200kg/4y/0.25.",
    ),
]
Water = Annotated[
    float | None,
    typer.Option("--water", metavar="L/KWH", help="Litres of water the site takes per kWh of its computers."),
]
PriceWords = Annotated[
    str, typer.Option("--price", metavar="AMOUNT", help="Price of a kWh, with its currency: 0.30EUR.")
]
PerDay = Annotated[
    float | None,
    typer.Option(
        "--requests-per-day", metavar="N", help="Reckon a year of use from this many requests a day: 1e6."
    ),
]
RowsPerRequest = Annotated[
    int | None, typer.Option("--rows-per-request", metavar="N", help="Rows that come in one request (1).")
]
Retrain = Annotated[
    str,
    typer.Option(
        "--retrain", metavar="EVERY", help="daily, weekly, monthly, quarterly, yearly, never, or days: 10d."
    ),
]
Lifetime = Annotated[
    str, typer.Option("--lifetime", metavar="TIME", help="How long it will be in use: 2y, 18m, 90d (1y).")
]
TrainingRecord = Annotated[
    str,
    typer.Option(
        "--training-record",
        metavar="FILE",
        help="The training as 'riskaudit meter' wrote it down (default: MODEL.training.json, if there).",
    ),
]
Emissions = Annotated[
    str,
    typer.Option("--emissions", metavar="FILE", help="Or: codecarbon's own emissions.csv of the training."),
]
EmissionsRun = Annotated[
    str,
    typer.Option(
        "--emissions-run", metavar="RUN_ID", help="With --emissions: which of its runs, if several."
    ),
]

_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
_EMBODIED = re.compile(rf"{_NUMBER}\s*(?:kg)?\s*/\s*{_NUMBER}\s*y?(?:\s*/\s*{_NUMBER}\s*(%)?)?")
_PRICE = re.compile(rf"{_NUMBER}\s*([A-Za-z]{{3}})|([A-Za-z]{{3}})\s*{_NUMBER}")
_TIME = re.compile(rf"{_NUMBER}\s*([ymd])")


def costs(
    *,
    pue: float | None,
    embodied: str,
    water: float | None,
    price: str,
    per_day: float | None,
    rows: int | None,
    retrain: str,
    lifetime: str,
) -> Any:
    """The flags' words as `Costs`.

    Raises
    ------
    UsageError
        At the flag that cannot be meant, or that means nothing without --requests-per-day.
    """
    from riskaudit.energy import Costs

    given = {
        "pue": pue,
        "embodied": _embodied(embodied),
        "water": water,
        "price": _price(price),
        "plan": _plan(per_day, rows, retrain, lifetime),
    }
    return _checked(Costs, {name: value for name, value in given.items() if value is not None})


def _plan(per_day: float | None, rows: int | None, retrain: str, lifetime: str) -> dict[str, Any] | None:
    """The plan of use."""
    strange = {"--rows-per-request": rows is not None, "--retrain": retrain, "--lifetime": lifetime}
    if per_day is None:
        for flag, given in strange.items():
            if given:
                raise UsageError(
                    f"{flag} means nothing without --requests-per-day", "--requests-per-day 1e6", where=flag
                )
        return None
    plan: dict[str, Any] = {"requests_per_day": per_day, "retrain_days": _every(retrain)}
    plan |= {"years": _years(lifetime)} if lifetime else {}
    return plan | ({"rows": rows} if rows is not None else {})


def _embodied(text: str) -> dict[str, float] | None:
    """`1200kg/4y/25%`."""
    if not text:
        return None
    found = _EMBODIED.fullmatch(text.strip())
    if not found:
        raise UsageError(
            f"'{text}' is no carbon of making, years of service and share",
            "write --embodied 1200kg/4y/0.25: 1,200 kg CO2e in all, over 4 years, a quarter of it reserved",
            where="--embodied",
        )
    kg, years, share, percent = found.groups()
    part = float(share) / (100 if percent else 1) if share else 1.0
    return {"kg": float(kg), "years": float(years), "share": part}


def _price(text: str) -> dict[str, Any] | None:
    """`0.30EUR` or `EUR 0.30`."""
    if not text:
        return None
    found = _PRICE.fullmatch(text.strip())
    if not found:
        raise UsageError(
            f"'{text}' is no price of a kWh", "write --price 0.30EUR: an amount, a currency of three letters", where="--price"
        )  # fmt: skip
    return {
        "amount": float(found[1] or found[4]),
        "currency": (found[2] or found[3]).upper(),
    }


def _every(text: str) -> float | None:
    """Days from one training to the next; None for never."""
    from riskaudit.energy.costs import RETRAINING, YEAR_DAYS

    word = text.strip().lower()
    if word in ("", "never"):
        return None
    if word in RETRAINING:
        return RETRAINING[word]
    return _time(text, "--retrain", f"write --retrain {', '.join(RETRAINING)}, never, or 10d") * YEAR_DAYS


def _years(text: str) -> float:
    """A time in years."""
    return _time(text, "--lifetime", "write --lifetime 2y, 18m or 90d")


def _time(text: str, flag: str, hint: str) -> float:
    """`2y`, `18m`, `90d` in years."""
    from riskaudit.energy.costs import YEAR_DAYS

    found = _TIME.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(f"'{text}' is no time", hint, where=flag)
    return float(found[1]) / {"y": 1.0, "m": 12.0, "d": YEAR_DAYS}[found[2]]


_FLAGS = {
    "pue": "--pue",
    "embodied": "--embodied",
    "water": "--water",
    "price": "--price",
    "requests_per_day": "--requests-per-day",
    "rows": "--rows-per-request",
    "retrain_days": "--retrain",
    "years": "--lifetime",
}


def _checked(kind: Any, values: dict[str, Any]) -> Any:
    """The document, or the first flag whose number is out of range."""
    from pydantic import ValidationError

    try:
        return kind.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        place = [str(part) for part in fault["loc"]]
        flag = _FLAGS.get(place[0]) or _FLAGS.get(place[-1], "")
        said = fault["msg"].replace("Input should be", "must be")
        raise UsageError(f"{flag} {said}, and is {fault['input']}", "", where=flag) from error
