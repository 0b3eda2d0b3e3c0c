"""Proxies: scores by which a column tells a group from the rest, learnt on one half of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.statistics.terms import Vector


def telling_scores(X: Vector, half: NDArray[np.bool_], group: NDArray[np.bool_]) -> Vector:
    """How likely each row is of the group by one encoded column: the share of the group in its bin on the learning half.

    Parameters
    ----------
    X : array (n, width)
        One column, encoded: a number (cut at its tenths, so that a proxy may sit in the middle) or 0/1 columns.
    half : bool array (n,)
        Rows to learn from.
    group : bool array (n,)
    """
    if X.shape[1] == 1:
        edges = np.unique(np.quantile(X[half, 0], np.linspace(0, 1, 11)[1:-1]))
        bins: NDArray[Any] = np.searchsorted(edges, X[:, 0], side="right")
        size = edges.size + 1
    else:
        bins = np.where((X > 0).any(axis=1), (X > 0).argmax(axis=1), X.shape[1])
        size = X.shape[1] + 1
    many, found = (
        np.bincount(bins[half], minlength=size),
        np.bincount(bins[half], group[half], minlength=size),
    )
    share: Vector = ((found + group[half].mean()) / (many + 1))[bins]
    return share
