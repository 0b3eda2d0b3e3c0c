"""The bias audit's counting against its peers in one run: same numbers, ratio of CPU seconds, peak memory.

Usage: python benchmarks/bias.py [--rows 10000 100000 1000000 10000000] [--adult PATH/TO/adult.csv.gz]

Rows x 2 attributes (2 and 5 groups) and their crossing; selection rate, TPR, FPR, FNR, precision, accuracy. Ours counts and
gives all gaps with simultaneous intervals besides; fairlearn's MetricFrame gives the rates (n_boot 0), or 200 bootstrap draws at the
smallest size. aequitas, aif360 and holisticai join in where they are installed. Every by-group number is compared with ours.
The slice search runs against the `sliceline` package on Adult, where both are at hand.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
MOST_FAIRLEARN = 1_000_000
METRICS = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "precision",
    "accuracy",
)


@dataclass
class Timed:
    """What was given, and what it took."""

    value: Any
    cpu: float


def timed(work: Callable[[], Any], repeats: int = 1) -> Timed:
    """The least CPU seconds of a few runs."""
    best, value = float("inf"), None
    for _ in range(repeats):
        began = time.process_time()
        value = work()
        best = min(best, time.process_time() - began)
    return Timed(value, best)


def peak() -> float:
    """MB at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows_of(n: int) -> pd.DataFrame:
    """Rows with a gap, groups as words."""
    rng = np.random.default_rng(n)
    sex, race = rng.integers(0, 2, n), rng.integers(0, 5, n)
    y = rng.random(n) < 0.4
    yhat = rng.random(n) < 0.25 + 0.4 * y + 0.05 * sex - 0.02 * race
    return pd.DataFrame(
        {
            "sex": pd.Categorical.from_codes(sex, ["f", "m"]),
            "race": pd.Categorical.from_codes(race, list("abcde")),
            "y": y.astype(np.int8),
            "yhat": yhat.astype(np.int8),
        }
    )


def ours(frame: pd.DataFrame) -> dict[tuple[str, ...], np.ndarray]:
    """From columns to rates, gaps and simultaneous intervals, by the audit's own tallies."""
    from riskaudit.datasets.dataset import Dataset
    from riskaudit.evidence import Evidence
    from riskaudit.statistics import largest_difference, largest_difference_of, smallest_ratio
    from riskaudit.subjects.subject import Subject

    data = Dataset(
        name="rows", frame=frame, target="y", task="binary", classes=("0", "1"), positive="1", favourable=("1",),
        sensitive=("sex", "race"), prediction="yhat",
    )  # fmt: skip
    evidence = Evidence(subject=Subject(name="p", kind="predictions"), test=data)
    found = {}
    for by in (("sex",), ("race",), ("sex", "race")):
        c = evidence.tally(*by).counts
        tn, fp, fn, tp = c[:, 0, 0], c[:, 0, 1], c[:, 1, 0], c[:, 1, 1]
        n = c.sum(axis=(1, 2))
        found[by] = np.column_stack(
            [(tp + fp) / n, tp / (tp + fn), fp / (fp + tn), fn / (tp + fn), tp / (tp + fp), (tp + tn) / n]
        )
        counts = {str(i): (float(h), float(m)) for i, (h, m) in enumerate(zip(tp + fp, n, strict=True))}
        largest_difference(counts)
        smallest_ratio(counts)
        largest_difference_of(
            {
                "tpr": {
                    str(i): (float(h), float(m)) for i, (h, m) in enumerate(zip(tp, tp + fn, strict=False))
                },
                "fpr": {
                    str(i): (float(h), float(m)) for i, (h, m) in enumerate(zip(fp, fp + tn, strict=False))
                },
            }
        )
    return found


def resampled(frame: pd.DataFrame, draws: int = 200) -> np.ndarray:
    """The row bootstrap of all six rates, on cells: counts are counted once and drawn anew."""
    from riskaudit.datasets.labels import factors
    from riskaudit.statistics import count_cells, resampled_cells, small_codes

    codes = [small_codes(factors(frame[c])[0], 8) for c in ("sex", "race", "y", "yhat")]
    counts = count_cells(codes, (2, 5, 2, 2))
    drawn = resampled_cells(counts, rng=np.random.default_rng(0), resamples=draws)
    return np.quantile(drawn[..., 1].sum(axis=-1) / drawn.sum(axis=(-1, -2)), [0.025, 0.975], axis=0)


