"""People: is one person judged by the column itself, unlike those who resemble them, or by what gives the group away?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.datasets.encoding import encoded
from riskaudit.datasets.labels import encode
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import auc, mean_t, wilson
from riskaudit.statistics.proxies import telling_scores

ASKED = {"quick": 300, "normal": 1500, "deep": 6000}
LEARNT = {"quick": 1000, "normal": 4000, "deep": 12000}
NEIGHBOURS = 5
MOST_GROUPS = 12
MOST_PROXIES = 10
Vector = NDArray[np.float64]


def person_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """Flips, consistency, proxies and what carries the gap: whatever the evidence allows."""
    if not evidence.test.features:
        return
    if evidence.subject.can_predict:
        yield from _flips(evidence)
        yield from _consistency(evidence)
    for number, column in enumerate(evidence.test.sensitive, 1):
        evidence.progress(f"bias: proxies of {column}")
        yield from _proxies(evidence, column, number)
        if evidence.subject.can_predict and evidence.effort != "quick":
            yield from _carriers(evidence, column, number)


def _said(evidence: Evidence, frame: Any) -> NDArray[Any]:
    """Decisions on other rows: class codes, or predicted numbers."""
    if evidence.task == "regression":
        return evidence.subject.predict_scores(frame)
    return encode(evidence.subject.predict_labels(frame), evidence.test.classes)


def _flips(evidence: Evidence) -> Iterator[Measure]:
    """How many people would get another decision if only their group were another."""
    data = evidence.test
    for column in data.sensitive:
        where = {"attribute": column}
        if column not in data.features:
            yield Measure(
                name="bias.flip_rate", value=0.0, n=len(data), unit="fraction", where=where,
                note="the model does not see this column, so no decision hangs on it alone: exact, so no interval; proxies may stand in for it",
            )  # fmt: skip
            continue
        taken = evidence.sample(ASKED[evidence.effort], f"bias flips {column}")
        frame = data.frame.iloc[taken].reset_index(drop=True)
        before = _said(evidence, frame)
        flipped, moved = np.zeros(len(taken), dtype=bool), np.zeros(len(taken))
        values = frame[column].dropna().value_counts().index[:MOST_GROUPS]
        for value in values:
            after = _said(evidence, frame.assign(**{column: _column_of(frame[column], value)}))
            moved = np.maximum(moved, np.abs(after - before)) if evidence.task == "regression" else moved
            flipped |= after != before
        told = f"over the {len(values)} most frequent values of '{column}', all else as it was"
        if evidence.task == "regression":
            yield Measure(
                name="bias.flip_shift", value=float(moved.mean()), interval=mean_t(moved), n=len(taken),
                unit="target units", where=where, note=f"mean of the largest change of a prediction, {told}",
            )  # fmt: skip
            continue
        hits = int(flipped.sum())
        yield Measure(
            name="bias.flip_rate", value=hits / len(taken), interval=wilson(hits, len(taken)), n=len(taken),
            unit="fraction", where=where, note=f"{hits:,} of {len(taken):,} sampled people would get another decision, {told}",
        )  # fmt: skip


def _column_of(like: Any, value: Any) -> Any:
    """A column of one value, in the type of another: a model may insist on it."""
    import pandas as pd

    return pd.Series([value] * len(like), index=like.index).astype(like.dtype)


def _consistency(evidence: Evidence) -> Iterator[Measure]:
    """How like a person's decision is to those of the people most like them, groups put aside."""
    from sklearn.neighbors import NearestNeighbors

    taken = evidence.sample(ASKED[evidence.effort], "bias consistency")
    columns = [c for c in evidence.test.features if c not in evidence.test.sensitive]
    if not columns or len(taken) <= NEIGHBOURS * 2:
        return
    X = encoded(evidence.test.frame.iloc[taken], columns)
    said = np.asarray(evidence.decisions()[taken])
    _, near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(X).kneighbors(X)
    others = _without_self(near)
    if evidence.task == "regression":
        spread = float(np.std(said)) or 1.0
        like = 1 - np.minimum(np.abs(said - said[others].mean(axis=1)) / spread, 1)
    else:
        like = (said[others] == said[:, None]).mean(axis=1)
    unit = "fraction"
    yield Measure(
        name="bias.consistency", value=float(like.mean()), interval=mean_t(like), n=len(taken), unit=unit,
        note=f"over the {NEIGHBOURS} nearest of {len(taken):,} sampled rows by the features, sensitive columns left out; neighbours overlap, so the interval is a little too narrow",
    )  # fmt: skip


def _without_self(near: NDArray[Any]) -> NDArray[Any]:
    """Each row's neighbours but itself; among twins of the row one is left out in its place."""
    own = near == np.arange(len(near))[:, None]
    own[~own.any(axis=1), -1] = True
    others: NDArray[Any] = near[~own].reshape(len(near), -1)
    return others


