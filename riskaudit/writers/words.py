"""Words: numbers that never contradict their verdict; strings come from `harmless`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from riskaudit.judge import TOLERANCE
from riskaudit.measure import Interval, Measure
from riskaudit.writers.harmless import (
    MINUS,
    ascii_words,
    cells,
    code_markdown,
    escape_markdown,
    escape_terminal,
    printable,
    shorten,
)

__all__ = [
    "MINUS",
    "NOT_ASSESSED",
    "UNKNOWN",
    "Shown",
    "ascii_words",
    "cell",
    "cells",
    "code_markdown",
    "count",
    "escape_markdown",
    "escape_terminal",
    "fine_score",
    "number",
    "per",
    "plural",
    "printable",
    "score",
    "score_range",
    "shorten",
    "shown",
    "span",
]  # fmt: skip

NOT_ASSESSED = "not assessed"
UNKNOWN = "unknown"

_PLAIN = {
    "fraction",
    "ratio",
    "difference",
    "auc",
    "score",
    "correlation",
    "probability",
    "rate",
    "count",
    "",
}
_PERCENT = {"share": Decimal(100), "percent": Decimal(1), "%": Decimal(1)}
_STEPS: dict[str, tuple[tuple[str, Decimal], ...]] = {
    "energy": tuple(
        (u, Decimal(f)) for u, f in (("MWh", "1e6"), ("kWh", "1e3"), ("Wh", "1"), ("mWh", "1e-3"), ("µWh", "1e-6"))
    ),
    "mass": tuple((u, Decimal(f)) for u, f in (("t", "1e6"), ("kg", "1e3"), ("g", "1"), ("mg", "1e-3"), ("µg", "1e-6"))),
    "time": tuple((u, Decimal(f)) for u, f in (("s", "1"), ("ms", "1e-3"), ("µs", "1e-6"))),
    "size": tuple((u, Decimal(f)) for u, f in (("TB", "1e12"), ("GB", "1e9"), ("MB", "1e6"), ("kB", "1e3"), ("B", "1"))),
}  # fmt: skip
_UNITS = {
    unit.lower(): (family, unit, factor) for family, steps in _STEPS.items() for unit, factor in steps
} | {
    "mwh": (
        "energy",
        "mWh",
        Decimal("1e-3"),
    ),  # lower-cased, milli and mega clash: small is what a model uses
    "seconds": ("time", "s", Decimal(1)),
    "milliseconds": ("time", "ms", Decimal("1e-3")),
    "bytes": ("size", "B", Decimal(1)),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A number as a reader sees it: value, interval and limit in one scale and with the same digits."""

    value: str
    interval: str = ""
    limit: str = ""
    level: str = ""

    @property
    def both(self) -> str:
        """Value and interval in one breath: `0.62, 95% interval 0.57–0.67`."""
        return f"{self.value}, {self.level} interval {self.interval}" if self.interval else self.value


@dataclass(frozen=True)
class _Scale:
    """How a unit is written: times `factor`, with at least `floor` decimals, then `suffix`."""

    factor: Decimal
    suffix: str
    floor: int | None  # None: three significant digits instead


def shown(
    value: float | None, *, unit: str = "", interval: Interval | None = None, limit: float | None = None
) -> Shown:
    """A number for the eye: the interval sets the digits, and more follow until no side of the limit changes.

    A value that the judge takes as at the limit is written as the limit is.
    """
    largest = max(abs(value or 0), abs(interval.low), abs(interval.high)) if interval else value
    scale = _scale(largest if largest is not None else limit, unit)
    bound = None if limit is None else _decimal(limit) * scale.factor
    limit_text = "" if bound is None else _exact(bound, scale)
    limit_told = "" if limit is None or bound is None else _limit(limit, bound, scale, largest, unit)
    if value is None:
        return Shown(value=NOT_ASSESSED, limit=limit_told)
    ends = [interval.low, interval.high] if interval else []
    raw = [_decimal(v) * scale.factor for v in (value, *ends)]
    snapped = [
        bound if bound is not None and _at(v, limit) else d for v, d in zip((value, *ends), raw, strict=True)
    ]
    digits = _digits(snapped, bound, scale)
    texts = [limit_text if d == bound else _spell(d, digits, _scientific(snapped)) for d in snapped]
    return Shown(
        value=texts[0] + scale.suffix,
        interval=span(texts[1], texts[2]) + _short(scale.suffix) if interval else "",
        limit=limit_told,
        level=f"{100 * interval.level:.4g}%" if interval else "",
    )


def number(measure: Measure, limit: float | None = None) -> Shown:
    """A measure's number for the eye."""
    return shown(measure.value, unit=measure.unit, interval=measure.interval, limit=limit)


def span(low: str, high: str) -> str:
    """From low to high: an en dash, or `to` where a minus sign would meet it."""
    return f"{low} to {high}" if MINUS in low + high else f"{low}\u2013{high}"


def score(value: float | None) -> str:
    """A score of 0 to 100 in whole points; one near 0, 50 or 100 gets a decimal and stays on its side of it.

    A failing 49.97 is 49.9, and 99.999 is 99.9: only what found no risk at all is 100.
    """
    if value is None:
        return UNKNOWN
    whole = round(value)
    if whole not in (0, 50, 100) or abs(value - whole) <= TOLERANCE:
        return str(whole)
    return fine_score(value)


def fine_score(value: float | None) -> str:
    """A score with one decimal, for sums that a reader follows; it stays on its side of 0, 50 and 100."""
    if value is None:
        return UNKNOWN
    text = f"{value:.1f}"
    mark = float(text)
    if mark not in (0, 50, 100) or abs(value - mark) <= TOLERANCE:
        return text
    return f"{mark + math.copysign(0.1, value - mark):.1f}"


