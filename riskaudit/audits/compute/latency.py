"""Latency: how long a caller waits, by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from riskaudit.audits.compute.batch import THOUSAND, asking
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import median_order

NAME = "compute.latency"
BATCHES = (1, THOUSAND)
MOST, FEWEST = 200, 6  # calls; six is the fewest of which a median has a 95 % interval
SECONDS = 1.0  # of calls a batch, where six do not take longer
SLOW = 0.5  # seconds a call may take before three must do


def measures(evidence: Evidence) -> Iterator[Measure]:
    """Median time of a call with one row and with 1,000."""
    for rows in BATCHES:
        waits = timed(asking(evidence, rows))
        yield Measure(
            name=NAME,
            value=sorted(waits)[len(waits) // 2] if len(waits) % 2 else _middle(waits),
            interval=median_order(waits),
            n=len(waits),
            unit="ms",
            where={"batch": str(rows)},
            note=f"Median of {len(waits)} calls in this process after one to warm up, preparation of the rows "
            "included, no network; other work on the machine is not subtracted.",
            metered=True,
        )


def timed(call: Callable[[], Any]) -> list[float]:
    """Milliseconds of repeated calls, the first not counted."""
    began = time.perf_counter()
    call()
    least = FEWEST if time.perf_counter() - began < SLOW else 3
    waits: list[float] = []
    began = time.perf_counter()
    while len(waits) < least or (len(waits) < MOST and time.perf_counter() - began < SECONDS):
        start = time.perf_counter()
        call()
        waits.append(1000 * (time.perf_counter() - start))
    return waits


def _middle(waits: list[float]) -> float:
    ranked, half = sorted(waits), len(waits) // 2
    return (ranked[half - 1] + ranked[half]) / 2


def bars(waits: Sequence[Measure]) -> Exhibit:
    """Latency by batch, on a log axis: the two are far apart."""
    rows = [(_label(m), m.value, m.interval.low, m.interval.high, m.n) for m in waits if m.interval]
    names = ("label", "value", "low", "high", "n")
    columns: dict[str, list[Cell]] = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return Exhibit(
        name="compute.latency_by_batch",
        kind="bars",
        title="How long a call takes",
        caption="Median milliseconds of a call with one row and with 1,000, with 95 % intervals over repeats on this "
        "machine.",
        axes={"x": "milliseconds", "x_scale": "log"},
        columns=columns,
        metered=True,
    )


def _label(wait: Measure) -> str:
    rows = int(wait.where["batch"])
    return "1 row" if rows == 1 else f"{rows:,} rows"
