"""Cold: what a fresh process takes until its first answer, and what memory a prediction takes at its peak."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskaudit.audits.compute.batch import asking, rows_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import median_order
from riskaudit.statistics.scaling import median

ROWS = 1024
RUNS = {"normal": 1, "deep": 7}
PATIENCE = 60.0  # seconds that a fresh process may take
FREE = ("scikit-learn model", "XGBoost model", "LightGBM model", "ONNX model", "CatBoost model")


@dataclass(frozen=True, kw_only=True)
class Start:
    """One fresh process: seconds to its first answer, its parts, and the memory that 1,024 rows took."""

    seconds: float
    opened: float
    answered: float
    grown: int
    how: str


def measures(evidence: Evidence) -> Iterator[Measure]:
    """Seconds of a cold start and bytes of a prediction's peak; quick effort starts no process."""
    runs, reason = _started(evidence)
    yield _cold(runs, reason)
    yield _peak(evidence, runs)


def _cold(runs: list[Start], reason: str) -> Measure:
    """The time until the first answer."""
    name, unit = "compute.cold_start", "seconds"
    if not runs:
        return Measure(name=name, value=None, n=0, unit=unit, note=f"Not assessed: {reason}.", metered=True)
    waits = [run.seconds for run in runs]
    opened, answered = (median([getattr(run, part) for run in runs]) for part in ("opened", "answered"))
    alone = "" if len(runs) > 1 else " Measured once, so without an interval; --effort deep starts seven."
    return Measure(
        name=name,
        value=median(waits),
        interval=median_order(waits) if len(waits) > 1 else None,
        n=len(waits),
        unit=unit,
        note=f"A fresh process: interpreter, libraries, the model's file opened and scanned by riskaudit's own loader "
        f"({opened:.2f} s with its imports), first row answered ({1000 * answered:.0f} ms).{alone}",
        metered=True,
    )


def _peak(evidence: Evidence, runs: list[Start]) -> Measure:
    """The memory that predicting 1,024 rows takes at its peak, beyond the model's own."""
    if boxed(evidence.subject.estimator):
        return Measure(
            name="compute.peak_memory",
            value=None,
            n=0,
            unit="bytes",
            where={"batch": str(ROWS)},
            note="Not assessed: the model runs in a box, whose memory is not seen from here.",
            metered=True,
        )
    grown = [run.grown for run in runs if run.grown]
    if runs and len(grown) == len(runs):
        value, n = float(median(grown)), len(grown)
        how = f"in a fresh process: {runs[0].how}; after a first row, so libraries are loaded"
        interval = median_order(grown) if len(grown) > 1 else None
    else:  # no process, or one that had freed memory enough to use again
        value, n, interval = float(_traced(evidence)), 1, None
        how = (
            "in this process, as Python and NumPy allocate it (tracemalloc); what compiled libraries take by themselves "
            "is not seen"
        )
    return Measure(
        name="compute.peak_memory",
        value=value,
        interval=interval,
        n=n,
        unit="bytes",
        where={"batch": str(ROWS)},
        note=f"Memory that {ROWS:,} rows at once take at the peak, {how}."
        + ("" if interval else " Measured once, so without an interval."),
        metered=True,
    )


def _traced(evidence: Evidence) -> int:
    """Bytes that Python and NumPy allocate at the peak of a call."""
    ask, already = asking(evidence, ROWS), tracemalloc.is_tracing()
    ask()
    if not already:
        tracemalloc.start(1)
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        ask()
        return max(0, tracemalloc.get_traced_memory()[1] - before)
    finally:
        if not already:
            tracemalloc.stop()


def _started(evidence: Evidence) -> tuple[list[Start], str]:
    """Fresh processes one after another, or why there are none."""
    reason = _unable(evidence)
    if reason:
        return [], reason
    buffer = io.BytesIO()
    try:
        rows_of(evidence, ROWS).to_feather(buffer)
    except (ValueError, TypeError, OSError) as error:
        return [], f"the rows cannot be handed to another process ({type(error).__name__})"
    runs: list[Start] = []
    for _ in range(RUNS[evidence.effort]):
        one = _run(evidence, buffer.getvalue())
        if isinstance(one, str):
            return [], one
        runs.append(one)
    return runs, ""


def boxed(estimator: Any) -> bool:
    """Whether a model answers from another process; it tells its counts itself."""
    return hasattr(estimator, "counted")


def _unable(evidence: Evidence) -> str:
    """Why no fresh process can open the model; empty where it can."""
    subject = evidence.subject
    if evidence.effort not in RUNS:
        return "effort quick starts no fresh process"
    if not evidence.model_file or subject.sha256 is None or not Path(evidence.model_file).is_file():
        return "the model is no file that a fresh process could load"
    if subject.kind not in FREE or boxed(subject.estimator):
        return f"a {subject.kind} is not opened freely: its file is trusted by hand, or boxed"
    return ""


def _run(evidence: Evidence, rows: bytes) -> Start | str:
    """One fresh process timed from here, or why it did not answer."""
    asked = {"model": str(Path(evidence.model_file).absolute()), "sha256": evidence.subject.sha256}
    root = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "riskaudit.audits.compute.fresh"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    ) as child:
        clock = threading.Timer(PATIENCE, child.kill)
        clock.start()
        try:
            told = _dialogue(child, json.dumps(asked).encode() + b"\n" + rows, began)
        finally:
            clock.cancel()
            clock.join()
            child.kill()
    return told or f"a fresh process did not answer (code {child.returncode})"


def _dialogue(child: Any, question: bytes, began: float) -> Start | None:
    """What the child says, the first line by our clock."""
    try:
        child.stdin.write(question)
        child.stdin.close()
        first = child.stdout.readline()
        seconds = time.perf_counter() - began
        second = child.stdout.readline()
        parts, peak = json.loads(first), json.loads(second)
    except (OSError, ValueError):
        return None
    return Start(seconds=seconds, **parts, **peak)
