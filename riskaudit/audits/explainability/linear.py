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
    return f"SHAP in closed form (shap.LinearExplainer), background: the mean of {n:,} held-out rows"


def linear_values(evidence: Evidence, bench: Bench) -> Estimate | None:
    """phi = w (x - mean) of the user's columns, by shap's LinearExplainer.

    The background is the mean of held-out rows itself: left to itself, shap takes the mean of 100 of them.
    """
    import shap

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
    values, base = [], []
    for row, offset in zip(weights, np.broadcast_to(intercept, (len(weights),)), strict=True):
        explainer = shap.LinearExplainer((row, offset), (mean, np.zeros((1, 1))))
        values.append(np.asarray(explainer.shap_values(bench.rows)))
        base.append(float(explainer.expected_value))
    return Estimate(values=bench.by_column(np.stack(values, axis=2)), base=np.array(base))


def _dense(weights: Any) -> Table:
    return np.asarray(weights.toarray() if hasattr(weights, "toarray") else weights, dtype=np.float64)
