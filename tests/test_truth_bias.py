"""The committed truth table is what the benchmark gives, in a faster version: coverage, false alarms, power."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PLACE = Path(__file__).parents[1] / "benchmarks"


def benchmark() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("truth_bias", PLACE / "truth_bias.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_intervals_cover_and_false_alarms_are_rare() -> None:
    """60 data sets a setting: coverage 93 % or more on average, false alarms about 5 % of all groups at once."""
    truth = benchmark()
    told = [truth.setting(n, k, gap, runs=60) for n in (1_000, 10_000) for k in (2, 5) for gap in (0.0, 0.1)]
    held = [t for t in told if t]
    assert np.mean([t["covered"] for t in held]) > 0.94
    assert np.mean([t["odds covered"] for t in held]) > 0.93
    null = [t for t, gap in zip(told, [0.0, 0.1] * 4, strict=True) if t and gap == 0]
    assert np.mean([t["shown"] for t in null]) < 0.08
    assert np.mean([t["p <= 0.05"] for t in null]) < 0.1


@pytest.mark.slow
def test_power_grows_and_equality_is_not_claimed_of_a_gap() -> None:
    """A gap of 0.1 is shown in few of 300 rows and in all of 10,000; equality within 0.1 is never claimed of 0.2."""
    truth = benchmark()
    few, many = (truth.setting(n, 2, 0.1, runs=60) for n in (300, 10_000))
    assert few["shown"] < 0.6 < 0.99 < many["shown"]
    assert truth.setting(10_000, 3, 0.2, runs=60)["within 0.1"] == 0


def test_the_committed_table_has_every_setting() -> None:
    """One line for each size, number of groups and gap, 200 data sets each."""
    truth = benchmark()
    text = (PLACE / "truth_bias.md").read_text()
    assert "200 seeded data sets a row" in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert len(rows) == len(truth.SIZES) * len(truth.GROUPS) * len(truth.GAPS)
