"""Curves: the sweeps as one picture, log on log: a straight line is a power."""

from __future__ import annotations

from collections.abc import Sequence

from riskaudit.audits.compute.sweeps import Sweep
from riskaudit.measure import Cell, Exhibit
from riskaudit.statistics import median_order
from riskaudit.statistics.scaling import median


def curve(found: Sequence[Sweep]) -> Exhibit | None:
    """Median milliseconds by size with order-statistic intervals; None where nothing was timed."""
    points = [
        (f"{sweep.of} by {sweep.by}", size, [1000 * one[at] for one in sweep.rounds])
        for sweep in found
        for at, size in enumerate(sweep.sizes)
    ]
    if not points:
        return None
    within = [median_order(times) for _, _, times in points]
    columns: dict[str, list[Cell]] = {
        "series": [name for name, _, _ in points],
        "x": [size for _, size, _ in points],
        "y": [median(times) for _, _, times in points],
        "low": [one.low for one in within],
        "high": [one.high for one in within],
    }
    return Exhibit(
        name="compute.scaling",
        kind="curve",
        title="How time grows",
        caption="Median milliseconds over the rounds of a sweep, log on log: the steepness of a line is its exponent.",
        axes={"x": "rows in a call, rows trained on, or columns", "y": "milliseconds", "x_scale": "log", "y_scale": "log"},
        columns=columns,
        metered=True,
    )  # fmt: skip
