"""Credit: the built-in example has the harms that it says it has."""

from __future__ import annotations

import numpy as np
import pytest

from riskaudit.datasets.credit import TRUTH, credit, credit_table


def test_the_planted_rates_are_there() -> None:
    """P(repaid | A) = 0.65, P(repaid | B) = 0.35, a proxy in 90 % of rows, half the rows in B."""
    frame = credit_table(seed=1, rows=200_000).frame
    repaid = frame["repaid"] == "yes"
    in_b = frame["group"] == "B"
    assert in_b.mean() == 0.5
    assert repaid[~in_b].mean() == pytest.approx(TRUTH["selection_rate_A"], abs=0.006)
    assert repaid[in_b].mean() == pytest.approx(TRUTH["selection_rate_B"], abs=0.006)
    assert ((frame["district"] == "south") == in_b).mean() == pytest.approx(0.9, abs=0.005)
    assert np.corrcoef(frame["skill"], in_b)[0, 1] == pytest.approx(0, abs=0.01)
    assert (frame["followup"] - repaid).std() == pytest.approx(0.25, abs=0.005)


def test_the_same_seed_gives_the_same_rows() -> None:
    """Seeded; another seed gives others."""
    assert credit_table(seed=3).sha256 == credit_table(seed=3).sha256 != credit_table(seed=4).sha256


def test_members_and_held_out_rows_are_1500_each_without_the_leak() -> None:
    """followup is off by default, and the group is never a feature."""
    members, held_out = credit(seed=0)
    assert (len(members), len(held_out)) == (1500, 1500)
    assert "followup" not in members.features
    assert "group" not in members.features
