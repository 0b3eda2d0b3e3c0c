"""Encoding: columns of any kind as numbers of like size, for looking at rows and not for models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALUES = 20


def encoded(frame: Any, columns: Sequence[str]) -> NDArray[np.float64]:
    """Columns (n, width): numbers standardised (gaps at the mean, and a 0/1 column more), words as 0/1 of the 20 most frequent."""
    import numpy as np
    import pandas as pd

    parts: list[NDArray[np.float64]] = []
    for column in columns:
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            x = values.to_numpy(dtype=np.float64, na_value=np.nan)
            x = np.where(np.isfinite(x), x, np.nan)
            known = x[~np.isnan(x)]
            centre, spread = (known.mean(), known.std()) if known.size else (0.0, 1.0)
            parts.append(np.where(np.isnan(x), 0.0, (x - centre) / (spread or 1.0))[:, None])
            if np.isnan(x).any():
                parts.append(np.isnan(x).astype(np.float64)[:, None])
            continue
        words = values.astype(object).where(values.notna(), "(missing)").astype(str)
        top = words.value_counts().index[:VALUES]
        parts.append((words.to_numpy()[:, None] == np.asarray(top)[None, :]).astype(np.float64) / np.sqrt(2))
    return np.hstack(parts)
