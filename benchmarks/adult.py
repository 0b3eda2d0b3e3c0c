"""The whole job on Adult: train a random forest, run all four audits, write the report; seconds and peak memory.

Usage: python benchmarks/adult.py PATH/TO/adult.csv.gz

Beside it, in the same run, what fairlearn alone takes for the by-group numbers of the bias audit on the rows
(the audit feeds fairlearn with counts: the same numbers).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROLES = ("--target", "income", "--sensitive", "sex,race", "--drop", "split,fnlwgt", "--favourable", ">50K")


def timed(*words: str) -> tuple[float, float]:
    """Wall seconds, and the peak memory of all children so far in MB."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "riskaudit", *words], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def fairlearn_on_rows(data: str) -> float:
    """CPU seconds of MetricFrame for six metrics by two attributes on as many rows as were held out."""
    import pandas as pd
    from fairlearn.metrics import (
        MetricFrame,
        count,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score

    frame = pd.read_csv(data).sample(14_653, random_state=0)
    y = (frame["income"] == ">50K").astype(int)
    metrics = {
        "n": count,
        "sr": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "fnr": false_negative_rate,
        "acc": accuracy_score,
    }
    began = time.process_time()
    for by in (["sex"], ["race"], ["sex", "race"]):
        frame_of = MetricFrame(
            metrics=metrics,
            y_true=y,
            y_pred=y.sample(frac=1, random_state=1).to_numpy(),
            sensitive_features=frame[by],
        )
        len(frame_of.by_group)
    return time.process_time() - began


def main() -> None:
    """Print the figures."""
    data = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        model, out = str(Path(folder) / "adult.skops"), str(Path(folder) / "out")
        trained, _ = timed("train", data, *ROLES, "--learner", "random-forest", "-o", model)
        audited, peak = timed("audit", "--model", model, "--data", data, "-o", out)
        report = json.loads((Path(out) / "report.json").read_text())
    print(
        f"train {trained:.1f} s   audit {audited:.1f} s   together {trained + audited:.1f} s (budget 90)   peak {peak:,.0f} MB (budget 2,048)"
    )
    seconds = report["run"]["audit_seconds"]
    print("   ".join(f"{name} {spent:.1f} s" for name, spent in seconds.items()))
    peer = fairlearn_on_rows(data)
    print(
        f"bias audit, intervals and pictures included: {seconds['bias']:.2f} s; fairlearn on the rows, no intervals: {peer:.2f} CPU s; ratio {peer / seconds['bias']:.1f}"
    )


if __name__ == "__main__":
    main()
