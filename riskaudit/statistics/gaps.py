"""Gaps: the largest disparity among groups, with an interval that holds for all pairs at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riskaudit.measure import Interval
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.proportions import newcombe_bounds, wilson_bounds
from riskaudit.statistics.ratios import koopman_bounds
from riskaudit.statistics.terms import Bounds, Counts, Undefined, Vector, counts, critical, span


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The widest gap among groups.

    Attributes
    ----------
    value : float
        The highest minus the lowest rate (or mean), or the lowest over the highest rate.
    interval : Interval
        Of the widest true gap, not of the gap of the two groups named.
    group, reference : str
        Where the rate is lowest, and where highest; among equals the first, and last, by name.
    family : str
        The rate that has the widest gap ("tpr"), where several were compared; else empty.
    """

    value: float
    interval: Interval
    group: str
    reference: str
    family: str = ""


@dataclass(frozen=True)
class _Table:
    """The counts of one family of groups, from the lowest rate to the highest."""

    names: list[str]
    hits: Vector
    n: Vector

    def pairs(self) -> tuple[Vector, Vector, Vector, Vector]:
        """Counts of all pairs as (lower hits, lower n, higher hits, higher n)."""
        low, high = np.triu_indices(len(self.names), 1)
        return self.hits[low], self.n[low], self.hits[high], self.n[high]


def largest_difference(groups: Counts, *, level: float = 0.95) -> Comparison:
    """The largest difference of rates between any two of k groups.

    Newcombe intervals of all pairs, each at the Bonferroni level of k (k - 1) / 2, hold together at
    `level`. So the true difference of highest and lowest rate lies between the largest of the
    pairs' lower bounds of |difference| and the largest of their upper bounds.
    A pair whose interval has 0 inside has the lower bound 0: "no disparity" can be said.

    Parameters
    ----------
    groups : mapping of str to (hits, n)
        At least two groups; n > 0; not whole where n is an effective sample size.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        With fewer than two groups.
    ValueError
        Where counts are no proportion.

    References
    ----------
    Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890, method 10.
    Piegorsch, W. W. (1991). Multiple comparisons for analyzing dichotomous response.
    Biometrics 47, 45-52 (Bonferroni over pairwise differences of rates).
    """
    return largest_difference_of({"": groups}, level=level)


def largest_difference_of(families: Mapping[str, Counts], *, level: float = 0.95) -> Comparison:
    """The largest difference of rates over several families, as equalized odds has it (TPR and FPR).

    As `largest_difference`, with Bonferroni over all pairs of all families.

    Parameters
    ----------
    families : mapping of str to mapping of str to (hits, n)
        Such as {"tpr": groups, "fpr": groups}; each with at least two groups, not
        necessarily the same ones.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        Without families, or where a family has fewer than two groups.
    ValueError
        Where counts are no proportion.
    """
    tables = {name: _table(groups, name) for name, groups in families.items()}
    if not tables:
        raise Undefined("there is no family of rates to compare")
    k = sum(math.comb(len(table.names), 2) for table in tables.values())
    z = critical(bonferroni(level, k))
    bounds = [absolute(newcombe_bounds(*_extreme(table, z).pairs(), z=z)) for table in tables.values()]
    gaps = {name: _difference(table) for name, table in tables.items()}
    family = max(gaps, key=lambda name: gaps[name])
    low, high = (max(float(side.max()) for side in sides) for sides in zip(*bounds, strict=True))
    return Comparison(
        value=gaps[family],
        interval=span(low, high, level=level, method=simultaneous("Newcombe", k), value=gaps[family]),
        group=tables[family].names[0],
        reference=tables[family].names[-1],
        family=family,
    )


def smallest_ratio(groups: Counts, *, level: float = 0.95) -> Comparison:
    """The smallest ratio of rates between any two of k groups: the lowest over the highest, at most 1.

    Koopman intervals (l, u) of all pairs, each at the Bonferroni level, hold together at
    `level`. A pair's smaller-over-larger ratio then lies between min(l, 1/u) and u, or 1 where
    1 is inside; the smallest ratio between the smallest of the pairs' lower bounds and the smallest of
    their upper bounds. A pair without any hit says nothing: 0 to 1.

    Parameters
    ----------
    groups : mapping of str to (hits, n)
        At least two groups, at least one of them with a hit.
    level : float
        Confidence, strictly between 0 and 1.

    Raises
    ------
    Undefined
        With fewer than two groups, or where no group has a hit.
    ValueError
        Where counts are no proportion.

    References
    ----------
    Koopman, P. A. R. (1984). Biometrics 40, 513-517.
    """
    table = _table(groups)
    if table.hits[-1] == 0:
        raise Undefined("no group has a hit, so the ratio of rates is 0/0")
    k = math.comb(len(table.names), 2)
    z = critical(bonferroni(level, k))
    low, high = koopman_bounds(*_telling(_extreme(table, z).pairs(), z), z=z)
    least = float(np.minimum(low, 1 / high).min())
    most = float(np.minimum(high, 1.0).min())
    # By counts, not by rates: 12/20 over 15/20 is 0.8 here, and 0.7999999999999999 by rates.
    value = float(table.hits[0] * table.n[-1] / (table.n[0] * table.hits[-1]))
    return Comparison(
        value=value,
        interval=span(least, most, level=level, method=simultaneous("Koopman", k), value=value),
        group=table.names[0],
        reference=table.names[-1],
    )


