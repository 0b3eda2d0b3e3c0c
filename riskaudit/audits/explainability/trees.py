"""Trees: SHAP values of trees and their ensembles by shap's TreeExplainer, and what that costs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.estimate import Estimate

SECONDS_PER_STEP = (
    3e-9  # of one core, measured: unpruned Adult forest 2.8e-9, depth-8 forest and boosting 2-5e-9
)
SECONDS_PER_MEETING = (
    1.5e-8  # of one core: a leaf reached by mixtures of a row and a background row, per level
)


@dataclass(frozen=True, kw_only=True)
class Forest:
    """A TreeExplainer ready to use, and the shape of its trees.

    `steps` is the sum over leaves of their squared depth, which path-dependent TreeSHAP's cost per row is
    proportional to; `depth` the mean depth of leaves; `background` how many rows the values are over, 0 where
    they follow the paths in the trees.
    """

    explainer: Any
    trees: int
    leaves: int
    depth: float
    steps: float
    background: int = 0

    @property
    def seconds_per_row(self) -> float:
        """What one row costs, by the shape of the trees and not by a clock: equal runs do equal work."""
        if not self.background:
            return self.steps * SECONDS_PER_STEP
        # Where row and background row part at every third node, this many leaves are reached.
        reached = self.trees * min(4.0 / 3.0, self.leaves) ** self.depth
        return self.background * float(reached * self.depth * SECONDS_PER_MEETING + self.trees * 1e-7)

    @property
    def method(self) -> str:
        """How values are made, in words."""
        how = "path-dependent: absent columns follow the training rows in the trees"
        if self.background:
            how = f"interventional: absent columns are those of {self.background} held-out background rows"
        return f"SHAP by shap.TreeExplainer, {how}"

    @property
    def words(self) -> str:
        """The trees in words."""
        return f"{self.trees:,} trees of {self.leaves / self.trees:,.0f} leaves at a mean depth of {self.depth:.0f}"


def forest_of(bench: Bench, *, interventional: bool = False) -> Forest | None:
    """The model's trees as shap reads them, over the bench's background if interventional; None where it cannot."""
    import shap

    try:
        explainer = (
            shap.TreeExplainer(bench.parts.model, bench.background, feature_perturbation="interventional")
            if interventional
            else shap.TreeExplainer(bench.parts.model)
        )
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
        background=len(bench.background) if interventional else 0,
    )


def _leaf_depths(left: Any, right: Any) -> Table:
    """Depth of each leaf of one tree, level by level from the root."""
    found, level, depth = [], np.array([0]), 0
    while len(level):
        inner = level[left[level] >= 0]
        found.append(np.full(len(level) - len(inner), float(depth)))
        level, depth = np.concatenate([left[inner], right[inner]]).astype(np.intp), depth + 1
    return np.concatenate(found)


def tree_values(bench: Bench, forest: Forest) -> Estimate | None:
    """TreeSHAP of the user's columns; None where shap's shapes are not the model's."""
    try:
        told = np.concatenate([_told(forest.explainer, piece) for piece in _pieces(bench.rows, forest)])
    except (ValueError, TypeError, NotImplementedError):
        return None
    base = np.atleast_1d(np.asarray(forest.explainer.expected_value, dtype=np.float64))
    told = told[:, :, None] if told.ndim == 2 else told
    if bench.at is not None:
        told, base = _of_class(told, base, bench.at)
    if told.shape[2] != bench.output.shape[1] or len(base) != told.shape[2]:
        return None
    return Estimate(values=bench.by_column(told), base=base)


def _told(explainer: Any, rows: Table) -> Table:
    """The values as shap gives them: the audit itself checks that they add up, and far tighter than to 1 %."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LightGBM binary classifier", category=UserWarning)
        return np.asarray(explainer.shap_values(rows, check_additivity=False), dtype=np.float64)


def _pieces(rows: Table, forest: Forest) -> list[Table]:
    """Rows in calls of a third of a second: in longer ones shap's compiled code draws a progress bar on stderr."""
    step = max(1, min(len(rows), int(0.3 / forest.seconds_per_row)))
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _of_class(told: Table, base: Table, at: int) -> tuple[Table, Table]:
    """The output of one of two classes: a column of its own, or the margin turned its way."""
    if told.shape[2] == 1:
        sign = 1.0 if at == 1 else -1.0
        return told * sign, base[-1:] * sign
    return told[:, :, at : at + 1], base[at : at + 1]
