"""Afford: how many answers of the model each further look may ask for, by its size and never by the clock."""

from __future__ import annotations

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.budget import ASKING, PER_NODE, PREPARING, seconds_per_answer
from riskaudit.evidence import Evidence

SECONDS = {"quick": 0.3, "normal": 1.0, "deep": 10.0}  # of one core of 2026, for each look
DEPTH = 12  # of trees, where it is not known


def answers(evidence: Evidence, bench: Bench) -> int:
    """How many mixtures one look may ask the model about."""
    return int(SECONDS[evidence.effort] / _seconds(bench))


def too_dear(evidence: Evidence) -> str:
    """Why a model is not asked about mixtures beyond what its values need; empty where it may be."""
    if evidence.subject.remote and evidence.effort != "deep":
        return "each answer of a service is a request: --effort deep asks for them"
    return ""


def some_background(bench: Bench, most: int) -> tuple[Table, Table]:
    """At most so many background rows (b, p) and their weights (b,); weighted ones all, for they are no sample."""
    if bench.weights is not None:
        return bench.background, bench.weights
    few = bench.background[:most]
    return few, np.full(len(few), 1 / len(few))


def _seconds(bench: Bench) -> float:
    """What one answer costs; trees by their number, others by what they hold."""
    model = bench.parts.model
    if bench.family != "trees" or getattr(model, "seconds_per_row", None) is not None:
        return seconds_per_answer(bench, None)
    trees = next((n for name in ("n_estimators", "max_iter") if (n := getattr(model, name, None))), 1)
    depth = getattr(model, "max_depth", None) or DEPTH
    asking = ASKING if bench.parts.apart else PREPARING
    nodes = int(trees) * int(depth) * int(bench.output.shape[1])
    return asking + nodes * PER_NODE
