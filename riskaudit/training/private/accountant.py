r"""Accountant: what private training spends, and how much noise keeps it within a budget.

The mechanism is T steps of the Poisson-sampled Gaussian: each row is drawn with probability q (`rate`), the
drawn rows' vectors of norm at most C are added up, and N(0, (s C)^2) is added to every coordinate, with the
multiplier s (`noise`). Tables are neighbours when one has one row more. Then training is
(epsilon, delta)-private: P(M(D) in S) <= exp(epsilon) P(M(D') in S) + delta, for every set S.

Both ways of counting bound epsilon from above. "tight" (privacy loss distribution, `loss_distribution.py`) is
within 0.1 % or so of the truth; "renyi" (`renyi.py`) is what most papers report, some 5 to 15 % higher.
"""

from __future__ import annotations

import math
from functools import lru_cache

from riskaudit.training.private.loss_distribution import tight_epsilon
from riskaudit.training.private.renyi import renyi_epsilon
from riskaudit.training.unusable import Unusable

METHODS = ("tight", "renyi")
LEAST_NOISE, MOST_NOISE = 0.2, 1e5  # less is hardly noise, and its losses take long to count


@lru_cache(maxsize=256)
def epsilon(noise: float, rate: float, steps: int, delta: float, *, method: str = "tight") -> float:
    """The epsilon that `steps` steps spend at that `delta`.

    Parameters
    ----------
    noise : float
        Multiplier s: the noise's standard deviation over the clipping norm.
    rate : float
        Probability q of each row to be in a step.
    steps : int
        How many steps, T.
    delta : float
        In (0, 1); it ought to be well below 1 over the number of rows.
    method : "tight" or "renyi"

    Returns
    -------
    float
        An upper bound, infinity without noise.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    _refuse(rate, steps, delta, method)
    if not noise >= 0:
        raise ValueError(f"noise must not be negative; got {noise}")
    if rate == 0 or steps == 0:
        return 0.0
    if noise == 0:
        return math.inf
    bound = renyi_epsilon(noise, rate, steps, delta)
    if method == "tight" and LEAST_NOISE <= noise <= MOST_NOISE:  # beyond, exp(loss) leaves double precision
        bound = min(bound, tight_epsilon(noise, rate, steps, delta))
    return bound


@lru_cache(maxsize=256)
def noise_for(target: float, rate: float, steps: int, delta: float, *, method: str = "tight") -> float:
    """The least noise multiplier whose epsilon is at most `target`, to 1 in 10,000, never too little and at least 0.2.

    Raises
    ------
    ValueError
        If a number is out of range, or no noise below 100,000 will do.
    """
    if not target > 0:
        raise ValueError(f"epsilon must be above 0; got {target}")
    _refuse(rate, steps, delta, method)

    def enough(noise: float) -> bool:
        return epsilon(noise, rate, steps, delta, method=method) <= target

    high = 1.0
    while not enough(high):
        high *= 2
        if high > MOST_NOISE:
            raise Unusable(
                f"no noise keeps {steps} steps at rate {rate:.3g} within epsilon {target:g}",
                "--dp-epsilon",
                "give a larger epsilon; below 0.1 little can be learnt anyway",
            )
    while high > LEAST_NOISE and enough(max(high / 2, LEAST_NOISE)):
        high = max(high / 2, LEAST_NOISE)
    low = max(high / 2, LEAST_NOISE)
    while high > low * 1.0001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _refuse(rate: float, steps: int, delta: float, method: str) -> None:
    """Numbers out of range are no mechanism."""
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is a probability, from 0 to 1; got {rate}")
    if steps < 0 or steps != int(steps):
        raise ValueError(f"steps is a whole number from 0; got {steps}")
    if not 0 < delta < 1:
        raise ValueError(f"delta is a probability above 0 and below 1; got {delta}")
    if method not in METHODS:
        raise ValueError(f"there is no way of counting '{method}'; there is: {', '.join(METHODS)}")
