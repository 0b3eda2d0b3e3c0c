"""Service: what callers wait for a model behind an address, and what cannot be metered from outside."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.compute import training
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics.quantiles import least, quantile
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
    known = evidence.training_run is not None
    if known:
        yield from training.measures(evidence)
    for name, unit in WITHIN.items():
        if known and name in training.NAMES:
            continue
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
    fewest = least(percent / 100)
    if len(waits) < fewest:
        return Measure(
            name=NAME,
            value=None,
            n=len(waits),
            unit="ms",
            where=where,
            note=f"Not assessed: {len(waits):,} answered requests; a 95 % interval of percentile {percent} needs {fewest:,}. "
            "A smaller --batch makes more.",
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
        "slow spell counts as often as it lasted.",
        metered=True,
    )
