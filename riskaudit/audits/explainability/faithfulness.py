"""Faithfulness: whether taking away what the values name moves the output sooner than taking away anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.afford import answers, some_background, too_dear
from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.ratios import ratio_measure, spread_out
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import mean_t

NAME = "explainability.faithfulness"
STEPS, ROWS, FEWEST, BACKGROUNDS = 12, 200, 20, 8
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
        "share of the way from a row's output to the background's; the background stands in for what is gone"
    )
    return made.model_copy(update={"note": note})


def curves(evidence: Evidence, attribution: Attribution, output: int) -> Curves:
    """The model's answers along both orders, for rows and background rows that the effort affords."""
    bench, d = attribution.bench, len(attribution.bench.columns)
    steps = spread_out(d + 1, STEPS + 1)
    background, weights = some_background(bench, BACKGROUNDS)
    each = 4 * max(1, len(steps) - 2) * len(background)
    rows = spread_out(len(bench.rows), int(np.clip(answers(evidence, bench) // each, FEWEST, ROWS)))
    rng = evidence.rng("explainability faithfulness")
    start = float(bench.see(background)[:, output] @ weights)
    values, told = attribution.values[rows, :, output], bench.output[rows, output]
    way = np.where(told >= start, 1.0, -1.0)
    ranks = _ranks(values * way[:, None], rng)
    chance = rng.random(ranks.shape).argsort(axis=1).argsort(axis=1)

    def kept(rank: NDArray[np.intp], *, coming: bool) -> Table:
        """Mean output of each row with its first columns (in this order) there, or gone."""
        part = background, weights
        return _along(bench, rows, part, rank, steps, output=output, coming=coming, ends=(told, start))

    there = way[:, None]
    return Curves(
        steps=steps,
        deletion=there * (told[:, None] - kept(ranks, coming=False)),
        insertion=there * (kept(ranks, coming=True) - start),
        random_deletion=there * (told[:, None] - kept(chance, coming=False)),
        random_insertion=there * (kept(chance, coming=True) - start),
        whole=np.abs(told - start),
    )


def _along(
    bench: Bench, rows: NDArray[np.intp], part: tuple[Table, Table], rank: NDArray[np.intp], steps: NDArray[np.intp], *,
    output: int, coming: bool, ends: tuple[Table, float],
) -> Table:  # fmt: skip
    """Mean output over backgrounds (n, steps): both ends are known, what lies between is asked."""
    (background, weights), (told, start) = part, ends
    found = np.empty((len(rows), len(steps)))
    first, last = (np.full(len(rows), start), told) if coming else (told, np.full(len(rows), start))
    found[:, 0], found[:, -1] = first, last
    for at, step in enumerate(steps[1:-1], 1):
        turned = rank < step
        there = (turned if coming else ~turned)[:, bench.owner]
        mixed = np.where(there[:, None], bench.rows[rows][:, None], background[None])
        answered = bench.see(mixed.reshape(-1, bench.rows.shape[1]))[:, output]
        found[:, at] = answered.reshape(len(rows), len(background)) @ weights
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