def fairlearn_rates(frame: pd.DataFrame, n_boot: int = 0) -> dict[tuple[str, ...], np.ndarray]:
    """MetricFrame on the rows."""
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    metrics = dict(
        zip(
            METRICS,
            (
                selection_rate,
                true_positive_rate,
                false_positive_rate,
                false_negative_rate,
                precision_score,
                accuracy_score,
            ),
            strict=True,
        )
    )
    rest = {"n_boot": n_boot, "ci_quantiles": [0.025, 0.975], "random_state": 0} if n_boot else {}
    found = {}
    for by in (("sex",), ("race",), ("sex", "race")):
        features = frame[list(by)].astype(str)
        told = MetricFrame(
            metrics=metrics, y_true=frame["y"], y_pred=frame["yhat"], sensitive_features=features, **rest
        )
        found[by] = told.by_group[list(METRICS)].to_numpy(dtype=float)
    return found


def aequitas_rates(frame: pd.DataFrame) -> dict[tuple[str, ...], np.ndarray]:
    """Aequitas' crosstabs (it has no crossings of its own: the crossing is given as a column)."""
    from aequitas.group import Group

    rows = pd.DataFrame({"score": frame["yhat"].astype(int), "label_value": frame["y"].astype(int)})
    rows["sex"], rows["race"] = frame["sex"].astype(str), frame["race"].astype(str)
    rows["sex x race"] = rows["sex"] + rows["race"]
    told, _ = Group().get_crosstabs(rows, attr_cols=["sex", "race", "sex x race"])
    found = {}
    for by in (("sex",), ("race",), ("sex", "race")):
        mine = told[told.attribute_name == " x ".join(by)].sort_values("attribute_value")
        found[by] = np.column_stack(
            [
                mine["pprev"],
                mine["tpr"],
                mine["fpr"],
                mine["fnr"],
                mine["precision"],
                (mine["tp"] + mine["tn"]) / mine["group_size"],
            ]
        )
    return found


def aif360_rates(frame: pd.DataFrame) -> dict[tuple[str, ...], np.ndarray]:
    """AIF360's ClassificationMetric, one privileged group against the rest at a time, as it wants."""
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    rows = pd.DataFrame(
        {
            "sex": frame["sex"].cat.codes.astype(float),
            "race": frame["race"].cat.codes.astype(float),
            "y": frame["y"].astype(float),
        }
    )
    actual = BinaryLabelDataset(df=rows, label_names=["y"], protected_attribute_names=["sex", "race"])
    said = actual.copy()
    said.labels = frame["yhat"].to_numpy(dtype=float)[:, None]
    found = {}
    for by, k in ((("sex",), 2), (("race",), 5)):
        table = []
        for code in range(k):
            other = [{by[0]: float(c)} for c in range(k) if c != code]
            m = ClassificationMetric(
                actual, said, unprivileged_groups=other, privileged_groups=[{by[0]: float(code)}]
            )
            table.append(
                [
                    m.selection_rate(True),
                    m.true_positive_rate(True),
                    m.false_positive_rate(True),
                    m.false_negative_rate(True),
                    m.precision(True),
                    m.accuracy(True),
                ]
            )
        found[by] = np.array(table)
    return found


def holistic_gaps(frame: pd.DataFrame) -> dict[str, float]:
    """HolisticAI's functions for two groups."""
    from holisticai.bias.metrics import accuracy_diff, disparate_impact, statistical_parity

    a, b = (frame["sex"] == "f").to_numpy(), (frame["sex"] == "m").to_numpy()
    y, yhat = frame["y"].to_numpy(), frame["yhat"].to_numpy()
    return {
        "parity": statistical_parity(a, b, yhat),
        "impact": disparate_impact(a, b, yhat),
        "accuracy": accuracy_diff(a, b, yhat, y),
    }


def apart(ours_: dict[tuple[str, ...], np.ndarray], theirs: dict[tuple[str, ...], np.ndarray]) -> float:
    """The largest difference of any by-group number."""
    return max(float(np.abs(ours_[by] - theirs[by]).max()) for by in theirs)


