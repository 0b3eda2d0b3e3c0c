"""Rung: one smaller model to hold the audited one against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from riskaudit.subjects.subject import Subject

if TYPE_CHECKING:
    from riskaudit.datasets.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A smaller model, made of the audited one or fitted to rows it was trained on.

    Attributes
    ----------
    name, words : str
        What it is called, and how it was made.
    members : Dataset or None
        The rows it learned from; None for one made of the audited model, whose members are its own.
    saved : int
        Bytes that its weights would take less than the arrays they are simulated in.
    simulated : bool
        Whether its answers are exact but its arithmetic is not what such a model would run: no energy can be metered.
    """

    name: str
    words: str
    subject: Subject
    members: Dataset | None = None
    saved: int = 0
    simulated: bool = False
