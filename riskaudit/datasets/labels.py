"""Labels as text: the same outcome is the same word, whether a file has 1, 1.0 or "1"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from riskaudit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MISSING = "(missing)"
_WHOLE = re.compile(r"^([+-]?\d{1,15})\.0+$")


def text_of(label: Any) -> str:
    """One label as text; numbers without a fraction lose their point: 1.0 is `1`, as a word too."""
    if isinstance(label, str):
        return _WHOLE.sub(r"\1", label) if label.endswith("0") else str(label)
    if type(label).__name__ in ("bool", "bool_"):
        return "True" if label else "False"
    if hasattr(label, "__index__"):  # a whole number of any type, exact beyond 2**53 too
        return str(int(label))
    try:
        number = float(label)
    except (TypeError, ValueError):
        return str(label)
    return str(int(number)) if number.is_integer() else repr(number)


def sort_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Numbers by size, then words by alphabet."""

    def order(label: str) -> tuple[int, float, str]:
        try:
            return (0, float(label), label)
        except ValueError:
            return (1, 0.0, label)

    return tuple(sorted(set(labels), key=order))


def factors(values: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Codes (n,) into the column's words, sorted by alphabet; missing values are the word `(missing)`.

    Each distinct value is read once, so a million rows of ten words cost ten readings.
    """
    import numpy as np
    import pandas as pd

    column = values if isinstance(values, pd.Series) else pd.Series(values)
    codes, uniques = _dense(column) or pd.factorize(column, use_na_sentinel=True)
    words = [*(text_of(u) for u in uniques), MISSING]
    used = sorted(set(words if (codes < 0).any() else words[:-1]))
    at = {word: code for code, word in enumerate(used)}
    return np.array([at.get(word, -1) for word in words], dtype=np.int64)[codes], used


MOST_DENSE = 4096


def _dense(column: Any) -> tuple[NDArray[Any], list[Any]] | None:
    """Codes and values of categories, or of integers that lie close together, without hashing each row; else None."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        raw, names = column.cat.codes.to_numpy(), list(column.cat.categories)
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        whole = column.to_numpy()
        low, high = int(whole.min()), int(whole.max())
        if high - low >= MOST_DENSE:
            return None
        raw, names = whole if low == 0 else whole.astype(np.int64) - low, list(range(low, high + 1))
    else:
        return None
    if not 0 < len(names) <= MOST_DENSE:
        return None
    found = np.zeros(len(names) + 1, dtype=bool)
    step = 1 << 16
    for start in range(0, len(raw), step):
        found[raw[start : start + step].astype(np.intp)] = True  # -1, a missing value, marks the last
    used = np.flatnonzero(found[:-1])
    turn = np.full(len(names) + 1, -1, dtype=np.int64)
    turn[used] = np.arange(len(used))
    return turn[raw.astype(np.intp)], [names[at] for at in used]


def texts(values: Any) -> NDArray[np.object_]:
    """A column as an array of text, missing values as `(missing)`."""
    import numpy as np

    codes, words = factors(values)
    found: NDArray[np.object_] = np.array([*words, ""], dtype=object)[codes]
    return found


def encode(values: Any, classes: Sequence[str]) -> NDArray[np.int64]:
    """Class codes 0..k-1 of a column of labels; -1 where a label is none of `classes`."""
    import numpy as np

    at = {name: code for code, name in enumerate(classes)}
    codes, words = factors(values)
    return np.array([*(at.get(word, -1) for word in words), -1], dtype=np.int64)[codes]


def match_label(word: str, classes: Sequence[str], *, flag: str) -> str:
    """The class that a word from the command line means.

    Raises
    ------
    UsageError
        If it means none of them.
    """
    for one in classes:
        if word == one or text_of(word) == one:
            return one
    loose = {one.lower().strip(): one for one in classes} | (
        {"1": "True", "0": "False"} if set(classes) == {"True", "False"} else {}
    )
    for candidate in (word.lower().strip(), _as_number(word)):
        if candidate in loose:
            return loose[candidate]
    raise UsageError(f"the target has no value '{word}'", did_you_mean(word, list(classes)), where=flag)


def _as_number(word: str) -> str:
    """`1.0` as `1`, anything else as it is."""
    try:
        return text_of(float(word))
    except ValueError:
        return word
