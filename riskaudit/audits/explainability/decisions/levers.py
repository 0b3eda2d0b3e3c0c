"""Levers: which columns of a row may be changed, to which values, and what a change costs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = Any  # a cell of the table: a number or a word

WORDS, DIGITS = 30, 6


@dataclass(frozen=True, kw_only=True)
class Lever:
    """A column that may change.

    Attributes
    ----------
    values : array (k,) or tuple
        Of a number, those that occur; of words, the most frequent ones.
    scale : float
        The median absolute deviation of a number: a change of that size costs 1. 0 for words.
    step : float
        The step that the values keep: whole numbers stay whole.
    """

    column: str
    values: NDArray[Any] | tuple[Value, ...]
    scale: float = 0.0
    step: float = 0.0

    @property
    def number(self) -> bool:
        """Whether it holds numbers."""
        return self.scale > 0

    def cost(self, before: Value, after: Value) -> float:
        """What a change costs: its size in median absolute deviations, 1 for a word or a gap that is filled."""
        if self.number and _known(before):
            return abs(float(after) - float(before)) / self.scale
        return 0.0 if before is after or before == after else 1.0

    def ladder(self, before: Value, most: int) -> list[Value]:
        """At most `most` other values to try, spread over those that occur."""
        if not self.number:
            return [value for value in self.values if value != before]
        values = np.asarray(self.values)
        picked = values[
            np.unique(np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int))
        ]
        return [self.exact(float(value)) for value in picked if not _known(before) or value != before]

    def between(self, near: Value, far: Value, most: int) -> list[Value]:
        """At most `most` values strictly between two, on the steps of the column, from near to far."""
        first, last = float(near) / self.step, float(far) / self.step
        up = last > first
        start = int(np.floor(first + 1e-9)) + 1 if up else int(np.ceil(first - 1e-9)) - 1
        stop = int(np.ceil(last - 1e-9)) - 1 if up else int(np.floor(last + 1e-9)) + 1
        many = abs(stop - start) + 1 if (stop >= start if up else stop <= start) else 0
        if many == 0:
            return []
        places = np.unique(np.linspace(0, many - 1, min(most, many)).round().astype(np.int64))
        return [self.exact((start + (int(p) if up else -int(p))) * self.step) for p in places]

    def exact(self, value: float) -> Value:
        """The value on the steps that is nearest and within what occurs, without the dust of a float."""
        place = round(value / self.step)
        place -= place * self.step > self.values[-1] + 1e-9 * self.step
        place += place * self.step < self.values[0] - 1e-9 * self.step
        if self.step >= 1 and float(self.step).is_integer():
            return int(place * self.step)
        return float(round(place * self.step, 12))


def levers_of(
    frame: Any, columns: Sequence[str], immutable: Collection[str]
) -> tuple[list[Lever], list[str]]:
    """The columns that may change, and in words those that cannot though nobody said so."""
    import pandas as pd

    found: list[Lever] = []
    left: list[str] = []
    for column in columns:
        if column in immutable:
            continue
        values = frame[column].dropna()
        if values.nunique() < 2:
            left.append(f"{column} (always the same)")
        elif pd.api.types.is_datetime64_any_dtype(values):
            left.append(f"{column} (a date)")
        elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            found.append(_number(column, np.asarray(values, dtype=np.float64)))
        else:
            counts = values.value_counts()
            if len(counts) > WORDS and len(counts) > len(values) / 2:
                left.append(f"{column} (free text)")
                continue
            words = tuple(sorted(counts.index[:WORDS], key=lambda word: (-counts[word], str(word))))
            found.append(Lever(column=column, values=words))
    return found, left


def _number(column: str, values: NDArray[np.float64]) -> Lever:
    """The lever of a number."""
    values = values[np.isfinite(values)]
    distinct = np.unique(values)
    spread = [
        float(np.median(np.abs(values - np.median(values)))),
        float(np.subtract(*np.quantile(values, [0.95, 0.05]))) / 4,
        float(values.std()),
    ]
    scale = next(one for one in spread if one > 0)
    return Lever(column=column, values=distinct, scale=scale, step=_step(distinct, scale))


def _step(distinct: NDArray[np.float64], scale: float) -> float:
    """The step of the values: whole numbers by their greatest common divisor, decimals by their digits.

    Values that keep no such step move by a thousandth of the scale, in round numbers.
    """
    if (distinct == np.round(distinct)).all() and np.abs(distinct).max() < 2**53:
        whole = distinct.astype(np.int64)
        return float(max(1, int(np.gcd.reduce(whole))))
    finest = float(10.0 ** (np.floor(np.log10(scale)) - 3))
    for digits in range(1, DIGITS):
        if 10.0**-digits < finest:
            break
        if np.allclose(distinct, np.round(distinct, digits), rtol=0, atol=1e-9 * max(1.0, float(np.abs(distinct).max()))):  # fmt: skip
            return float(10.0**-digits)
    return finest


def _known(value: Value) -> bool:
    """Whether there is a value."""
    return value is not None and not (isinstance(value, float) and np.isnan(value))
