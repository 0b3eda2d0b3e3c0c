"""Service: what callers wait for a model behind an address, and what cannot be metered from outside."""

from __future__ import annotations

import math
from collections.abc import Iterator

from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure
from riskaudit.subjects.service.model import ServiceModel

NAME = "compute.service_latency"
PERCENTILES = (50, 95, 99)
WITHIN = {
    "compute.training_energy": "kWh",
    "compute.training_carbon": "kg CO2e",
    "compute.prediction_energy": "Wh per 1,000 predictions",
    "compute.prediction_carbon": "g CO2e per 1,000 predictions",
    "compute.latency": "ms",
    "compute.model_size": "bytes",
    "compute.parameters": "count",
}


def measures(evidence: Evidence) -> Iterator[Measure]:
    """Percentiles of the waits, and each inner cost as not assessed."""
    model: ServiceModel = evidence.subject.estimator
    for name, unit in WITHIN.items():
        yield Measure(
            name=name,
            value=None,
            n=0,
            unit=unit,
            note="Not assessed: the model runs on another machine, behind an address; ask who runs it, or audit the "
            "model's file.",
        )
    waits = sorted(
        ms for purpose, _, ms, status in model.journal.waits if purpose == "rows" and status == 200
    )
    rows = [n for purpose, n, _, status in model.journal.waits if purpose == "rows" and status == 200]
    for percent in PERCENTILES:
        yield _percentile(waits, percent, rows)


def _percentile(waits: list[float], percent: int, rows: list[int]) -> Measure:
    """One percentile of the waits, with its order-statistic interval."""
    where = {"percentile": str(percent)}
    if len(waits) < 2:
        return Measure(
            name=NAME,
            value=None,
            n=len(waits),
            unit="ms",
            where=where,
            note="Not assessed: fewer than two requests with rows were answered.",
            metered=True,
        )
    value, interval = quantile(waits, percent / 100)
    return Measure(
        name=NAME,
        value=value,
        interval=interval,
        n=len(waits),
        unit="ms",
        where=where,
        note=f"Percentile {percent} of {len(waits):,} answered requests of up to {max(rows):,} rows, from sending to the last "
        "byte, network included, waits for the rate and between tries not; requests follow one another, so a "
        "slow spell counts as often as it lasted."
        + (
            ""
            if interval.level >= 0.95
            else " Too few requests for 95 %: the interval's own level stands beside it."
        ),
        metered=True,
    )


def quantile(waits: list[float], q: float) -> tuple[float, Interval]:
    """The ceil(q n)-th smallest of sorted values, and the order-statistic interval of the q-quantile.

    From the l-th to the u-th smallest with P(Binomial(n, q) < l) <= 2.5 % and P(Binomial(n, q) >= u) <= 2.5 %;
    where n is too small for that, smallest and largest stand in, and `level` says what it is worth.

    References
    ----------
    David, H. A. and Nagaraja, H. N. (2003). Order Statistics, 3rd ed., section 7.1. Wiley.
    """
    from scipy.stats import binom

    n = len(waits)
    below = int(binom.ppf(0.025, n, q))  # P(B < below) <= 2.5 % < P(B <= below)
    above = int(binom.ppf(0.975, n, q)) + 1  # P(B >= above) <= 2.5 %
    low, high = max(below, 1), min(above, n)
    reached = float(binom.cdf(high - 1, n, q) - binom.cdf(low - 1, n, q))
    middle = min(max(math.ceil(q * n), low), high)
    whole = reached >= 0.95
    interval = Interval(
        low=waits[low - 1],
        high=waits[high - 1],
        level=0.95 if whole else max(reached, 1e-6),
        method="order statistics" if whole else f"order statistics, as far as {n} requests allow",
    )
    return waits[middle - 1], interval
