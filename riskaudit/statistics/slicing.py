"""Slicing: the worst slices among all conjunctions of up to three conditions, exactly, on count cubes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.statistics.counting import count_cells, small_codes
from riskaudit.statistics.terms import Vector

Literals = tuple[tuple[int, int], ...]
MOST_CUBE = 1 << 18  # cells of one cube; wider combinations of features are left out and counted


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Rows that meet all conditions: (feature, code) pairs, with their size and sum of errors."""

    literals: Literals
    size: int
    errors: float
    score: float


@dataclass(frozen=True, kw_only=True)
class Search:
    """The k slices of highest score, and how many were looked at."""

    slices: tuple[Slice, ...]
    counted: int
    combinations: int
    pruned: int
    left_out: int


def worst_slices(
    features: Sequence[NDArray[Any]],
    errors: Vector,
    *,
    k: int = 10,
    support: int = 1,
    conditions: int = 3,
    alpha: float = 0.95,
) -> Search:
    """The k slices with the highest SliceLine score, of all with at least `support` rows.

        score = alpha ((errors / size) / (all errors / n) - 1) - (1 - alpha) (n / size - 1)

    Every combination of features is one cube of counts, filled in one pass over the rows, so the sizes and
    errors of all its slices are exact. A combination is passed over where its parents' cells prove that no slice
    of it can have the support, or a score above the k-th best (a slice is no larger, and errs no more often,
    than any parent): the result is that of the full search.

    Parameters
    ----------
    features : sequence of int arrays (n,)
        Codes from 0 (bins or categories).
    errors : array (n,)
        Not negative: 0/1 errors, losses.
    k, support, conditions : int
        How many slices, of how many rows at least, of how many conditions at most (1 to 3).
    alpha : float
        Weight of the error against the size, in (0, 1].

    Returns
    -------
    Search
        Slices of score above 0, highest first (among equals the larger, then by features); `counted` slices with
        the support were looked at.

    References
    ----------
    Sagadeeva, S. and Boehm, M. (2021). SliceLine: fast, linear-algebra-based slice finding for ML model
    debugging. SIGMOD, equations 1 and 3.
    """
    if not 1 <= conditions <= 3 or not 0 < alpha <= 1 or k < 1:
        raise ValueError("needs 1 to 3 conditions, alpha in (0, 1] and k of 1 or more")
    n, total = len(errors), float(errors.sum())
    support = max(1, support)
    if n == 0 or total <= 0:
        return Search(slices=(), counted=0, combinations=0, pruned=0, left_out=0)
    if errors.min() < 0:
        raise ValueError("errors cannot be negative")
    sizes = [int(codes.max()) + 1 for codes in features]
    codes = [small_codes(np.asarray(c), size) for c, size in zip(features, sizes, strict=True)]
    return _Finder(codes, sizes, errors, k=k, support=support, alpha=alpha).run(conditions)


