"""Arrays: the one array type of the core, and the one source of its randomness."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def generator(random_state: Any) -> np.random.Generator:
    """A random stream of its own from a seed; `None` asks the operating system.

    A legacy `RandomState`, which scikit-learn's meta-estimators may hand down, is asked for one seed.
    """
    if hasattr(random_state, "randint"):
        return np.random.default_rng(int(random_state.randint(2**31 - 1)))
    return np.random.default_rng(random_state)
