"""Drift: whether a column still holds what it held when the model was trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.tables import column_kind
from riskaudit.errors import InputError, all_of

_NUMBERS = frozenset({"number", "boolean"})


def check_record(data: Dataset, record: Any, *, flag: str) -> None:
    """Refuse features whose kind (numbers or words) is not the one that the training record names.

    Raises
    ------
    InputError
        Naming each column that drifted.
    """
    if record is None:
        return
    all_of(
        *(
            _check(data, name, kind, f"when the model was trained it held {_told(kind)}", flag)
            for name, kind in record.features.items()
            if name in data.frame.columns
        )
    )


def check_kinds(members: Dataset, data: Dataset, features: Sequence[str]) -> None:
    """Refuse features that hold numbers among the members and words among the held-out rows, or the reverse.

    Raises
    ------
    InputError
        Naming each column that differs.
    """
    all_of(
        *(
            _check(data, name, kind, f"in {members.name} it holds {_told(kind)}", "--data")
            for name in features
            if members.frame[name].notna().any()
            for kind in [column_kind(members.frame[name])]
        )
    )


def _check(data: Dataset, name: str, kind: str, before: str, flag: str) -> Callable[[], None]:
    """The check of one column against the kind it had."""

    def check() -> None:
        column = data.frame[name]
        now = column_kind(column)
        if column.notna().any() and (now in _NUMBERS) != (kind in _NUMBERS):
            raise InputError(
                f"feature '{name}' of {data.name} holds {_told(now)}; {before}",
                _hint(column, now),
                where=flag,
            )

    return check


def _hint(column: Any, now: str) -> str:
    """What may have made words of a column of numbers: told by how many cells are no numbers."""
    import pandas as pd

    if now in _NUMBERS:
        return "give the column in the words it was trained on"
    words = column.dropna().astype(str)
    strange = int(pd.to_numeric(words, errors="coerce").isna().sum())
    if not strange:
        return "its cells are numbers stored as words: store them as numbers"
    return f"{strange:,} of {len(words):,} cells are no number: write 1234.5, and leave missing cells empty"


def _told(kind: str) -> str:
    """A kind of column in words."""
    return {"number": "numbers", "boolean": "truth values", "date": "dates"}.get(kind, "words")
