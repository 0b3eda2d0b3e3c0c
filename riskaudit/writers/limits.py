"""Limits: what this audit cannot see, said from the report itself and from what each audit says of itself."""

from __future__ import annotations

import re

from riskaudit.writers import words
from riskaudit.writers.reading import Reading


def cannot_see(reading: Reading) -> list[tuple[str, list[str]]]:
    """A heading and its paragraphs: the whole audit first, then each audit that was run."""
    told = [(r.audit, _paragraphs(r.cannot_see)) for r in reading.results if r.cannot_see.strip()]
    return [("This audit as a whole", _general(reading)), *told]


def _general(reading: Reading) -> list[str]:
    """What holds for every audit, with this one's own numbers."""
    data = reading.report.data
    groups = ", ".join(data.sensitive)
    seen = (
        f"Groups are seen only in the columns it was told of: {groups}. Harm to a group no column names is not seen."
        if groups
        else "No sensitive column was named, so no group was compared."
    )
    return [
        f"Every number describes {words.plural(data.rows, 'row')} of {data.name}. Other people, places and years may differ.",
        seen,
        f"The outcome {data.target} is taken as true. A harm inside the labels looks like accuracy here.",
        "A score of 100 means that these rules found no risk in these rows, not that there is none.",
    ]


def _paragraphs(text: str) -> list[str]:
    """Text parted at blank lines, each paragraph on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
