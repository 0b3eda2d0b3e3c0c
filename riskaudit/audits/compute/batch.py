"""Batches: held-out rows to ask the model about, as many as wished."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from riskaudit.evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd

THOUSAND = 1_000


def rows_of(evidence: Evidence, rows: int) -> pd.DataFrame:
    """So many held-out rows as the model takes them, drawn with replacement where there are fewer."""
    total = len(evidence.test)
    rng = evidence.rng(f"compute batch {rows}")
    at = rng.choice(total, size=rows, replace=rows > total)
    return evidence.subject.columns(evidence.test.frame).iloc[np.sort(at)].reset_index(drop=True)


def asking(evidence: Evidence, rows: int) -> Callable[[], Any]:
    """A call that predicts so many held-out rows."""
    subject = evidence.subject
    return partial(
        subject.predict_scores if subject.gives_scores else subject.predict_labels, rows_of(evidence, rows)
    )
