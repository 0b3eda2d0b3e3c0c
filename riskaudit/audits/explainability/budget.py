"""Budget: how many rows are explained, by the model's shape and never by the clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskaudit.audits.explainability.bench import Bench
from riskaudit.audits.explainability.enough import FIRST, TOLERANCE
from riskaudit.audits.explainability.permutations import differs
from riskaudit.audits.explainability.trees import Forest
from riskaudit.evidence import Effort, Evidence
from riskaudit.subjects.size import numbers_in

SECONDS = {"quick": 2.0, "normal": 8.0, "deep": 60.0}  # of one core of 2026
ROWS = {"quick": (50, 300), "normal": (100, 1000), "deep": (300, 5000)}
REPEATS = {"quick": 3, "normal": 5, "deep": 20}
FEWEST_BACKGROUNDS = 10
SHARE_OF_REQUESTS = 0.25  # of what a service may be sent in all
ASKING = 2e-6  # seconds to lay out one mixed row and pass it on
PREPARING = 40e-6  # the same through a pipeline that could not be taken apart
PER_NUMBER = 2e-9  # seconds for each number a model of unknown kind holds
PER_NODE = 10e-9  # seconds for each tree node a row passes


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many rows and background rows, by which method, and why."""

    rows: int
    backgrounds: int
    by_trees: bool
    because: str
    instead: str = ""
    passes: int = 1


def plan(evidence: Evidence, bench: Bench, forest: Forest | None, *, exact: bool = True) -> Plan:
    """What the effort allows for this model; without `exact`, by permutations whatever the model."""
    total, effort = len(evidence.test), evidence.effort
    fewest, most = (min(bound, total) for bound in ROWS[effort])
    words = forest.words if forest else ""
    if exact and bench.family == "linear":
        return Plan(rows=most, backgrounds=100, by_trees=False, because=_planned(most, total, effort))
    if exact and forest is not None:
        rows = min(int(SECONDS[effort] / forest.seconds_per_row), most)
        if rows >= fewest:
            why = _planned(rows, total, effort, words, cut=rows < most)
            return Plan(rows=rows, backgrounds=100, by_trees=True, because=why)
    backgrounds, rows = _by_asking(evidence, bench, forest)
    why = _planned(rows, total, effort, words, cut=rows < most)
    dear = f"TreeExplainer would take {forest.seconds_per_row:.1f} s a row" if exact and forest else ""
    return Plan(rows=rows, backgrounds=backgrounds, by_trees=False, because=why, instead=dear)


def _by_asking(evidence: Evidence, bench: Bench, forest: Forest | None) -> tuple[int, int]:
    """Background rows and rows for the permutation estimator, which asks twice for each turn of a column."""
    fewest, most = ROWS[evidence.effort]
    fewest, most = min(fewest, len(evidence.test)), min(most, len(evidence.test))
    each = 2 * _turns(bench) * seconds_per_answer(bench, forest)
    pairs = SECONDS[evidence.effort] / each
    rows_sent = getattr(bench.parts.model, "most_rows", None)
    if rows_sent is not None:
        pairs = min(pairs, SHARE_OF_REQUESTS * rows_sent / (2 * _turns(bench)))
    asked = evidence.explaining.backgrounds or (len(bench.background) if bench.weights is not None else 0)
    backgrounds = asked or int(np.clip(pairs / fewest, FEWEST_BACKGROUNDS, len(bench.background)))
    fewest = min(fewest, max(2, int(pairs / backgrounds))) if rows_sent is not None else fewest
    return backgrounds, int(np.clip(pairs / backgrounds, fewest, most))


def _turns(bench: Bench) -> float:
    """How many mixtures lie between two rows on average: columns that agree need none."""
    among = [differs(bench, row).sum(axis=1) - 1 for row in bench.background[:50]]
    return max(1.0, float(np.mean(among)))


def seconds_per_answer(bench: Bench, forest: Forest | None) -> float:
    """What one output of the model costs, by its size."""
    asked = getattr(bench.parts.model, "seconds_per_row", None)
    if asked is not None:  # a service or another process: its cost is a round trip, not its size
        return float(asked)
    asking = ASKING if bench.parts.apart else PREPARING
    if forest is not None:
        return asking + forest.trees * forest.depth * PER_NODE
    return asking + PER_NUMBER * numbers_in(bench.parts.model)


def because(rows: int, total: int, effort: Effort, end: str) -> str:
    """Why drawing ended at so many rows, before the plan's end."""
    drawn = f"{rows:,} of {total:,} held-out rows, drawn by seed"
    if end == "clock":
        return f"{drawn}: the clock ended it, the model being far slower than its size says"
    share = f"{100 * TOLERANCE[effort]:g}"
    return f"{drawn} until each share of importance was known to {share} points and the first {FIRST} were in order"


def _planned(rows: int, total: int, effort: str, model: str = "", *, cut: bool = False) -> str:
    """The rows and their reason in words."""
    if rows == total:
        return f"all {total:,} held-out rows"
    drawn = f"{rows:,} of {total:,} held-out rows, drawn by seed"
    if not cut:
        return f"{drawn}: effort '{effort}' looks at no more"
    size = f"this size ({model})" if model else "this size"
    return f"{drawn}: what effort '{effort}' affords for a model of {size}"
