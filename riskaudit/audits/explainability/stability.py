"""Stability: whether the order of columns stays when other rows are drawn or values are a little different."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.audits.explainability.afford import answers, too_dear
from riskaudit.audits.explainability.again import neighbours, values_again
from riskaudit.audits.explainability.agreement import weighted_tau
from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import order
from riskaudit.audits.explainability.ratios import mean_correlation, spread_out
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure

NAME = "explainability.stability"
DRAWS, REACH = 500, 0.02
NOISED = {"quick": 20, "normal": 60, "deep": 300}


def stability(evidence: Evidence, attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """Across draws of rows, and under small noise; across refits is `refits`."""
    yield across_rows(sizes, attribution.bench.columns, evidence.rng("explainability stability"))
    yield under_noise(evidence, attribution)


def across_rows(sizes: Table, columns: tuple[str, ...], rng: np.random.Generator) -> Measure:
    """The median correlation of the order with that of as many rows drawn with replacement, and its middle 95 %."""
    n, d = sizes.shape
    where = {"across": "draws of rows"}
    why = _no_order(sizes)
    if why:
        return Measure(name=NAME, value=None, n=n, unit="correlation", where=where, note=why)
    whole = sizes.mean(axis=0)
    draws = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) @ sizes / n
    found = np.array([weighted_tau(whole, one) for one in draws])
    low, value, high = (float(q) for q in np.quantile(found, [0.025, 0.5, 0.975]))
    swapped = _swapped(draws, order(sizes), columns)
    note = f"weighted Kendall tau over {d} columns; {swapped or 'no two neighbours in the order swap in 5 % of draws'}"
    interval = Interval(low=low, high=high, method=f"middle 95 % of {DRAWS} draws")
    return Measure(name=NAME, value=value, interval=interval, n=n, unit="correlation", where=where, note=note)


def _swapped(draws: Table, first: list[int], columns: tuple[str, ...]) -> str:
    """Runs of columns whose places swap in at least 5 % of draws, in words."""
    runs: list[list[int]] = [[0]]
    for place in range(1, len(first)):
        swaps = float((draws[:, first[place]] > draws[:, first[place - 1]]).mean())
        if swaps >= 0.05:
            runs[-1].append(place)
        else:
            runs.append([place])
    told = [
        f"places {run[0] + 1} to {run[-1] + 1} ({', '.join(columns[first[p]] for p in run[:5])}) are interchangeable"
        for run in runs
        if len(run) > 1
    ]
    return "; ".join(told[:3])


def under_noise(evidence: Evidence, attribution: Attribution) -> Measure:
    """The mean over rows of the correlation of a row's own order with that of a row next to it."""
    where = {"across": "small noise"}

    def none(why: str, n: int = 0) -> Measure:
        return Measure(name=NAME, value=None, n=n, unit="correlation", where=where, note=why)

    if len(attribution.bench.columns) < 2:
        return none("there is one column, so there is one order")
    dear = too_dear(evidence)
    if dear:
        return none(dear)
    rows = spread_out(len(attribution.values), _affordable(evidence, attribution))
    moved = neighbours(attribution, rows, REACH)
    if moved is None:
        return none("no column is a number, and a word has no neighbour")
    if attribution.noise is None:
        before, after = attribution.values[rows], values_again(evidence, attribution, [moved])[0]
    else:
        before, after = values_again(evidence, attribution, [attribution.bench.rows[rows], moved])
    pairs = zip(np.abs(before).mean(axis=2), np.abs(after).mean(axis=2), strict=True)
    taus = [weighted_tau(a, b) for a, b in pairs if np.ptp(a) > 0 and np.ptp(b) > 0]
    if len(taus) < 2:
        return none("the model says the same of every row: there is no order to keep")
    note = (
        f"each row beside itself with every number moved by {REACH:.0%} of the rows' places to a value that occurs; "
        "weighted Kendall tau of the two orders, mean over rows"
    )
    return mean_correlation(NAME, np.array(taus), where=where, note=note)


def _affordable(evidence: Evidence, attribution: Attribution) -> int:
    """How many rows are explained twice over."""
    most = NOISED[evidence.effort]
    if attribution.noise is None:
        return most
    each = 2 * 2 * 20 * max(1, len(attribution.bench.columns) - 1)
    return int(np.clip(answers(evidence, attribution.bench) // each, 10, most))


def _no_order(sizes: Table) -> str:
    """Why there is no order to keep; empty where there is."""
    if sizes.shape[1] < 2:
        return "there is one column, so there is one order"
    if np.ptp(sizes.mean(axis=0)) <= 0:
        return "all columns are equally important, so there is no order"
    return ""
