"""Counterfactual: a small change of what may change that flips the decision, found by asking, and asked again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.decisions.levers import Lever, Value
from riskaudit.audits.explainability.decisions.wish import Wish
from riskaudit.evidence import Evidence

RUNGS, FEW_RUNGS, SECTIONS, BEAM, DEPTH, LIKE, GIVEN = 33, 9, 63, 3, 4, 24, 3
Changes = dict[str, Value]


@dataclass(kw_only=True)
class Search:
    """A search for one row, and how many rows the model has been asked about.

    References
    ----------
    Wachter, S., Mittelstadt, B. and Russell, C. (2018). Counterfactual explanations without opening the black
    box. Harvard JOLT 31, 841-887: the distance, absolute changes over median absolute deviations.
    """

    evidence: Evidence
    row: Any  # a frame of one row
    wish: Wish
    levers: dict[str, Lever]
    most: int
    trials: int = 0
    outcomes: dict[tuple[tuple[str, Value], ...], str] = field(default_factory=dict)

    def before(self, column: str) -> Value:
        """The row's own value."""
        return self.row[column].iloc[0]

    def cost(self, changes: Changes) -> float:
        """The sum of what the changes cost."""
        return sum(self.levers[c].cost(self.before(c), value) for c, value in changes.items())

    @property
    def sections(self) -> int:
        """Into how many parts a way is cut at once: a call costs more than the rows in it, until rows are counted."""
        return int(np.clip(self.most // 90, 5, SECTIONS))

    def flips(self, tried: list[Changes]) -> NDArray[np.bool_]:
        """Whether each set of changes flips the row."""
        return self.ask(tried, leads=False)[0]

    def ask(
        self, tried: list[Changes], *, leads: bool = True
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Whether each set of changes flips the row, and the lead it gives; none beyond the trials that are left."""
        kept = min(2 * GIVEN, self.most // 2)  # to ask about each flip once more
        tried = tried[: max(0, self.most - kept - self.trials)]
        if not tried:
            return np.zeros(0, dtype=bool), np.zeros(0)
        self.trials += len(tried)
        told = self.wish.answer(self.evidence, changed(self.row, tried), leads=leads)
        for changes, there, words in zip(tried, told.there, told.words, strict=True):
            if there:
                self.outcomes[_key(changes)] = str(words)
        return told.there, told.lead


def changed(row: Any, tried: list[Changes]) -> Any:
    """The row once for each set of changes, the columns in their own types."""
    import pandas as pd

    frame = row.iloc[np.zeros(len(tried), dtype=int)].reset_index(drop=True)
    for column in dict.fromkeys(c for changes in tried for c in changes):
        own = row[column].iloc[0]
        values = [changes.get(column, own) for changes in tried]
        kind = frame[column].dtype
        if isinstance(kind, np.dtype) and kind.kind in "iu":
            values = [int(value) for value in values]
        frame[column] = pd.Series(values, dtype=kind)
    return frame


def counterfactuals(search: Search, like: Any) -> list[Changes]:
    """Up to three sets of changes that flip the row, the cheapest first, no two of the same columns.

    Single columns first; then, from several starts, columns together; then from rows of the table (`like`,
    a frame) that are on the wanted side, taking back what is not needed. Each is then drawn as near to the row as still flips.
    """
    found: dict[tuple[str, ...], Changes] = {}
    for changes in (*_singles(search), *_together(search), *_from_others(search, like)):
        near = _nearest(search, changes)
        key = tuple(sorted(near))
        if key not in found or search.cost(near) < search.cost(found[key]):
            found[key] = near
    ranked = sorted(found.values(), key=lambda one: (round(search.cost(one), 9), len(one), sorted(one)))
    kept: list[Changes] = []
    for changes in ranked:
        if all(not set(one) <= set(changes) for one in kept):
            kept.append(changes)
    return [changes for changes in kept[: 2 * GIVEN] if _again(search, changes)][:GIVEN]


def _again(search: Search, changes: Changes) -> bool:
    """Whether the flip is real: the model is asked once more, about this row alone."""
    told = search.wish.answer(search.evidence, changed(search.row, [changes]), leads=False)
    search.trials += 1
    search.outcomes[_key(changes)] = str(told.words[0])
    return bool(told.there[0])


def _key(changes: Changes) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(changes.items()))


def _singles(search: Search) -> list[Changes]:
    """Of each column that flips the row alone, its cheapest value among those tried."""
    tried = [{c: v} for c, lever in search.levers.items() for v in lever.ladder(search.before(c), RUNGS)]
    flips = search.flips(tried)
    best: dict[str, Changes] = {}
    for changes, flip in zip(tried, flips, strict=False):
        column = next(iter(changes))
        if flip and (column not in best or search.cost(changes) < search.cost(best[column])):
            best[column] = changes
    return list(best.values())


def _together(search: Search) -> list[Changes]:
    """Sets of columns, grown by what gains most for its cost; a few at a time."""
    base = float(search.wish.answer(search.evidence, search.row).lead[0])
    search.trials += 1
    beam: list[tuple[Changes, float]] = [({}, base)]
    found: list[Changes] = []
    for _ in range(DEPTH):
        tried, parents = [], []
        for changes, lead in beam:
            for column, lever in search.levers.items():
                if column not in changes:
                    rungs = lever.ladder(search.before(column), FEW_RUNGS)
                    tried += [{**changes, column: value} for value in rungs]
                    parents += [(search.cost(changes), lead)] * len(rungs)
        flips, leads = search.ask(tried)
        if not len(flips):
            break
        ranked: list[tuple[float, float, Changes]] = []
        for changes, parent, flip, lead in zip(tried, parents, flips, leads, strict=False):
            if flip and len(changes) > 1:
                found.append(changes)
            elif not flip:
                gain, price = float(lead) - parent[1], max(search.cost(changes) - parent[0], 1e-9)
                ranked.append((float(f"{gain / price:.6g}"), gain, changes))
        found.sort(key=search.cost)
        found = _distinct(found, BEAM)
        best = sorted(ranked, key=lambda one: (-one[0], -one[1]))
        beam = [(c, base + g) for _, g, c in best[: 4 * BEAM] if g > 0]
        beam = [(c, lead) for c, lead in beam if c in _distinct([c for c, _ in beam], BEAM)]
        if found or not beam:
            break
    return found


def _distinct(sets: list[Changes], most: int) -> list[Changes]:
    """The first of each set of columns."""
    first: dict[tuple[str, ...], Changes] = {}
    for one in sets:
        first.setdefault(tuple(sorted(one)), one)
    return list(first.values())[:most]


def _from_others(search: Search, like: Any) -> list[Changes]:
    """From the nearest rows that have the wanted outcome: their values, less all that is not needed."""
    tried = []
    for at in range(len(like)):
        other = like.iloc[at]
        changes = {
            c: lever.exact(float(other[c])) if lever.number else other[c]
            for c, lever in search.levers.items()
            if other[c] == other[c] and other[c] is not None and lever.cost(search.before(c), other[c]) > 0
        }
        tried.append(changes)
    tried = sorted(filter(None, tried), key=search.cost)[:LIKE]
    flips = search.flips(tried)
    starts = [changes for changes, flip in zip(tried, flips, strict=False) if flip][:BEAM]
    return [_less(search, changes) for changes in starts]


def _less(search: Search, changes: Changes) -> Changes:
    """The changes without those that are not needed, the dearest first."""
    while len(changes) > 1:
        tried = [{c: v for c, v in changes.items() if c != out} for out in changes]
        flips = search.flips(tried)
        able = [one for one, flip in zip(tried, flips, strict=False) if flip]
        if not able:
            break
        changes = min(able, key=search.cost)
    return changes


def _nearest(search: Search, changes: Changes) -> Changes:
    """The changes with each number drawn as near to the row as still flips; in two orders, the cheaper."""
    by_cost = sorted(changes, key=lambda c: search.levers[c].cost(search.before(c), changes[c]))
    made = []
    for order in (by_cost, by_cost[::-1]) if len(by_cost) > 1 else (by_cost,):
        near = dict(changes)
        for column in order:
            if search.levers[column].number:
                near[column] = _drawn_in(search, near, column)
        made.append(near)
    return min(made, key=search.cost)


def _drawn_in(search: Search, changes: Changes, column: str) -> Value:
    """The value of one column nearest to the row's own that still flips, by sections."""
    lever, own = search.levers[column], search.before(column)
    near, far = (own, changes[column]) if own == own and own is not None else (None, changes[column])
    if near is None:
        return far  # a gap has no way to be drawn nearer to
    while True:
        values = lever.between(near, far, search.sections)
        flips = search.flips([{**changes, column: value} for value in values])
        if not len(flips):
            return far
        at = int(flips.argmax()) if flips.any() else len(flips)
        near = values[at - 1] if at else near
        far = values[at] if at < len(flips) else far
