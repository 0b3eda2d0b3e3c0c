"""Tables and hostile trees for models of other libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskaudit.errors import InputError
from riskaudit.subjects.opening import open_model


def table(n: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Two columns of numbers, one with gaps, and an outcome."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": rng.integers(18, 70, n), "income": rng.random(n)})
    frame.loc[::7, "income"] = np.nan
    return frame, (frame.age + 20 * rng.random(n) > 50).to_numpy().astype(int)


def refused(path: Path, content: bytes) -> str:
    """The refusal of a file; it must be one."""
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_model(path)
    assert caught.value.hint
    return caught.value.problem
