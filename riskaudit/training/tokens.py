r"""Tokens: texts as rows of numbers, one number a word.

A token is a run of letters and digits in lower case, apostrophes inside it kept (`don't`): the regular
expression `[^\W_]+(?:'[^\W_]+)*`, any script. A token of more than 40 characters is cut there.

The vocabulary holds the most frequent tokens, ties in alphabetical order. Numbers: 0 is padding, 1 any word
that is not in the vocabulary, 2 + i word i. A text is its first `max_tokens` tokens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from riskaudit.training.arrays import Array
from riskaudit.training.unusable import Unusable

if TYPE_CHECKING:
    import pandas as pd

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
LONGEST = 40
UNKNOWN, FIRST = 1, 2
WORDS_OF_A_TEXT, LOOKED_AT = 4.0, 10_000


def tokens(text: str) -> list[str]:
    """The words of a text, lower-case, in order."""
    return [word[:LONGEST] for word in WORD.findall(text.lower().replace("\u2019", "'"))]


def vocabulary(texts: Iterable[str], *, size: int, at_least: int = 1) -> Array:
    """The `size` most frequent words (V,) that occur `at_least` so many times, most frequent first.

    Raises
    ------
    ValueError
        If there is no word at all; `Unusable` if none occurs as often as that.
    """
    counts = Counter(word for text in texts for word in tokens(text))
    ranked = sorted((-count, word) for word, count in counts.items() if count >= at_least)
    if not counts:
        raise ValueError(
            "no text holds a word: words are runs of letters and digits, and emoji or signs alone are none"
        )
    if not ranked:
        raise Unusable(
            f"no word occurs {at_least} time(s) in the texts: there is nothing to learn from",
            "--param",
            f"--param min_count={max(counts.values())}",
        )
    return np.array([word for _, word in ranked[:size]])


def encode(texts: Iterable[str], words: Array, *, longest: int) -> Array:
    """Token numbers (n, T) of int32, padded with 0 on the right; T is the longest text's, at most `longest`."""
    number = {word: FIRST + at for at, word in enumerate(words.tolist())}
    found = [[number.get(word, UNKNOWN) for word in tokens(text)[:longest]] for text in texts]
    ids = np.zeros((len(found), max(map(len, found), default=0) or 1), np.int32)
    for row, numbers in zip(ids, found, strict=True):
        row[: len(numbers)] = numbers
    return ids


def reads_as_text(column: pd.Series) -> bool:
    """Whether a column holds texts rather than names: words of `WORDS_OF_A_TEXT` (4) tokens on average.

    The first 10,000 cells that are not empty are looked at; a column of anything but words is none.
    """
    import pandas as pd

    if not (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return False
    cells = list(islice(column.dropna(), LOOKED_AT))
    if not cells or not all(isinstance(cell, str) for cell in cells):
        return False
    return sum(len(tokens(cell)) for cell in cells) >= WORDS_OF_A_TEXT * len(cells)


def one_text_a_row(X: Any, column: str | None = None) -> Any:
    """Texts as a table of one column: an object array (n, 1), or a DataFrame where one was given.

    Takes a list, array or Series of texts, or a table of one column; of a DataFrame with more, the one
    named. A missing text is the empty one.

    Raises
    ------
    ValueError
        If there is more than one column and none is named, or a cell is no text.
    """
    import pandas as pd

    if isinstance(X, pd.DataFrame):
        chosen = X[[column]] if column in X.columns else X
    elif isinstance(X, pd.Series):
        chosen = X.to_frame(column if X.name is None else X.name)
    else:
        chosen = np.asarray(X, object)
        chosen = chosen[:, None] if chosen.ndim == 1 else chosen
    if len(getattr(chosen, "shape", ())) != 2 or chosen.shape[1] != 1:
        raise ValueError(f"a text classifier reads one column; got an input of shape {np.shape(chosen)}")
    if isinstance(chosen, pd.DataFrame):
        return pd.DataFrame(
            {chosen.columns[0]: texts_of(chosen.iloc[:, 0])}, index=chosen.index, dtype=object
        )
    return texts_of(chosen[:, 0])[:, None]


def texts_of(cells: Any) -> Array:
    """Cells (n,) as texts; missing ones are empty."""
    import pandas as pd

    values = np.asarray(cells, object).copy()
    values[np.asarray(pd.isna(values))] = ""
    strange = next((cell for cell in values if not isinstance(cell, str)), None)
    if strange is not None:
        raise ValueError(f"a text classifier reads texts; found {strange!r}, a {type(strange).__name__}")
    return values
