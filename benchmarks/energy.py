"""Energy: what the meter itself takes beside codecarbon's own tracker, and how far two runs of one model differ.

    python benchmarks/energy.py            # overhead, in milliseconds a block
    python benchmarks/energy.py --runs 8   # also: one model metered in 8 fresh processes

CPU seconds are of this process, its threads and what it has waited for. The peer is the block that codecarbon's
documentation shows, `EmissionsTracker(save_to_file=False)` offline, made new for every block and, kindly to it, kept.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import statistics
import subprocess
import sys
import time

BLOCKS = 40


def cpu() -> float:
    """CPU seconds so far, children included."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def cost(block, n: int) -> tuple[float, float, float]:
    """Median wall, greatest wall and mean CPU milliseconds of `n` empty blocks."""
    walls, began = [], cpu()
    for _ in range(n):
        start = time.perf_counter()
        block()
        walls.append(1000 * (time.perf_counter() - start))
    return statistics.median(walls), max(walls), 1000 * (cpu() - began) / n


def ours() -> None:
    """An empty block under our meter."""
    from riskaudit.energy import meter

    with meter(country="FRA"):
        pass


def kept_tracker():
    """An empty task under one codecarbon tracker that is kept."""
    from codecarbon import OfflineEmissionsTracker

    tracker = OfflineEmissionsTracker(**QUIET)

    def block() -> None:
        tracker.start_task()
        tracker.stop_task()

    return block


def new_tracker() -> None:
    """An empty block under a codecarbon tracker of its own."""
    from codecarbon import OfflineEmissionsTracker

    tracker = OfflineEmissionsTracker(**QUIET)
    tracker.start()
    tracker.stop()


QUIET = {
    "country_iso_code": "FRA",
    "save_to_file": False,
    "log_level": "critical",
    "tracking_mode": "process",
    "allow_multiple_runs": True,
}

MODEL = """
import json, sys
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from riskaudit.energy import measure
rng = np.random.default_rng(0)
X = rng.normal(size=(1000, 8)); y = X[:, 0] + X[:, 1] > 0
model = RandomForestClassifier(40, random_state=0, n_jobs=1).fit(X, y)
model.predict(X)
found = [measure(lambda: model.predict(X), least_seconds=0.25) for _ in range(7)]
print(json.dumps([[r.kwh, r.above_idle_kwh, r.cpu_seconds, r.seconds] for r in found]))
"""


def overhead() -> None:
    """Ours against codecarbon's, in one process."""
    logging.getLogger("codecarbon").disabled = True
    start = time.perf_counter()
    ours()
    print(f"first block (looks at the hardware): {1000 * (time.perf_counter() - start):.0f} ms")
    print(f"{'empty blocks':34s} {'median ms':>10s} {'worst ms':>10s} {'CPU ms':>8s}")
    for name, block, n in (
        ("riskaudit.energy.meter", ours, BLOCKS),
        ("codecarbon, one tracker, tasks", kept_tracker(), BLOCKS),
        ("codecarbon, a tracker a block", new_tracker, 5),
    ):
        block()
        median, worst, used = cost(block, n)
        print(f"{name:34s} {median:10.2f} {worst:10.2f} {used:8.2f}")


def spread(runs: int) -> None:
    """One model in fresh processes: how far medians differ, and whether the intervals say so."""
    medians: dict[str, list[float]] = {"energy": [], "above idle": [], "CPU time": [], "time": []}
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-c", MODEL], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        for at, name in enumerate(medians):
            medians[name].append(statistics.median(row[at] for row in found))
    print(f"\n{runs} fresh processes, median of 7 meterings each:")
    for name, values in medians.items():
        logs = [math.log(value) for value in values]
        print(
            f"  {name:12s} standard deviation {100 * statistics.stdev(logs):5.1f} %, largest over smallest "
            f"{max(values) / min(values):.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=0)
    asked = parser.parse_args()
    overhead()
    if asked.runs:
        spread(asked.runs)
