"""TPR at a fixed FPR, and the advantage of an attack at a fixed threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri
from statistics_helpers import coverage, least

from riskaudit.statistics import advantage, balanced_accuracy, newcombe, tpr_at_fpr, wilson


def test_not_measurable_with_few_nonmembers() -> None:
    """Below ten expected false alarms there is no value, and the reason names what would do."""
    point = tpr_at_fpr(np.arange(500), np.arange(900), 0.01)
    assert point.value is None
    assert point.interval is None
    assert "1000 non-members would do" in point.reason
    assert tpr_at_fpr(np.arange(500), np.arange(1000), 0.01).value is not None


def test_threshold_counts_from_above() -> None:
    """With 1000 non-members, FPR 0.01 accuses exactly ten of them when no scores tie."""
    others = np.arange(1000.0)
    point = tpr_at_fpr(np.array([989.0, 989.5, 2000.0, 0.0]), others, 0.01)
    assert (others > point.threshold).sum() == 10
    assert point.value == 0.5


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=60),
    st.lists(st.integers(0, 12), min_size=100, max_size=300),
    st.floats(0.1, 0.9),
)
def test_never_above_the_rate(members: list[int], others: list[int], fpr: float) -> None:
    """Ties or not, the observed FPR is at most the one asked for, and low <= value <= high."""
    point = tpr_at_fpr(members, others, fpr)
    assert (np.array(others) > point.threshold).mean() <= fpr + 1e-9
    assert 0 <= point.interval.low <= point.value <= point.interval.high <= 1


def test_wider_than_wilson_alone() -> None:
    """The uncertainty of the threshold is in the interval."""
    rng = np.random.default_rng(0)
    members, others = rng.normal(1, 1, 5000), rng.normal(size=1000)
    point = tpr_at_fpr(members, others, 0.05)
    alone = wilson(point.value * 5000, 5000)
    assert point.interval.high - point.interval.low > 1.5 * (alone.high - alone.low)


def test_advantage_is_newcombe() -> None:
    """Advantage is TPR - FPR with Newcombe's interval; balanced accuracy is half of one more."""
    members, others = np.arange(40.0), np.arange(-30.0, 30.0)
    value, interval = advantage(members, others, 9.5)
    plain = newcombe(30, 40, 20, 60)
    assert value == pytest.approx(30 / 40 - 20 / 60)
    assert (interval.low, interval.high) == (plain.low, plain.high)
    balanced, edge = balanced_accuracy(members, others, 9.5)
    assert balanced == pytest.approx((1 + value) / 2)
    assert edge.low == pytest.approx((1 + plain.low) / 2)


def test_refuses_a_rate_out_of_range() -> None:
    """An FPR of 0 or 5 is refused."""
    for fpr in (0, 5):
        with pytest.raises(ValueError, match="false-positive rate"):
            tpr_at_fpr([1.0], [1.0], fpr)


def tpr_coverage(m: int, n: int, fpr: float, shift: float, *, runs: int, grid: float = 0.0) -> float:
    """How often the TPR at the population's own threshold is held; scores lie on a grid where one is given."""
    rng = np.random.default_rng(7)

    def scores(centre: float, size: int) -> np.ndarray:
        raw = rng.normal(centre, 1, size)
        return np.round(raw / grid) if grid else raw

    threshold = -ndtri(fpr)
    if grid:
        steps = np.arange(-100, 101)
        edges = (steps + 0.5) * grid  # a score above step s lies above the edge s + 1/2
        threshold = edges[np.argmax(1 - ndtr(edges) <= fpr)]
    truth = 1 - ndtr(threshold - shift)
    return coverage(lambda: tpr_at_fpr(scores(shift, m), scores(0, n), fpr).interval, truth, runs)


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("grid", [0.0, 0.1])
def test_tpr_covers(shift: float, grid: float) -> None:
    """The TPR at the true threshold is held in at least 93 % of runs, with scores tied or not."""
    assert tpr_coverage(500, 1000, 0.02, shift, grid=grid, runs=400) >= least(400)


@pytest.mark.slow
@pytest.mark.parametrize("grid", [0.0, 0.1])
@pytest.mark.parametrize(
    ("m", "n", "fpr", "shift"),
    [
        (500, 1000, 0.01, 0),
        (500, 1000, 0.01, 1),
        (5000, 1000, 0.01, 1),
        (300, 10000, 0.001, 1),
        (5000, 10000, 0.001, 0),
        (2000, 2000, 0.1, 0.3),
        (1000, 1000, 0.1, 3),
    ],
)
def test_tpr_covers_by_2000_runs(m: int, n: int, fpr: float, shift: float, grid: float) -> None:
    """Null and strong attacks, FPR 0.001 to 0.1, tied or not: at least 93 %."""
    assert tpr_coverage(m, n, fpr, shift, grid=grid, runs=2000) >= 0.93
