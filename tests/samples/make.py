"""Make the samples of the file formats from synthetic rows: run once for each format version, then committed.

    PYTHONPATH=. python tests/samples/make.py

A sample that is committed is never made again: old files must keep loading.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from riskaudit.datasets.dataset import Dataset
from riskaudit.subjects.core_file import save_core
from riskaudit.subjects.skops_file import save_model
from riskaudit.training.fit import fit

HERE = Path(__file__).parent
FEATURES = ("age", "income", "owner", "town", "since")


def synthetic(n: int = 80, seed: int = 0) -> pd.DataFrame:
    """Rows of every kind of column, gaps in some; `repaid` is the target."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 70, n),
            "income": rng.lognormal(10, 0.5, n).round(2),
            "owner": rng.choice([True, False], n),
            "town": rng.choice(["north", "south", "west"], n),
            "since": [f"20{year:02d}-03-01" for year in rng.integers(10, 25, n)],
        }
    )
    frame.loc[::9, "income"] = np.nan
    frame.loc[::11, "town"] = None
    frame["repaid"] = np.where(
        frame.age + 10 * (frame.town == "north") + rng.normal(0, 8, n) > 45, "yes", "no"
    )
    return frame


def sample(
    name: str, save: Callable[..., str], learner: str, features: tuple[str, ...], **settings: str
) -> None:
    """A model file, and beside it some rows with what the model said of them; only if it is not there yet."""
    if (HERE / name).exists():
        return
    frame = synthetic()
    data = Dataset(
        name="synthetic",
        frame=frame,
        target="repaid",
        task="binary",
        features=features,
        classes=("no", "yes"),
        positive="yes",
    )
    trained = fit(data, learner=learner, settings=settings, seed=0)
    save(HERE / name, trained.subject.estimator, trained.record)
    some = frame.head(12)
    told = {key: list(column.values()) for key, column in json.loads(some.to_json(orient="columns")).items()}
    told["expected"] = trained.subject.predict_scores(some).tolist()
    (HERE / name).with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    sample("core-v1.npz", save_core, "perceptron", FEATURES, hidden="4", epochs="20")
    # A few columns: the schema inside a .skops file grows by tens of kilobytes for each kind.
    sample("model.skops", save_model, "logistic", ("age", "income"))
