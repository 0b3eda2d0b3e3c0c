"""Loading: a 50 MB forest through scan, allow-list and sandbox, beside plain joblib.load in this very run.

python benchmarks/loading.py [trees]

Prints the best of three, in seconds by the clock (on a busy machine the processor's time tells more), each in a fresh interpreter: imports are told apart.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """
import sys, joblib, numpy as np
from sklearn.ensemble import RandomForestClassifier
rng = np.random.default_rng(0)
X = rng.normal(size=(20_000, 20)); y = (X[:, 0] + rng.normal(size=20_000) > 0).astype(int)
joblib.dump(RandomForestClassifier(int(sys.argv[2]), random_state=0, n_jobs=-1).fit(X, y), sys.argv[1])
"""
PLAIN = """
import sys, time
began = time.perf_counter()
import joblib, sklearn.ensemble
imported = time.perf_counter()
joblib.load(sys.argv[1])
print(imported - began, time.perf_counter() - imported)
"""
OURS = """
import sys, time
import pandas, sklearn.ensemble
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.trust import trust_of
from riskaudit.subjects.source import read_source
from riskaudit.subjects.sandbox import box, estimator
from pathlib import Path
began = time.perf_counter()
source = read_source(Path(sys.argv[1]), flag="--model"); source.sha256
read = time.perf_counter()
source.look
looked = time.perf_counter()
started, real = [], estimator.loaded
import riskaudit.subjects.sandbox.loading as loading
def timed(*args):
    started.append(time.perf_counter())
    return real(*args)
estimator.loaded = timed
again = time.perf_counter()
subject = open_model(sys.argv[1], trust=trust_of(pickle=sys.argv[2], reduced_sandbox=True))
ended = time.perf_counter()
subject.estimator._box.close()
import resource
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(children.ru_utime + children.ru_stime, read - began, looked - read, ended - started[0], ended - again)
"""


def best(code: str, *words: str) -> list[float]:
    """The run whose last figure is smallest, of three."""
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *words], capture_output=True, text=True, check=True
        )
        runs.append([float(word) for word in done.stdout.split()])
    return min(runs, key=lambda figures: figures[-1])


def main() -> None:
    """Make the model, load it both ways, print."""
    trees = sys.argv[1] if len(sys.argv) > 1 else "90"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forest.joblib"
        subprocess.run([sys.executable, "-c", MAKE, str(path), trees], check=True)
        size = path.stat().st_size / 1e6
        imports, plain = best(PLAIN, str(path))
        processor, read, looked, loaded, whole = best(
            OURS, str(path), hashlib.sha256(path.read_bytes()).hexdigest()
        )
    print(f"forest.joblib                  {size:6.1f} MB, {trees} trees")
    print(f"joblib.load                    {plain:6.2f} s (its imports before that: {imports:.2f} s)")
    print(f"read and hash                  {read:6.2f} s")
    print(f"scan                           {looked:6.2f} s")
    print(f"to the sandbox, load, check    {loaded:6.2f} s")
    print(
        f"all of it, sandbox started     {whole:6.2f} s ({whole - read - looked - loaded:.2f} s of them the sandbox's start and imports)"
    )
    print(f"CPU of the sandbox, all of it  {processor:6.2f} s")
    print(
        f"read + scan + load             {read + looked + loaded:6.2f} s, {(read + looked + loaded) / plain:.1f} times plain joblib.load"
    )


if __name__ == "__main__":
    main()
