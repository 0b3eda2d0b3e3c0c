"""The largest gap among groups, with its simultaneous interval."""

from __future__ import annotations

import math
from itertools import combinations
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statistics_helpers import holds, least, proportions

from riskaudit.statistics import (
    Comparison,
    Undefined,
    head_count_to_ratio,
    largest_difference,
    largest_difference_of,
    newcombe,
    smallest_ratio,
)

tables = st.dictionaries(st.text(min_size=1, max_size=3), proportions(5000), min_size=2, max_size=6)

SIZES = {
    "2 balanced": [400, 400],
    "2 unbalanced": [1000, 60],
    "5 balanced": [200] * 5,
    "5 unbalanced": [1000, 400, 200, 100, 60],
}
RATES = {
    "null near 0": lambda k: [0.02] * k,
    "null": lambda k: [0.5] * k,
    "null near 1": lambda k: [0.98] * k,
    "one behind": lambda k: [0.3] + [0.4] * (k - 1),
    "smallest behind": lambda k: [0.4] * (k - 1) + [0.3],
    "ladder": lambda k: list(np.linspace(0.3, 0.5, k)),
    "low rates": lambda k: [0.02] + [0.08] * (k - 1),
    "high rates": lambda k: [0.98] + [0.9] * (k - 1),
}


def covered(rates: list[float], sizes: list[int], runs: int, measure: str) -> float:
    """The share of runs in which the interval holds the true widest gap."""
    rng = np.random.default_rng(11)
    hits = rng.binomial(sizes, rates, size=(runs, len(sizes)))
    ask = {"difference": largest_difference, "ratio": smallest_ratio}[measure]
    truth = max(rates) - min(rates) if measure == "difference" else min(rates) / max(rates)
    told = [
        {str(i): pair for i, pair in enumerate(zip(row, sizes, strict=True))} for row in hits if row.any()
    ]
    return sum(holds(ask(groups).interval, truth) for groups in told) / len(told)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("rates", ["null near 0", "null", "ladder"])
def test_difference_covers(sizes: str, rates: str) -> None:
    """The interval holds the true largest difference, none included, in at least 93 % of runs."""
    ns = SIZES[sizes]
    assert covered(RATES[rates](len(ns)), ns, 500, "difference") >= least(500)


@pytest.mark.parametrize("sizes", SIZES)
def test_ratio_covers(sizes: str) -> None:
    """The interval holds the true smallest ratio, 1 included, in at least 93 % of runs."""
    ns = SIZES[sizes]
    for rates in ("null", "one behind"):
        assert covered(RATES[rates](len(ns)), ns, 250, "ratio") >= least(250)


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["difference", "ratio"])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("rates", RATES)
def test_covers_by_2000_runs(measure: str, sizes: str, rates: str) -> None:
    """Two and five groups, balanced or not, any rates: at least 93 %, at two groups at most 99 %."""
    ns = SIZES[sizes]
    share = covered(RATES[rates](len(ns)), ns, 2000, measure)
    assert 0.93 <= share <= (0.99 if len(ns) == 2 else 1.0)


@pytest.mark.slow
def test_equalized_odds_covers_by_2000_runs() -> None:
    """The largest of the TPR and FPR gaps over five groups is held in at least 93 % of runs."""
    rng, sizes = np.random.default_rng(5), [300, 200, 100, 60, 40]
    tpr, fpr = [0.7, 0.7, 0.65, 0.6, 0.6], [0.1, 0.1, 0.1, 0.15, 0.2]
    inside = 0
    for _ in range(2000):
        families = {
            name: {str(i): (rng.binomial(n, p), n) for i, (n, p) in enumerate(zip(sizes, rates, strict=True))}
            for name, rates in (("tpr", tpr), ("fpr", fpr))
        }
        inside += holds(largest_difference_of(families).interval, 0.1)
    assert inside / 2000 >= 0.93


def test_two_groups_are_newcombe() -> None:
    """With two groups the interval is Newcombe's own, cut at 0."""
    found, plain = largest_difference({"a": (48, 80), "b": (56, 70)}), newcombe(56, 70, 48, 80)
    assert found.interval.low == pytest.approx(plain.low)
    assert found.interval.high == pytest.approx(plain.high)
    assert (found.group, found.reference) == ("a", "b")


def test_several_groups_are_the_widest_pair() -> None:
    """With k groups the bounds are the largest of the pairs' Newcombe bounds at the Bonferroni level."""
    groups = {"a": (5, 40), "b": (30, 100), "c": (280, 700), "d": (9, 20)}
    found = largest_difference(groups)
    pairs = [newcombe(*y, *x, level=1 - 0.05 / 6) for x, y in combinations(groups.values(), 2)]
    sides = [(max(0.0, i.low, -i.high), max(i.high, -i.low)) for i in pairs]
    assert found.interval.low == pytest.approx(max(low for low, _ in sides))
    assert found.interval.high == pytest.approx(max(high for _, high in sides))
    assert found.value == pytest.approx(9 / 20 - 5 / 40)
    assert found.interval.method == "simultaneous Newcombe, 6 pairs"


