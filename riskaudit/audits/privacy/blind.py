"""Blind control: members told from held-out rows without asking the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.people import means
from riskaudit.audits.privacy.pool import Pool, joined, thinned
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import auc

if TYPE_CHECKING:
    import pandas as pd

ROWS = {"quick": 1_500, "normal": 4_000, "deep": 20_000}  # of either side
FOLDS = 3
MOST_CATEGORIES = 60  # a column with more words is ordered by how common they are


@dataclass(frozen=True, kw_only=True)
class Blind:
    """How well rows are told apart without the model.

    Attributes
    ----------
    scores : float array (n,)
        Cross-fitted, members first.
    members, others : int arrays
        Which rows of the two tables were looked at.
    """

    measure: Measure
    scores: NDArray[np.float64]
    members: NDArray[np.int64]
    others: NDArray[np.int64]


def look(evidence: Evidence, rows: Pool) -> Blind:
    """The cross-fitted AUC of boosted trees on features and outcome; about 0.5 for one distribution."""
    rng = evidence.rng("privacy blind control")
    members, others = (thinned(part, ROWS[evidence.effort], rng) for part in (rows.members, rows.others))
    table = joined(evidence).iloc[np.concatenate([members, len(evidence.rows("train")) + others])]
    member = np.arange(len(table)) < len(members)
    people = None
    if rows.people is not None:
        people = np.concatenate([rows.people[0][members], rows.people[1][others]])
    scores = cross_fitted(*numbers(table), member, rng=rng, people=people)
    value, interval = cross_fitted_auc(scores, member, people)
    measure = Measure(
        name="privacy.blind_auc",
        value=value,
        interval=interval,
        n=len(table),
        unit="auc",
        note=f"Boosted trees that never ask the model, {FOLDS} folds, on {member.sum():,} members and "
        f"{(~member).sum():,} held-out rows. Well above 0.5, the two tables differ by themselves and an attack "
        "may only have seen that.",
    )
    return Blind(measure=measure, scores=scores, members=members, others=others)


def cross_fitted_auc(
    scores: NDArray[np.float64], member: NDArray[np.bool_], people: NDArray[np.int64] | None = None
) -> tuple[float, Interval]:
    """The AUC, of people's mean scores where people have several rows, with DeLong's interval at 99 %, which holds at 95 %.

    Folds share training rows, so cross-fitted scores are not independent: without any difference the AUC's
    standard deviation was 1.1 to 1.3 times DeLong's (3 x 150 runs, 400 to 2,000 rows).
    """
    sides = [means(scores[side], None if people is None else people[side]) for side in (member, ~member)]
    value, wide = auc(*sides, level=0.99)
    return value, Interval(low=wide.low, high=wide.high, method="DeLong, widened for cross-fitting")


def cross_fitted(
    table: NDArray[np.float64],
    categorical: NDArray[np.bool_],
    member: NDArray[np.bool_],
    *,
    rng: np.random.Generator,
    people: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Scores (n,) of models that did not see the row, as ranks within the fold: folds differ in level.

    Nor any row of the same person (`people`): a trees' memory of persons is no difference between tables.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
    from threadpoolctl import threadpool_limits

    seed, scores = int(rng.integers(2**31)), np.empty(len(table))
    kind = StratifiedKFold if people is None else StratifiedGroupKFold
    for fit, judge in kind(FOLDS, shuffle=True, random_state=seed).split(table, member, people):
        model = HistGradientBoostingClassifier(
            max_iter=40,
            max_leaf_nodes=8,
            categorical_features=categorical,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):  # where cores are shared, threads of small boosting wait for one another
            given = model.fit(table[fit], member[fit]).predict_proba(table[judge])[:, 1]
        scores[judge] = np.searchsorted(np.sort(given), given) / len(given)
    return scores


def numbers(frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The table as floats (n, d), and which columns are categories."""
    columns, categorical = [], []
    for name in frame.columns:
        values, words = _column(frame[name])
        columns.append(values)
        categorical.append(words)
    return np.column_stack(columns), np.array(categorical)


def _column(column: Any) -> tuple[NDArray[np.float64], bool]:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        days = (column - pd.Timestamp(0, tz=column.dt.tz)) / pd.Timedelta(days=1)
        return days.to_numpy(dtype=np.float64), False
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan), False
    codes, words = pd.factorize(column)
    order = np.argsort(np.argsort(-np.bincount(codes[codes >= 0], minlength=len(words)), kind="stable"))
    known = codes >= 0
    values = np.where(known, order[codes] if len(words) else 0, np.nan)
    return values.astype(np.float64), len(words) <= MOST_CATEGORIES