def _proxies(evidence: Evidence, column: str, number: int) -> Iterator[Measure | Exhibit]:
    """How well the other columns tell a group from the rest: together, and each by itself, on rows not learnt from."""
    from sklearn.linear_model import LogisticRegression

    data = evidence.test
    others = [c for c in data.features if c != column and c not in data.sensitive]
    codes, names = evidence.factors(column)
    taken = evidence.sample(LEARNT[evidence.effort], f"bias proxies {column}")
    mine = codes[taken]
    sizes = np.bincount(mine, minlength=len(names))
    able = [
        at for at in range(len(names)) if min(sizes[at], len(taken) - sizes[at]) >= 2 * evidence.min_group
    ]
    where = {"attribute": column}
    if not others or not able:
        why = (
            "no other column"
            if not others
            else f"no group has {2 * evidence.min_group} rows in it and outside"
        )
        yield Measure(name="bias.proxy_auc", value=None, n=len(taken), unit="auc", where=where, note=why)
        return
    group = max(able, key=lambda at: (min(sizes[at], len(taken) - sizes[at]), -at))
    half = evidence.rng(f"bias proxies {column} halves").permutation(len(taken)) < len(taken) // 2
    is_group = mine == group
    single = []
    for name in others:
        X = encoded(data.frame.iloc[taken], [name])
        scores = telling_scores(X, half, is_group)
        value, interval = auc(scores[~half & is_group], scores[~half & ~is_group])
        single.append((value, interval, name))
    X = encoded(data.frame.iloc[taken], others)
    model = LogisticRegression(max_iter=300, C=1.0)
    model.fit(_squared(X)[half], is_group[half])
    scores = model.decision_function(_squared(X)[~half])
    held = is_group[~half]
    value, interval = auc(scores[held], scores[~held])
    told = f"'{names[group]}' told from the other groups; 0.5 is not at all; learnt on one half of {len(taken):,} sampled rows, measured on the other"
    yield Measure(
        name="bias.proxy_auc", value=value, interval=interval, n=int((~half).sum()), unit="auc", where=where,
        note=f"all {len(others)} other columns together: {told}",
    )  # fmt: skip
    single.sort(key=lambda one: (-one[0], one[2]))
    for value, interval, name in single[:3]:
        yield Measure(
            name="bias.proxy_column_auc", value=value, interval=interval, n=int((~half).sum()), unit="auc",
            where={"attribute": column, "column": name}, note=told,
        )  # fmt: skip
    shown = single[:MOST_PROXIES]
    yield Exhibit(
        name=f"bias.proxies-{number}",
        kind="dots",
        title=f"Columns that give {column} away",
        caption=f"Alone, '{shown[0][2]}' tells {names[group]} from the rest best (AUC {shown[0][0]:.2f}). The {len(shown)} strongest of {len(others)} columns.",
        axes={"x": "AUC of telling the group", "y": "column", "x_mark": 0.5, "mark_label": "not at all"},
        columns={
            "label": [name for _, _, name in shown],
            "value": [value for value, _, _ in shown],
            "low": [interval.low for _, interval, _ in shown],
            "high": [interval.high for _, interval, _ in shown],
        },
    )


def _squared(X: Vector) -> Vector:
    """Numbers with their squares: a proxy may sit in the middle."""
    wide = X[:, np.abs(X).max(axis=0) > 1]
    return np.hstack([X, np.clip(wide, -5, 5) ** 2])


def _carriers(evidence: Evidence, column: str, number: int) -> Iterator[Measure | Exhibit]:
    """Which column carries the gap: how much of it goes when that column is shuffled over all groups."""
    data = evidence.test
    codes, names = evidence.factors(column)
    taken = evidence.sample(ASKED[evidence.effort], f"bias carriers {column}")
    mine = codes[taken]
    sizes = np.bincount(mine, minlength=len(names))
    able = [at for at in range(len(names)) if sizes[at] >= evidence.min_group]
    frame = data.frame.iloc[taken].reset_index(drop=True)

    def selected(rows: Any) -> Vector:
        said = _said(evidence, rows)
        return (
            said if evidence.task == "regression" else np.isin(said, data.favourable_codes).astype(np.float64)
        )

    before = selected(frame)
    if len(able) < 2:
        return
    means = {at: float(before[mine == at].mean()) for at in able}
    low, high = min(means, key=lambda at: means[at]), max(means, key=lambda at: means[at])
    if means[high] - means[low] < 1e-9:
        return
    rng = evidence.rng(f"bias carriers {column} shuffle")
    told = []
    for name in data.features:
        shuffled = frame.assign(**{name: frame[name].to_numpy()[rng.permutation(len(frame))]})
        change = before - selected(shuffled)
        gone = float(change[mine == high].mean() - change[mine == low].mean())
        error = float(np.sqrt(sum(change[mine == at].var(ddof=1) / sizes[at] for at in (low, high))))
        told.append((gone, error, str(name)))
    told.sort(key=lambda one: (-one[0], one[2]))
    shown = told[:MOST_PROXIES]
    gap = means[high] - means[low]
    unit = "target units" if evidence.task == "regression" else "difference"
    yield Measure(
        name="bias.gap_carried", value=shown[0][0], n=len(taken), unit=unit,
        where={"attribute": column, "column": shown[0][2], "group": names[low], "reference": names[high]},
        note=f"of a gap of {gap:.3f} in the sample, this much goes when '{shown[0][2]}' is shuffled over all rows; standard error {shown[0][1]:.3f}, the strongest of {len(told)} columns, so no interval",
    )  # fmt: skip
    yield Exhibit(
        name=f"bias.carriers-{number}",
        kind="bars",
        title=f"What carries the gap by {column}",
        caption=f"Of the gap of {gap:.3f} between {names[low]} and {names[high]}, shuffling '{shown[0][2]}' takes away {shown[0][0]:.3f}. Columns share what they carry together, so parts need not add up. Whiskers: 1.96 standard errors.",
        axes={"x": "part of the gap that goes", "y": "column"},
        columns={
            "label": [name for _, _, name in shown],
            "value": [gone for gone, _, _ in shown],
            "low": [gone - 1.96 * error for gone, error, _ in shown],
            "high": [gone + 1.96 * error for gone, error, _ in shown],
        },
    )
