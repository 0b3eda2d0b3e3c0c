"""What the tests of intervals share: how often one holds the truth, and counts to try."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from riskaudit.measure import Interval


def holds(interval: Interval, truth: float) -> bool:
    return interval.low - 1e-9 <= truth <= interval.high + 1e-9


def coverage(draw: Callable[[], Interval], truth: float, runs: int) -> float:
    """The share of runs whose interval holds the truth."""
    return sum(holds(draw(), truth) for _ in range(runs)) / runs


def least(runs: int, floor: float = 0.93) -> float:
    """The floor, in short runs less what chance alone may take (two standard errors)."""
    return floor - 2 * (0.95 * 0.05 / runs) ** 0.5 * (runs < 2000)


@st.composite
def proportions(draw: st.DrawFn, most: int = 10**7) -> tuple[int, int]:
    """Any (hits, n) with 0 <= hits <= n and 1 <= n <= most."""
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n
