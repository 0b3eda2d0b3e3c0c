"""Matched: where the two tables differ, the attack among members and outsiders who look alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.blind import Blind
from riskaudit.audits.privacy.told import Attack, missing
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import auc

CALIPER = 0.02  # of the blind score's rank
FEWEST = 100  # pairs


def measures(attacks: Sequence[Attack], blind: Blind, evidence: Evidence) -> Iterator[Measure]:
    """The loss attack's AUC over pairs of one member and one held-out row of nearly the same blind score.

    Given only where the tables are surely told apart without the model. The blind score is a propensity of
    membership given the columns and the outcome; rows that share it differ no more than chance would have it
    (Rosenbaum and Rubin 1983), so what is left of the AUC is the model's doing. Only as good as the blind
    classifier is.
    """
    if blind.measure.interval is None or blind.measure.interval.low <= 0.5:
        return
    attack = next(one for one in attacks if one.name == "loss")
    inside, outside = _pairs(blind)
    where = {"attack": attack.name}
    name, size = "privacy.matched_auc", len(inside)
    if attack.by_person:
        yield missing(name, "pairs are matched by row, and people here have several", attack=attack.name)
        return
    if size < FEWEST or attack.member_at is None or attack.other_at is None:
        yield Measure(
            name=name,
            value=None,
            n=size,
            unit="auc",
            where=where,
            note=f"Not assessed: only {size} members have a held-out row that looks like them; {FEWEST} are needed.",
        )
        return
    one = attack.members[np.searchsorted(attack.member_at, inside)]
    other = attack.others[np.searchsorted(attack.other_at, outside)]
    value, interval = auc(one, other)
    yield Measure(
        name=name,
        value=value,
        interval=interval,
        n=2 * size,
        unit="auc",
        where=where,
        note=f"Among {size:,} pairs matched on the blind classifier's score: what is left of the attack once the shift "
        "between the two tables is taken out.",
    )


def _pairs(blind: Blind) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of members and of the held-out rows next to them in blind score, each row once."""
    n = len(blind.members)
    order = np.argsort(blind.scores, kind="stable")
    waiting: list[int] = []
    kind, pairs = -1, []
    for at in order.tolist():
        mine = int(at < n)
        if waiting and kind != mine:
            before = waiting.pop()
            if blind.scores[at] - blind.scores[before] <= CALIPER:
                pairs.append((before, at) if mine == 0 else (at, before))
                continue
            waiting.clear()
        kind = mine
        waiting.append(at)
    if not pairs:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    inside, outside = np.array(pairs).T
    return blind.members[inside], blind.others[outside - n]
