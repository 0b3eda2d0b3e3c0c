"""Batches: held-out rows to ask the model about, as many as wished."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from riskaudit.evidence import Evidence

THOUSAND = 1_000


def asking(evidence: Evidence, rows: int) -> Callable[[], Any]:
    """A call that predicts `rows` held-out rows, drawn with replacement where there are fewer."""
    total = len(evidence.test)
    rng = evidence.rng(f"compute batch {rows}")
    at = rng.choice(total, size=rows, replace=rows > total)
    frame = evidence.subject.columns(evidence.test.frame).iloc[np.sort(at)].reset_index(drop=True)
    subject = evidence.subject
    return partial(subject.predict_scores if subject.gives_scores else subject.predict_labels, frame)
