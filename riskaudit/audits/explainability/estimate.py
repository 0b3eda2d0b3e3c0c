"""Estimate: SHAP values with what is known of their errors, whichever explainer made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskaudit.audits.explainability.bench import Table


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Shapley values of some rows.

    Attributes
    ----------
    values : array (n, d, m)
        By row, user's column, output.
    base : array (m,)
        The output that the values start from.
    errors : array (n, d, m) or None
        Standard errors of the values, from the spread over permutations and background rows.
    sizes : array (n, d) or None
        |value| (mean over outputs), less what noise adds to it on average over rows; None where there is no noise.
    pulls : array (b, d) or None
        How far each background row pulls the sum over rows of |value| (mean over outputs) from its mean over
        background rows: what an interval over background draws is made of.
    """

    values: Table
    base: Table
    errors: Table | None = None
    pulls: Table | None = None
    sizes: Table | None = None


def joined(parts: Sequence[Estimate]) -> Estimate:
    """Batches of rows as one; the background is the same in all."""
    errors = [part.errors for part in parts if part.errors is not None]
    sizes = [part.sizes for part in parts if part.sizes is not None]
    pulls = [part.pulls for part in parts if part.pulls is not None]
    return Estimate(
        values=np.concatenate([part.values for part in parts]),
        base=parts[0].base,
        errors=np.concatenate(errors) if errors else None,
        sizes=np.concatenate(sizes) if sizes else None,
        pulls=np.sum(pulls, axis=0) if pulls else None,
    )
