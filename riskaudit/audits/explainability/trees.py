"""Trees: SHAP values of trees and their ensembles by shap's TreeExplainer, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table

SECONDS_PER_STEP = (
    3e-9  # of one core, measured: unpruned Adult forest 2.8e-9, depth-8 forest and boosting 2-5e-9
)


@dataclass(frozen=True, kw_only=True)
class Forest:
    """A TreeExplainer ready to use, and the shape of its trees.

    `steps` is the sum over leaves of their squared depth, which path-dependent TreeSHAP's cost per row is
    proportional to; `depth` the mean depth of leaves.
    """

    explainer: Any
    trees: int
    leaves: int
    depth: float
    steps: float

    @property
    def seconds_per_row(self) -> float:
        """What one row costs, by the shape of the trees and not by a clock: equal runs do equal work."""
        return self.steps * SECONDS_PER_STEP

    @property
    def words(self) -> str:
        """The trees in words."""
        return f"{self.trees:,} trees of {self.leaves / self.trees:,.0f} leaves at a mean depth of {self.depth:.0f}"


def forest_of(bench: Bench) -> Forest | None:
    """The model's trees as shap reads them; None where it cannot."""
    import shap

    try:
        explainer = shap.TreeExplainer(bench.parts.model)
        left = [np.asarray(tree.children_left) for tree in explainer.model.trees or ()]
        right = [np.asarray(tree.children_right) for tree in explainer.model.trees or ()]
    except (ValueError, TypeError, AttributeError, AssertionError, NotImplementedError, IndexError):
        return None
    if not left:
        return None
    depths = np.concatenate([_leaf_depths(a, b) for a, b in zip(left, right, strict=True)])
    return Forest(
        explainer=explainer,
        trees=len(left),
        leaves=len(depths),
        depth=float(depths.mean()),
        steps=float((np.maximum(depths, 1.0) ** 2).sum()),
    )


def _leaf_depths(left: Any, right: Any) -> Table:
    """Depth of each leaf of one tree, level by level from the root."""
    found, level, depth = [], np.array([0]), 0
    while len(level):
        inner = level[left[level] >= 0]
        found.append(np.full(len(level) - len(inner), float(depth)))
        level, depth = np.concatenate([left[inner], right[inner]]).astype(np.intp), depth + 1
    return np.concatenate(found)


def tree_values(bench: Bench, forest: Forest) -> tuple[Table, Table, str] | None:
    """Path-dependent TreeSHAP of the user's columns (n, d, m), the base (m,), and how."""
    try:
        # The audit checks additivity itself, against the whole pipeline and far tighter than shap's 1 %.
        told = np.asarray(forest.explainer.shap_values(bench.rows, check_additivity=False))
    except (ValueError, TypeError, NotImplementedError):
        return None
    base = np.atleast_1d(np.asarray(forest.explainer.expected_value, dtype=np.float64))
    told = told[:, :, None] if told.ndim == 2 else told
    if bench.at is not None:
        told, base = _of_class(told, base, bench.at)
    if told.shape[2] != bench.output.shape[1] or len(base) != told.shape[2]:
        return None
    method = (
        "SHAP by shap.TreeExplainer, path-dependent: absent columns follow the training rows in the trees"
    )
    return bench.by_column(told), base, method


def _of_class(told: Table, base: Table, at: int) -> tuple[Table, Table]:
    """The output of one of two classes: a column of its own, or the margin turned its way."""
    if told.shape[2] == 1:
        sign = 1.0 if at == 1 else -1.0
        return told * sign, base[-1:] * sign
    return told[:, :, at : at + 1], base[at : at + 1]
