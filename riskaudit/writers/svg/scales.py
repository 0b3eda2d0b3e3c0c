"""Scales: from a number to a pixel, with ticks a person would have chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from riskaudit.writers.words import MINUS


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic axis from `low` at pixel `start` to `high` at pixel `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value; beyond the ends it stays at the nearer one."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """The tick values with their labels."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            stride = max(1, math.ceil((last - first + 1) / most))
            return [(10.0**e, power(e)) for e in range(first, last + 1, stride)]
        step = nice_step(self.low, self.high, most)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(i * step, plain(i * step, step)) for i in range(first, last + 1)]


def linear(values: Iterable[float], start: float, end: float, *, zero: bool = False, most: int = 5) -> Scale:
    """A linear scale around values, its ends at ticks; from zero where lengths are compared."""
    found = [*values, *([0.0] if zero else [])] or [0.0, 1.0]
    low, high = min(found), max(found)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        pad = abs(low) / 2 or 1.0
        low, high = (min(low, 0.0), high + pad) if zero and low >= 0 else (low - pad, high + pad)
    step = nice_step(low, high, most)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, start, end)


def tight(values: Iterable[float], start: float, end: float) -> Scale:
    """A linear scale that ends with its values, or at 0 and 1 where they are shares of nearly all there is."""
    found = list(values) or [0.0, 1.0]
    low, high = min(found), max(found)
    if low >= 0 and high <= 1 and high - low > 0.5:
        return Scale(0.0, 1.0, start, end)
    pad = (high - low) * 0.04 or abs(low) / 2 or 1.0
    return Scale(0.0 if 0 <= low <= pad else low - pad, high + pad, start, end)


def logarithmic(values: Iterable[float], start: float, end: float) -> Scale:
    """A logarithmic scale around the positive values, its ends at powers of ten."""
    found = [min(max(v, 1e-300), 1e300) for v in values if v > 0] or [
        0.1,
        1.0,
    ]  # no power of ten beyond a float
    low, high = (
        10.0 ** math.floor(math.log10(min(found)) + 1e-9),
        10.0 ** math.ceil(math.log10(max(found)) - 1e-9),
    )
    return Scale(low, high if high > low else low * 10, start, end, log=True)


def nice_step(low: float, high: float, most: int) -> float:
    """1, 2 or 5 times a power of ten, such that there are about `most` steps."""
    rough = (high - low) / most or 1.0
    power_of_ten = 10.0 ** math.floor(math.log10(rough))
    return next(m * power_of_ten for m in (1, 2, 5, 10) if m * power_of_ten >= rough * (1 - 1e-9))


def plain(value: float, step: float) -> str:
    """A tick's label with the decimals of its step."""
    if step >= 1e6 or step < 1e-5:
        return f"{value:.3g}".replace("-", MINUS)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{value:,.{decimals}f}"
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def power(exponent: int) -> str:
    """A power of ten: in digits while short, else as 10 with a raised exponent."""
    if -4 <= exponent <= 4:
        return f"{10.0**exponent:,.{max(0, -exponent)}f}"
    return "10" + str(exponent).translate(
        str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
    )
