"""Threads: how much sooner a batch is answered with all cores than with one."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from riskaudit.audits.compute.batch import rows_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics.scaling import gain
from riskaudit.subjects.subject import Subject
from riskaudit.workers import default_workers

NAME = "compute.thread_gain"
ROWS = 4096
SECONDS = {"normal": 0.4, "deep": 5.0}
ROUNDS = {"normal": 6, "deep": 30}
SLOW = 0.2  # seconds of a call from which on normal effort leaves it out


def measure(evidence: Evidence) -> Measure:
    """Time of 4,096 rows on one thread over that on all cores, in turns."""
    cores = default_workers()
    if cores < 2:
        return _unknown("this process may use one core only")
    if hasattr(evidence.subject.estimator, "counted"):
        return _unknown("the model runs in a box of one thread")
    from dataclasses import replace

    alone, many = (
        replace(evidence.subject, estimator=with_jobs(evidence.subject.estimator, jobs))
        for jobs in (1, cores)
    )
    frame = rows_of(evidence, ROWS)
    ask = {1: _asking(alone, frame, 1), cores: _asking(many, frame, cores)}
    ask[cores]()
    first = _seconds(ask[1])
    if first > SLOW and evidence.effort == "normal":
        return _unknown(f"{ROWS:,} rows take {first:.1f} s; --effort deep measures it")
    slow, fast = list[float](), list[float]()
    began = time.perf_counter()
    while len(slow) < 3 or (
        len(slow) < ROUNDS[evidence.effort] and time.perf_counter() - began < SECONDS[evidence.effort]
    ):
        slow.append(_seconds(ask[1]))
        fast.append(_seconds(ask[cores]))
    value, interval = gain(slow, fast)
    return Measure(
        name=NAME,
        value=value,
        interval=interval,
        n=len(slow),
        unit="ratio",
        where={"threads": str(cores)},
        note=f"How many times longer {ROWS:,} rows take with one thread than with {cores} ({cores}: perfect, 1 or less: threads "
        f"give nothing); BLAS, OpenMP and n_jobs set alike, {len(slow)} rounds in turns. A busy machine gives less.",
        metered=True,
    )


def _unknown(why: str) -> Measure:
    return Measure(name=NAME, value=None, n=0, unit="ratio", note=f"Not assessed: {why}.", metered=True)


def with_jobs(estimator: Any, jobs: int) -> Any:
    """A shallow twin whose parts predict with so many jobs; the audited model itself is not touched."""
    twin = copy.copy(estimator)
    if hasattr(twin, "steps"):
        twin.steps = [(name, with_jobs(step, jobs)) for name, step in twin.steps]
    elif hasattr(twin, "best_estimator_"):
        twin.best_estimator_ = with_jobs(twin.best_estimator_, jobs)
    if "n_jobs" in getattr(twin, "__dict__", {}):
        twin.n_jobs = jobs
    return twin


def _asking(subject: Subject, frame: Any, threads: int) -> Callable[[], Any]:
    """A call under a limit of threads; joblib, which would start processes for some steps, is held to threads too."""
    from joblib import parallel_config
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()
    ask = subject.predict_scores if subject.gives_scores else subject.predict_labels

    def call() -> Any:
        with controller.limit(limits=threads), parallel_config(backend="threading"):
            return ask(frame)

    return call


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
