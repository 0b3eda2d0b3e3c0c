"""Spread: the widest gap among groups of any number that has an interval of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from riskaudit.statistics.gaps import Comparison, absolute, simultaneous
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.proportions import mover_bounds, wilson_bounds
from riskaudit.statistics.terms import Undefined, critical, span

Estimate = tuple[float, float, float]


def largest_spread(
    groups: Mapping[str, Callable[[float], Estimate]], *, method: str, level: float = 0.95
) -> Comparison:
    """The largest difference between any two of k independent groups' numbers.

    Each group gives (value, low, high) at a level; the two sides of a pair are squared and added (MOVER), at
    the Bonferroni level of all pairs, and combined as `largest_difference` does.

    Parameters
    ----------
    groups : mapping of str to callable
        Takes a level, gives value, low, high.
    method : str
        The name of a group's own interval.

    Raises
    ------
    Undefined
        With fewer than two groups.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Statistics in Medicine 27, 1693-1702.
    """
    if len(groups) < 2:
        raise Undefined(f"a comparison needs two groups, not {len(groups)}")
    critical(level)
    pairs = math.comb(len(groups), 2)
    each = bonferroni(level, pairs)
    told = {name: of(each) for name, of in groups.items()}
    names = sorted(told, key=lambda name: (told[name][0], name))
    table = np.array([told[name] for name in names])
    lower, higher = np.triu_indices(len(names), 1)
    a, b = table[higher].T, table[lower].T
    low, high = (float(side.max()) for side in absolute(mover_bounds((a[0], a[1], a[2]), (b[0], b[1], b[2]))))
    value = float(table[-1, 0] - table[0, 0])
    interval = span(
        low, high, level=level, method=simultaneous(f"square-and-add {method}", pairs), value=value
    )
    return Comparison(value=value, interval=interval, group=names[0], reference=names[-1])


def bounded_mean(
    mean: float, variance: float, n: float, *, top: float = 1.0, level: float = 0.95
) -> Estimate:
    """Value and bounds of the mean of a number between 0 and `top`, from its mean and variance.

    Wilson's interval at the sample size a proportion would need for the same variance, p (1 - p) / (v / n)
    with p = mean / top: never less than n, because no number in 0..1 of mean p varies more than p (1 - p)
    (Bhatia and Davis 2000). It stays within 0 and top and has a width where every value is 0.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Survey Methodology 24, 193-201 (intervals at an effective size).
    """
    p = min(max(mean / top, 0.0), 1.0)
    v = variance / top**2
    size = max(n, p * (1 - p) * n / v) if v > 0 and 0 < p < 1 else n
    low, high = wilson_bounds(p * size, size, critical(level))
    return mean, min(float(low) * top, mean), max(float(high) * top, mean)
