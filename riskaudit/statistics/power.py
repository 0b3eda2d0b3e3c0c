"""Power: what a number of rows could have seen, whether groups are shown alike, and chance's own widest gap."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskaudit.statistics.gaps import largest_difference
from riskaudit.statistics.multiplicity import bonferroni
from riskaudit.statistics.terms import Counts, Undefined, Vector, counts, critical

POWER = 0.8
DELTA = 0.1
MOST_GROUPS = 60  # beyond that each group is compared with all rows, not with each other group


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """Whether all groups are shown to lie within delta of one another, and the least delta that is shown."""

    within: bool
    delta: float
    bound: float


def smallest_visible_gap(groups: Counts, *, level: float = 0.95, power: float = POWER) -> float:
    """The smallest gap between two groups that these rows would show with probability `power`.

    For the pair of groups best able to show one,
    (z_level + z_power) sqrt(p (1 - p) (1 / n_a + 1 / n_b)) at the Bonferroni level of all pairs, with p the pooled
    rate (kept as far from 0 and 1 as one event in the pair would put it). At most 1.

    Parameters
    ----------
    groups : mapping of str to (hits, n)
    level, power : float
        Strictly between 0 and 1.

    Raises
    ------
    Undefined
        With fewer than two groups.

    References
    ----------
    Fleiss, J. L., Levin, B. and Paik, M. C. (2003). Statistical Methods for Rates and Proportions, 3rd ed.,
    section 4.2 (without continuity correction).
    """
    if len(groups) < 2:
        raise Undefined(f"a comparison needs two groups, not {len(groups)}")
    if not 0 < power < 1:
        raise ValueError(f"a power lies strictly between 0 and 1, not {power}")
    table = np.array([counts(*pair) for pair in groups.values()])
    hits, n = table[:, 0].sum(), table[:, 1].sum()
    largest = np.sort(table[:, 1])[::-1][:2]
    edge = 1 / float(largest.sum())
    p = min(max(float(hits / n), edge), 1 - edge)
    z = (
        critical(bonferroni(level, math.comb(len(groups), 2))) + critical(2 * power - 1)
        if power > 0.5
        else 0.0
    )
    return min(1.0, z * math.sqrt(p * (1 - p) * float((1 / largest).sum())))


def equivalence(groups: Counts, *, delta: float = DELTA, level: float = 0.95) -> Equivalence:
    """Two one-sided tests: are the rates of all groups shown to differ by no more than delta?

    Shown where the upper bound of the largest difference at level 1 - 2 alpha is at most delta. "Not shown to
    differ" is something else: few rows cannot show a gap, and cannot show that there is none.

    References
    ----------
    Schuirmann, D. J. (1987). J. Pharmacokinetics and Biopharmaceutics 15, 657-680.
    Lauzon, C. and Caffo, B. (2009). American Statistician 63, 147-154 (several groups).
    """
    if delta <= 0:
        raise ValueError(f"a margin lies above 0, not {delta}")
    bound = largest_difference(groups, level=1 - 2 * (1 - level)).interval.high
    return Equivalence(within=bound <= delta + 1e-12, delta=delta, bound=bound)


def max_gap_p(groups: Counts, *, rng: np.random.Generator, draws: int = 2000) -> float:
    """The probability that chance alone gives as wide a gap among these groups: permutation on the counts.

    Dealing the hits to the rows anew, group sizes kept, is a multivariate hypergeometric draw. The statistic is
    the largest |p_a - p_b| / sqrt(p (1 - p) (1/n_a + 1/n_b)) over all pairs (of more than 60 groups: of each
    group and all rows), so one p-value answers for all of them. (1 + draws at least as wide) / (1 + draws): never 0, valid at any sample size.

    Parameters
    ----------
    groups : mapping of str to (hits, n)
        Whole numbers.
    rng : numpy.random.Generator
    draws : int

    Raises
    ------
    Undefined
        With fewer than two groups, or counts that are not whole.

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing, section 2.
    Phipson, B. and Smyth, G. K. (2010). Statistical Applications in Genetics 9, 39.
    """
    table = np.array([counts(*pair) for pair in groups.values()])
    if len(table) < 2 or (table != np.round(table)).any():
        raise Undefined("a permutation needs two groups of whole counts")
    n = table[:, 1].astype(np.int64)
    total = int(table[:, 0].sum())
    if total in (0, int(n.sum())):
        return 1.0
    drawn = rng.multivariate_hypergeometric(n, total, size=draws, method="marginals")
    seen = _widest(table[None, :, 0], n)[0]
    chance = _widest(drawn.astype(np.float64), n)
    return float((1 + (chance >= seen * (1 - 1e-12)).sum()) / (1 + draws))


def _widest(hits: Vector, n: np.typing.NDArray[np.int64]) -> Vector:
    """The largest standardised gap of each row of hits (draws, groups), up to a constant factor."""
    rates = hits / n
    if len(n) > MOST_GROUPS:
        pooled = (hits.sum(axis=1) / n.sum())[:, None]
        farthest: Vector = (np.abs(rates - pooled) * np.sqrt(n)).max(axis=1)
        return farthest
    low, high = np.triu_indices(len(n), 1)
    widest = np.zeros(len(hits))
    for start in range(0, len(low), 4096):
        a, b = low[start : start + 4096], high[start : start + 4096]
        gaps = np.abs(rates[:, a] - rates[:, b]) / np.sqrt(1 / n[a] + 1 / n[b])
        widest = np.maximum(widest, gaps.max(axis=1))
    return widest
