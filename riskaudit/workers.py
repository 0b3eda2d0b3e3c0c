"""Workers: the same work over one core or many, in order, and no core asked twice."""

from __future__ import annotations

import os
import reprlib
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from riskaudit.errors import RiskAuditError, UsageError

Item = TypeVar("Item")
Result = TypeVar("Result")


def default_workers() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS, not on Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def map_work(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 1, threads: bool = True
) -> list[Result]:
    """`[function(item) for item in items]` over `workers` threads, or processes where `threads` is False.

    Threads suit scoring; processes suit fits that hold the interpreter's lock, and then all must pickle.
    An exception carries a note that names its item. `joblib.parallel_config` moves the work elsewhere.
    """
    if workers < 1:
        raise UsageError(f"{workers} workers cannot work", "give 1 or more")
    work = list(enumerate(items))
    if (workers := min(workers, len(work))) <= 1:
        return [_named(function, number, item) for number, item in work]
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    share, here = max(1, default_workers() // workers), threading.local()

    def limited(number: int, item: Item) -> Result:
        if not hasattr(here, "limits"):  # OpenMP's limit is each thread's own, and ends with it
            here.limits = threadpool_limits(share, user_api="openmp")
        return _named(function, number, item)

    task, kind = (limited, "threads") if threads else (partial(_named, function), "processes")
    with threadpool_limits(share if threads else None, user_api="blas"):  # joblib limits its processes
        return list(Parallel(workers, prefer=kind)(delayed(task)(number, item) for number, item in work))


def _named(function: Callable[[Item], Result], number: int, item: Item) -> Result:
    try:
        return function(item)
    except Exception as error:
        place = f"item {number}, {reprlib.repr(item)}"
        error.add_note(f"while working on {place}")
        if isinstance(error, RiskAuditError):
            error.where = error.where or place
        raise
