"""Reasons: why a decision went against a person, in words, as a notice of adverse action needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riskaudit.decision import Contribution, Reason, told
from riskaudit.measure import Cell

MOST = 4  # more than four are not likely to help: Official Interpretations of Regulation B, 9(b)(2)-1
SMALL = 0.05  # of all that spoke against: below it a reason is none


def reasons(contributions: Sequence[Contribution], others: Any, wanted: str) -> tuple[Reason, ...]:
    """The principal reasons, those that took most from the wanted outcome first, at most four.

    Parameters
    ----------
    contributions : sequence of Contribution
        What each column adds to the wanted side: those below 0 spoke against it.
    others : DataFrame
        Rows that have the wanted outcome, to say what is usual among them.
    wanted : str
        That outcome in words.

    References
    ----------
    12 CFR 1002.9(b)(2) and its Official Interpretations: the specific principal reasons, as the model used
    them; CFPB Circulars 2022-03 and 2023-03: whatever the model.
    """
    against = sorted((one for one in contributions if one.adds < 0), key=lambda one: one.adds)
    whole = sum(one.adds for one in against)
    return tuple(
        Reason(
            column=one.column, words=_words(one.column, one.value, others, wanted), adds=one.adds, sensitive=one.sensitive
        )
        for one in against[:MOST]
        if one.adds <= SMALL * whole
    )  # fmt: skip


def _words(column: str, value: Cell, others: Any, wanted: str) -> str:
    """One reason: the column, its value, and what is usual where the outcome is the wanted one."""
    if value is None:
        return f"{column} is missing"
    if column not in others or others[column].dropna().empty:
        return f"{column} is {told(value)}"
    known = others[column].dropna()
    if isinstance(value, str):
        usual = str(known.astype(str).value_counts().index[0])
        beside = "also the most common" if usual == value else f"most often '{usual}'"
        return f"{column} is {told(value)} ({beside} among those with {wanted})"
    middle = float(np.median(np.asarray(known, dtype=np.float64)))
    if value == middle:
        return f"{column} is {told(value)} (as usual among those with {wanted})"
    word = "low" if value < middle else "high"
    return f"{column} is {word}: {told(value)} (the middle of those with {wanted} is {told(middle)})"
