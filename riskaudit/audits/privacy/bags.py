"""Bags: one reference forest, whose trees that drew a row stand against those that did not."""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import (
    REFUSALS,
    Bench,
    Floats,
    References,
    answers,
    in_order,
    refusal,
)
from riskaudit.audits.privacy.design import final_step
from riskaudit.datasets.labels import text_of
from riskaudit.evidence import Evidence
from riskaudit.workers import map_work

TREES = {"quick": 150, "normal": 300, "deep": 1_000}
BLOCK = 25  # trees whose answers are summed together

Sums = tuple[Floats, Floats, NDArray[np.int64]]
"""Answers of trees with each row and of trees without it, summed, and how many trees had it."""


def is_bagged_forest(estimator: Any) -> bool:
    """Whether the model is a forest whose trees each draw some of the rows, after transformers if any."""
    last = final_step(estimator)
    plain = last is estimator or last is getattr(estimator, "steps", [(None, None)])[-1][1]
    return (
        plain
        and type(last).__name__.startswith(("RandomForest", "ExtraTrees"))
        and bool(getattr(last, "bootstrap", False))
        and getattr(last, "class_weight", None) != "balanced_subsample"
    )


def one_forest(evidence: Evidence, bench: Bench) -> References:
    """One forest on all pooled rows, split for each row into trees that drew it and trees that did not.

    A tree draws as large a share of the pool as makes it hold as many different rows as a tree of the
    target. A forest that had a row would give q p_in + (1 - q) p_out, q the share of its trees that draw it
    (0.632 for a full bootstrap); one that had not, p_out. So one forest gives what many refits give.

    Raises
    ------
    NotRefittable
        If the recipe refuses.
    """
    drawn = _share(final_step(bench.subject.estimator), bench.trained)
    rows = min(drawn * bench.trained / len(bench), 1 - math.exp(-1))
    trees = TREES[evidence.effort]
    seed = int(evidence.rng("privacy reference forest").integers(2**31))
    settings = {
        "n_estimators": trees,
        "max_samples": min(-math.log1p(-rows), 1.0),
        "n_jobs": evidence.workers,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the target's recipe, not ours to mend
            table, forest = _fitted(bench, {**settings, "random_state": seed})
            with_row, without = _means(table, forest, evidence.workers)
    except REFUSALS as error:
        raise refusal(error) from error
    inside = drawn * with_row + (1 - drawn) * without
    given = np.stack([_answer(bench, forest, scores) for scores in (inside, without)])
    return References(
        given=given,
        fitted=np.repeat([[True], [False]], len(bench), axis=1),
        round_of=np.zeros(2, dtype=np.int64),
        rows=round(rows / drawn * len(bench)),
        told=f"one reference forest of {trees} trees on {len(bench):,} pooled rows, each tree on {rows:.0%} of "
        "them: trees that drew a row against trees that did not",
    )


def _share(forest: Any, trained: int) -> float:
    """The share of different rows that each of its trees draws."""
    size = forest.max_samples
    part = 1.0 if size is None else size if isinstance(size, float) else size / trained
    return 1 - math.exp(-part)


def _fitted(bench: Bench, settings: dict[str, Any]) -> tuple[Any, Any]:
    """The rows as the forest sees them, and the forest."""
    from sklearn.base import clone

    whole, frame = clone(bench.subject.estimator), bench.frame  # the bench's own recipe stays as it is
    forest = final_step(whole).set_params(**settings)
    table: Any = frame if forest is whole else whole[:-1].fit_transform(frame, bench.labels)
    forest.fit(table, bench.labels)
    if hasattr(table, "tocsr"):
        return table.tocsr().astype(np.float32), forest
    return np.ascontiguousarray(table, dtype=np.float32), forest


def _means(table: Any, forest: Any, workers: int) -> tuple[Floats, Floats]:
    """Each row's mean answer of the trees with it and of those without (n, k) or (n, 1)."""
    drawn = forest.estimators_samples_
    blocks = [
        (forest.estimators_[at : at + BLOCK], drawn[at : at + BLOCK]) for at in range(0, len(drawn), BLOCK)
    ]
    parts: list[Sums] = map_work(partial(_sums, table), blocks, workers=workers)
    inside, everything = (sum(part[at] for part in parts) for at in (0, 1))
    times = np.asarray(sum(part[2] for part in parts))[:, None]
    total = np.asarray(everything) / len(drawn)
    with_row = np.where(times > 0, inside / np.maximum(times, 1), total)
    rest = len(drawn) - times
    return with_row, np.where(rest > 0, (everything - inside) / np.maximum(rest, 1), total)


def _sums(table: Any, block: tuple[list[Any], list[NDArray[np.int64]]]) -> Sums:
    """Summed answers of some trees: where they drew the row, and in all; and how many drew it."""
    n, dense = table.shape[0], isinstance(table, np.ndarray)
    times, inside, everything = np.zeros(n, dtype=np.int64), 0.0, 0.0
    for tree, rows in zip(*block, strict=True):
        ask = getattr(tree, "predict_proba", tree.predict)
        given = ask(table, check_input=not dense).reshape(n, -1)
        had = np.zeros(n, dtype=bool)
        had[rows] = True
        times += had
        inside = inside + given * had[:, None]
        everything = everything + given
    return np.asarray(inside), np.asarray(everything), times


def _answer(bench: Bench, forest: Any, scores: Floats) -> Floats:
    if bench.subject.regression:
        return answers(scores[:, 0], bench.outcome)
    known = tuple(text_of(label) for label in forest.classes_)
    return answers(in_order(scores, known, bench.classes), bench.outcome)
