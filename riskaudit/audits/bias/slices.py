"""Slices: the groups that nobody named, in which the model errs, selects or promises worst."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Interval, Measure
from riskaudit.statistics import bonferroni
from riskaudit.statistics.means import welch
from riskaudit.statistics.proportions import newcombe
from riskaudit.statistics.slicing import Search, Slice, worst_slices

MOST_ROWS = {"quick": 20_000, "normal": 60_000, "deep": 400_000}
MOST_FEATURES = {"quick": 10, "normal": 16, "deep": 24}
BINS = 10
VALUES = 20
KEPT = {"error": 4, "refusal": 2, "calibration": 2}  # slices that are told of each target
MOST_KEPT = 8
FEWEST = 10
Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Binned:
    """The columns as conditions: codes, and what each code says."""

    columns: list[str]
    codes: list[NDArray[Any]]
    words: list[list[str]]

    def told(self, found: Slice) -> str:
        """A slice as a reader says it."""
        return " and ".join(self.words[feature][code] for feature, code in found.literals)

    def rows(self, found: Slice, among: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of these rows are in the slice."""
        inside = np.ones(len(among), dtype=bool)
        for feature, code in found.literals:
            inside &= self.codes[feature][among] == code
        return inside


def slice_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """The worst slices for errors, favourable decisions and promised probabilities, found and measured on other rows."""
    taken = evidence.sample(MOST_ROWS[evidence.effort], "bias slices")
    support = max(evidence.min_group, len(taken) // 200)
    if len(taken) < 8 * support or not evidence.test.features:
        return  # without features there are only the groups that columns name, and those are compared as they are
    evidence.progress("bias: slices nobody named")
    binned = binned_columns(evidence, taken)
    if not binned.columns:
        return
    first = evidence.rng("bias slices halves").permutation(len(taken)) < len(taken) // 2
    looked, kept = np.flatnonzero(first), np.flatnonzero(~first)
    for name, (values, words) in _targets(evidence, taken).items():
        found = worst_slices(
            [codes[looked] for codes in binned.codes],
            values[looked],
            k=MOST_KEPT if evidence.effort == "deep" else KEPT[name],
            support=support // 2,
            conditions=3,
        )
        told = list(_confirmed(name, binned, found, values=values, kept=kept, words=words))
        yield from told
        if told and (name == "error" or evidence.effort == "deep"):
            yield _picture(name, told, found, words)


def _targets(evidence: Evidence, taken: NDArray[Any]) -> dict[str, tuple[Vector, str]]:
    """What a slice can be worst in: never negative, high where bad."""
    outcome, said = evidence.outcome()[taken], evidence.decisions()[taken]
    if evidence.task == "regression":
        return {"error": (np.abs(said - outcome).astype(np.float64), "mean absolute error")}
    found = {"error": ((said != outcome).astype(np.float64), "error rate")}
    refused = (~np.isin(said, evidence.test.favourable_codes)).astype(np.float64)
    found["refusal"] = (refused, "share refused the favourable decision")
    if evidence.effort != "deep":
        return found | _promises(evidence, taken, outcome)
    deserving = np.isin(outcome, evidence.test.favourable_codes)
    found["wrongful_refusal"] = (
        refused * deserving, "share refused though the favourable outcome was theirs",
    )  # fmt: skip
    return found | _promises(evidence, taken, outcome)


def _promises(
    evidence: Evidence, taken: NDArray[Any], outcome: NDArray[Any]
) -> dict[str, tuple[Vector, str]]:
    """How far a probability is from what happened, where there are probabilities."""
    scores = evidence.positive_scores()
    if scores is None or evidence.task != "binary" or not evidence.probabilistic:
        return {}
    positive = outcome == evidence.test.positive_code
    return {"calibration": (np.abs(positive - scores[taken]), "mean distance of probability and outcome")}


def binned_columns(evidence: Evidence, taken: NDArray[Any]) -> Binned:
    """Features and sensitive columns as bins (numbers, at their quantiles) and values (words, the 20 most frequent)."""
    import pandas as pd

    data = evidence.test
    roles = {data.target, data.prediction, data.score, data.weight, data.unit}
    names = [
        c for c in dict.fromkeys((*data.sensitive, data.control, *data.features)) if c and c not in roles
    ]
    columns, codes, words = [], [], []
    for name in names[: MOST_FEATURES[evidence.effort]]:
        values = data.frame[name].iloc[taken]
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        made = _bins(values, name) if numeric and values.nunique() > VALUES else _values(values, name)
        if len(made[1]) > 1 and len(made[1]) < len(taken) / 2:
            columns.append(name)
            codes.append(made[0])
            words.append(made[1])
    return Binned(columns=columns, codes=codes, words=words)


def _bins(values: Any, name: str) -> tuple[NDArray[Any], list[str]]:
    """A number at its tenths; a missing one is a bin of its own."""
    x = values.to_numpy(dtype=np.float64, na_value=np.nan)
    gone = np.isnan(x)
    edges = (
        np.unique(np.quantile(x[~gone], np.linspace(0, 1, BINS + 1)[1:-1], method="nearest"))
        if (~gone).any()
        else np.empty(0)
    )
    codes = np.searchsorted(edges, x, side="left")
    codes[gone] = len(edges) + 1
    told = [f"{name} <= {edges[0]:.4g}"] if edges.size else [f"{name} known"]
    told += [f"{a:.4g} < {name} <= {b:.4g}" for a, b in itertools.pairwise(edges)]
    told += [f"{name} > {edges[-1]:.4g}"] if edges.size else []
    return codes, [*told, f"{name} missing"]


def _values(values: Any, name: str) -> tuple[NDArray[Any], list[str]]:
    """A column of words: its most frequent values, the rest together."""
    from riskaudit.datasets.labels import factors

    codes, words = factors(values)
    counts = np.bincount(codes, minlength=len(words))
    top = sorted(np.argsort(-counts, kind="stable")[:VALUES].tolist())
    turn = np.full(len(words), len(top))
    turn[top] = np.arange(len(top))
    return turn[codes], [*(f"{name} = {words[at]}" for at in top), f"{name} another"]


def _confirmed(
    name: str, binned: Binned, found: Search, *, values: Vector, kept: NDArray[Any], words: str
) -> Iterator[Measure]:
    """Each slice on the rows it was not found on: its mean less that of all other rows, all slices at once."""
    level = bonferroni(0.95, max(len(found.slices), 1))
    binary = bool(np.isin(values, (0.0, 1.0)).all())
    for one in found.slices:
        inside = binned.rows(one, kept)
        mine, rest = values[kept][inside], values[kept][~inside]
        where = {"slice": binned.told(one)}
        if len(mine) < FEWEST or len(rest) < FEWEST:
            continue  # too few to say anything of: it was found by chance, or is gone by chance
        gap = float(mine.mean() - rest.mean())
        interval = (
            newcombe(mine.sum(), len(mine), rest.sum(), len(rest), level=level)
            if binary
            else welch(mine, rest, level=level)
        )
        method = f"simultaneous {interval.method}, {len(found.slices)} slices"
        yield Measure(
            name=f"bias.slice_{name}_difference",
            value=gap,
            interval=Interval(low=min(interval.low, gap), high=max(interval.high, gap), method=method),
            n=len(mine),
            unit="difference",
            where=where,
            note=f"{words}: {mine.mean():.3f} in the slice, {rest.mean():.3f} in all other rows; found among {found.counted:,} slices on one half of the rows, measured on the other",
        )


def _picture(name: str, told: list[Measure], found: Search, words: str) -> Exhibit:
    """The slices as conditions, with how far they are from the rest."""
    shown = [m for m in told if m.value is not None and m.interval is not None]
    held = sum(m.interval.low > 0 for m in shown if m.interval)
    return Exhibit(
        name=f"bias.slices-{name.replace('_', '-')}",
        kind="dots",
        title=f"Slices nobody named: {words}",
        caption=f"The {len(told)} worst of {found.counted:,} slices of up to three conditions; {held} of them hold up on rows they were not found on.",
        axes={"x": f"{words}: slice minus all other rows", "y": "slice", "x_mark": 0.0},
        columns={
            "label": [m.where["slice"] for m in shown],
            "value": [m.value for m in shown],
            "low": [m.interval.low if m.interval else None for m in shown],
            "high": [m.interval.high if m.interval else None for m in shown],
            "n": [m.n for m in shown],
        },
    )
