"""Pictures: importance as bars, single values as a swarm, two importances as a table."""

from __future__ import annotations

from itertools import islice

import numpy as np

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import importances, order, unit_of
from riskaudit.measure import Cell, Exhibit

BARS, STRIPS, POINTS = 15, 8, 2_000
EXTREME, STEPS = 10, 200  # rows of either side that are drawn together, and places of a strip


def bars(attribution: Attribution, sizes: Table) -> Exhibit:
    """The most important columns with their intervals."""
    columns, shown = attribution.bench.columns, order(sizes)[:BARS]
    means = sizes.mean(axis=0)
    first = columns[shown[0]]
    intervals = [m.interval for m in islice(importances(attribution, sizes), len(shown))]
    total = float(means.sum())
    held = f"{first} moves the {attribution.bench.words} most" if total > 0 else "No column moves the output"
    share = f", with {means[shown[0]] / total:.0%} of all importance" if total > 0 else ""
    return Exhibit(
        name="explainability.importance",
        kind="bars",
        title="Which columns move the output",
        caption=f"{held}{share}; {len(shown)} of {len(columns)} columns are shown, over {len(sizes):,} rows.",
        axes={"x": f"mean |SHAP| ({unit_of(attribution)})", "y": "column"},
        columns={
            "label": [columns[at] for at in shown],
            "value": [float(means[at]) for at in shown],
            "low": [None if one is None else one.low for one in intervals],
            "high": [None if one is None else one.high for one in intervals],
            "n": [len(sizes)] * len(shown),
        },
    )


def swarm(
    attribution: Attribution, sizes: Table, rng: np.random.Generator, *, output: int, of: str
) -> Exhibit:
    """SHAP values without the rows they belong to: nothing in the picture can be put together to a person.

    The value of a linear model is a column's own value in disguise. So each strip draws rows of its own, in
    order of the value, and values are rounded to a two-hundredth of the strip; the most extreme ten (of few rows,
    a tenth) of either side stand where the last of them is; a column's own value is a shade of ten.
    """
    bench, shown = attribution.bench, order(sizes)[:STRIPS]
    most = min(POINTS // len(shown), len(sizes))
    names: list[Cell] = []
    x: list[Cell] = []
    shade: list[Cell] = []
    for at in shown:
        rows = np.sort(rng.choice(len(sizes), most, replace=False))
        values = _blurred(attribution.values[:, at, output])[rows]
        ranks = _ranks(attribution, at)
        pale = None if ranks is None else np.round(ranks[rows], 1)
        first = np.lexsort((np.zeros(most) if pale is None else pale, values))
        names += [bench.columns[at]] * most
        x += [float(value) for value in values[first]]
        shade += [None] * most if pale is None else [float(one) for one in pale[first]]
    return Exhibit(
        name="explainability.values",
        kind="swarm",
        title=f"How columns move single rows: {of}",
        caption=f"{bench.columns[shown[0]]} spreads widest; {most:,} of {len(sizes):,} explained rows stand in each "
        "strip, shaded from the lowest to the highest value of the column (categories have no shade). No point is a "
        "row: strips draw their own rows, values are rounded, the outermost drawn together.",
        axes={"x": f"SHAP value ({unit_of(attribution)})", "y": "column"},
        columns={"row": names, "x": x, "shade": shade},
    )


def _blurred(values: Table) -> Table:
    """Values (n,) with their outermost drawn together, rounded to a two-hundredth of what is left."""
    few = min(EXTREME, len(values) // 10)
    ranked = np.sort(values)
    low, high = float(ranked[few]), float(ranked[-1 - few])
    step = (high - low) / STEPS
    if not step > 0:
        return np.full(len(values), float(f"{low:.3g}"))
    blurred: Table = low + np.round((np.clip(values, low, high) - low) / step) * step
    return blurred


def table(attribution: Attribution, sizes: Table, changes: Table) -> Exhibit:
    """Both importances side by side."""
    shown, ranks = order(sizes), {at: place for place, at in enumerate(order(changes), 1)}
    names = attribution.bench.columns
    first, second = names[shown[0]], names[order(changes)[0]]
    same = f"Both put {first} first" if first == second else f"SHAP puts {first} first, shuffling {second}"
    return Exhibit(
        name="explainability.agreement",
        kind="table",
        title="SHAP and permutation importance",
        caption=f"{same}; means over the same {len(sizes):,} rows.",
        columns={
            "column": [names[at] for at in shown],
            "mean |SHAP|": [float(sizes[:, at].mean()) for at in shown],
            "rank by SHAP": list(range(1, len(shown) + 1)),
            "change when shuffled": [float(changes[:, at].mean()) for at in shown],
            "rank by shuffling": [ranks[at] for at in shown],
        },
    )


def _ranks(attribution: Attribution, column: int) -> Table | None:
    """Ranks 0..1 of a numeric column's values among the explained rows; None for categories."""
    values = attribution.bench.numbers[column]
    if values is None or len(values) < 2:
        return None
    from scipy.stats import rankdata

    ranks: Table = (rankdata(values) - 1) / (len(values) - 1)
    return ranks