def at(n: int) -> None:
    """One size."""
    frame = rows_of(n)
    ours(frame.head(1000))  # imports are not counted
    mine = timed(lambda: ours(frame), repeats=3)
    read = timed(
        lambda: [
            frame[c].to_numpy().astype(str).size
            if n <= 0
            else int(np.asarray(frame[c].array.codes if c in ("sex", "race") else frame[c]).sum())
            for c in frame
        ],
        repeats=3,
    )
    print(
        f"\n{n:,} rows: ours {mine.cpu * 1000:.1f} ms CPU (gaps and intervals of 3 groupings among it), reading the columns {read.cpu * 1000:.1f} ms, peak {peak():,.0f} MB"
    )
    peers = {
        "fairlearn MetricFrame": fairlearn_rates,
        "aequitas Group": aequitas_rates,
        "aif360 ClassificationMetric": aif360_rates,
    }
    for name, work in peers.items():
        if name.startswith(("fairlearn", "aif360")) and n > MOST_FAIRLEARN:
            print(f"  {name}: not run above {MOST_FAIRLEARN:,} rows")
            continue
        try:
            work(frame.head(2000))  # imports are not counted
            theirs = timed(lambda work=work: work(frame))
        except ImportError as why:
            print(f"  {name}: not here ({why})")
            continue
        print(
            f"  {name}: {theirs.cpu:.3f} s, {theirs.cpu / mine.cpu:,.0f} times ours; numbers differ by {apart(mine.value, theirs.value):.1e} at most; peak {peak():,.0f} MB"
        )
    try:
        holistic_gaps(frame.head(2000))
        theirs = timed(lambda: holistic_gaps(frame))
        gap = mine.value["sex",][1, 0] - mine.value["sex",][0, 0]
        print(
            f"  holisticai (3 gaps of one attribute): {theirs.cpu:.3f} s, {theirs.cpu / mine.cpu:,.0f} times ours; parity differs by {abs(abs(theirs.value['parity']) - abs(gap)):.1e}"
        )
    except ImportError as why:
        print(f"  holisticai: not here ({why})")
    boot = timed(lambda: resampled(frame), repeats=3)
    print(f"  200 bootstrap draws of every cell: ours {boot.cpu * 1000:.1f} ms", end="")
    if n <= 10_000:
        try:
            theirs = timed(lambda: fairlearn_rates(frame, n_boot=200))
            print(f"; fairlearn n_boot=200: {theirs.cpu:.1f} s, {theirs.cpu / boot.cpu:,.0f} times ours")
        except ImportError as why:
            print(f"; fairlearn: not here ({why})")
    else:
        print()


def slices(path: str) -> None:
    """The worst slices of Adult: the same ten as the package, and the ratio of CPU."""
    from riskaudit.statistics.slicing import worst_slices

    frame = pd.read_csv(path).head(32_561)
    rng = np.random.default_rng(0)
    columns = [c for c in frame.columns if c not in ("income", "split", "fnlwgt")]
    words = pd.DataFrame(
        {
            c: (
                pd.qcut(frame[c], 10, duplicates="drop").astype(str)
                if frame[c].dtype.kind in "if" and frame[c].nunique() > 20
                else frame[c].astype(str)
            )
            for c in columns
        }
    )
    planted = (frame["education-num"] > 12) & (frame["marital-status"] == "Married-civ-spouse")
    chance = np.where(planted, 0.4, 0.12)
    errors = (rng.random(len(frame)) < chance).astype(float)
    codes = [pd.factorize(words[c])[0] for c in columns]
    support = len(frame) // 100
    mine = timed(
        lambda: worst_slices(codes, errors, k=10, support=support, conditions=3, alpha=0.95), repeats=3
    )
    print(
        f"\nSlices, {len(frame):,} rows x {len(columns)} columns, 3 conditions, support {support}: ours {mine.cpu * 1000:.0f} ms, {mine.value.counted:,} slices counted, {mine.value.pruned} of {mine.value.combinations} combinations pruned"
    )
    try:
        from sliceline.slicefinder import Slicefinder
    except ImportError as why:
        print(f"  sliceline: not here ({why})")
        return
    finder = Slicefinder(alpha=0.95, k=10, max_l=3, min_sup=support, verbose=False)
    theirs = timed(lambda: finder.fit(words, errors))
    scores = [float(s["slice_score"]) for s in finder.top_slices_statistics_]
    match = (
        max(abs(a - b.score) for a, b in zip(scores, mine.value.slices, strict=False))
        if scores
        else float("nan")
    )
    print(
        f"  sliceline: {theirs.cpu:.2f} s, {theirs.cpu / mine.cpu:,.0f} times ours; its {len(scores)} scores differ from ours by {match:.1e} at most"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--adult", default="")
    asked = parser.parse_args()
    for n in asked.rows:
        at(n)
    if asked.adult:
        slices(asked.adult)


if __name__ == "__main__":
    main()
