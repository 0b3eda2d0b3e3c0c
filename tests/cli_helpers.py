"""Running the command line in this process, and small tables to run it on."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np

from riskaudit.cli.app import run_command

# The roles of the table that `scored` writes.
ANSWERS = ("--target", "y", "--prediction", "yhat", "--favourable", "1")


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command(list(words))
    return code, out.getvalue(), err.getvalue()


def scored(path: Path, *, n: int = 300, gap: float = 0.3, seed: int = 0, y: str = "") -> Path:
    """A table of predictions: columns y, yhat, sex, score; women are selected less often by `gap`."""
    rng = np.random.default_rng(seed)
    sex = rng.random(n) < 0.5
    actual = (rng.random(n) < 0.5).astype(int)
    chance = np.clip(0.65 * actual + 0.175 - gap * (sex - 0.5), 0, 1)
    rows = [
        f"{y or a},{int(rng.random() < c)},{'f' if s else 'm'},{c:.3f}"
        for a, c, s in zip(actual, chance, sex, strict=True)
    ]
    path.write_text("\n".join(["y,yhat,sex,score", *rows]) + "\n")
    return path
