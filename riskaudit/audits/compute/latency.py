"""Latency: how long a caller waits and how many rows a second are answered, by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from riskaudit.audits.compute.batch import asking
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell, Exhibit, Interval, Measure
from riskaudit.statistics import median_order
from riskaudit.statistics.quantiles import least, quantile
from riskaudit.statistics.scaling import median

NAME = "compute.latency"
PERCENTILES = (50, 95, 99)
# Calls at most, and seconds after which fewer must do, by rows a call. 59 calls bound a p95, 299 a p99.
PLANS: dict[str, dict[int, tuple[int, float]]] = {
    "quick": {1: (60, 0.3), 32: (12, 0.15), 1024: (12, 0.15)},
    "normal": {1: (300, 2.0), 32: (60, 0.3), 1024: (60, 0.4)},
    "deep": {1: (1000, 6.0), 32: (320, 4.0), 1024: (320, 8.0)},
}
FEWEST = 6  # the fewest calls of which a median has a 95 % interval
TAIL, QUICK = (
    59,
    0.1,
)  # calls that bound a p95, made whatever they take where one takes less than so many seconds
SLOW = 0.5  # seconds a call may take before three must do

Waits = Mapping[int, list[float]]


def waits_of(evidence: Evidence) -> Waits:
    """Milliseconds of repeated calls, by rows a call."""
    return {
        rows: timed(asking(evidence, rows), most=most, seconds=seconds, tail=rows == 1)
        for rows, (most, seconds) in PLANS[evidence.effort].items()
    }


def timed(
    call: Callable[[], Any], *, most: int = 200, seconds: float = 1.0, tail: bool = False
) -> list[float]:
    """Milliseconds of repeated calls, the first not counted; with `tail` enough for a 95th percentile, if no call is slow."""
    began = time.perf_counter()
    call()
    first = time.perf_counter() - began
    fewest = TAIL if tail and first < QUICK and most > TAIL else FEWEST if first < SLOW else 3
    waits: list[float] = []
    began = time.perf_counter()
    while len(waits) < fewest or (len(waits) < most and time.perf_counter() - began < seconds):
        start = time.perf_counter()
        call()
        waits.append(1000 * (time.perf_counter() - start))
    return waits


def measures(waits: Waits, *, effort: str = "normal") -> Iterator[Measure]:
    """Percentiles of the time a call takes, then the rows answered in a second."""
    for rows, calls in waits.items():
        yield from _percentiles(rows, calls, more=effort != "deep")
    yield _throughput(max(waits), waits[max(waits)])


def _percentiles(rows: int, calls: list[float], *, more: bool) -> Iterator[Measure]:
    """Each percentile with its order-statistic interval, and how many calls the others would take."""
    missing = []
    for percent in PERCENTILES:
        found = _quantile(calls, percent)
        if found is None:
            missing.append(percent)
            continue
        yield Measure(
            name=NAME,
            value=found[0],
            interval=found[1],
            n=len(calls),
            unit="ms",
            where={"batch": str(rows), "percentile": str(percent)},
            note=f"Percentile {percent} of {len(calls)} calls in this process, one after another, after one to warm up; "
            "preparation of the rows included, no network. Other work on the machine is not subtracted.",
            metered=True,
        )
    if missing:
        needed = " and ".join(str(least(percent / 100)) for percent in missing)
        yield Measure(
            name=NAME,
            value=None,
            n=len(calls),
            unit="ms",
            where={"batch": str(rows), "percentile": ", ".join(map(str, missing))},
            note=f"Not assessed: {len(calls)} calls fitted into this effort's time; 95 % intervals need {needed}."
            + (" --effort deep makes more." if more else ""),
            metered=True,
        )


def _quantile(calls: list[float], percent: int) -> tuple[float, Interval] | None:
    """A percentile and its interval; None with too few calls for the tail."""
    if percent == 50:
        return median(calls), median_order(calls)
    return quantile(sorted(calls), percent / 100) if len(calls) >= least(percent / 100) else None


def _throughput(rows: int, calls: list[float]) -> Measure:
    """Rows a second at the largest batch."""
    among = median_order(calls)
    return Measure(
        name="compute.throughput",
        value=1000 * rows / median(calls),
        interval=among.model_copy(update={"low": 1000 * rows / among.high, "high": 1000 * rows / among.low}),
        n=len(calls),
        unit="rows per second",
        where={"batch": str(rows)},
        note=f"{rows:,} rows over the median time of a call; one caller, one call at a time.",
        metered=True,
    )


def bars(waits: Waits) -> Exhibit:
    """Percentiles by batch, on a log axis: they are far apart."""
    told = [
        (f"{_label(rows)}, p{percent}", f"p{percent}", found[0], found[1].low, found[1].high, len(calls))
        for rows, calls in waits.items()
        for percent in PERCENTILES
        if (found := _quantile(calls, percent))
    ]
    names = ("label", "series", "value", "low", "high", "n")
    columns: dict[str, list[Cell]] = {name: [row[at] for row in told] for at, name in enumerate(names)}
    return Exhibit(
        name="compute.latency_by_batch",
        kind="bars",
        title="How long a call takes",
        caption="Milliseconds of a call by rows in it: median, 95th and 99th percentile with 95 % intervals over repeats "
        "on this machine; a percentile without calls enough is left out.",
        axes={"x": "milliseconds", "x_scale": "log"},
        columns=columns,
        metered=True,
    )


def _label(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"
