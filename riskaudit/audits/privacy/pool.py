"""Pool: the members and held-out rows an attack may be judged on, without twins among the members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.people import people_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 20  # rows of either side, below which no attack is judged


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Row positions of members and held-out rows without a twin among the members, and what was left out.

    Attributes
    ----------
    members, others : int arrays
        Positions in the training and in the held-out table.
    shared : int
        Held-out rows that stand among the members too.
    repeated : int
        Members that stand among the members more than once.
    people : pair of int arrays, or None
        Whose row each of the two tables' rows is, where people have several (`people.people_of`).
    torn : int
        People with rows on both sides, who are on neither here.
    """

    members: NDArray[np.int64]
    others: NDArray[np.int64]
    held_out: int
    shared: int
    repeated: int
    people: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    torn: int = 0

    @property
    def owners(self) -> NDArray[np.int64] | None:
        """Whose row each pooled row is, members first; None where each row is a person."""
        if self.people is None:
            return None
        return np.concatenate([self.people[0][self.members], self.people[1][self.others]])

    @property
    def too_few(self) -> str:
        """Why no attack can be judged; empty where it can."""
        if min(len(self.members), len(self.others)) >= FEWEST:
            return ""
        return (
            f"{len(self.members)} members and {len(self.others)} held-out rows have no twin among the members; "
            f"an attack is judged from {FEWEST} of each on"
            + (f" ({self.shared} held-out rows are members too)" if self.shared else "")
            + (f" ({self.torn:,} people have rows on both sides; split by person)" if self.torn else "")
        )

    @property
    def note(self) -> str:
        """What was left out, in words; empty where nothing was."""
        both = f"Left out: {self.torn:,} people with rows on both sides." if self.torn else ""
        if not (self.shared or self.repeated):
            return both
        return (
            f"Left out: {self.shared:,} held-out rows that stand among the members and, to keep the two sides alike, "
            f"{self.repeated:,} members that stand there more than once. {both}"
        ).strip()

    def shared_measure(self) -> Measure:
        """How many held-out rows are members in truth."""
        return Measure(
            name="privacy.shared_rows",
            value=self.shared,
            n=self.held_out,
            unit="count",
            note="Counted, not estimated: equal in all features and the outcome."
            + (f" {self.note}" if self.note else ""),
        )


def once_only(evidence: Evidence) -> Pool:
    """Rows without a twin among the (other) members, on both sides.

    A held-out row with a twin among the members is no stranger to the model, nor is one of a person who has other
    rows there (where `--unit` tells people). To take out those alone would
    leave the common rows to the members: a difference that an attack sees though nothing leaks.
    """
    trained = len(evidence.rows("train"))
    codes = _codes(evidence)
    inside, outside = codes[:trained], codes[trained:]
    times = np.bincount(inside, minlength=int(codes.max(initial=0)) + 1)
    members, others = np.flatnonzero(times[inside] == 1), np.flatnonzero(times[outside] == 0)
    shared, repeated = len(outside) - len(others), trained - len(members)
    people = people_of(evidence)
    torn = np.intersect1d(*people) if people else np.empty(0, dtype=np.int64)
    if people and len(
        torn
    ):  # no stranger to the model; and to take out one side alone would make the two unlike
        members = members[~np.isin(people[0][members], torn)]
        others = others[~np.isin(people[1][others], torn)]
    return Pool(
        members=members,
        others=others,
        held_out=len(outside),
        shared=shared,
        repeated=repeated,
        people=people,
        torn=len(torn),
    )


def _codes(evidence: Evidence) -> NDArray[np.int64]:
    """A code for each row, members first.

    Of predictions alone the features are not known: rows are twins where the columns at hand and the answers
    agree, and where that is so for most rows the columns are too few to tell twins from namesakes.
    """
    if evidence.subject.can_predict:
        return row_codes(joined(evidence))
    codes = row_codes(joined(evidence, answers=True))
    times = np.bincount(codes)
    return codes if (times[codes] == 1).mean() > 0.5 else np.arange(len(codes))


def joined(evidence: Evidence, *, answers: bool = False) -> pd.DataFrame:
    """Features and outcome of the members, then of the held-out rows; of predictions alone without the answers."""
    import pandas as pd

    parts = []
    for role in ("train", "test"):
        data = evidence.rows(role)
        frame = evidence.subject.columns(data.frame)
        said = () if evidence.subject.can_predict or answers else (data.prediction, data.score)
        frame = frame.drop(columns=[data.target, *said], errors="ignore")
        parts.append(frame.assign(**{"(outcome)": data.labels}))
    return pd.concat(parts, ignore_index=True)


def row_codes(frame: pd.DataFrame) -> NDArray[np.int64]:
    """A code for each row (n,), equal where all columns are; a missing value equals another."""
    import pandas as pd

    codes = np.zeros(len(frame), dtype=np.int64)
    for name in frame.columns:
        column, _ = pd.factorize(frame[name], use_na_sentinel=True)
        pairs = codes * (int(column.max(initial=0)) + 2) + column + 1
        codes = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return codes


def thinned(positions: NDArray[Any], size: int, rng: np.random.Generator) -> NDArray[Any]:
    """At most `size` of the positions, in ascending order."""
    if len(positions) <= size:
        return positions
    return np.sort(rng.choice(positions, size=size, replace=False))
