"""Noticing: what a careful reader sees in the rows before the audit starts, told as data notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.labels import MISSING, text_of, texts
from riskaudit.datasets.roles import lookalikes
from riskaudit.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANY_NUMBERS = 12  # values of a numeric sensitive column from which cutting it is worth a word
LEAK = 0.98  # the AUC of one feature alone from which it is a suspect
MOST_SEARCHED = 500  # features that are tried as leaks
SAMPLE = 20_000  # rows they are tried on
_LIKE_MISSING = frozenset({"na", "n/a", "nan", "null", "none", "?", "unknown"})


def noticed(
    test: Dataset, train: Dataset | None, *, features: Sequence[str] = (), seed: int = 0
) -> tuple[str, ...]:
    """Notes on groups, overlap, leak suspects and polarity, in that order.

    Raises
    ------
    InputError
        If (nearly) every held-out row is a member: nothing would be told of rows the model has not seen.
    """
    return (
        *_groups(test),
        *_overlap(test, train, features),
        *_leaks(test, features, seed),
        *_polarity(test),
    )


def _groups(test: Dataset) -> Iterator[str]:
    """Missing values, numbers that are groups each, and groups that look alike."""
    for name in (*test.sensitive, *filter(None, [test.control])):
        column = test.frame[name]
        absent = int(column.isna().sum())
        if absent:
            yield (
                f"'{name}' is missing in {absent:,} of {len(test):,} rows ({absent / len(test):.1%}): "
                f"they are a group of their own, {MISSING}"
            )
        if column.dtype.kind in "iuf" and column.nunique() > MANY_NUMBERS:
            yield (
                f"'{name}' has {column.nunique():,} different numbers, each a group of its own; "
                f"cut it with --bins {name}=25,45,65 or --bins {name}=quantiles:4"
            )
        labels = list(dict.fromkeys(text_of(label) for label in column.dropna().unique()))
        for one, other in lookalikes(labels):
            yield (
                f"'{name}' has the groups '{one}' and '{other}', which differ only in capitals, blanks or signs "
                "nobody sees: they are counted as two"
            )
        like = [label for label in labels if label.strip().lower() in _LIKE_MISSING]
        if like:
            yield f"'{name}' has the group '{like[0]}': that word is taken as a name, not as a missing value"


def _overlap(test: Dataset, train: Dataset | None, features: Sequence[str]) -> Iterator[str]:
    """Rows and people on both sides of the split."""
    if train is None or not len(test):
        return
    if test.unit:
        both = set(train.frame[test.unit].dropna().unique()) & set(test.frame[test.unit].dropna().unique())
        if both:
            rows = int(test.frame[test.unit].isin(both).sum())
            yield (
                f"{len(both):,} values of '{test.unit}' are among members and held-out rows alike ({rows:,} held-out "
                f"rows, {rows / len(test):.1%}): what the model knows of a person from one side it uses on the other"
            )
    if not features:
        return
    columns = [name for name in (*features, test.target) if name in train.frame.columns]
    members, held_out = _hashes(train, columns), _hashes(test, columns)
    import numpy as np

    copies = int(np.isin(held_out, members).sum())
    if not copies:
        return
    twins = len(held_out) - len(np.unique(held_out))
    if copies >= 0.99 * len(test) and twins < 0.5 * len(test):
        raise InputError(
            f"{copies:,} of {len(test):,} rows of {test.name} are rows of {train.name} too",
            "hold rows out: on rows that a model was trained on every audit is too kind",
            where="--data",
        )
    yield (
        f"{copies:,} of {len(test):,} held-out rows ({copies / len(test):.1%}) equal a member in every feature and the "
        f"outcome; among the held-out rows themselves {twins / len(test):.1%} repeat another"
    )


def _hashes(data: Dataset, columns: Sequence[str]) -> NDArray[np.uint64]:
    """A hash for each row (n,), the same for 1, 1.0 and "1" in either table."""
    import numpy as np
    import pandas as pd

    total = np.zeros(len(data), dtype=np.uint64)
    for name in columns:
        column = data.frame[name]
        plain = column.astype("float64") + 0.0 if column.dtype.kind in "iufb" else pd.Series(texts(column))
        total = total * np.uint64(1_000_003) + pd.util.hash_array(np.asarray(plain))
    return total


def _leaks(test: Dataset, features: Sequence[str], seed: int) -> Iterator[str]:
    """Features that alone give the outcome away."""
    import numpy as np

    if not features or len(test) < 40:
        return
    rows = np.arange(len(test))
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng([seed, 0x1EA4]).choice(rows, SAMPLE, replace=False))
    outcome = test.outcome[rows]
    actual = outcome.astype(float) if test.task == "regression" else outcome == test.positive_code
    if test.task != "regression" and min(int(actual.sum()), int((~actual).sum())) < 10:
        return
    for name in features[:MOST_SEARCHED]:
        value = alone(test.frame[name].iloc[rows], actual, regression=test.task == "regression")
        if value is not None and value >= LEAK:
            what = "rank correlation" if test.task == "regression" else "AUC"
            yield (
                f"'{name}' alone gives '{test.target}' away ({what} {value:.3f} on held-out rows): is it known before "
                "the outcome is? If not, it is a leak"
            )


def alone(column: Any, actual: NDArray[Any], *, regression: bool) -> float | None:
    """How well one column orders the outcome, its values valued on one half of the rows and tried on the other.

    The column is cut into at most 50 values; each is worth the outcome's mean on the other half, so that an
    identifier, all of whose values are new there, is worth nothing.
    """
    import numpy as np
    import pandas as pd

    if column.nunique(dropna=False) < 2:
        return None
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > 50:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        edges = np.unique(np.nanquantile(values, np.linspace(0, 1, 51)[1:-1]))
        codes = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    else:
        codes = pd.factorize(column, use_na_sentinel=True)[0] + 1
    worth = np.empty(len(codes))
    half = np.random.default_rng(0x4A1F).random(len(codes)) < 0.5  # drawn: tables are often in some order
    for learn, tried in ((half, ~half), (~half, half)):
        size = np.bincount(codes[learn], minlength=codes.max() + 1)
        total = np.bincount(codes[learn], weights=actual[learn].astype(float), minlength=codes.max() + 1)
        mean = float(actual[learn].mean())
        worth[tried] = ((total + mean) / (size + 1))[codes[tried]]
    if regression:
        from scipy.stats import rankdata

        if np.ptp(worth) == 0 or np.ptp(actual) == 0:
            return None
        return float(np.corrcoef(rankdata(worth), rankdata(actual))[0, 1])
    from riskaudit.statistics.ranking import placements

    above, _ = placements(worth[actual], worth[~actual])
    return float(above.mean())


def _polarity(test: Dataset) -> Iterator[str]:
    """Scores and predictions that run the wrong way."""
    import numpy as np

    from riskaudit.datasets.labels import encode

    if test.task != "binary":
        return
    other = next(label for label in test.classes if label != test.positive)
    outcome = test.outcome
    actual = outcome == test.positive_code
    if test.score:
        yield from _wrong_way(test, actual, other)
    if test.prediction and len(test) >= 40:
        from riskaudit.statistics import wilson

        said = encode(test.frame[test.prediction], test.classes)
        right, hits = said == outcome, said == test.positive_code
        if right.all():
            yield f"'{test.prediction}' equals '{test.target}' in every row: is it the outcome itself, under another name?"
        elif wilson(int(right.sum()), len(right)).high < 0.5 and np.mean(hits[actual]) < np.mean(
            hits[~actual]
        ):
            yield (
                f"'{test.prediction}' agrees with '{test.target}' in only {right.mean():.0%} of rows, and is right more "
                "often turned round: are its labels swapped?"
            )


def _wrong_way(test: Dataset, actual: NDArray[np.bool_], other: str) -> Iterator[str]:
    """A score that is higher where the positive class is not the outcome, on at most 100,000 rows."""
    import numpy as np

    from riskaudit.statistics import auc

    scores = np.asarray(test.frame[test.score], dtype=np.float64)
    if len(scores) > 5 * SAMPLE:
        rows = np.random.default_rng(0x5C0E).choice(len(scores), 5 * SAMPLE, replace=False)
        scores, actual = scores[rows], actual[rows]
    if min(int(actual.sum()), int((~actual).sum())) < 10:
        return
    value, interval = auc(scores[actual], scores[~actual])
    if interval.high < 0.5:
        yield (
            f"'{test.score}' runs the wrong way: its AUC for '{test.positive}' is {value:.2f} (95% interval "
            f"{interval.low:.2f}-{interval.high:.2f}); if a high score means '{other}', say --positive '{other}'"
        )
