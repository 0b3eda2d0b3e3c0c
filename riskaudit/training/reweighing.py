r"""Reweighing: weights of rows under which the label no longer depends on the group.

Each row of group g and label y weighs what its cell would hold were the two independent, over what it holds:

    w(g, y) = P(g) P(y) / P(g, y) = n_g n_y / (n n_gy).

The weights have mean 1, every group and every label keep their totals, and the weighted rate of each label is the
same in every group. A learner that heeds weights then has less cause to tell groups apart, also by proxies. It
treats the labels as unequally given, not the features: where groups truly differ in what a model needs,
it costs accuracy, and gaps left by proxies shrink but need not close.

Source: Kamiran and Calders (2012), Data preprocessing techniques for classification without discrimination.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from riskaudit.training.arrays import Array


def reweigh(groups: Any, labels: Any, *, weights: Any = None) -> Array:
    """Weights (n,) of mean 1 that make label and group independent.

    Parameters
    ----------
    groups : array-like of shape (n,)
        The group of each row; a missing value is a group of its own.
    labels : array-like of shape (n,)
        The label of each row.
    weights : array-like of shape (n,), optional
        Weights the rows already have: counts are then sums of these, and the result is both, multiplied.

    Raises
    ------
    ValueError
        If lengths differ, there are no rows, a label is missing, or some group never has some label: no weights
        make these two independent.
    """
    groups, names = _codes(groups)
    labels, told = _codes(labels)
    before = np.ones(len(groups)) if weights is None else np.asarray(weights, np.float64)
    if not len(groups) or len({len(groups), len(labels), len(before)}) > 1:
        raise ValueError(
            f"reweighing needs rows and one label each; got {len(groups)} groups, {len(labels)} labels"
        )
    if None in told:
        raise ValueError("reweighing needs the label of every row; some are missing")
    counts = np.zeros((len(names), len(told)))
    np.add.at(counts, (groups, labels), before)
    if not counts.all():
        g, y = np.argwhere(counts == 0)[0]
        raise ValueError(
            f"no row of group {names[g]!r} has label {told[y]!r}: no weights can make the two independent"
        )
    independent = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    after = before * (independent / counts)[groups, labels]
    return np.asarray(after / after.mean())


def _codes(values: Any) -> tuple[Array, list[Any]]:
    """Codes (n,) of values, and the values they stand for; None for missing ones."""
    import pandas as pd

    codes, found = pd.factorize(pd.Series(np.asarray(values).tolist(), dtype=object), use_na_sentinel=False)
    return np.asarray(codes), [None if pd.isna(value) else value for value in found]
