"""Leave-one-out in closed form: what a linear or logistic model would say with and without a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy import leave_one_out_softmax as softmax
from riskaudit.audits.privacy.bench import REFUSALS
from riskaudit.audits.privacy.design import final_step
from riskaudit.audits.privacy.pool import Pool, joined, thinned
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence

Floats = NDArray[np.float64]

WIDEST = 200  # columns after preparation; the work grows with their square
ROWS = {"quick": 6_000, "normal": 20_000, "deep": 100_000}
FAMILIES = {
    "LogisticRegression": "logistic",
    "NumpyLogisticRegression": "logistic",
    "LinearRegression": "linear",
    "NumpyLinearRegression": "linear",
    "Ridge": "linear",
}


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A generalised linear model at its optimum: per-row answers and derivatives of the loss (n,)."""

    z: Floats
    slope: Floats
    bend: Floats
    leverage: Floats
    variance: Floats


def attack(evidence: Evidence, rows: Pool) -> Attack | str:
    """The likelihood-ratio attack with closed-form references instead of refits.

    One fit to all pooled rows, each with weight w = members / rows, gives theta and the Hessian H. By one
    Newton step (exact for least squares) the linear score of row i would be, with a = x' H^-1 x,
    z_out = z + w l' a / (1 - w l'' a) without it and z_in = z - (1 - w) l' a / (1 + (1 - w) l'' a) with it; over
    random training sets it varies by v = x' H^-1 (sum w (1 - w) l'^2 x x') H^-1 x. Score, the log likelihood
    ratio of two normals: (z_in - z_out) (s - (z_in + z_out) / 2) / v, s what the audited model says.

    For logistic regression of two classes with an L2 penalty, linear and ridge regression, and the core's own. With
    K classes z, l' and l'' are vectors and matrices in K - 1 contrasts: z_out = z + w (I - w A l'')^-1 A l', and the
    ratio is that of two normals with covariance V (`leave_one_out_softmax`). The attacker needs what the
    reference attack needs. Costs one fit, whatever the strength.

    References
    ----------
    Beirami, A. et al. (2017). On optimal generalizability in parametric learning. NeurIPS (approximate leave-one-out).
    Rad, K. R. and Maleki, A. (2020). A scalable estimate of the out-of-sample prediction error. JRSS B 82.
    Carlini, N. et al. (2022) for the ratio.
    """
    family = _family(evidence)
    if not family:
        return "leave-one-out has a closed form for linear and logistic models only"
    pooled, _ = _fewer(evidence, rows, ROWS[evidence.effort])
    try:
        X, said = _prepared(evidence, pooled)
    except REFUSALS as error:
        return f"the columns cannot be prepared again ({type(error).__name__})"
    if X.shape[1] > WIDEST:
        return f"leave-one-out is for at most {WIDEST} prepared columns; there are {X.shape[1]:,}"
    if family == "softmax":
        size = X.shape[1] * (said.shape[1] - 1)
        if size > softmax.MOST:
            return f"leave-one-out is for at most {softmax.MOST} coefficients; there are {size:,}"
        pooled, keep = _fewer(evidence, pooled, int(softmax.WORK[evidence.effort] / size**2))
        X, said = X[keep], said[keep]
    members = len(pooled.members)
    y = np.concatenate([evidence.outcome("train")[pooled.members], evidence.outcome("test")[pooled.others]])
    scores = _scores(evidence, X, y, said, family, share=members / len(y))
    return Attack(
        name="leave-one-out",
        members=scores[:members],
        others=scores[members:],
        member_at=pooled.members,
        other_at=pooled.others,
        note=f"One weighted fit to {len(y):,} pooled rows; what it would say with and without each row follows in closed "
        "form. " + rows.note,
        needs="the recipe and rows like the members",
        corrected=True,
    )


def _scores(
    evidence: Evidence, X: Floats, y: NDArray[Any], said: Floats, family: str, *, share: float
) -> Floats:
    """The log likelihood ratio of each row (n,), on one thread of linear algebra: the same digits wherever it runs."""
    from threadpoolctl import threadpool_limits

    weight = len(evidence.rows("train")) / len(y)  # the audited model's own balance of loss and penalty
    penalty = _penalty(final_step(evidence.subject.estimator), X.shape[1])
    with threadpool_limits(1):
        if family == "softmax":
            C = softmax.contrasts(said.shape[1])
            surface = softmax.solved(X, y, C, weight=weight, penalty=penalty, share=share)
            return softmax.ratio(surface, said @ C, weight=weight)
        curve = solved(X, y.astype(np.float64), family, weight=weight, penalty=penalty, share=share)
        return ratio(curve, said[:, 0], weight=weight)


def _family(evidence: Evidence) -> str:
    """logistic, softmax, linear, or empty."""
    estimator = evidence.subject.estimator
    model = final_step(estimator)
    family = FAMILIES.get(type(model).__name__, "")
    direct = model is estimator or (hasattr(estimator, "steps") and estimator.steps[-1][1] is model)
    if not direct or (family == "logistic") != (evidence.task != "regression") or not family:
        return ""
    plain = (
        getattr(model, "class_weight", None) is None
        and getattr(model, "penalty", "l2") in ("l2", "deprecated", None)
        and not getattr(model, "l1_ratio", None)
        and not getattr(model, "positive", False)
        and getattr(model, "multi_class", "auto") != "ovr"
    )
    if not plain or (family == "logistic" and list(evidence.test.classes) != list(evidence.subject.classes)):
        return ""
    return "softmax" if family == "logistic" and evidence.task == "multiclass" else family


