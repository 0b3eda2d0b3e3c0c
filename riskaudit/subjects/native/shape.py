"""Shape: whether arrays that call themselves a tree are one; compiled code follows their indices unchecked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from riskaudit.errors import RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_NODES = 50_000_000
MOST_TREES = 200_000
MOST_FEATURES = 1_000_000
MOST_CLASSES = 10_000
DEEPEST = 1_000
"""Levels: far beyond any honest tree, near enough for code that recurses."""
_HINT = "the file is damaged or hostile; save the model again with its own library"


def refuse(name: str, fault: str, flag: str) -> RefusedError:
    """The refusal of a file whose content is not what it says."""
    return RefusedError(f"{name} was not handed to its library: {fault}", _HINT, where=flag)


def reached(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_] | str:
    """Which nodes of a binary tree the root leads to; or what keeps the indices from being a tree.

    Parameters
    ----------
    left, right : int arrays (n,)
        -1 for no child, both or neither. The root is 0.

    Notes
    -----
    Level by level from the root: a node that is met twice is a cycle or a shared subtree, and a level more
    than `DEEPEST` is refused.
    """
    import numpy as np

    n = len(left)
    leaf = left == -1
    if n == 0 or len(right) != n or (leaf != (right == -1)).any():
        return "a node has one child"
    if min(left.min(), right.min()) < -1 or max(left.max(), right.max()) >= n:
        return "a child is out of range"
    seen = np.zeros(n, dtype=bool)
    level, depth = np.array([0]), 0
    while len(level):
        if seen[level].any() or len(np.unique(level)) != len(level):
            return "its nodes go round in a circle"
        if depth > DEEPEST:
            return f"it is deeper than {DEEPEST:,} levels"
        seen[level] = True
        inner = level[~leaf[level]]
        level, depth = np.concatenate([left[inner], right[inner]]), depth + 1
    return seen


def integers(values: Any, *, most: int = MOST_NODES) -> NDArray[np.int64] | None:
    """A list of integers as an array; None where it is none, or too long."""
    import numpy as np

    if isinstance(values, np.ndarray):
        whole = values.ndim == 1 and values.dtype.kind in "iub" and len(values) <= most
        return values.astype(np.int64) if whole else None
    if not isinstance(values, list) or len(values) > most:
        return None
    if not all(type(one) is int or type(one) is bool for one in values):
        return None
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        return None


def reals(values: Any, *, most: int = MOST_NODES) -> NDArray[np.float64] | None:
    """A list of finite numbers as an array; None where it is none, or too long."""
    import numpy as np

    if isinstance(values, np.ndarray):
        array = values.astype(np.float64) if values.ndim == 1 and values.dtype.kind in "iuf" else None
    elif isinstance(values, list) and all(type(one) in (int, float) for one in values):
        try:
            array = np.array(values, dtype=np.float64)
        except OverflowError:
            return None
    else:
        return None
    return array if array is not None and len(array) <= most and np.isfinite(array).all() else None
