"""Effects: how the output goes along a column, on average and for single rows, and whether it goes one way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.afford import answers, too_dear
from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import order, unit_of
from riskaudit.audits.explainability.ratios import spread_out
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Interval, Measure
from riskaudit.statistics import mean_t

NAME = "explainability.monotonicity"
COLUMNS, DRAWN, GRID, ROWS, FEWEST, LINES, DRAWS = 4, 2, 20, 100, 15, 6, 300


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A column's effect: the output of each row (n, g) with the column at each value of the grid (g,)."""

    column: str
    grid: Table
    lines: Table


def effects(evidence: Evidence, attribution: Attribution, sizes: Table, output: int) -> Iterator[Measure | Exhibit]:  # fmt: skip
    """Monotonicity of the first columns that are numbers, and pictures of the first two."""
    bench = attribution.bench
    chosen = [at for at in order(sizes) if len(_grid(bench.numbers[at])) > 2][:COLUMNS]
    why = too_dear(evidence) or ("" if chosen else "no column is a number of more than two values")
    if why:
        yield Measure(name=NAME, value=None, n=0, unit="fraction", note=why)
        return
    asked = answers(evidence, bench) / (len(chosen) * GRID)
    rows = spread_out(len(bench.rows), int(np.clip(asked, FEWEST, ROWS)))
    found = [_effect(attribution, at, rows, output) for at in chosen]
    rng = evidence.rng("explainability effects")
    flat = 1e-6 * max(float(bench.output[:, output].std()), 1e-12)
    for one in found:
        yield monotonicity(one, rng, flat=flat)
    for number, one in enumerate(found[:DRAWN], 1):
        yield _picture(one, attribution, number)


def _grid(values: Table | None) -> NDArray[np.intp]:
    """Rows whose values stand at the twentieths of a column, from 5 to 95 %: nobody's extreme; each value once."""
    if values is None or len(values) < FEWEST:
        return np.zeros(0, dtype=np.intp)
    ranked = np.argsort(values, kind="stable")
    places = ranked[np.round(np.linspace(0.05, 0.95, GRID) * (len(values) - 1)).astype(np.intp)]
    _, first = np.unique(values[places], return_index=True)
    return places[first]


def _effect(attribution: Attribution, at: int, rows: NDArray[np.intp], output: int) -> Effect:
    """What the model says of the rows with the column's value at each place of its grid."""
    bench, values = attribution.bench, attribution.bench.numbers[at]
    assert values is not None, "only numbers are asked about"  # noqa: S101 -- for the type checker
    places, mine = _grid(values), bench.owner == at
    mixed = np.where(mine, bench.rows[places][None], bench.rows[rows][:, None])
    told = bench.see(mixed.reshape(-1, bench.rows.shape[1]))[:, output].reshape(len(rows), len(places))
    return Effect(column=bench.columns[at], grid=values[places], lines=told)


def monotonicity(effect: Effect, rng: np.random.Generator, *, flat: float = 0.0) -> Measure:
    """|end - start| over the whole way up and down of the mean effect, with a percentile interval over rows."""
    n, where = len(effect.lines), {"column": effect.column}
    mean = effect.lines.mean(axis=0)
    way = float(np.abs(np.diff(mean)).sum())
    if way <= flat:
        why = "the column alone does not move the output on average, so there is no direction"
        return Measure(name=NAME, value=None, n=n, unit="fraction", where=where, note=why)
    value = float(abs(mean[-1] - mean[0]) / way)
    draws = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) @ effect.lines / n
    ways = np.abs(np.diff(draws, axis=1)).sum(axis=1)
    found = np.abs(draws[:, -1] - draws[:, 0]) / np.where(ways > 0, ways, 1.0)
    low, high = (float(q) for q in np.quantile(found, [0.025, 0.975]))
    rises = mean[-1] > mean[0]
    against = float(((effect.lines[:, -1] > effect.lines[:, 0]) != rises).mean())
    note = (
        f"the output {'rises' if rises else 'falls'} from the 5th to the 95th hundredth of the column; for {against:.0%} of "
        f"{n} rows it goes the other way; {len(effect.grid)} values that occur"
    )
    interval = Interval(low=min(low, value), high=max(high, value), method="percentile bootstrap over rows")
    return Measure(name=NAME, value=value, interval=interval, n=n, unit="fraction", where=where, note=note)


def _picture(effect: Effect, attribution: Attribution, number: int) -> Exhibit:
    """The mean effect with its interval, and a few rows' own lines, all from where they start."""
    moved = effect.lines - effect.lines[:, :1]
    series: list[Cell] = []
    columns: dict[str, list[Cell]] = {"x": [], "y": [], "low": [], "high": []}

    def add(name: str, line: Table, *, mean: bool) -> None:
        for at, x in enumerate(effect.grid):
            interval = mean_t(moved[:, at]) if mean else None
            series.append(name)
            columns["x"].append(float(x))
            columns["y"].append(float(f"{line[at]:.3g}"))
            columns["low"].append(None if interval is None else min(interval.low, float(f"{line[at]:.3g}")))
            columns["high"].append(None if interval is None else max(interval.high, float(f"{line[at]:.3g}")))

    add("mean effect", moved.mean(axis=0), mean=True)
    for place, row in enumerate(spread_out(len(moved), LINES), 1):
        add(f"one row ({place})", moved[row], mean=False)
    return Exhibit(
        name=f"explainability.effect-{number}",
        kind="curve",
        title=f"How the output goes along {effect.column}",
        caption=f"Change of the {attribution.bench.words} when {effect.column} alone is set to each value: the mean over "
        f"{len(moved):,} rows (partial dependence) and {min(LINES, len(moved))} single rows (ICE), all from where they "
        "start. Lines that cross or part show that the effect depends on other columns.",
        axes={"x": effect.column, "y": f"change of output ({unit_of(attribution)})"},
        columns={"series": series, **columns},
    )
