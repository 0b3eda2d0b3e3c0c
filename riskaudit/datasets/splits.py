"""Splits: which rows a model may learn from, told apart the same way every time."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def held_out(
    labels: Any, *, share: float, seed: int, stratify: bool, groups: Any = None
) -> NDArray[np.bool_]:
    """A mask (n,) of the rows to hold out: stratified by label, or whole groups of rows (people).

    Raises
    ------
    InputError
        If a class has too few rows to be on both sides.
    """
    import numpy as np
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    n = len(labels)
    mask = np.zeros(n, dtype=bool)
    if stratify and groups is None:
        _check_classes(labels)
    try:
        if groups is not None:
            splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
            _, test = next(splitter.split(np.zeros(n), labels, groups))
        else:
            _, test = train_test_split(
                np.arange(n), test_size=share, random_state=seed, stratify=labels if stratify else None
            )
    except ValueError as error:
        raise InputError(
            f"the rows cannot be split into members and held-out rows: {error}",
            "give more rows, or leave out classes with one row",
            where="--test-share",
        ) from error
    mask[test] = True
    return mask


def _check_classes(labels: Any) -> None:
    """Refuse a class that cannot be on both sides."""
    import pandas as pd

    counts = pd.Series(labels).value_counts()
    alone = [str(label) for label in counts.index[counts == 1]]
    if alone:
        raise InputError(
            f"class '{alone[0]}' of the target has one row: it cannot be learnt from and held out as well",
            "leave such rows out, or merge the class with another",
            where="--target",
        )


def mask_sha256(mask: NDArray[np.bool_]) -> str:
    """The hash of a held-out mask, one byte a row."""
    return hashlib.sha256(mask.astype("uint8").tobytes()).hexdigest()
