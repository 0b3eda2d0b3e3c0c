"""Schedules: closed values."""

import pytest

from riskaudit.training.schedules import SCHEDULES, Cosine, schedule

KNOWN = {
    "constant": {0: 0.8, 7: 0.8},
    "exponential": {0: 0.8, 1: 0.4, 3: 0.1},
    "step": {0: 0.8, 4: 0.8, 5: 0.4, 9: 0.4, 10: 0.2},
    "cosine": {0: 0.8, 5: 0.4, 10: 0.0, 12: 0.0},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_closed_values(name):
    """The rate of chosen epochs is what the formula says."""
    rate = schedule(name, start=0.8, epochs=10, decay=0.5, every=5)
    assert {epoch: rate(epoch) for epoch in KNOWN[name]} == pytest.approx(KNOWN[name])


def test_cosine_ends_at_its_floor():
    """A floor lifts the end, not the start."""
    rate = Cosine(start=1.0, epochs=4, floor=0.2)
    assert (rate(0), rate(2), rate(4)) == pytest.approx((1.0, 0.6, 0.2))
