"""Coverage: what the numbers rest on: how many decisions differ, how many rows are in assessed cells."""

from __future__ import annotations

from riskaudit.measure import Measure

MOST_NAMED = 12
CONSTANT = "the model gives everyone the same decision: no gap is not fairness"


def coverage(
    sizes: list[int], min_group: int, attribute: str, small: list[str], *, more: str = ""
) -> Measure:
    """The share of rows in intersection cells that are large enough, and which are not."""
    named = ", ".join(small[:MOST_NAMED]) + (
        f" and {len(small) - MOST_NAMED} more" if len(small) > MOST_NAMED else ""
    )
    left = f"; left out: {named}" if small else ""
    rows, large = sum(sizes), [size for size in sizes if size >= min_group]
    return Measure(
        name="bias.intersection_coverage",
        value=sum(large) / max(rows, 1),
        n=rows,
        unit="fraction",
        where={"attribute": attribute},
        note=f"{len(large)} of {len(sizes)} cells have {min_group} rows or more{left}{more}; an exact count, so no interval",
    )


def distinct(found: int, rows: int) -> Measure:
    """How many different decisions the model makes."""
    note = "an exact count over held-out rows, so no interval"
    return Measure(
        name="bias.distinct_decisions",
        value=found,
        n=rows,
        unit="count",
        note=f"{CONSTANT}; {note}" if found < 2 else note,
    )
