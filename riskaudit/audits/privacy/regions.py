"""Regions: how many members share each decision region of a tree or an ensemble of trees."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import REFUSALS, recipe
from riskaudit.audits.privacy.design import final_step
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure

SMALL = 5
CHUNK = 10_000  # members whose leaves are held at once
WORK = {"quick": 2e6, "normal": 2e7, "deep": 5e8}  # members times trees
TOGETHER, EACH = "leaves of all trees together", "leaves of each tree, mean over trees"


def look(evidence: Evidence) -> Iterator[Measure]:
    """k-anonymity of the decision regions: the fewest members in one, and the share in regions of fewer than five.

    A tree's region is a leaf. An ensemble's is the set of rows that fall into the same leaf of every tree, the
    finest that its answers can tell apart: a member alone in one is answered by numbers that are that member's
    own. Beside it the leaves of each tree, mean over trees. All members are dropped down the trees,
    drawn by a bagged tree or not. A fact about the model and its members, not odds.

    References
    ----------
    Preen, R. and Smith, J. (2025). A hierarchical approach for assessing the vulnerability of tree-based
    classification models to membership inference attack. arXiv:2502.09396.
    """
    model = final_step(evidence.subject.estimator)
    if not hasattr(model, "apply") or not hasattr(evidence.subject.estimator, "fit"):
        return
    members, trees = len(evidence.rows("train")), _trees(model)
    if members * trees > WORK[evidence.effort]:
        return
    try:
        found = _counted(evidence, model)
    except REFUSALS:  # prepared in a way that cannot be repeated step by step
        return
    if found is None:
        return
    sizes, lonely = found
    single = trees == 1
    where = {"regions": "leaves" if single else TOGETHER}
    few = int((sizes < SMALL).sum())
    told = f"Counted: {members:,} members fall into {int(np.round((1 / sizes).sum())):,} " + (
        "leaves." if single else f"regions; a region is the same leaf in each of {trees:,} trees."
    )
    yield _measure("k_anonymity", int(sizes.min()), members, "count", where, told)
    alone = f"{told} {few:,} members share theirs with fewer than {SMALL - 1} others."
    yield _measure("below_k5_share", few / members, members, "fraction", where, alone)
    if not single:
        told = f"Counted in {trees:,} trees, all members dropped down each, drawn by it or not."
        yield _measure("below_k5_share", lonely, members, "fraction", {"regions": EACH}, told)


def _trees(model: Any) -> int:
    """How many trees there are; those of classes count each."""
    return int(np.size(getattr(model, "estimators_", [0])))


def _counted(evidence: Evidence, model: Any) -> tuple[NDArray[np.int64], float] | None:
    """How many members share each member's region (n,), and the share in small leaves, mean over trees."""
    whole, frame = recipe(evidence.subject.estimator), evidence.rows("train").frame
    if model is not whole and getattr(whole, "steps", [(None, None)])[-1][1] is not model:
        return None
    marks = np.zeros(len(frame), dtype=np.uint64)
    leaves: list[NDArray[np.uint32]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for at in range(0, len(frame), CHUNK):
            table = evidence.subject.rows(frame.iloc[at : at + CHUNK])
            table = table if model is whole else whole[:-1].transform(table)
            given = np.asarray(model.apply(table))
            leaves.append(given.reshape(len(given), -1).astype(np.uint32))
    every = np.concatenate(leaves)
    few = []
    for tree, leaf in enumerate(every.T):
        marks += _mixed(leaf.astype(np.uint64) + (np.uint64(tree) << np.uint64(32)))
        few.append(float((np.bincount(leaf)[leaf] < SMALL).mean()))
    _, place, times = np.unique(marks, return_inverse=True, return_counts=True)
    return times[place], float(np.mean(few))


def _mixed(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each code as 64 well-mixed bits (splitmix64), so that sums over trees tell regions apart."""
    mixed = codes + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _measure(name: str, value: float, n: int, unit: str, where: dict[str, str], note: str) -> Measure:
    return Measure(name=f"privacy.region_{name}", value=value, n=n, unit=unit, where=where, note=note)
