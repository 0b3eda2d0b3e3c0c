"""The truth of the bias audit's verdicts: planted gaps, 200 seeded data sets each; coverage, false alarms, power.

Usage: python benchmarks/truth_bias.py [--runs 200] [--out benchmarks/truth_bias.md]

Rows of k groups of unequal size (the smallest a third of the largest) are drawn with a planted gap between the first
and the last group's selection rate, the others between; outcomes likewise for the error rates. Counts of rows drawn
so are binomial, so they are drawn as counts, and go through the functions that the audit itself calls.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

from riskaudit.statistics import (
    equivalence,
    largest_difference,
    largest_difference_of,
    max_gap_p,
    smallest_visible_gap,
)

SIZES = (300, 1_000, 3_000, 10_000, 100_000)
GROUPS = (2, 3, 5, 8)
GAPS = (0.0, 0.02, 0.05, 0.1, 0.2)
BASE = 0.4
LEAST = 30


def shares(k: int) -> np.ndarray:
    """Group sizes from 3 down to 1, as shares."""
    sizes = np.linspace(3, 1, k)
    return sizes / sizes.sum()


def one(rng: np.random.Generator, n: int, k: int, gap: float) -> dict[str, float] | None:
    """One data set: what is said of it."""
    sizes = rng.multinomial(n, shares(k))
    if sizes.min() < LEAST:
        return None
    rates = BASE + gap * np.linspace(0.5, -0.5, k)
    hits = rng.binomial(sizes, rates)
    groups = {str(i): (float(h), float(m)) for i, (h, m) in enumerate(zip(hits, sizes, strict=True))}
    told = largest_difference(groups)
    positives = rng.binomial(sizes, 0.5)
    families = {}
    for name, of in (("tpr", positives), ("fpr", sizes - positives)):
        found = rng.binomial(of, rates)
        families[name] = {
            str(i): (float(h), float(m)) for i, (h, m) in enumerate(zip(found, of, strict=True))
        }
    odds = largest_difference_of(families)
    p = max_gap_p(groups, rng=rng, draws=199)
    return {
        "covered": told.interval.low - 1e-12 <= gap <= told.interval.high + 1e-12,
        "shown": told.interval.low > 0,
        "odds covered": odds.interval.low - 1e-12 <= gap <= odds.interval.high + 1e-12,
        "odds shown": odds.interval.low > 0,
        "p <= 0.05": p <= 0.05,
        "within 0.1": equivalence(groups).within,
        "visible": smallest_visible_gap(groups),
        "width": told.interval.high - told.interval.low,
    }


def setting(n: int, k: int, gap: float, *, runs: int) -> dict[str, float] | None:
    """Means over the runs of one setting."""
    told = [one(np.random.default_rng([n, k, round(gap * 1000), run]), n, k, gap) for run in range(runs)]
    kept = [t for t in told if t is not None]
    if len(kept) < runs / 2:
        return None
    return {key: float(np.mean([t[key] for t in kept])) for key in kept[0]}


def lines(runs: int) -> list[str]:
    """The table."""
    out = [
        f"# Truth of the bias audit, {runs} seeded data sets a row",
        "",
        "Made by `python benchmarks/truth_bias.py`. *covered*: the interval of the widest gap holds the planted one (selection rates; equalized odds). "
        "*shown*: the interval excludes 0, which at gap 0 is a false alarm and else the power. *p*: share of max-statistic permutation p-values <= 0.05 (199 draws). "
        "*within 0.1*: equality within 0.1 is claimed, which at gap 0.2 is wrong, and at 0.1 is the test's own error (<= 5 %). "
        "*visible*: the smallest gap that the report says these rows could have shown (80 % power).",
        "",
        "| n | groups | planted gap | covered | shown | odds covered | odds shown | p <= 0.05 | within 0.1 | visible | mean width |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    null: list[float] = []
    null_odds: list[float] = []
    null_p: list[float] = []
    held: list[float] = []
    for n in SIZES:
        for k in GROUPS:
            for gap in GAPS:
                told = setting(n, k, gap, runs=runs)
                if told is None:
                    out.append(
                        f"| {n:,} | {k} | {gap:g} | groups below {LEAST} rows: not assessed | | | | | | | |"
                    )
                    continue
                held += [told["covered"], told["odds covered"]]
                if gap == 0:
                    null.append(told["shown"])
                    null_odds.append(told["odds shown"])
                    null_p.append(told["p <= 0.05"])
                cells = [
                    f"{told[key]:.1%}"
                    for key in ("covered", "shown", "odds covered", "odds shown", "p <= 0.05", "within 0.1")
                ]
                out.append(
                    f"| {n:,} | {k} | {gap:g} | {' | '.join(cells)} | {told['visible']:.3f} | {told['width']:.3f} |"
                )
    error = 1.96 * math.sqrt(0.05 * 0.95 / (runs * len(null)))
    out += [
        "",
        f"Over all settings: coverage {np.mean(held):.1%} on average, {min(held):.1%} at least. False alarms at gap 0, of all groups at once: "
        f"selection {np.mean(null):.1%}, equalized odds {np.mean(null_odds):.1%}, permutation {np.mean(null_p):.1%} (a true 5 % would lie within {error:.1%} of it).",
    ]
    return out


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    text = "\n".join(lines(asked.runs)) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
