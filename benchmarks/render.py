"""How long a report takes to render: CPU seconds for each format of the committed example, warm.

Usage: python benchmarks/render.py
"""

from __future__ import annotations

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


if __name__ == "__main__":
    main()
