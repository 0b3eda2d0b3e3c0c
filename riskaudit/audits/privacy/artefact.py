"""Artefact: training rows that the model itself holds, readable by whoever has the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from riskaudit.audits.privacy.design import final_step
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.subjects.size import parameter_count

STORES = {  # attribute that holds training rows, and what it is
    "_fit_X": "stored neighbours",
    "support_vectors_": "support vectors",
    "X_train_": "rows of the Gaussian process",
    "X_fit_": "rows of the kernel",
}


def look(evidence: Evidence) -> Iterator[Measure]:
    """Rows stored as they are, leaves with one member, and how much the model could hold.

    Whoever has the file of a k-nearest-neighbours model, a support vector machine or a Gaussian process has
    those rows, prepared as the model saw them; no attack is needed. A leaf with one member holds that member's outcome
    (Preen and Smith 2025, hierarchical risk rules for trees). These are facts about the file, not odds.
    """
    if not hasattr(evidence.subject.estimator, "fit"):
        return
    members = len(evidence.rows("train"))
    models = list(parts(evidence.subject.estimator))
    held = [(kind, rows) for model in models for kind, rows in stored(model)]
    most = max((rows for _, rows in held), default=0)
    told = (
        ", ".join(sorted({f"{rows:,} {kind}" for kind, rows in held}))
        or "no part that stores rows is known in it"
    )
    yield Measure(
        name="privacy.stored_rows_share",
        value=min(most / members, 1.0),
        n=members,
        unit="fraction",
        note=f"Counted in the model: {told}.",
    )
    lonely = [share for model in models for share in single_leaves(model)]
    if lonely:
        yield Measure(
            name="privacy.single_member_leaves",
            value=float(np.mean(lonely)),
            n=members,
            unit="fraction",
            note=f"Counted in {len(lonely):,} trees: the share of a tree's training rows that sit alone in a leaf, which "
            "then holds that row's outcome; for bagged trees each draws a part of the rows.",
        )
    numbers = parameter_count(evidence.subject.estimator)
    if numbers:
        yield Measure(
            name="privacy.parameters_per_member",
            value=numbers / members,
            n=members,
            unit="ratio",
            note=f"Counted: {numbers:,} numbers or nodes. Many for each row leave room to learn rows by heart.",
        )


def parts(estimator: Any) -> Iterator[Any]:
    """The model after its preparation, and the members of an ensemble."""
    model = final_step(estimator)
    yield model
    members = getattr(model, "estimators_", [])
    for member in members.ravel() if isinstance(members, np.ndarray) else members:
        if hasattr(member, "get_params"):
            yield final_step(member)


def stored(model: Any) -> list[tuple[str, int]]:
    """What rows a model stores, and how many."""
    found = []
    for name, kind in STORES.items():
        rows = getattr(model, name, None)
        if rows is not None and hasattr(rows, "shape") and len(rows.shape) == 2:
            found.append((kind, int(rows.shape[0])))
    return found


def single_leaves(model: Any) -> Iterator[float]:
    """Of each tree, the share of its rows that are alone in a leaf."""
    if hasattr(model, "tree_"):
        tree = model.tree_
        leaves = tree.children_left == -1
        yield float((tree.n_node_samples[leaves] == 1).sum() / tree.n_node_samples[0])
    for trees in getattr(model, "_predictors", []):
        for tree in trees:
            nodes = tree.nodes
            yield float(((nodes["is_leaf"] == 1) & (nodes["count"] == 1)).sum() / max(nodes["count"][0], 1))
