"""What if: the remedies an audit has measured, as they bear on one finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from riskaudit.measure import Exhibit
from riskaudit.report import AuditResult
from riskaudit.writers import words
from riskaudit.writers.findings import Finding
from riskaudit.writers.svg.arrows import Move, moves
from riskaudit.writers.svg.columns import mark, numbers

MOST = 3


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """What remedies would change, the most helpful first, and the exhibit that shows them all."""

    exhibit: Exhibit
    told: Sequence[str]


def measured(results: Iterable[AuditResult], found: Finding) -> WhatIf | None:
    """What was tried against this finding; None where nothing was."""
    measure = found.measure
    if measure is None:
        return None
    for result in results:
        for exhibit in result.exhibits:
            helps = str(exhibit.axes.get("helps", "")).split()
            about = exhibit.axes.get("attribute", measure.where.get("attribute", ""))
            if (
                exhibit.kind == "arrows"
                and measure.name in helps
                and about == measure.where.get("attribute", "")
            ):
                told = _told(exhibit)
                return WhatIf(exhibit=exhibit, told=told) if told else None
    return None


def _told(exhibit: Exhibit) -> list[str]:
    """The remedies in words: what the number was and would be, and what it costs."""
    if not {"label", "before", "after"} <= exhibit.columns.keys():
        return []
    goal = mark(exhibit, "x_mark")
    every = list(enumerate(moves(exhibit)))
    found = [(at, move) for at, move in every if move.before is not None and move.after is not None]
    if goal is not None:
        found.sort(key=lambda one: abs((one[1].after or 0.0) - goal))
    what = str(exhibit.axes.get("x", ""))
    return [_line(exhibit, at, move, what) for at, move in found[:MOST]]


def _line(exhibit: Exhibit, at: int, move: Move, what: str) -> str:
    """One remedy: `drop-proxies: gap in selection rates 0.20 → 0.012 (0.00–0.08); accuracy given up 0.053`."""
    ends = ""
    if move.after_low is not None and move.after_high is not None:
        low, high = (words.shown(v).value for v in (move.after_low, move.after_high))
        ends = f" ({words.span(low, high)})"
    costs = [
        f"{name} {words.shown(value).value}"
        for name in exhibit.columns
        if name not in ("label", *Move.__dataclass_fields__)
        and "before" not in name
        and (value := numbers(exhibit, name)[at]) is not None
    ]
    return "; ".join([f"{move.label}: {what} {move.told}{ends}", *costs])
