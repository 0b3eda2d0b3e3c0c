"""Design: the user's columns as a plain table that a small stand-in can be fitted to and be read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from riskaudit.audits.explainability.bench import Table

WORDS = 12  # of a column, the most frequent; the rest is none of them
FEWEST = 10  # rows that have a word: a rarer one would speak of single people


@dataclass(frozen=True, kw_only=True)
class Design:
    """Numbers (n, q), what each of the q says in words, and whether it is a yes or no."""

    table: Table
    names: tuple[str, ...]
    switches: tuple[bool, ...]

    def part(self, at: int, threshold: float, *, upper: bool) -> str:
        """A condition in words: `age > 41.5`, `job is 'cook'`."""
        if self.switches[at]:
            return self.names[at] if upper else self.names[at].replace(" is ", " is not ", 1)
        return f"{self.names[at]} {'>' if upper else '<='} {threshold:g}"


def design_of(frame: Any, columns: tuple[str, ...]) -> Design:
    """Numbers as they are (gaps at the median, and a switch for them), words as switches."""
    import pandas as pd

    parts: list[Table] = []
    names: list[str] = []
    switches: list[bool] = []
    for column in columns:
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            x = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
            gaps = ~np.isfinite(x)
            middle = float(np.median(x[~gaps])) if (~gaps).any() else 0.0
            parts.append(np.where(gaps, middle, x))
            names.append(column)
            switches.append(False)
            if gaps.sum() >= FEWEST:
                parts.append(gaps.astype(np.float64))
                names.append(f"{column} is missing")
                switches.append(True)
            continue
        words = values.astype(object).where(values.notna(), "missing").astype(str)
        counts = words.value_counts()
        for word in sorted(counts.index[:WORDS]):
            if FEWEST <= counts[word] < len(words):
                parts.append((words == word).to_numpy(dtype=np.float64))
                names.append(f"{column} is '{word}'" if word != "missing" else f"{column} is missing")
                switches.append(True)
    table = np.column_stack(parts) if parts else np.zeros((len(frame), 0))
    return Design(table=table, names=tuple(names), switches=tuple(switches))


def rounded(threshold: float, spread: float) -> float:
    """A threshold in as few digits as a thousandth of the spread needs, so that it is nobody's own value."""
    if not spread > 0:
        return threshold
    digits = 3 - int(np.floor(np.log10(spread)))
    return round(threshold, digits)
