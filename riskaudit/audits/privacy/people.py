"""People: rows of one person go together, where `--unit` names them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence

Codes = NDArray[np.int64]


def people_of(evidence: Evidence) -> tuple[Codes, Codes] | None:
    """Whose row each is, of the members and of the held-out rows, in one code; None where each row is a person.

    A row whose person is not told is a person of its own.
    """
    unit = evidence.test.unit
    if not unit or any(unit not in evidence.rows(role).frame.columns for role in ("train", "test")):
        return None
    import pandas as pd

    parts = [evidence.rows("train").frame[unit], evidence.rows("test").frame[unit]]
    codes, words = pd.factorize(pd.concat([part.astype(object) for part in parts], ignore_index=True))
    codes = codes.astype(np.int64)
    unknown = np.flatnonzero(codes < 0)
    codes[unknown] = len(words) + np.arange(len(unknown))
    if len(np.unique(codes)) == len(codes):
        return None
    return codes[: len(parts[0])], codes[len(parts[0]) :]


def lots(n: int, folds: int, rng: np.random.Generator, people: Codes | None) -> Codes:
    """A fold for each of n rows, even in size; all rows of one person in the same (where `people` (n,) is given)."""
    if people is None:
        return rng.permutation(n) % folds
    _, place = np.unique(people, return_inverse=True)
    return (rng.permutation(int(place.max(initial=-1)) + 1) % folds)[place]


def one_each(positions: Codes, people: Codes | None, rng: np.random.Generator) -> Codes:
    """One of the rows of each person, drawn by lot, in ascending order; all where each row is a person."""
    if people is None:
        return positions
    order = rng.permutation(positions)
    return np.sort(order[np.unique(people[order], return_index=True)[1]])


def by_person(attack: Attack, people: tuple[Codes, Codes] | None) -> Attack:
    """The attack on people instead of rows: a person's score is the mean over the rows it was made on.

    People are independent where rows of one person are not, so intervals and counts hold as they stand.
    """
    if people is None or attack.member_at is None or attack.other_at is None:
        return attack
    inside, member_at, rows_in = _means(attack.members, attack.member_at, people[0])
    outside, other_at, rows_out = _means(attack.others, attack.other_at, people[1])
    told = (
        f"By person: {inside.size:,} people with {rows_in:,} member rows against {outside.size:,} with {rows_out:,} "
        "held-out rows; a person's score is the mean over the rows."
    )
    return replace(
        attack,
        members=inside,
        others=outside,
        member_at=member_at,
        other_at=other_at,
        note=f"{attack.note} {told}",
        by_person=True,
    )


def means(scores: NDArray[np.float64], codes: Codes | None) -> NDArray[np.float64]:
    """One score a person: the mean over their rows (as they are where each row is a person)."""
    if codes is None:
        return scores
    return _means(scores, np.arange(scores.size), codes)[0]


def _means(scores: NDArray[np.float64], at: Codes, codes: Codes) -> tuple[NDArray[np.float64], Codes, int]:
    """Mean score of each person, the first row of each, and how many rows there were."""
    _, first, place = np.unique(codes[at], return_index=True, return_inverse=True)
    mean = np.bincount(place, scores) / np.bincount(place)
    return mean, at[first], scores.size
