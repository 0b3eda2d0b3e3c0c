"""Faithfulness: whether taking away what the values name moves the output sooner than taking away anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.afford import answers, too_dear
from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.audits.explainability.ratios import ratio_measure, spread_out
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import mean_t

NAME = "explainability.faithfulness"
STEPS, ROWS, FEWEST, BACKGROUNDS, MOST = 12, 200, 20, 8, 60
CURVES = {"deletion": "columns go", "insertion": "columns come"}


@dataclass(frozen=True, kw_only=True)
class Curves:
    """How far the output has moved after each step, by row and step (n, steps + 1).

    `deletion` and `insertion` in the order of the values, the two `random_` in a random order; in the row's own
    direction, so that the way from its output to the background's mean (`whole`, (n,)) is positive.
    """

    steps: NDArray[np.intp]
    deletion: Table
    insertion: Table
    random_deletion: Table
    random_insertion: Table
    whole: Table


def faithfulness(evidence: Evidence, attribution: Attribution, output: int) -> Iterator[Measure | Exhibit]:
    """Area between the curves of the values' order and of a random order, as a share of the whole way.

    References
    ----------
    Samek, W. et al. (2017). Evaluating the visualization of what a deep neural network has learned. IEEE TNNLS
    28, 2660-2673. Petsiuk, V., Das, A. and Saenko, K. (2018). RISE, section 4.2.
    """
    why = too_dear(evidence) or _impossible(attribution, output)
    if why:
        for curve in CURVES:
            yield Measure(name=NAME, value=None, n=0, unit="difference", where={"curve": curve}, note=why)
        return
    found = curves(evidence, attribution, output)
    for curve in CURVES:
        yield area(found, curve)
    yield picture(found, attribution)


def area(found: Curves, curve: str) -> Measure:
    """The mean over steps of the values' curve less the random one, as a share of the way from output to background."""
    ours, theirs = (found.deletion, found.random_deletion) if curve == "deletion" else (found.insertion, found.random_insertion)  # fmt: skip
    gained = _area(ours, found.steps) - _area(theirs, found.steps)
    made = ratio_measure(NAME, gained, found.whole, unit="difference", where={"curve": curve}, note="")
    if made.interval is None:
        return made
    low, high = made.interval.low, made.interval.high
    told = "better than" if low > 0 else "worse than" if high < 0 else "not told from chance:"
    note = (
        f"{told} a random order; area between the two curves as {CURVES[curve]} ({len(found.steps) - 1} steps), as a "
        "share of the way from a row's output to the background's; rows that the values were not made over stand in for what is gone"
    )
    return made.model_copy(update={"note": note})


