"""References: every group against one that was chosen, with intervals that hold for all of them at once."""

from __future__ import annotations

import numpy as np

from riskaudit.statistics.gaps import Comparison, absolute, simultaneous
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.proportions import newcombe_bounds
from riskaudit.statistics.ratios import UNBOUNDED, koopman_bounds
from riskaudit.statistics.terms import Counts, Undefined, Vector, counts, critical, span


def largest_difference_from(groups: Counts, reference: str, *, level: float = 0.95) -> Comparison:
    """The largest |rate - rate of the reference| over the other groups: k - 1 Newcombe intervals at once.

    Parameters
    ----------
    groups : mapping of str to (hits, n)
    reference : str
        One of the groups.

    Raises
    ------
    Undefined
        With fewer than two groups, or without the reference among them.
    """
    names, x, n, (y, m) = _against(groups, reference)
    low, high = absolute(newcombe_bounds(x, n, y, m, z=critical(bonferroni(level, len(names)))))
    gaps = np.abs(x / n - y / m)
    at = int(gaps.argmax())
    interval = span(
        float(low.max()),
        float(high.max()),
        level=level,
        method=simultaneous("Newcombe", len(names)),
        value=gaps[at],
    )
    return Comparison(value=float(gaps[at]), interval=interval, group=names[at], reference=reference)


def smallest_ratio_to(groups: Counts, reference: str, *, level: float = 0.95) -> Comparison:
    """The smallest rate / rate of the reference over the other groups: above 1 where all do better.

    Raises
    ------
    Undefined
        With fewer than two groups, without the reference, or where the reference has no hit.

    References
    ----------
    Koopman, P. A. R. (1984). Biometrics 40, 513-517.
    """
    names, x, n, (y, m) = _against(groups, reference)
    if y == 0:
        raise Undefined("nobody in the reference group is selected, so no ratio to it is defined")
    low, high = koopman_bounds(x, n, y, m, z=critical(bonferroni(level, len(names))))
    ratios = x * m / (n * y)
    at = int(ratios.argmin())
    interval = span(
        float(low.min()),
        min(float(high.min()), UNBOUNDED),
        level=level,
        method=simultaneous("Koopman", len(names)),
        value=ratios[at],
    )
    return Comparison(value=float(ratios[at]), interval=interval, group=names[at], reference=reference)


def _against(groups: Counts, reference: str) -> tuple[list[str], Vector, Vector, tuple[float, float]]:
    """The other groups' names, hits and n, and the reference's counts."""
    if reference not in groups or len(groups) < 2:
        raise Undefined("the reference group, or any other, cannot be assessed")
    names = [name for name in groups if name != reference]
    table = np.array([counts(*groups[name]) for name in names])
    return names, table[:, 0], table[:, 1], counts(*groups[reference])