def per(unit: str) -> str:
    """What a unit is counted per, with a blank before it: ` per 1,000 predictions`; empty for most."""
    found = re.search(r" per .*", unit.replace("_", " "), re.DOTALL)
    return found[0] if found else ""


def score_range(low: float | None, high: float | None) -> str:
    """The range of a score in words; empty where it is unknown or has no width."""
    if low is None or high is None or score(low) == score(high):
        return ""
    return span(score(low), score(high))


def count(n: int) -> str:
    """A whole number with thousands separators."""
    return f"{n:,}"


def plural(n: int, noun: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def cell(value: str | int | float | None) -> str:
    """A table cell: numbers short, an empty one as a dash."""
    if value is None:
        return "\u2013"
    if isinstance(value, str):
        return value
    return count(value) if isinstance(value, int) else shown(value).value


def _decimal(value: float) -> Decimal:
    """The shortest decimal that is this float: what a person wrote in a rulebook."""
    return Decimal(repr(float(value)))


def _scale(value: float | None, unit: str) -> _Scale:
    """How to write a unit, its prefix chosen so that the value has few zeros."""
    if unit.lower() in _PLAIN:
        return _Scale(Decimal(1), "", 2 if unit != "count" else None)
    if unit.lower() in _PERCENT:
        return _Scale(_PERCENT[unit.lower()], "%", 0)
    head, tail = re.fullmatch(r"(.*?)((?: per |/).*)?", unit.replace("_", " "), re.DOTALL).groups()  # type: ignore[union-attr]
    carbon = re.fullmatch(r"(kg|g|mg|t) ?CO2e?q?", head, re.IGNORECASE)
    known = _UNITS.get((carbon[1] if carbon else head).lower())
    tail = (" CO2e" if carbon else "") + (tail or "")
    if known is None:
        return _Scale(Decimal(1), f" {head}{tail}", None)
    family, own, factor = known
    base = abs(_decimal(value or 0)) * factor
    step, size = next(
        ((u, f) for u, f in _STEPS[family] if f <= base), (own, factor) if not base else _STEPS[family][-1]
    )
    return _Scale(factor / size, f" {step}{tail}", None)


def _at(value: float, limit: float | None) -> bool:
    """Whether the judge takes a value as at the limit."""
    return limit is not None and abs(value - limit) <= TOLERANCE * max(1.0, abs(limit))


def _scientific(values: list[Decimal]) -> bool:
    """Whether all of it is too large or too small for plain digits."""
    largest = max(abs(v) for v in values)
    return largest >= Decimal("1e12") or 0 < largest < Decimal("1e-6")


def _spell(value: Decimal, digits: int, scientific: bool = False) -> str:
    """One number with that many decimals, a true minus sign, no minus zero."""
    text = f"{value:.{digits}e}" if scientific else f"{value:,.{digits}f}"
    return text.replace("-", MINUS, 1) if Decimal(text.replace(",", "")) and value < 0 else text.lstrip("-")


def _parse(text: str) -> Decimal:
    """The number a reader would take from the text."""
    return Decimal(text.replace(",", "").replace(MINUS, "-"))


def _exact(limit: Decimal, scale: _Scale) -> str:
    """A limit in all its digits: it is what somebody decided."""
    own = max(0, -int(limit.normalize().as_tuple().exponent)) if limit else 0
    if own > 12 or abs(limit) >= Decimal("1e12"):
        return f"{limit.normalize():e}".replace("-", MINUS, 1) if limit < 0 else f"{limit.normalize():e}"
    return _spell(limit, max(own, scale.floor or 0))


def _short(suffix: str) -> str:
    """A unit without what it is counted per: the value beside it says that."""
    return suffix.partition(" per ")[0]


def _limit(limit: float, bound: Decimal, scale: _Scale, largest: float | None, unit: str) -> str:
    """A limit with its unit: in the value's prefix, or in its own where the two are a thousandfold apart."""
    if largest and limit and not 1e-3 < abs(limit / largest) < 1e3:
        scale = _scale(limit, unit)
        bound = _decimal(limit) * scale.factor
    return _exact(bound, scale) + scale.suffix


def _digits(values: list[Decimal], bound: Decimal | None, scale: _Scale) -> int:
    """How many decimals: as many as the interval supports, and then until each shown side is the true one."""
    scientific = _scientific(values)
    start = 2 if scientific else _supported(values, scale)
    if bound is None:
        return start
    away = [v for v in values if v != bound]
    for digits in range(start, start + 30):
        if all((_parse(_spell(v, digits, scientific)) > bound) == (v > bound)
               and _parse(_spell(v, digits, scientific)) != bound for v in away):  # fmt: skip
            return digits
    return start + 30


def _supported(values: list[Decimal], scale: _Scale) -> int:
    """The decimals that the interval's width supports; without one, two or three significant digits."""
    value, width = values[0], (values[2] - values[1]) if len(values) == 3 else Decimal(0)
    if width > 0:
        steps = (
            3 if scale.floor is None else 1
        )  # a unit has no digits of its own: keep a few steps in the interval
        # The exponent of a decimal is the floor of its logarithm, exactly, and far cheaper to have.
        power = width.normalize().as_tuple().digits == (1,)
        digits = -(width / steps).adjusted() if steps > 1 else power - width.adjusted()
    elif not value or value == round(value, scale.floor or 0):
        digits = 0
    else:
        digits = (1 if scale.floor is not None else 2) - abs(value).adjusted()
        digits = max(digits, 0) if abs(value) < 1 or scale.floor is None else 0
    return min(max(digits, scale.floor or 0), 8)
