"""Shuffling: how far the model's output moves when one column is shuffled among the same rows."""

from __future__ import annotations

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table


def shuffle_changes(bench: Bench, rng: np.random.Generator, *, repeats: int) -> Table:
    """Mean absolute change of the output by row and user's column (n, d), over repeats and outputs.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32, section 10. Here the output is compared, not
    the loss: SHAP too explains the output, and needs no outcome.
    """
    n, told = len(bench.rows), bench.see(bench.rows)
    changes = np.zeros((n, len(bench.columns)))
    for column in range(len(bench.columns)):
        mine = bench.owner == column
        mixed = np.tile(bench.rows, (repeats, 1))
        order = np.concatenate([rng.permutation(n) for _ in range(repeats)])
        mixed[:, mine] = bench.rows[order][:, mine]
        moved = np.abs(bench.see(mixed).reshape(repeats, n, -1) - told)
        changes[:, column] = moved.mean(axis=(0, 2))
    return changes
