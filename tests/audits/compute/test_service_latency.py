"""Service latency: percentiles with an interval that covers, or none."""

from __future__ import annotations

import numpy as np
import pytest

from riskaudit.audits.compute.service import least, quantile


@pytest.mark.parametrize(("q", "n"), [(0.5, 6), (0.95, 59), (0.99, 299)])
def test_the_fewest_requests_are_those_of_order_statistics(q: float, n: int) -> None:
    """1 - q^n - (1 - q)^n reaches 95 %: 6 for a median, 59 and 299 for the tails (Wilks 1941)."""
    assert least(q) == n


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("extra", [0, 40])
def test_the_interval_covers(q: float, extra: int) -> None:
    """At least 95 % of 1,500 samples, but for chance (3 standard errors)."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(1500):
        value, interval = quantile(sorted(rng.random(least(q) + extra).tolist()), q)
        assert interval.low <= value <= interval.high
        hits += interval.low <= q <= interval.high
    assert hits / 1500 > 0.95 - 3 * (0.05 * 0.95 / 1500) ** 0.5
