"""Dependence: values of a column against its own values, coloured by the column that bends them; cells, never rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import order, unit_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit
from riskaudit.statistics import mean_t

COLUMNS, BINS, FEWEST, BESIDE = 2, 20, 10, 20
THIRDS = ("low", "middle", "high")
Levels = tuple[NDArray[np.intp], tuple[str, ...]]


def dependence(
    evidence: Evidence, attribution: Attribution, sizes: Table, output: int, of: str
) -> Iterator[Exhibit]:
    """For the first two columns that are numbers: mean value in each cell of its own and the other column's order.

    A cell has ten rows or more, so that no point is a person.
    """
    first = order(sizes)
    numbers = [at for at in first if attribution.bench.numbers[at] is not None]
    for number, at in enumerate(numbers[:COLUMNS], 1):
        values = attribution.values[:, at, output]
        levels = {other: _levels(evidence, attribution, other) for other in first[:BESIDE] if other != at}
        other = _bends(attribution, at, levels, values)
        made = _cells(attribution, at, values, None if other is None else levels[other])
        if len(made["x"]) >= 2:
            yield _picture(attribution, at, other, made, number=number, of=of)


def _levels(evidence: Evidence, attribution: Attribution, other: int) -> Levels:
    """Thirds of a number, or a column's three commonest words; rows of none of them have -1."""
    values, column = attribution.bench.numbers[other], attribution.bench.columns[other]
    if values is not None:
        parts = _parts(values, len(THIRDS))
        several = int(parts.max()) + 1
        names = THIRDS if several == len(THIRDS) else (THIRDS[0], THIRDS[-1])[:several]
        return parts, tuple(f"{column} {name}" for name in names)
    if column not in evidence.test.frame:
        return np.zeros(len(attribution.rows), dtype=np.intp), (column,)
    codes, words = evidence.factors(column)
    mine = codes[attribution.rows]
    common = np.argsort(-np.bincount(mine, minlength=len(words)), kind="stable")[: len(THIRDS)]
    place = np.full(len(words), -1, dtype=np.intp)
    place[common] = np.arange(len(common))
    return place[mine], tuple(f"{column} '{words[code]}'" for code in common)


def _bends(attribution: Attribution, at: int, levels: dict[int, Levels], values: Table) -> int | None:
    """The other column along which the values differ most where the column itself is alike.

    By the variance between its levels within the lower and the upper half of the column, beyond what chance
    gives; None where no column has any.
    """
    own = attribution.bench.numbers[at]
    assert own is not None, "only numbers are drawn"  # noqa: S101 -- for the type checker
    bins = _parts(own, BINS)
    centred = values - np.array([values[bins == b].mean() for b in range(bins.max() + 1)])[bins]
    best, found = 0.0, None
    for other, (parts, names) in levels.items():
        gained = 0.0
        for half in (bins > bins.max() / 2, bins <= bins.max() / 2):
            cells = [centred[half & (parts == level)] for level in range(len(names))]
            cells = [cell for cell in cells if len(cell) >= FEWEST]
            if len(cells) > 1:
                noise = (len(cells) - 1) * float(np.concatenate(cells).var())
                gained += sum(len(cell) * float(cell.mean()) ** 2 for cell in cells) - 4 * noise
        if gained > best + 1e-12 * float((values**2).sum()):
            best, found = gained, other
    return found


def _parts(values: Table, most: int) -> NDArray[np.intp]:
    """Parts of about equal size of a column (n,), each of ten rows or more; equal values stay together."""
    most = max(1, min(most, len(values) // FEWEST))
    edges = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1]))
    raw = np.searchsorted(edges, values, side="left")
    return np.unique(raw, return_inverse=True)[1]


def _cells(attribution: Attribution, at: int, values: Table, beside: Levels | None) -> dict[str, list[Cell]]:
    """Mean of the column and of its values in every cell of ten rows or more."""
    own = attribution.bench.numbers[at]
    assert own is not None, "only numbers are drawn"  # noqa: S101 -- for the type checker
    levels, names = beside or (np.zeros(len(own), dtype=np.intp), ("all",))
    shaded = beside is not None and " '" not in names[0]
    bins = _parts(own, max(2, min(BINS, len(own) // (FEWEST * len(names) * 2))))
    made: dict[str, list[Cell]] = {name: [] for name in ("series", "x", "y", "low", "high", "shade", "n")}
    for level, title in enumerate(names):
        for part in range(int(bins.max()) + 1):
            mine = (levels == level) & (bins == part)
            if mine.sum() < FEWEST:
                continue
            interval, mean = mean_t(values[mine]), float(values[mine].mean())
            for name, cell in (
                ("series", title), ("x", float(own[mine].mean())), ("y", mean), ("low", min(interval.low, mean)),
                ("high", max(interval.high, mean)), ("n", int(mine.sum())),
                ("shade", level / (len(names) - 1) if shaded and len(names) > 1 else None),
            ):  # fmt: skip
                made[name].append(cell)
    return made


def _picture(
    attribution: Attribution, at: int, other: int | None, made: dict[str, list[Cell]], *, number: int, of: str
) -> Exhibit:
    """The cells as points."""
    column, columns = attribution.bench.columns[at], attribution.bench.columns
    shaded = f", shaded by {columns[other]}, the column that bends them most" if other is not None else ""
    shade = {"shade": columns[other]} if other is not None else {}
    return Exhibit(
        name=f"explainability.dependence-{number}",
        kind="scatter",
        title=f"What {column} adds, by its own value",
        caption=f"Mean SHAP value of {column} for the {of}{shaded}; each point is the mean of {FEWEST} rows or more, with its "
        "interval, so that none is a person.",
        axes={"x": column, "y": f"SHAP value ({unit_of(attribution)})", **shade},
        columns=made,
    )
