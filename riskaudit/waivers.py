"""Waivers: findings that somebody answers for, with a reason and an end."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, FiniteFloat

from riskaudit.measure import Document

Said = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Waiver(Document):
    """One finding that is let be until a day, and who answers for it.

    Attributes
    ----------
    rule : str
        The rule's id.
    match : dict
        The slices it speaks of: those that have all these entries; `{}` is every slice of the rule.
    reason, owner : str
        Why, and who answers for it.
    expires : date
        The last day on which it holds.
    limit : float or None
        The waiver is void once the number is worse than this.
    missing : bool
        Whether it also covers that the number is not assessed; else that stays a gap.
    """

    rule: Said
    match: dict[str, str]
    reason: Said
    owner: Said
    expires: date
    limit: FiniteFloat | None = None
    missing: bool = False
    approved_by: str = ""
    created: date | None = None

    @property
    def slice(self) -> str:
        """The slices in words."""
        return ", ".join(f"{k}={v}" for k, v in self.match.items()) or "every slice"
