"""Again: the values of other rows on the same bench, made the way the audit's own were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from riskaudit.audits.explainability.afford import some_background
from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.linear import linear_values
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.audits.explainability.trees import forest_of, tree_values
from riskaudit.evidence import Evidence

BACKGROUNDS = 20


def values_again(evidence: Evidence, attribution: Attribution, tables: list[Table]) -> list[Table]:
    """SHAP values (n, d, m) of each of these tables of rows as the bench has them (n, p).

    Sampled ones with the same permutations for each table, so that their differences are not those of chance.
    """
    bench = attribution.bench
    benches = [replace(bench, rows=rows, output=bench.see(rows)) for rows in tables]
    if attribution.noise is None and bench.family == "linear":
        found = [linear_values(evidence, one) for one in benches]
    elif attribution.noise is None:
        forest = forest_of(bench, interventional=evidence.explaining.background == "sample")
        found = [None if forest is None else tree_values(one, forest) for one in benches]
    else:
        found = [None for _ in benches]
    if all(one is not None for one in found):
        return [one.values for one in found if one is not None]
    few = [replace(one, background=some_background(one, BACKGROUNDS)[0]) for one in benches]
    purpose = "explainability again"
    return [permutation_values(one, evidence.rng(purpose)).values for one in few]


def neighbours(attribution: Attribution, rows: np.typing.NDArray[np.intp], reach: float) -> Table | None:
    """The rows with every number moved to that of a row a few places on in its order; None without numbers.

    A share `reach` of all places, up and down in turn, so that only values that occur are used.
    """
    bench = attribution.bench
    moved, any_number = bench.rows[rows].copy(), False
    places = max(1, round(reach * len(bench.rows)))
    for at, values in enumerate(bench.numbers):
        if values is None or len(np.unique(values)) <= 2:
            continue
        any_number = True
        order = np.argsort(values, kind="stable")
        rank = order.argsort()[rows]
        step = np.where(np.arange(len(rows)) % 2 == 0, places, -places)
        other = order[np.clip(rank + step, 0, len(order) - 1)]
        mine = bench.owner == at
        moved[:, mine] = bench.rows[other][:, mine]
    return moved if any_number else None
