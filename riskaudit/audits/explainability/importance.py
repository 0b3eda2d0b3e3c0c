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
    """|SHAP| by row and column (n, d), averaged over outputs; of sampled values without what noise adds.

    That is right on average over rows; a single row's may even be below zero.
    """
    if attribution.sizes is not None:
        return np.where(attribution.sizes.mean(axis=0) > 0, attribution.sizes, 0.0)
    sizes: Table = np.abs(attribution.values).mean(axis=2)
    return sizes


def importances(attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """Mean |SHAP| of each column, the largest first; t intervals over rows, and over background rows if drawn."""
    noise, pulls = attribution.noise, attribution.pulls
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
            pulls=None if pulls is None else pulls[:, column],
            unit=unit_of(attribution),
            where={"column": attribution.columns[column]},
            note=note,
            least=0.0,
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
    columns, pulls = attribution.columns, attribution.pulls
    note = f"share of the mean |SHAP| of all {len(columns)} columns"
    for column in order(sizes):
        where = {"column": columns[column]}
        name = "explainability.importance_share"
        yield share_measure(name, sizes, [column], pulls=pulls, where=where, note=note)
    first = order(sizes)[:TOP]
    named = f"the {len(first)} largest of {len(columns)} columns: {', '.join(columns[at] for at in first)}"
    yield share_measure("explainability.top_share", sizes, first, pulls=pulls, note=named)
    yield sensitive_share(attribution, sizes, sensitive)


def sensitive_share(attribution: Attribution, sizes: Table, sensitive: Sequence[str]) -> Measure:
    """The share of sensitive columns among the features; a group with one of them counts whole."""
    name, n, columns = "explainability.sensitive_share", len(sizes), attribution.columns
    if not sensitive:
        why = "no sensitive column is named: pass --sensitive"
        return Measure(name=name, value=None, n=n, unit="fraction", note=why)
    used = [at for at in range(len(columns)) if set(attribution.bench.members_of(at)) & set(sensitive)]
    if not used:
        why = "no sensitive column is a feature; proxies are not seen here; exact, so no interval"
        return Measure(name=name, value=0.0, n=n, unit="fraction", note=why)
    named = (
        f"sensitive columns among the features: {', '.join(columns[at] for at in used)}; proxies not counted"
    )
    return share_measure(name, sizes, used, pulls=attribution.pulls, note=named)


def share_measure(
    name: str,
    sizes: Table,
    chosen: Sequence[int],
    *,
    pulls: Table | None = None,
    where: dict[str, str] | None = None,
    note: str,
) -> Measure:
    """The share of chosen columns in all importance, its interval by linearising the ratio of two means.

    Parameters
    ----------
    sizes : array (n, d)
        |SHAP| by row and column.
    pulls : array (b, d), optional
        What each background row does to the means: see `Attribution.pulls`.
    """
    where = where or {}
    whole = sizes.sum(axis=1)
    if not whole.mean() > 0:
        why = "no column moves the output: the model says the same of every row"
        return Measure(name=name, value=None, n=len(sizes), unit="fraction", where=where, note=why)
    part = sizes[:, list(chosen)].sum(axis=1)
    share = float(part.sum() / whole.sum())
    linear = share + (part - share * whole) / whole.mean()
    pulled = None
    if pulls is not None:
        pulled = (pulls[:, list(chosen)].sum(axis=1) - share * pulls.sum(axis=1)) / whole.mean()
    measured = mean_measure(name, linear, pulls=pulled, unit="fraction", where=where, note=note)
    return measured.model_copy(
        update={"value": min(share, 1.0), "interval": _within(measured.interval, share)}
    )


def mean_measure(
    name: str,
    values: Table,
    *,
    pulls: Table | None = None,
    unit: str,
    where: dict[str, str],
    note: str,
    least: float | None = None,
) -> Measure:
    """A mean over rows with its t interval, over background rows too where their pulls (b,) are given.

    Nothing below `least` is in the interval.
    """
    n = len(values)
    try:
        interval = mean_t(values) if pulls is None or len(pulls) < 2 else mean_of_two_draws(values, pulls)
    except Undefined as why:
        return Measure(name=name, value=None, n=n, unit=unit, where=where, note=f"{why}; needs 2 rows")
    if least is not None and interval.low < least:
        interval = interval.model_copy(update={"low": least})
    return Measure(
        name=name, value=float(values.mean()), interval=interval, n=n, unit=unit, where=where, note=note
    )


def _within(interval: Interval | None, share: float) -> Interval | None:
    """The interval of a share, kept between 0 and 1 and named for what it is."""
    if interval is None:
        return None
    low, high = max(interval.low, 0.0), min(interval.high, 1.0)
    method = f"{interval.method}, linearised ratio"
    return Interval(low=min(low, share), high=max(high, min(share, 1.0)), method=method)


def mean_of_two_draws(values: Table, pulls: Table, *, level: float = 0.95) -> Interval:
    """The interval of a mean over rows that also depends on which background rows were drawn.

    Parameters
    ----------
    values : array (n,)
        By row.
    pulls : array (b,)
        By background row: how far it, were it the only one, would pull the mean.

    Notes
    -----
    To first order the mean is a sum of two independent means, so that variances add:
    s^2/n + t^2/b, with Welch and Satterthwaite's degrees of freedom.

    References
    ----------
    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
    Biometrics Bulletin 2, 110-114. Hoeffding, W. (1948), two-sample U-statistics, for the sum.
    """
    from scipy.special import stdtrit

    n, b = len(values), len(pulls)
    if n < 2:
        raise Undefined("one row says nothing of its spread")
    each = np.array([values.var(ddof=1) / n, pulls.var(ddof=1) / b])
    freedom = each.sum() ** 2 / max(float((each**2 / [n - 1, b - 1]).sum()), 1e-300)
    half = -stdtrit(max(freedom, 1.0), (1 - level) / 2) * float(np.sqrt(each.sum()))
    mean = float(values.mean())
    return Interval(
        low=mean - half, high=mean + half, level=level, method="Student t over rows and background rows"
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
