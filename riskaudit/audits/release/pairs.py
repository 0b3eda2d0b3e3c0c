"""Pairs: rows on which two models differ, counted by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.datasets.dataset import label_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import Undefined, difference_of_paired, mcnemar, mean_t, paired_difference, wilson

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A yes or no of either model, asked of the rows in `among`; `lost` where a change from yes is a loss."""

    name: str
    words: str
    old: Mask
    new: Mask
    among: Mask
    rare: bool = False

    def counts(self, rows: Mask) -> tuple[int, int, int]:
        """Lost, gained and all rows of a slice."""
        chosen = rows & self.among
        lost, gained = self.old & ~self.new & chosen, self.new & ~self.old & chosen
        return int(lost.sum()), int(gained.sum()), int(chosen.sum())


def classifier(evidence: Evidence, against: Evidence) -> Iterator[Measure | Exhibit]:
    """Losses, lags and churn over all rows and by group."""
    old, new = against.decisions(), evidence.decisions()
    pairs, flipped = _pairs(evidence, old, new), old != new
    slices = [({}, np.ones(len(new), dtype=bool)), *_groups(evidence)]
    for where, rows in slices:
        yield _churn(flipped, rows, where, evidence)
        for pair in pairs:
            yield _loss(pair, rows, where, evidence)
            if where and pair.name == "favourable_loss":
                yield _lag(pair, rows, where, evidence)
    favourable = next((pair for pair in pairs if pair.name == "favourable_loss"), None)
    if favourable is not None:
        yield _flips(favourable, slices)


def _pairs(evidence: Evidence, old: NDArray[np.int64], new: NDArray[np.int64]) -> list[Pair]:
    """What is asked of both models; what is a gain for the old is a loss now."""
    data, actual = evidence.test, evidence.outcome()
    every = np.ones(len(actual), dtype=bool)
    right = Pair(name="accuracy_loss", words="rows right", old=old == actual, new=new == actual, among=every)
    pairs = [right]
    if data.favourable:
        good = list(data.favourable_codes)
        gets = [np.isin(said, good) for said in (old, new)]
        pairs.append(
            Pair(name="favourable_loss", words="favourable outcomes", old=gets[0], new=gets[1], among=every)
        )
        deserving = np.isin(actual, good)
        pairs.append(
            Pair(
                name="opportunity_loss",
                words="deserved favourable outcomes",
                old=gets[0],
                new=gets[1],
                among=deserving,
                rare=True,
            )
        )
    if evidence.task == "binary":
        code = data.positive_code
        spared = [said != code for said in (old, new)]
        pairs.append(
            Pair(name="false_positive_growth", words="actual negatives spared", old=spared[0], new=spared[1], among=actual != code, rare=True)
        )  # fmt: skip
    return pairs


def _groups(evidence: Evidence) -> Iterator[tuple[dict[str, str], Mask]]:
    """Every group of every sensitive column."""
    for column in evidence.test.sensitive:
        grouping = evidence.test.groups(column)
        for code, where in enumerate(grouping.names):
            yield where, grouping.codes == code


def _short(n: int, evidence: Evidence, *, rare: bool = False) -> str:
    """Why a slice is too small; empty where it is not."""
    needed = evidence.min_events if rare else evidence.min_group
    return "" if n >= needed else f"{n} rows; needs {needed}"


def _loss(pair: Pair, rows: Mask, where: dict[str, str], evidence: Evidence) -> Measure:
    """One paired difference."""
    lost, gained, n = pair.counts(rows)
    reason = _short(int(rows.sum()), evidence) or _short(n, evidence, rare=pair.rare)
    note = f"{lost:,} {pair.words} lost and {gained:,} gained of {n:,}; McNemar exact p = {mcnemar(lost, gained):.2g}"
    return Measure(
        name=f"release.{pair.name}",
        value=None if reason else (lost - gained) / n,
        interval=None if reason else paired_difference(lost, gained, n),
        n=n,
        unit="difference",
        where=where,
        note=reason or note,
    )


def _lag(pair: Pair, rows: Mask, where: dict[str, str], evidence: Evidence) -> Measure:
    """How much more a group loses than everybody else."""
    one, other = pair.counts(rows), pair.counts(~rows)
    reason = _short(one[2], evidence) or _short(other[2], evidence)
    value, interval = (None, None) if reason else difference_of_paired(one, other)
    attribute = next(iter(where))
    return Measure(
        name="release.favourable_lag",
        value=value,
        interval=interval,
        n=one[2] + other[2],
        unit="difference",
        where={"attribute": attribute, "group": where[attribute]},
        note=reason or f"of {one[2]:,} rows {one[0]:,} lost and {one[1]:,} gained; of {other[2]:,} others {other[0]:,} and {other[1]:,}",
    )  # fmt: skip


def _churn(flipped: Mask, rows: Mask, where: dict[str, str], evidence: Evidence) -> Measure:
    """How many decisions flip."""
    n, hits = int(rows.sum()), int((flipped & rows).sum())
    reason = _short(n, evidence)
    return Measure(
        name="release.churn",
        value=None if reason else hits / n,
        interval=None if reason else wilson(hits, n),
        n=n,
        unit="fraction",
        where=where,
        note=reason or f"{hits:,} of {n:,} decisions flip",
    )


def _flips(pair: Pair, slices: list[tuple[dict[str, str], Mask]]) -> Exhibit:
    """Who flipped, and which way."""
    names = [label_of(where) if where else "all rows" for where, _ in slices]
    counts = [pair.counts(rows) for _, rows in slices]
    columns: dict[str, list[Cell]] = {
        "group": list(names),
        "rows": [n for _, _, n in counts],
        "from favourable": [lost for lost, _, _ in counts],
        "to favourable": [gained for _, gained, _ in counts],
    }
    worst = max(range(len(counts)), key=lambda at: (counts[at][0] - counts[at][1]) / max(counts[at][2], 1))
    lost, gained, n = counts[worst]
    caption = f"{names[worst]} loses most: {lost:,} of {n:,} from favourable, {gained:,} to favourable."
    return Exhibit(name="release.flips", kind="table", title="Whose decision flips", caption=caption, columns=columns)  # fmt: skip


def regression(evidence: Evidence, against: Evidence) -> Iterator[Measure | Exhibit]:
    """The growth of the mean absolute error over all rows and by group."""
    actual = evidence.outcome()
    spread = float(np.std(actual, ddof=1)) if len(actual) > 1 else 0.0
    grown = np.abs(evidence.decisions() - actual) - np.abs(against.decisions() - actual)
    for where, rows in [({}, np.ones(len(actual), dtype=bool)), *_groups(evidence)]:
        yield _growth(grown[rows], spread, where, evidence)


def _growth(grown: NDArray[np.float64], spread: float, where: dict[str, str], evidence: Evidence) -> Measure:
    """One paired difference of absolute errors."""
    n, reason, interval = len(grown), _short(len(grown), evidence), None
    if not reason and spread <= 0:
        reason = "the target has one value only, so its standard deviation is no scale"
    if not reason:
        try:
            interval = mean_t(grown / spread)
        except Undefined as error:
            reason = str(error)
    return Measure(
        name="release.absolute_error_growth",
        value=None if reason else float(np.mean(grown / spread)),
        interval=interval,
        n=n,
        unit="difference",
        where=where,
        note=reason or "new absolute error less old, on the same rows, in standard deviations of the target",
    )
