"""Importance: how much each of the user's columns moves the output, and how much of it a few columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import Undefined, mean_t

TOP = 3


def by_row(attribution: Attribution) -> Table:
    """|SHAP| by row and column (n, d), averaged over outputs."""
    sizes: Table = np.abs(attribution.values).mean(axis=2)
    return sizes


def importances(attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """Mean |SHAP| of each column with its t interval over rows, the largest first."""
    noise = attribution.noise
    for column in order(sizes):
        sampled = (
            ""
            if noise is None
            else f"; values are sampled, standard error at most about {noise[column]:.2g} each"
        )
        note = f"of the {attribution.bench.words}; {attribution.rows_because}; {attribution.method}{sampled}"
        yield mean_measure(
            "explainability.importance",
            sizes[:, column],
            unit=unit_of(attribution),
            where={"column": attribution.bench.columns[column]},
            note=note,
        )


def permutation_importances(attribution: Attribution, changes: Table, repeats: int) -> Iterator[Measure]:
    """Mean absolute change by shuffling of each column, the largest first."""
    note = f"of the {attribution.bench.words}; shuffled {repeats} times among the rows explained"
    for column in order(changes):
        where = {"column": attribution.bench.columns[column]}
        name = "explainability.permutation_importance"
        yield mean_measure(name, changes[:, column], unit=unit_of(attribution), where=where, note=note)


def shares(attribution: Attribution, sizes: Table, sensitive: Sequence[str]) -> Iterator[Measure]:
    """Each column's share of all importance, the share of the three largest, and of the sensitive ones."""
    columns = attribution.bench.columns
    note = f"share of the mean |SHAP| of all {len(columns)} columns"
    for column in order(sizes):
        where = {"column": columns[column]}
        yield share_measure("explainability.importance_share", sizes, [column], where=where, note=note)
    first = order(sizes)[:TOP]
    named = f"the {len(first)} largest of {len(columns)} columns: {', '.join(columns[at] for at in first)}"
    yield share_measure("explainability.top_share", sizes, first, note=named)
    yield sensitive_share(columns, sizes, sensitive)


def sensitive_share(columns: Sequence[str], sizes: Table, sensitive: Sequence[str]) -> Measure:
    """The share of sensitive columns among the features."""
    name, n = "explainability.sensitive_share", len(sizes)
    if not sensitive:
        why = "no sensitive column is named: pass --sensitive"
        return Measure(name=name, value=None, n=n, unit="fraction", note=why)
    used = [at for at, column in enumerate(columns) if column in sensitive]
    if not used:
        why = "no sensitive column is a feature; proxies are not seen here; exact, so no interval"
        return Measure(name=name, value=0.0, n=n, unit="fraction", note=why)
    named = (
        f"sensitive columns among the features: {', '.join(columns[at] for at in used)}; proxies not counted"
    )
    return share_measure(name, sizes, used, note=named)


def share_measure(
    name: str, sizes: Table, chosen: Sequence[int], *, where: dict[str, str] | None = None, note: str
) -> Measure:
    """The share of chosen columns in all importance, its interval by linearising the ratio of two means."""
    where = where or {}
    whole = sizes.sum(axis=1)
    if not whole.mean() > 0:
        why = "no column moves the output: the model says the same of every row"
        return Measure(name=name, value=None, n=len(sizes), unit="fraction", where=where, note=why)
    part = sizes[:, list(chosen)].sum(axis=1)
    share = float(part.sum() / whole.sum())
    linear = share + (part - share * whole) / whole.mean()
    measured = mean_measure(name, linear, unit="fraction", where=where, note=note)
    return measured.model_copy(
        update={"value": min(share, 1.0), "interval": _within(measured.interval, share)}
    )


def mean_measure(name: str, values: Table, *, unit: str, where: dict[str, str], note: str) -> Measure:
    """A mean over rows with its t interval."""
    n = len(values)
    try:
        interval = mean_t(values)
    except Undefined as why:
        return Measure(name=name, value=None, n=n, unit=unit, where=where, note=f"{why}; needs 2 rows")
    return Measure(
        name=name, value=float(values.mean()), interval=interval, n=n, unit=unit, where=where, note=note
    )


def _within(interval: Interval | None, share: float) -> Interval | None:
    """The interval of a share, kept between 0 and 1 and named for what it is."""
    if interval is None:
        return None
    low, high = max(interval.low, 0.0), min(interval.high, 1.0)
    return Interval(
        low=min(low, share), high=max(high, min(share, 1.0)), method="Student t, linearised ratio"
    )


def order(sizes: Table) -> list[int]:
    """Columns from the most to the least important; ties as the columns stand."""
    return [int(at) for at in np.argsort(-sizes.mean(axis=0), kind="stable")]


def unit_of(attribution: Attribution) -> str:
    """The unit of what is explained."""
    words = attribution.bench.words
    return (
        "target units" if words == "predicted value" else "log-odds" if "margin" in words else "probability"
    )
