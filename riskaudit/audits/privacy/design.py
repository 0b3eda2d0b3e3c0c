"""Design: how many rows, how many refits, and which rows each refit is fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.evidence import Effort

ROWS = {"quick": 6_000, "normal": 30_000, "deep": 120_000}  # pooled rows for a learner of ordinary cost
REFITS = {"quick": 4, "normal": 8, "deep": 64}
FEWEST_ROWS = 2_000
COLUMNS = 40  # features from which on a table is wide and takes fewer rows
TREES = 100  # trees, or rounds of boosting, of an ordinary ensemble
COST = {  # of a row, against a forest's or a linear model's; the first word found in the class's name counts
    "LinearSV": 1.0,
    "SVC": 5.0,
    "SVR": 5.0,
    "MLP": 6.0,
    "Perceptron": 2.5,
    "KNeighbors": 6.0,
    "GaussianProcess": 15.0,
    "HistGradientBoosting": 1.5,
    "GradientBoosting": 2.0,
    "AdaBoost": 3.0,
}


@dataclass(frozen=True, kw_only=True)
class Design:
    """Which of n pooled rows each of K refits is fitted to.

    Attributes
    ----------
    fitted : bool array (K, n)
    round_of : int array (K,)
        Within a round each row is left out of exactly one refit.
    """

    fitted: NDArray[np.bool_]
    round_of: NDArray[np.int64]


def complementary(
    strata: NDArray[Any],
    *,
    rng: np.random.Generator,
    refits: int,
    folds: int = 2,
    people: NDArray[np.int64] | None = None,
) -> Design:
    """Rounds of `folds` refits, each leaving out one fold: every row is out of one refit a round.

    Folds are even within each stratum (class), so that no refit lacks one; they know nothing of membership.
    With `people` (n,), whose row each is, all rows of a person are in or out together.
    """
    if people is not None:
        _, first, place = np.unique(people, return_index=True, return_inverse=True)
        persons = complementary(strata[first], rng=rng, refits=refits, folds=folds)
        return Design(fitted=persons.fitted[:, place], round_of=persons.round_of)
    rounds = max(2, round(refits / folds))
    fold_of = np.empty((rounds, len(strata)), dtype=np.int64)
    for one in fold_of:
        order = rng.permutation(len(strata))
        order = order[np.argsort(strata[order], kind="stable")]
        one[order] = (np.arange(len(strata)) + rng.integers(folds)) % folds
    fitted = np.stack([one != fold for one in fold_of for fold in range(folds)])
    return Design(fitted=fitted, round_of=np.repeat(np.arange(rounds), folds))


def final_step(estimator: Any) -> Any:
    """The estimator at the end of pipelines and searches."""
    while True:
        inner = estimator.steps[-1][1] if hasattr(estimator, "steps") else None
        if inner is None:
            inner = next(
                (
                    getattr(estimator, part)
                    for part in ("best_estimator_", "regressor_")
                    if hasattr(estimator, part)
                ),
                None,
            )
        if inner is None:
            return estimator
        estimator = inner


def votes(estimator: Any) -> int:
    """How many votes a probability is the mean of: trees of a forest, neighbours; 0 where it is none."""
    last = final_step(estimator)
    kind = type(last).__name__
    if kind.startswith(("DecisionTree", "ExtraTreeC", "ExtraTreeR")):
        return 1
    if kind.startswith("KNeighbors"):
        return int(last.n_neighbors)
    if kind.startswith(("RandomForest", "ExtraTrees", "Bagging")):
        return int(last.n_estimators)
    return 0


def refits(estimator: Any, effort: Effort) -> int:
    """How many refits: single trees and nearest neighbours, whose answers are coarse and cheap, take four times as many."""
    return REFITS[effort] * (4 if 1 <= votes(estimator) <= 5 else 1)


def most_rows(estimator: Any, effort: Effort, *, columns: int, fits: int = 8, together: bool = False) -> int:
    """How many pooled rows the references may take: by learner and width, never by the clock.

    Fits that go `together` in one pass cost no more than the core's own perceptrons.
    """
    last = final_step(estimator)
    kind = type(last).__name__
    cost = next((COST[word] for word in COST if word in kind), 1.0)
    cost = min(cost, COST["Perceptron"]) if together else cost
    rounds = getattr(last, "n_estimators", None) or (
        getattr(last, "max_iter", None) if "Boosting" in kind else None
    )
    if fits > 1 and isinstance(rounds, int):  # one reference forest has a number of trees of its own
        cost *= max(1.0, rounds / TREES)
    cost *= max(1.0, columns / COLUMNS)
    return max(FEWEST_ROWS, int(ROWS[effort] / cost))