def head_count_to_ratio(groups: Counts, ratio: float = 0.8) -> int:
    """How many more hits the lowest group needs for its rate to reach `ratio` times the highest rate.

    The least whole k >= 0 with (hits + k) / n >= ratio * highest rate, to one part in 10⁹:
    12 of 20 beside 15 of 20 is exactly four fifths, and needs none.

    Parameters
    ----------
    groups : mapping of str to (hits, n)
        At least two groups; heads counted, not effective sample sizes.
    ratio : float
        Above 0, at most 1.

    Raises
    ------
    Undefined
        With fewer than two groups.
    ValueError
        Where counts are no proportion, or `ratio` is outside its range.
    """
    if not 0 < ratio <= 1:
        raise ValueError(f"a ratio to reach lies above 0 and is at most 1, not {ratio}")
    table = _table(groups)
    needed = ratio * float(table.hits[-1] * table.n[0] / table.n[-1])
    return max(0, math.ceil(needed * (1 - 1e-9) - float(table.hits[0])))


def absolute(bounds: Bounds) -> Bounds:
    """Bounds of |x| from bounds of x."""
    low, high = bounds
    return np.maximum(np.maximum(low, -high), 0.0), np.maximum(high, -low)


def simultaneous(method: str, k: int) -> str:
    """The method's name as an interval shows it: one of k pairs, or just one."""
    return method if k == 1 else f"simultaneous {method}, {k} pairs"


MOST_PAIRS = 4000
MOST_GROUPS = 1500


def _extreme(table: _Table, z: float) -> _Table:
    """Of more than 1,500 groups those that can be part of the widest gap: Wilson bounds farthest out, either side."""
    if len(table.names) <= MOST_GROUPS:
        return table
    low, high = wilson_bounds(table.hits, table.n, z)
    few = MOST_GROUPS // 4
    ends = [np.argsort(side)[part] for side in (low, high) for part in (slice(None, few), slice(-few, None))]
    kept = np.unique(np.concatenate(ends))
    return _Table([table.names[at] for at in kept], table.hits[kept], table.n[kept])


def _telling(pairs: tuple[Vector, Vector, Vector, Vector], z: float) -> tuple[Vector, ...]:
    """The pairs that can decide the smallest bounds, of very many: Koopman's search is dear.

    By the bounds on the log scale (Katz, with half a hit added) the pairs with the lowest lower and the lowest
    upper bounds are kept, a few thousand of possibly millions; the largest pairs are always among them.
    """
    x, m, y, n = pairs
    if len(x) <= MOST_PAIRS:
        return pairs
    centre = np.log((x + 0.5) / (m + 0.5)) - np.log((y + 0.5) / (n + 0.5))
    spread = 1 / (x + 0.5) - 1 / (m + 0.5) + 1 / (y + 0.5) - 1 / (n + 0.5)
    half = z * np.sqrt(np.maximum(spread, 0.0))
    few = MOST_PAIRS // 2
    kept = np.union1d(np.argpartition(centre - half, few)[:few], np.argpartition(centre + half, few)[:few])
    return tuple(side[kept] for side in pairs)


def _difference(table: _Table) -> float:
    (x, y), (m, n) = table.hits[[0, -1]], table.n[[0, -1]]
    return float((y * m - x * n) / (m * n))


def _table(groups: Counts, family: str = "") -> _Table:
    if len(groups) < 2:
        raise Undefined(
            f"a comparison{f' of {family}' if family else ''} needs two groups, not {len(groups)}"
        )
    checked = {name: counts(*pair) for name, pair in groups.items()}
    names = sorted(checked, key=lambda name: (checked[name][0] / checked[name][1], str(name)))
    hits, n = np.array([checked[name] for name in names]).T
    return _Table(names, hits, n)
