"""How long a report takes to render: CPU seconds for each format of the committed example, warm; the page cold too.

Usage: python benchmarks/render.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from riskaudit.report import read_report
from riskaudit.writers import WRITERS, write

EXAMPLE = Path(__file__).parents[1] / "reports" / "example" / "report.json"


def main() -> None:
    """Print a line a format: the best of five, and the size."""
    report = read_report(EXAMPLE)
    for name in WRITERS:
        spent = []
        for _ in range(5):
            began = time.process_time()
            text = write(report, name)
            spent.append(time.process_time() - began)
        print(f"{name:<8} {min(spent) * 1000:7.1f} ms   {len(text.encode()) / 1000:7.1f} kB")
    with tempfile.TemporaryDirectory() as folder:
        whole = _cold("-m", "riskaudit", "render", str(EXAMPLE), "-f", "html", "-o", folder)
    print(f"html, a new process: {whole:.0f} ms ({_cold('-c', 'pass'):.0f} ms of it a bare interpreter)")


def _cold(*arguments: str) -> float:
    """The least CPU milliseconds of five processes of their own."""
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent) * 1000


if __name__ == "__main__":
    main()
