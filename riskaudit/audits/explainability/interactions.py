"""Interactions: how much of what two columns do together is no sum of what each does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.afford import answers, some_background, too_dear
from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.importance import order
from riskaudit.audits.explainability.ratios import spread_out
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure

NAME = "explainability.interaction"
COLUMNS, POINTS, FEWEST, DRAWS = 4, 60, 12, 500
SLIGHT = 0.02  # of the output's variance: below it H is a quotient of two small noises


def interactions(evidence: Evidence, attribution: Attribution, sizes: Table, output: int) -> Iterator[Measure]:  # fmt: skip
    """Friedman's H of each pair of the most important columns.

    H_jk = sqrt(sum (PD_jk - PD_j - PD_k)^2 / sum PD_jk^2), the partial dependences centred, at rows of the
    sample and over rows of the background. Over the same background a model that adds its columns up has exactly 0.

    References
    ----------
    Friedman, J. H. and Popescu, B. E. (2008). Predictive learning via rule ensembles. Annals of Applied
    Statistics 2, 916-954, section 8.1.
    """
    bench = attribution.bench
    chosen = order(sizes)[:COLUMNS]
    pairs = list(combinations(chosen, 2))
    why = too_dear(evidence) or ("" if pairs else "there is one column, so there is no pair")
    spread = float(bench.output[:, output].var())
    if not why and not spread > 0:
        why = "the model says the same of every row: nothing interacts"
    if why:
        yield Measure(name=NAME, value=None, n=0, unit="fraction", note=why)
        return
    asked = answers(evidence, bench) / (len(pairs) + len(chosen))
    points = int(np.clip(np.sqrt(asked), FEWEST, POINTS))
    rows = spread_out(len(bench.rows), points)
    background = some_background(bench, points)
    alone = {at: _dependence(bench, rows, background, (at,), output) for at in chosen}
    rng = evidence.rng("explainability interactions")
    found = []
    for one, other in pairs:
        joint = _dependence(bench, rows, background, (one, other), output)
        found.append(_strength(attribution, (one, other), (alone[one], alone[other], joint), spread, rng))
    yield from sorted(found, key=lambda m: -(m.value if m.value is not None else -1.0))


def _strength(
    attribution: Attribution, pair: tuple[int, int], effects: tuple[Table, Table, Table], spread: float,
    rng: np.random.Generator,
) -> Measure:  # fmt: skip
    """H of one pair with its percentile interval over rows."""
    columns, (one, other, joint) = attribution.bench.columns, effects
    n = len(joint)
    where = {"columns": f"{columns[pair[0]]} x {columns[pair[1]]}"}
    if float(joint.var()) < SLIGHT * spread:
        why = "the two columns together hardly move the output, so there is nothing to part"
        return Measure(name=NAME, value=None, n=n, unit="fraction", where=where, note=why)
    value = float(_h(one[None], other[None], joint[None])[0])
    picks = rng.integers(n, size=(DRAWS, n))
    draws = _h(one[picks], other[picks], joint[picks])
    low, high = (float(q) for q in np.quantile(draws, [0.025, 0.975]))
    interval = Interval(low=min(low, value), high=max(high, value), method="percentile bootstrap over rows")
    note = (
        f"Friedman's H of the {attribution.bench.words}: 0 the effects add up, 1 all is interaction; the background's "
        f"own chance is not in the interval; the pair moves the output by {np.sqrt(joint.var() / spread):.2f} of its SD"
    )
    return Measure(name=NAME, value=value, interval=interval, n=n, unit="fraction", where=where, note=note)


def _h(one: Table, other: Table, joint: Table) -> Table:
    """H of each draw of rows (draws, n)."""
    one, other, joint = (part - part.mean(axis=1, keepdims=True) for part in (one, other, joint))
    whole = (joint**2).sum(axis=1)
    rest = ((joint - one - other) ** 2).sum(axis=1)
    # what is left of exact sums is rounding
    rest = np.where(rest < 1e-18 * np.maximum(whole, 1e-300), 0.0, rest)
    found: Table = np.sqrt(rest / np.maximum(whole, 1e-300))
    return found


def _dependence(
    bench: Bench, rows: NDArray[np.intp], part: tuple[Table, Table], columns: tuple[int, ...], output: int
) -> Table:
    """Mean output over the background with these columns as each row has them (n,)."""
    background, weights = part
    mine = np.isin(bench.owner, columns)
    mixed = np.where(mine, bench.rows[rows][:, None], background[None]).reshape(-1, bench.rows.shape[1])
    told: Table = bench.see(mixed)[:, output].reshape(len(rows), len(background)) @ weights
    return told
