"""Coverage-guided fuzzing of the static scanner with atheris (pip install atheris; Linux, CPython).

python benchmarks/fuzz_scan.py FOLDER_OF_SEEDS -max_total_time=60 -max_len=4096

Any exception, or a scan that takes more than five seconds of the processor, is a crash. FOLDER_OF_SEEDS may be empty.
"""

from __future__ import annotations

import contextlib
import sys
import time

import atheris

with atheris.instrument_imports(include=["riskaudit.subjects.scan"]):
    from riskaudit.subjects.scan import Budget, Look, TooMuch
    from riskaudit.subjects.scan.content import examine


def one(raw: bytes) -> None:
    """Scan some bytes, without the net that refuses what breaks the scan."""
    began = time.process_time()
    with contextlib.suppress(TooMuch):
        examine(raw, Look(), budget=Budget(seconds=4))
    if time.process_time() - began > 5:
        raise RuntimeError("too slow")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