class _Finder:
    """The state of one search: the best so far, and each smaller cube's upper bounds."""

    def __init__(
        self,
        codes: list[NDArray[Any]],
        sizes: list[int],
        errors: Vector,
        *,
        k: int,
        support: int,
        alpha: float,
    ) -> None:
        self.codes, self.sizes = codes, sizes
        self.n, self.total = len(errors), float(errors.sum())
        self.k, self.support, self.alpha = k, support, alpha
        binary = bool(np.isin(errors, (0.0, 1.0)).all())
        self.errors = errors.astype(np.float64)
        self.wrong = np.flatnonzero(errors > 0) if binary else None
        self.wrong_codes = [c[self.wrong] for c in codes] if self.wrong is not None else []
        self.best: list[Slice] = []
        self.bounds: dict[tuple[int, ...], NDArray[np.float64]] = {}
        self.counted = self.passed = self.tried = self.left_out = 0

    def run(self, conditions: int) -> Search:
        """Level by level: parents first, so that their bounds prune."""
        every = range(len(self.codes))
        for level in range(1, conditions + 1):
            for by in combinations(every, level):
                self._look(by, last=level == conditions)
        best = tuple(self.best)
        return Search(
            slices=best,
            counted=self.counted,
            combinations=self.tried,
            pruned=self.passed,
            left_out=self.left_out,
        )

    @property
    def floor(self) -> float:
        """The score to beat."""
        return self.best[-1].score if len(self.best) == self.k else 0.0

    def _look(self, by: tuple[int, ...], *, last: bool) -> None:
        """Count one combination of features and take its best slices."""
        if np.prod([self.sizes[at] for at in by], dtype=np.int64) > MOST_CUBE:
            self.left_out += 1
            return
        self.tried += 1
        if len(by) > 1 and not self._promising(by):
            self.passed += 1
            return
        shape = [self.sizes[at] for at in by]
        size = count_cells([self.codes[at] for at in by], shape)
        if self.wrong is not None:
            errors = (
                count_cells([self.wrong_codes[at] for at in by], shape).astype(np.float64)
                if len(self.wrong)
                else np.zeros(shape)
            )
        else:
            errors = count_cells([self.codes[at] for at in by], shape, weights=self.errors)
        able = size >= self.support
        self.counted += int(able.sum())
        self._take(by, size, errors, able)
        if not last:
            self.bounds[by] = self._bound(size, errors)

    def _promising(self, by: tuple[int, ...]) -> bool:
        """Whether some cell may have the support and a score above the floor, by each of its parents' cells."""
        for parent in combinations(by, len(by) - 1):
            bound = self.bounds.get(parent)
            if bound is not None and not (bound > self.floor).any():
                return False
        if len(by) == 3:
            first, second = self.bounds.get(by[:2]), self.bounds.get(by[1:])
            if first is not None and second is not None:
                # A slice needs a promising cell on both sides that agree in the feature they share.
                shared = (first > self.floor).any(axis=0) & (second > self.floor).any(axis=1)
                return bool(shared.any())
        return True

    def _bound(self, size: NDArray[np.int64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
        """The highest score that any slice within these cells could have; -inf without the support."""
        top = float(self.errors.max())
        few = size < self.support
        found = np.full(size.shape, -np.inf)
        for rows in (
            np.full(size.shape, float(self.support)),
            np.clip(errors / top, self.support, np.maximum(size, self.support)),
            size.astype(float),
        ):
            rows = np.maximum(rows, 1.0)
            found = np.maximum(found, self._score(rows, np.minimum(errors, rows * top)))
        return np.where(few, -np.inf, found)

    def _score(self, size: NDArray[Any], errors: NDArray[Any]) -> NDArray[np.float64]:
        """SliceLine's score."""
        mean = self.total / self.n
        told: NDArray[np.float64] = self.alpha * (errors / size / mean - 1) - (1 - self.alpha) * (
            self.n / size - 1
        )
        return told

    def _take(
        self,
        by: tuple[int, ...],
        size: NDArray[np.int64],
        errors: NDArray[np.float64],
        able: NDArray[np.bool_],
    ) -> None:
        """Keep the k best of these and those before."""
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.where(able, self._score(np.maximum(size, 1), errors), -np.inf).ravel()
        floor = self.floor
        at = np.flatnonzero(score > floor)
        if at.size > self.k:
            at = at[np.argpartition(-score[at], self.k - 1)[: self.k]]
        shape = size.shape
        for cell in at.tolist():
            place = np.unravel_index(cell, shape)
            self.best.append(
                Slice(
                    literals=tuple((feature, int(code)) for feature, code in zip(by, place, strict=True)),
                    size=int(size[place]),
                    errors=float(errors[place]),
                    score=float(score[cell]),
                )
            )
        if at.size:
            self.best = sorted(self.best, key=lambda s: (-s.score, -s.size, len(s.literals), s.literals))[
                : self.k
            ]
