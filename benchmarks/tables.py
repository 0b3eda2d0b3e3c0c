"""Reading a table with every check, against pandas without any: CPU seconds in one run, best of three.

python benchmarks/tables.py [rows]
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from riskaudit.datasets.tables import read_table


def table(rows: int) -> pd.DataFrame:
    """Two outcomes, a score, groups and five numbers."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "y": rng.integers(0, 2, rows),
            "yhat": rng.integers(0, 2, rows),
            "sex": np.where(rng.random(rows) < 0.5, "f", "m"),
            "score": rng.random(rows),
            "age": rng.integers(18, 90, rows),
            "job": rng.choice(["clerk", "nurse", "driver", "cook"], rows),
            **{f"x{k}": rng.standard_normal(rows).round(4) for k in range(5)},
        }
    )


def cpu(work: Callable[[], object]) -> float:
    """The fewest CPU seconds of three runs."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        frame = table(rows)
        plain, quoted, packed, stored = (
            Path(folder) / name for name in ("p.csv", "q.csv", "p.csv.gz", "p.parquet")
        )
        frame.to_csv(plain, index=False)
        frame.assign(job=frame["job"] + ", or so").to_csv(quoted, index=False)
        packed.write_bytes(gzip.compress(plain.read_bytes(), 6))
        frame.to_parquet(stored)
        print(f"{rows:,} rows, {len(frame.columns)} columns")
        for name, path, peer in (
            ("CSV", plain, pd.read_csv),
            ("CSV with quotes", quoted, pd.read_csv),
            ("CSV, gzip", packed, pd.read_csv),
            ("Parquet", stored, pd.read_parquet),
        ):
            ours, theirs = (
                cpu(lambda p=path: read_table(p, text_columns=["sex"])),
                cpu(lambda p=path, r=peer: r(p)),
            )
            print(f"{name:<16} {ours:6.2f} s, pandas {theirs:6.2f} s, ratio {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