def test_four_fifths_is_exact() -> None:
    """12 of 20 beside 15 of 20 is exactly four fifths, which floats of the rates deny."""
    groups = {"f": (12, 20), "m": (15, 20)}
    assert (12 / 20) / (15 / 20) < 0.8
    assert smallest_ratio(groups).value == 0.8
    assert head_count_to_ratio(groups) == 0


@pytest.mark.parametrize(
    ("groups", "heads"),
    [
        ({"f": (11, 20), "m": (15, 20)}, 1),
        ({"f": (0, 50), "m": (10, 50)}, 8),
        ({"f": (35, 350), "m": (65, 350)}, 17),
        ({"f": (5, 10), "m": (5, 10)}, 0),
        ({"f": (0, 10), "m": (0, 10)}, 0),
    ],
)
def test_head_count(groups: dict[str, tuple[int, int]], heads: int) -> None:
    """So many more selections, and not one fewer, bring the lowest group to four fifths."""
    assert head_count_to_ratio(groups) == heads


@given(tables, st.floats(0.01, 1))
def test_head_count_is_least(groups: dict[str, tuple[int, int]], ratio: float) -> None:
    """The head count reaches the ratio; one fewer does not."""
    k = head_count_to_ratio(groups, ratio)
    rates = {g: h / n for g, (h, n) in groups.items()}
    hits, n = groups[min(rates, key=lambda g: (rates[g], g))]
    goal = ratio * max(rates.values())
    assert (hits + k) / n >= goal * (1 - 1e-8)
    assert k == 0 or (hits + k - 1) / n < goal


@given(tables)
def test_value_is_inside(groups: dict[str, tuple[int, int]]) -> None:
    """Any counts give 0 <= low <= value <= high, at most 1 for a ratio, and two different groups."""
    asked = [largest_difference(groups)]
    if any(hits for hits, _ in groups.values()):
        asked.append(smallest_ratio(groups))
        assert asked[-1].interval.high <= 1
    for found in asked:
        assert 0 <= found.interval.low <= found.value <= found.interval.high
        assert found.group != found.reference


@given(tables, st.randoms(use_true_random=False))
def test_order_of_groups_is_no_matter(groups: dict[str, tuple[int, int]], random) -> None:
    """Groups given in another order give the same comparison, names included."""
    items = list(groups.items())
    random.shuffle(items)
    assert largest_difference(dict(items)) == largest_difference(groups)
    if any(hits for hits, _ in groups.values()):
        assert smallest_ratio(dict(items)) == smallest_ratio(groups)


@given(st.lists(proportions(5000), min_size=2, max_size=6))
def test_names_are_no_matter(pairs: list[tuple[int, int]]) -> None:
    """Other names give the same value and interval."""
    one = largest_difference({f"g{i}": pair for i, pair in enumerate(pairs)})
    other = largest_difference({f"h{9 - i}": pair for i, pair in enumerate(pairs)})
    assert (one.value, one.interval) == (other.value, other.interval)


@given(tables)
def test_narrower_with_more_rows(groups: dict[str, tuple[int, int]]) -> None:
    """Four times the rows at the same rates narrow both intervals on both sides."""
    more = {g: (4 * h, 4 * n) for g, (h, n) in groups.items()}
    asks = [largest_difference] + [smallest_ratio] * any(h for h, _ in groups.values())
    for ask in asks:
        few, many = ask(groups).interval, ask(more).interval
        assert few.low <= many.low + 1e-9
        assert many.high <= few.high + 1e-9


def test_families_share_the_level() -> None:
    """Equalized odds takes the wider gap and pays for the pairs of both families."""
    tpr, fpr = {"f": (50, 100), "m": (90, 100)}, {"f": (5, 100), "m": (10, 100)}
    found = largest_difference_of({"tpr": tpr, "fpr": fpr})
    assert (found.family, found.group, found.value) == ("tpr", "f", pytest.approx(0.4))
    assert found.interval.high == pytest.approx(newcombe(90, 100, 50, 100, level=0.975).high)


def test_groups_without_hits_leave_the_ratio_open() -> None:
    """Beside a group with hits, one without has ratio 0 and an upper bound; none at all is undefined."""
    found = smallest_ratio({"a": (0, 30), "b": (0, 500), "c": (60, 100)})
    assert found.value == found.interval.low == 0
    assert found.interval.high < 0.1
    with pytest.raises(Undefined, match="no group has a hit"):
        smallest_ratio({"a": (0, 30), "b": (0, 500)})


def test_one_group_is_no_comparison() -> None:
    """A comparison needs two groups, and the error names the family."""
    with pytest.raises(Undefined, match="of fpr needs two groups, not 1"):
        largest_difference_of({"tpr": {"a": (1, 2), "b": (1, 2)}, "fpr": {"a": (1, 2)}})
    with pytest.raises(Undefined, match="no family"):
        largest_difference_of({})


def test_ten_groups_are_fast() -> None:
    """A gap and a ratio over ten groups take well under 20 ms each."""
    groups = {str(i): (20 + i, 100 + i) for i in range(10)}
    for ask in (largest_difference, smallest_ratio):
        took = []
        for _ in range(5):
            start = perf_counter()
            found: Comparison = ask(groups)
            took.append(perf_counter() - start)
        assert min(took) < 0.02
        assert math.isfinite(found.value)
