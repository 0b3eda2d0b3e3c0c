"""Groups: who is exposed most."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy import isolation
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence, Role
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import auc, bonferroni
from riskaudit.statistics.proportions import mover_bounds

MOST_CLASSES = 10


def measures(attack: Attack, evidence: Evidence) -> Iterator[Measure]:
    """The attack's AUC in each group and class, and the largest difference between two groups of one attribute.

    Beside groups of people stand rows far from all others against the rest (Carlini 2022, the privacy onion effect:
    outliers are exposed first), and, where --quasi names columns, people alone in them.
    """
    if attack.member_at is None or attack.other_at is None:
        return
    for kind, inside, outside in _kinds(evidence, attack.member_at, attack.other_at):
        if attack.by_person and kind not in evidence.test.sensitive:
            continue  # an outcome, and what is far from all others, are of a row and not of a person
        found: dict[str, tuple[float, Interval, int]] = {}
        names = sorted(set(inside.tolist()) | set(outside.tolist()))
        for name in names:
            one, other = attack.members[inside == name], attack.others[outside == name]
            where = {kind: name}
            if min(one.size, other.size) < evidence.min_group:
                yield Measure(
                    name="privacy.group_membership_auc",
                    value=None,
                    n=one.size + other.size,
                    unit="auc",
                    where=where,
                    note=f"Not assessed: {one.size} members and {other.size} held-out rows; {evidence.min_group} of each "
                    "are needed.",
                )
                continue
            value, interval = auc(one, other)
            found[name] = (value, interval, one.size + other.size)
            yield Measure(
                name="privacy.group_membership_auc",
                value=value,
                interval=interval,
                n=one.size + other.size,
                unit="auc",
                where=where,
                note=f"'{attack.name}' within the group.",
            )
        if len(found) > 1 and kind in evidence.test.sensitive:
            yield _gap(attack, kind, inside, outside, list(found))


def _kinds(
    evidence: Evidence, inside: NDArray[np.int64], outside: NDArray[np.int64]
) -> Iterator[tuple[str, NDArray[np.str_], NDArray[np.str_]]]:
    """Each way of grouping: sensitive columns, and the actual class."""
    for column in evidence.test.sensitive:
        if evidence.train is not None and column in evidence.train.frame.columns:
            yield column, _words(evidence, "train", column)[inside], _words(evidence, "test", column)[outside]
    if evidence.subject.can_predict:
        yield from isolation.kinds(evidence, inside, outside)
    classes = np.array(evidence.test.classes, dtype=str)
    if 2 <= len(classes) <= MOST_CLASSES:
        yield (
            evidence.test.target,
            classes[evidence.outcome("train")[inside]],
            classes[evidence.outcome("test")[outside]],
        )


def _words(evidence: Evidence, role: Role, column: str) -> NDArray[np.str_]:
    grouping = evidence.rows(role).groups(column)
    return np.array([name[column] for name in grouping.names], dtype=str)[grouping.codes]


def _gap(
    attack: Attack, kind: str, inside: NDArray[np.str_], outside: NDArray[np.str_], names: list[str]
) -> Measure:
    """The largest difference of two groups' AUCs; simultaneous over all pairs."""
    pairs = list(combinations(names, 2))
    level = bonferroni(0.95, len(pairs))
    each = {
        name: auc(attack.members[inside == name], attack.others[outside == name], level=level)
        for name in names
    }
    low, high = min(names, key=lambda name: each[name][0]), max(names, key=lambda name: each[name][0])
    (most, edge), (least, other) = each[high], each[low]
    parts = [np.array([v, e.low, e.high]) for v, e in ((most, edge), (least, other))]
    bounds = mover_bounds(tuple(parts[0]), tuple(parts[1]))
    return Measure(
        name="privacy.group_membership_gap",
        value=most - least,
        interval=Interval(
            low=max(float(bounds[0]), 0.0),
            high=float(bounds[1]),
            method="simultaneous pairwise DeLong, squared and added",
        ),
        n=int(np.isin(inside, names).sum() + np.isin(outside, names).sum()),
        unit="difference",
        where={"attribute": kind, "group": high, "reference": low},
        note=f"'{attack.name}' finds members among {high} more easily than among {low}; {len(pairs)} pairs looked at.",
    )
