"""Crossings: groups of two and three columns at once; all are compared, the farthest apart are listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from riskaudit.audits.bias.cells import GroupRate, Question, counted, group_rates, rates_of
from riskaudit.audits.bias.coverage import MOST_NAMED, coverage
from riskaudit.audits.bias.headlines import difference, ratio
from riskaudit.audits.bias.pictures import cell_dots, heatmap
from riskaudit.audits.bias.rates import odds, own_numbers
from riskaudit.datasets.dataset import label_of
from riskaudit.evidence import Evidence, Tally
from riskaudit.measure import Exhibit, Measure

LISTED = 60  # cells that are listed, over all crossings: a report of thousands of rows is read by nobody
MAPPED = 64  # cells that a heat map still shows well
PICTURES = 6
DEEP = ("selection_rate", "true_positive_rate", "false_positive_rate")


def crossing_measures(evidence: Evidence, question: Question, *, note: str) -> Iterator[Measure | Exhibit]:
    """Every pair of sensitive columns, then every three of them."""
    columns = evidence.test.sensitive
    threes = [by for by in combinations(columns, 3) if _told(evidence, by)]
    crossings: list[tuple[str, ...]] = [*combinations(columns, 2), *threes]
    if len(columns) > 2:
        yield _left_out(columns, threes, rows=len(evidence.test))
    for number, by in enumerate(crossings, 1):
        evidence.progress(f"bias: {' x '.join(by)}")
        most = max(4, LISTED // len(crossings))
        yield from _crossing(evidence, by, question, number=number, note=note, most=most)


def _told(evidence: Evidence, by: tuple[str, ...]) -> bool:
    """Whether most rows are in cells of three columns that are large enough to say anything of."""
    sizes = evidence.tally(*by).counts.sum(axis=(1, 2))
    large = sizes >= evidence.min_group
    return int(large.sum()) > 1 and int(sizes[large].sum()) * 2 >= int(sizes.sum())


def _left_out(columns: Sequence[str], threes: Sequence[tuple[str, ...]], *, rows: int) -> Measure:
    """How many crossings of three columns are too fine for these rows, and which."""
    gone = [" x ".join(by) for by in combinations(columns, 3) if by not in threes]
    named = f": {', '.join(gone[:MOST_NAMED])}" if gone else ""
    return Measure(
        name="bias.intersections_left_out",
        value=len(gone),
        n=rows,
        unit="count",
        note=f"crossings of three columns with most rows in cells too small to assess{named}; an exact count, so no interval",
    )


def _crossing(
    evidence: Evidence, by: tuple[str, ...], question: Question, *, number: int, note: str, most: int
) -> Iterator[Measure | Exhibit]:
    """One crossing: the cells that are listed, and the headlines over all that are large enough."""
    attribute = " x ".join(by)
    tally = evidence.tally(*by)
    selection = counted(evidence, tally, rates_of(question)[0])
    listed = _farthest(tally, selection, most)
    rates = group_rates(evidence, tally, question, listed=listed)
    chosen = {
        name: [groups[at] for at in listed]
        for name, groups in rates.items()
        if (len(by) < 3 and len(listed) == len(tally.groups)) or name in DEEP
    }
    told = list(own_numbers(chosen, question, evidence))
    yield from told
    yield from ratio("bias.intersection_selection_rate_ratio", selection, attribute=attribute, note=note)
    for name, families in (("selection_rate", {"": selection}), ("equalized_odds", odds(rates))):
        full = f"bias.intersection_{name}_difference"
        yield from difference(full, families, attribute=attribute, note=note)
    sizes = tally.counts.sum(axis=(1, 2)).tolist()
    small = [
        label_of(where) for where, size in zip(tally.groups, sizes, strict=True) if size < evidence.min_group
    ]
    cells = sum(size >= evidence.min_group for size in sizes)
    few = (
        ""
        if len(listed) >= len(sizes)
        else f"; the {_shown(listed, sizes, evidence)} of {cells:,} farthest apart are listed"
    )
    yield coverage(sizes, evidence.min_group, attribute, small, more=few)
    if number <= PICTURES and len(by) == 2 and len(sizes) <= MAPPED:
        yield heatmap(told, (by[0], by[1]), number)
    elif number == 1:  # one such picture is enough; the cells stand in the table of measures
        yield cell_dots(told, attribute, number)


def _shown(listed: Sequence[int], sizes: list[int], evidence: Evidence) -> int:
    """How many of the listed cells are large enough."""
    return sum(sizes[at] >= evidence.min_group for at in listed)


def _farthest(tally: Tally, selection: list[GroupRate], most: int) -> list[int]:
    """All cells where they are few; else those with the lowest and the highest selection rates."""
    if len(tally.groups) <= max(most, 24):
        return list(range(len(tally.groups)))
    known = [at for at, one in enumerate(selection) if one.value is not None]
    order = sorted(known, key=lambda at: (selection[at].value or 0.0, at))
    half = most // 2
    return sorted(set(order[:half]) | set(order[max(half, len(order) - (most - half)) :]))
