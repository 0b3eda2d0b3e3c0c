"""Fresh: in a process of its own, a model's file is opened and its first row answered; run by `cold.py` alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the file's name and the rows from stdin; tell on stdout when the first row was answered, then the peak."""
    began = time.perf_counter()
    stream = sys.stdin.buffer
    asked = json.loads(stream.readline())
    raw = stream.read()
    from riskaudit.subjects.opening import open_model

    subject = open_model(asked["model"])
    loaded = time.perf_counter()
    if subject.sha256 != asked["sha256"]:
        raise SystemExit("the file is not the one under audit any more")
    frame = _rows(raw)
    ask = subject.predict_scores if subject.gives_scores else subject.predict_labels
    start = time.perf_counter()
    ask(frame.iloc[:1])
    _tell({"opened": loaded - began, "answered": time.perf_counter() - start})
    grown, how = grown_by(lambda: ask(frame))
    _tell({"grown": grown, "how": how})


def _rows(raw: bytes) -> Any:
    """The rows, as Arrow has them."""
    import io

    import pandas as pd

    return pd.read_feather(io.BytesIO(raw))


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")  # the parent reads it
    sys.stdout.flush()


def grown_by(call: Callable[[], Any]) -> tuple[int, str]:
    """By how many bytes this process's resident memory grows at the peak of a call, and how that was seen."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew (Linux)
        before, _ = _status()
        call()
        return max(0, _status()[1] - before), "peak resident memory (VmHWM) less that before the call"
    except (OSError, KeyError, ValueError):
        pass
    before = _highest()
    call()
    return max(0, _highest() - before), "growth of the process's highest resident memory so far"


def _status() -> tuple[int, int]:
    """Resident bytes now, and at the peak."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(told["VmRSS"].split()[0]) * 1024, int(told["VmHWM"].split()[0]) * 1024


def _highest() -> int:
    """The highest resident memory so far, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
