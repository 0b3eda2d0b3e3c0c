"""Shadow attack: a classifier that learnt on reference models how a member is answered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import Bench, Floats, References
from riskaudit.audits.privacy.signals import LEAST_ODDS

ROWS = 20_000  # answers that the attack classifier learns from


def scores(
    target: Floats, references: References, bench: Bench, *, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Log-odds of membership of each pooled row (n,), by a classifier trained on the reference models.

    Every reference model's answers about rows it was fitted to are examples of "member", those about the
    others of "not". Boosted trees learn that from the probability of the actual class, of the largest
    other, and the class itself (one classifier with the class as a category, where Shokri has one a class).
    The audited model's membership is never looked at.

    The attacker needs the recipe, rows like those of the training data, the record, its outcome and one
    answer. Costs K fits, shared with the other reference attacks.

    References
    ----------
    Shokri, R. et al. (2017). Membership inference attacks against machine learning models. IEEE S&P.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    models, _, n = references.given.shape
    drawn = rng.permutation(models * n)[:ROWS]
    model, row = drawn // n, drawn % n
    X = _columns(references.given[model, :, row].T, bench.outcome[row], bench)
    categorical = np.array([False, False, not bench.subject.regression])
    learner = HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=15,
        categorical_features=categorical if len(bench.classes) <= 60 else None,
        early_stopping=False,
        random_state=int(rng.integers(2**31)),
    )
    with threadpool_limits(1):
        learner.fit(X, references.fitted[model, row])
        given: NDArray[np.float64] = learner.decision_function(_columns(target, bench.outcome, bench))
    return given


def _columns(given: Floats, outcome: NDArray[np.generic], bench: Bench) -> Floats:
    """Confidence, the largest other and the class of answers (3, n), as columns (n, 3)."""
    if bench.subject.regression:
        error = np.log(np.maximum(given[0], LEAST_ODDS))
        return np.column_stack([error, error, outcome.astype(np.float64)])
    odds = [np.log(np.maximum(part, LEAST_ODDS)) for part in given]
    return np.column_stack([odds[0] - odds[1], odds[2], outcome.astype(np.float64)])
