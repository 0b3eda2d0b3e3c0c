"""Quality: numbers that cannot be negative have intervals that are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.subjects.subject import Subject
from riskaudit.training.quality import quality


def told(actual: list[float], said: list[float]) -> dict[str, Measure]:
    """The measures of a regression's predictions."""
    frame = pd.DataFrame({"y": actual, "p": said})
    data = Dataset(name="d", frame=frame, target="y", task="regression", prediction="p")
    subject = Subject(name="p", kind="predictions", regression=True)
    return {one.name: one for one in quality(Evidence(subject=subject, test=data))}


def test_an_interval_of_errors_stops_at_zero() -> None:
    """One large error among none: Student's interval would go below."""
    found = told([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 2.0, 3.0, 4.0, 5.0, 16.0])
    for name in ("quality.mean_absolute_error", "quality.root_mean_square_error"):
        interval = found[name].interval
        assert interval is not None
        assert interval.low == 0
        assert interval.low <= (found[name].value or 0) <= interval.high


def test_the_root_mean_square_error() -> None:
    """By hand: errors 3 and 4, and two of none."""
    value = told([0.0, 0.0, 1.0, 2.0], [3.0, 4.0, 1.0, 2.0])["quality.root_mean_square_error"].value
    assert value is not None
    np.testing.assert_allclose(value, np.sqrt(25 / 4))


def test_a_constant_target_has_no_r2() -> None:
    """Not assessed, with the reason."""
    found = told([2.0] * 5, [1.0, 2.0, 3.0, 2.0, 2.0])["quality.r2"]
    assert found.value is None
    assert "no variation" in found.note


def test_two_rows_are_told_without_a_crash() -> None:
    """What has no interval says why."""
    found = told([1.0], [2.0])
    assert found["quality.mean_absolute_error"].interval is None
    assert "no interval" in found["quality.mean_absolute_error"].note
    assert found["quality.r2"].value is None
    assert told([1.0, 2.0], [1.0, 3.0])["quality.r2"].note
