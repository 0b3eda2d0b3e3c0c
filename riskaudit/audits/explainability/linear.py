"""Linear: SHAP values of a linear model in closed form, weight times distance from the mean row."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskaudit.audits.explainability.bench import Bench, Table
from riskaudit.audits.explainability.estimate import Estimate
from riskaudit.evidence import Evidence

MEAN_OF = 20_000


def linear_method(evidence: Evidence) -> str:
    """How, in words."""
    n = min(MEAN_OF, len(evidence.test))
    return f"SHAP in closed form (as shap.LinearExplainer), background: the mean of {n:,} held-out rows"


def linear_values(evidence: Evidence, bench: Bench) -> Estimate | None:
    """The closed form of the user's columns; None where weights and outputs do not match.

    The background is the mean of held-out rows itself: left to itself, shap takes the mean of 100 of them.
    """
    weights = _dense(bench.parts.model.coef_)
    intercept = np.atleast_1d(np.asarray(bench.parts.model.intercept_, dtype=np.float64))
    weights = weights[None, :] if weights.ndim == 1 else weights
    if bench.at == 0 and len(weights) == 1:
        weights, intercept = -weights, -intercept
    if weights.shape[1] != bench.rows.shape[1] or len(weights) != bench.output.shape[1]:
        return None
    frame = evidence.subject.columns(evidence.test.frame)
    drawn = evidence.sample(MEAN_OF, "explainability mean")
    mean = bench.parts.prepared(frame.iloc[drawn]).mean(axis=0)
    values, base = closed_form(weights, intercept, mean, bench.rows)
    return Estimate(values=bench.by_column(values), base=base)


def closed_form(weights: Table, intercept: Table, mean: Table, rows: Table) -> tuple[Table, Table]:
    """phi = w (x - mean), as shap.LinearExplainer has it for independent columns, and the base.

    Parameters
    ----------
    weights : array (m, p)
        By output; `intercept` (m,).
    mean : array (p,)
        Of the background.
    rows : array (n, p)
        What is explained: the values are (n, p, m), the base (m,).

    References
    ----------
    Strumbelj, E. and Kononenko, I. (2014). Explaining prediction models and individual predictions with
    feature contributions. Knowledge and Information Systems 41, 647-665, section 3.
    """
    values = (rows - mean)[:, :, None] * weights.T
    base: Table = weights @ mean + intercept
    return values, base


def _dense(weights: Any) -> Table:
    return np.asarray(weights.toarray() if hasattr(weights, "toarray") else weights, dtype=np.float64)
