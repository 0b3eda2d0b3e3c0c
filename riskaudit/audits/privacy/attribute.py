"""Attribute inference: a hidden column read out of the model, beside a guess that never asks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import REFUSALS, answers, in_order
from riskaudit.audits.privacy.blind import numbers
from riskaudit.audits.privacy.people import lots, one_each
from riskaudit.audits.privacy.pool import Pool, joined, thinned
from riskaudit.datasets.labels import encode
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import newcombe

if TYPE_CHECKING:
    import pandas as pd

ROWS = {"quick": 500, "normal": 1_500, "deep": 5_000}  # of either side
FAR = 150  # of a model that is asked over a network
MOST_VALUES = 8
MOST_COLUMNS = 4
FEWEST = 50


def measures(evidence: Evidence, rows: Pool) -> Iterator[Measure]:
    """How often a sensitive feature is read out of the model, for members and for others, and without it.

    The attacker knows a record but for one column, and its outcome. He asks the model with each value in place
    and takes the one that makes the actual outcome most probable (for a regression, nearest); ties go to the more
    frequent value (Fredrikson 2014; Yeom 2018, section 5). That teaches nothing by itself: the same column can be
    guessed from the others. So it is given as *excess*, members against held-out rows (a model that never saw the
    record), and as *gain*, against boosted trees that learnt the column from held-out rows and never asked.
    Costs one query a value and row, no fit of the recipe. For columns that are features, with 2 to 8 values.
    """
    if not evidence.subject.can_predict or evidence.scores() is None:
        return
    table = joined(evidence)
    asked = [c for c in dict.fromkeys((*evidence.test.sensitive, *evidence.quasi)) if c in table.columns]
    for column in asked[:MOST_COLUMNS]:
        if 2 <= table[column].nunique(dropna=True) <= MOST_VALUES:
            yield from _column(evidence, rows, table, column)


def _column(evidence: Evidence, rows: Pool, table: pd.DataFrame, column: str) -> Iterator[Measure]:
    import pandas as pd

    rng = evidence.rng(f"privacy attribute {column}")
    far = bool(getattr(evidence.subject, "remote", False))
    size, shift = (FAR if far else ROWS[evidence.effort]), len(evidence.rows("train"))
    people = rows.people or (None, None)
    others = rng.permutation(rows.others)
    half = np.arange(len(others)) < len(others) // 2
    if people[1] is not None:
        half = lots(len(others), 2, rng, people[1][others]) == 0
    judged, learnt = others[half], others[~half][: 4 * size]
    if people[1] is not None:
        judged = rng.permutation(one_each(judged, people[1], rng))
    judged = judged[:size]
    members = thinned(one_each(rows.members, people[0], rng), size, rng)
    where = {"column": column}
    if min(len(judged), len(learnt), len(members)) < FEWEST:
        return
    codes, values = pd.factorize(table[column], use_na_sentinel=True)
    at = np.concatenate([members, judged + shift])
    keep = codes[at] >= 0
    inside = (np.arange(len(at)) < len(members))[keep]
    at = at[keep]
    try:
        guess = _read_out(evidence, table.iloc[at], column, values, np.bincount(codes[codes >= 0]))
    except REFUSALS:
        return
    right = guess == codes[at]
    blind = _imputed(table.drop(columns=column), codes, at, learnt + shift, rng) == codes[at]
    counts = [(int(x.sum()), x.size) for x in (right[inside], right[~inside], blind[inside], blind[~inside])]
    rates = [hits / n for hits, n in counts]
    told = (
        f"'{column}' is read right for {rates[0]:.1%} of {counts[0][1]:,} members and {rates[1]:.1%} of {counts[1][1]:,} "
        f"held-out rows{', one of each person' if rows.people else ''}; trees that never ask the model guess it for {rates[2]:.1%} and {rates[3]:.1%}."
    )
    for name, one, other in (("excess", 0, 1), ("gain", 0, 2)):
        yield Measure(
            name=f"privacy.attribute_inference_{name}",
            value=rates[one] - rates[other],
            interval=newcombe(*counts[one], *counts[other]),
            n=counts[one][1] + counts[other][1],
            unit="difference",
            where=where,
            note=told + (" Taken as independent, which is conservative." if name == "gain" else ""),
        )


def _read_out(
    evidence: Evidence, rows: pd.DataFrame, column: str, values: Any, times: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The value (code) that suits the model best with each row's outcome."""
    outcome, frame = rows["(outcome)"], rows.drop(columns="(outcome)")
    regression = evidence.task == "regression"
    truth = np.asarray(outcome, dtype=float) if regression else encode(outcome, evidence.test.classes)
    suits = []
    for value in values:
        asked = frame.assign(**{column: value}).astype({column: frame[column].dtype})
        scores = evidence.subject.predict_scores(asked)
        if not regression:
            scores = in_order(scores, evidence.subject.classes, evidence.test.classes)
        given = answers(scores, truth)[0]
        suits.append(-given if regression else given)
    frequent = times / times.sum() * 1e-9
    best: NDArray[np.int64] = np.argmax(np.array(suits) + frequent[:, None], axis=0)
    return best


def _imputed(
    table: pd.DataFrame,
    codes: NDArray[np.int64],
    at: NDArray[np.int64],
    learnt: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The column guessed from all others and the outcome, learnt on held-out rows that are not judged."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    learnt = learnt[codes[learnt] >= 0]
    if len(np.unique(codes[learnt])) < 2:
        return np.full(len(at), codes[learnt][0])
    numeric, categorical = numbers(table)
    model = HistGradientBoostingClassifier(
        max_iter=50,
        max_leaf_nodes=8,
        categorical_features=categorical,
        early_stopping=False,
        random_state=int(rng.integers(2**31)),
    )
    with threadpool_limits(1):
        given: NDArray[np.int64] = model.fit(numeric[learnt], codes[learnt]).predict(numeric[at])
    return given