def _fewer(evidence: Evidence, rows: Pool, most: int) -> tuple[Pool, NDArray[np.int64]]:
    """The rows, or as many as the cost allows in the same proportion, and which of the pooled rows they are."""
    sides, total = (rows.members, rows.others), len(rows.members) + len(rows.others)
    if total <= most:
        return rows, np.arange(total)
    rng = evidence.rng("privacy leave-one-out rows")
    kept = [thinned(np.arange(len(side)), int(most / total * len(side)), rng) for side in sides]
    at = np.concatenate([kept[0], len(rows.members) + kept[1]])
    return replace(rows, members=rows.members[kept[0]], others=rows.others[kept[1]]), at


def _prepared(evidence: Evidence, pooled: Pool) -> tuple[Floats, Floats]:
    """The design matrix (n, d) with the intercept last, and the audited model's linear scores (n, 1 or K)."""
    at = np.concatenate([pooled.members, len(evidence.rows("train")) + pooled.others])
    frame = joined(evidence).iloc[at].drop(columns="(outcome)")
    estimator, table = evidence.subject.estimator, evidence.subject.rows(frame)
    model = final_step(estimator)
    if model is not estimator:
        table = estimator[:-1].transform(table)
    ask = getattr(model, "decision_function", None) or model.predict
    said = np.asarray(ask(table), dtype=np.float64).reshape(len(frame), -1)
    if table.shape[1] > WIDEST:
        return np.empty((len(frame), table.shape[1] + 1)), said
    dense = np.asarray(table.toarray() if hasattr(table, "toarray") else table, dtype=np.float64)
    ones = [np.ones((len(dense), 1))] if getattr(model, "fit_intercept", True) else []
    return np.hstack([dense, *ones]), said


def _penalty(model: Any, columns: int) -> Floats:
    """The ridge on each coefficient, none on the intercept."""
    strength = 0.0
    if hasattr(model, "C") and getattr(model, "penalty", "l2") is not None:
        strength = 1 / float(model.C)
    elif hasattr(model, "alpha") or hasattr(model, "l2"):
        strength = float(getattr(model, "alpha", getattr(model, "l2", 0.0)))
    penalty = np.full(columns, strength)
    if getattr(model, "fit_intercept", True):
        penalty[-1] = 0.0
    return penalty


def solved(X: Floats, y: Floats, family: str, *, weight: float, penalty: Floats, share: float) -> Curve:
    """Newton's method on sum weight l(x' theta, y) + theta' penalty theta / 2, and what follows at its end."""
    theta = np.zeros(X.shape[1])
    ridge = np.diag(penalty + 1e-9 * weight * float((X * X).sum() / X.shape[1]))
    for _ in range(1 if family == "linear" else 25):
        z = X @ theta
        slope, bend = _derivatives(z, y, family)
        H = weight * (X.T * bend) @ X + ridge
        step = np.linalg.solve(H, weight * X.T @ slope + ridge @ theta)
        theta = theta - step
        if float(np.abs(X @ step).max()) < 1e-8:
            break
    z = X @ theta
    slope, bend = _derivatives(z, y, family)
    inverse = np.linalg.inv(weight * (X.T * bend) @ X + ridge)
    XH = X @ inverse
    G = weight * (1 - share) * (X.T * slope**2) @ X  # each row is in with chance `share`
    return Curve(
        z=z,
        slope=slope,
        bend=bend,
        leverage=np.einsum("ij,ij->i", XH, X),
        variance=np.einsum("ij,ij->i", XH @ G, XH),
    )


def _derivatives(z: Floats, y: Floats, family: str) -> tuple[Floats, Floats]:
    """First and second derivative of the loss in the linear score."""
    if family == "linear":
        return z - y, np.ones_like(z)
    p = 1 / (1 + np.exp(-np.clip(z, -500, 500)))
    return p - y, np.maximum(p * (1 - p), 1e-12)


def with_and_without(curve: Curve, *, weight: float) -> tuple[Floats, Floats]:
    """The linear score of each row had it weight 1, and none, where the fit gave it `weight`."""
    more = 1 - weight
    inside = curve.z - more * curve.slope * curve.leverage / (1 + more * curve.bend * curve.leverage)
    rest = np.maximum(1 - weight * curve.bend * curve.leverage, 1e-6)
    return inside, curve.z + weight * curve.slope * curve.leverage / rest


def ratio(curve: Curve, said: Floats, *, weight: float) -> Floats:
    """The log likelihood ratio of each row (n,)."""
    inside, outside = with_and_without(curve, weight=weight)
    floor = 1e-9 * float(curve.variance.mean()) + 1e-300
    score: Floats = (inside - outside) * (said - (inside + outside) / 2) / np.maximum(curve.variance, floor)
    return score
