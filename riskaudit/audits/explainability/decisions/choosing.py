"""Choosing: rows that stand for others, where nobody names one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.decisions.wish import Wish
from riskaudit.evidence import Evidence

MOST_CLASSES = 4


def representatives(evidence: Evidence, wish: Wish, *, outcomes: bool) -> list[tuple[int, str]]:
    """Positions and reasons: the middle row of each decision, the nearest to the border, and the worst error.

    Typical is the row whose score is the median of those decided alike; `outcomes` says whether the actual
    outcome is known, without which there is no error.
    """
    scores = evidence.scores()
    if scores is None:
        return []
    chosen = [*_typical(evidence, wish, scores), *_border(evidence, wish, scores)]
    if outcomes:
        losses = evidence.losses()
        wrong = np.ones(len(losses), dtype=bool) if evidence.task == "regression" else evidence.decisions() != evidence.outcome()  # fmt: skip
        if wrong.any():
            chosen.append((int(np.where(wrong, losses, -np.inf).argmax()), "worst error"))
    merged: dict[int, str] = {}
    for at, why in chosen:
        merged[at] = f"{merged[at]}, {why}" if at in merged else why
    return list(merged.items())


def _typical(evidence: Evidence, wish: Wish, scores: Table) -> Iterator[tuple[int, str]]:
    """Of each decision the row in the middle."""
    if evidence.task == "regression":
        if wish.threshold is None:
            yield _middle(scores, np.ones(len(scores), dtype=bool)), "typical"
            return
        for name, side in ((f"{wish.threshold:g} or more", scores >= wish.threshold), (f"less than {wish.threshold:g}", scores < wish.threshold)):  # fmt: skip
            if side.any():
                yield _middle(scores, side), f"typical of {name}"
        return
    decided, classes = evidence.decisions(), evidence.test.classes
    common = np.argsort(-np.bincount(decided[decided >= 0], minlength=len(classes)), kind="stable")
    for code in sorted(common[:MOST_CLASSES]):
        mine = decided == code
        if mine.any():
            yield _middle(scores[:, code], mine), f"typical '{classes[code]}'"


def _middle(scores: Table, mine: NDArray[np.bool_]) -> int:
    """The row among these whose score is nearest to their median."""
    off = np.where(mine, np.abs(scores - np.median(scores[mine])), np.inf)
    return int(off.argmin())


def _border(evidence: Evidence, wish: Wish, scores: Table) -> Iterator[tuple[int, str]]:
    """The row that was decided most narrowly."""
    if evidence.task != "regression":
        ranked = np.sort(scores, axis=1)
        yield int((ranked[:, -1] - ranked[:, -2]).argmin()), "borderline"
    elif wish.threshold is not None:
        yield int(np.abs(scores - wish.threshold).argmin()), "borderline"
