"""Pool: the members and held-out rows an attack may be judged on, each occurring once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.evidence import Evidence
from riskaudit.measure import Measure

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 20  # rows of either side, below which no attack is judged


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Row positions of members and held-out rows that occur once, and what was left out.

    Attributes
    ----------
    members, others : int arrays
        Positions in the training and in the held-out table.
    shared : int
        Held-out rows that stand among the members too.
    repeated : int
        Members that stand among the members more than once.
    """

    members: NDArray[np.int64]
    others: NDArray[np.int64]
    held_out: int
    shared: int
    repeated: int

    @property
    def too_few(self) -> str:
        """Why no attack can be judged; empty where it can."""
        if min(len(self.members), len(self.others)) >= FEWEST:
            return ""
        return (
            f"{len(self.members)} members and {len(self.others)} held-out rows are left that occur once; "
            f"an attack is judged from {FEWEST} of each on"
            + (f" ({self.shared} held-out rows are members too)" if self.shared else "")
        )

    @property
    def note(self) -> str:
        """What was left out, in words; empty where nothing was."""
        if not (self.shared or self.repeated):
            return ""
        return (
            f"Left out: {self.shared} held-out rows that stand among the members, and {self.repeated} members "
            "that stand there more than once (both, so that the two sides stay alike)."
        )

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
    """Rows with no twin among the (other) members, on both sides.

    To take twins out of the held-out rows alone would leave the common rows, on which every model does
    well, to the members: an attack would seem to work on a model that leaks nothing.
    """
    train, test = evidence.rows("train"), evidence.rows("test")
    codes = row_codes(joined(evidence))
    inside, outside = codes[: len(train)], codes[len(train) :]
    times = np.bincount(inside, minlength=int(codes.max(initial=0)) + 1)
    shared, repeated = times[outside] > 0, times[inside] > 1
    return Pool(
        members=np.flatnonzero(~repeated),
        others=np.flatnonzero(~shared),
        held_out=len(test),
        shared=int(shared.sum()),
        repeated=int(repeated.sum()),
    )


def joined(evidence: Evidence) -> pd.DataFrame:
    """Features and outcome of the members, then of the held-out rows."""
    import pandas as pd

    parts = []
    for role in ("train", "test"):
        data = evidence.rows(role)
        frame = evidence.subject.columns(data.frame)
        parts.append(frame.drop(columns=data.target, errors="ignore").assign(**{"(outcome)": data.labels}))
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