def curves(evidence: Evidence, attribution: Attribution, output: int) -> Curves:
    """The model's answers along both orders, for rows and background rows that the effort affords.

    What stands in for columns that are gone is no background row of the values: before those, even the values of
    noise know which mixtures are high, and would beat a random order. Each row has background rows of its
    own, so that their chance is in an interval over rows.
    """
    bench, d = attribution.bench, len(attribution.bench.columns)
    steps = spread_out(d + 1, STEPS + 1)
    each = 4 * max(1, len(steps) - 2) * BACKGROUNDS
    rows = spread_out(len(bench.rows), int(np.clip(answers(evidence, bench) // each, FEWEST, ROWS)))
    rng = evidence.rng("explainability faithfulness")
    values, pool, place = _apart(evidence, attribution, rows, rng)
    picked = rng.integers(len(pool) - 1, size=(len(rows), BACKGROUNDS))
    picked += picked >= place[:, None]  # never the row itself
    at_pool = bench.see(pool)[:, output]
    start, gone = float(at_pool.mean()), at_pool[picked].mean(axis=1)
    values, told = values[:, :, output], bench.output[rows, output]
    way = np.where(told >= start, 1.0, -1.0)
    ranks = _ranks(values * way[:, None], rng)
    chance = rng.random(ranks.shape).argsort(axis=1).argsort(axis=1)

    def kept(rank: NDArray[np.intp], *, coming: bool) -> Table:
        """Mean output of each row with its first columns (in this order) there, or gone."""
        return _along(bench, rows, pool[picked], rank, steps, output=output, coming=coming, ends=(told, gone))

    there = way[:, None]
    return Curves(
        steps=steps,
        deletion=there * (told[:, None] - kept(ranks, coming=False)),
        insertion=there * (kept(ranks, coming=True) - start),
        random_deletion=there * (told[:, None] - kept(chance, coming=False)),
        random_insertion=there * (kept(chance, coming=True) - start),
        whole=np.abs(told - start),
    )


def _apart(
    evidence: Evidence, attribution: Attribution, rows: NDArray[np.intp], rng: np.random.Generator
) -> tuple[Table, Table, NDArray[np.intp]]:
    """Values (n, d, m) of some rows, rows (b, p) that these values were not made over, and each row's place there.

    Of a table so small that there are hardly any others, the values are made again over one half of the
    background, and the other half is left. The place is b where a row is not among them.
    """
    bench = attribution.bench
    over = {row.tobytes() for row in bench.background}
    fresh = np.array([at for at, row in enumerate(bench.rows) if row.tobytes() not in over], dtype=np.intp)
    if len(fresh) >= FEWEST:
        return attribution.values[rows], bench.rows[fresh], _places(bench.rows[rows], bench.rows[fresh])
    halves = rng.permutation(len(bench.background))[:MOST]
    one, other = bench.background[halves[::2]], bench.background[halves[1::2]]
    values = attribution.values[rows]
    if attribution.noise is not None or evidence.explaining.background == "sample":
        part = replace(bench, rows=bench.rows[rows], output=bench.output[rows], background=one, weights=None)
        values = permutation_values(part, rng).values
    return values, other, _places(bench.rows[rows], other)


def _places(rows: Table, pool: Table) -> NDArray[np.intp]:
    """Where each of the rows is in the pool; beyond its end where it is not."""
    at = {row.tobytes(): place for place, row in enumerate(pool)}
    return np.array([at.get(row.tobytes(), len(pool)) for row in rows], dtype=np.intp)


def _along(
    bench: Bench, rows: NDArray[np.intp], background: Table, rank: NDArray[np.intp], steps: NDArray[np.intp], *,
    output: int, coming: bool, ends: tuple[Table, Table],
) -> Table:  # fmt: skip
    """Mean output over each row's backgrounds (n, b, p) by step (n, steps): both ends are known, the rest is asked."""
    found = np.empty((len(rows), len(steps)))
    found[:, 0], found[:, -1] = ends[::-1] if coming else ends
    for at, step in enumerate(steps[1:-1], 1):
        turned = rank < step
        there = (turned if coming else ~turned)[:, bench.owner]
        mixed = np.where(there[:, None], bench.rows[rows][:, None], background)
        answered = bench.see(mixed.reshape(-1, bench.rows.shape[1]))[:, output]
        found[:, at] = answered.reshape(background.shape[:2]).mean(axis=1)
    return found


def _ranks(values: Table, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of the columns from the highest value to the lowest, by row; ties fall at random."""
    order = np.lexsort((rng.random(values.shape), -values), axis=1)
    return order.argsort(axis=1)


def _area(curve: Table, steps: NDArray[np.intp]) -> Table:
    """Area under each row's curve over the share of columns turned (n,)."""
    widths = np.diff(steps) / steps[-1]
    under: Table = ((curve[:, 1:] + curve[:, :-1]) / 2 * widths).sum(axis=1)
    return under


def _impossible(attribution: Attribution, output: int) -> str:
    """Why there is nothing to be faithful to; empty where there is."""
    told = attribution.bench.output[:, output]
    if np.ptp(told) <= 1e-12 * max(1.0, float(np.abs(told).max())):
        return "the model says the same of every row: there is nothing to explain"
    if len(attribution.bench.columns) < 2:
        return "there is one column, so there is one order"
    if len(attribution.bench.background) < 4 or len(attribution.bench.rows) < 4:
        return "there are too few rows to put in the place of what is gone"
    return ""


def picture(found: Curves, attribution: Attribution) -> Exhibit:
    """The four curves, means over rows with t intervals, as shares of the whole way."""
    whole = float(found.whole.mean())
    series: list[Cell] = []
    columns: dict[str, list[Cell]] = {"x": [], "y": [], "low": [], "high": []}
    for name, curve in (
        ("by the values, going", found.deletion),
        ("at random, going", found.random_deletion),
        ("by the values, coming", found.insertion),
        ("at random, coming", found.random_insertion),
    ):
        for at, step in enumerate(found.steps):
            interval = mean_t(curve[:, at] / whole)
            series.append(name)
            columns["x"].append(float(step / found.steps[-1]))
            columns["y"].append(float(curve[:, at].mean() / whole))
            columns["low"].append(interval.low)
            columns["high"].append(interval.high)
    return Exhibit(
        name="explainability.faithfulness",
        kind="curve",
        title="Does taking away what the values name move the output?",
        caption=f"Columns go from each row (or come into the background), those that the values name for its output "
        f"first, or in a random order; means over {len(found.whole):,} rows of the "
        f"{attribution.bench.words}. The further a curve is above the random one, the more the values say.",
        axes={"x": "share of columns turned", "y": "share of the way moved"},
        columns={"series": series, **columns},
    )
