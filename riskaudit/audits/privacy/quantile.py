"""Quantile attack: surer than it is of people like this one who are not in, so a member."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.asked import Asked
from riskaudit.audits.privacy.blind import numbers
from riskaudit.audits.privacy.people import lots
from riskaudit.audits.privacy.pool import joined, thinned
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence

Floats = NDArray[np.float64]
FOLDS = 5
FEWEST = 100  # outsiders to fit on
ROWS = {"quick": 1_500, "normal": 5_000, "deep": 20_000}  # of either side


def attack(evidence: Evidence, given: Asked) -> Attack | str:
    """The quantile-regression attack: no reference model, one regression on outsiders.

    Boosted trees learn the 0.5 and 0.9 quantiles of the confidence (logit, or minus the log error of a
    regression) of outsiders given their columns and outcome. Score = (s - q_.5) / max(q_.9 - q_.5, floor):
    by how much the model is surer than of such people when it does not know them. Fitted in five folds of
    outsiders; each fold's model scores its own outsiders and a fifth of the members, so neither side is ever
    scored by a model that saw it (a public tool scores the rows it fits on: 2.9 % false alarms for 1 %).

    The attacker needs the record, its outcome, answers of the model on people who are not in. Costs 10
    small regressions, no fit of the audited recipe: this is the attack on what cannot be refitted.

    References
    ----------
    Bertran, M. et al. (2023). Scalable membership inference attacks via quantile regression. NeurIPS.
    """
    rng = evidence.rng("privacy quantile rows")
    sides = [np.flatnonzero(given.member), np.flatnonzero(~given.member)]
    keep = np.concatenate([thinned(side, ROWS[evidence.effort], rng) for side in sides])
    mine = given.rows(keep)
    if (~mine.member).sum() < FEWEST or mine.kind == "decision":
        return f"the quantile attack needs scores and {FEWEST} outsiders"
    table, categorical = _columns(evidence, mine)
    scores = residuals(table, categorical, mine.logit, mine.member, rng=rng, people=mine.people)
    return mine.attack(
        "quantile",
        scores,
        note="Guesses 'member' where the model is surer than boosted trees expect it to be of such a person who is not "
        f"in; {FOLDS} folds, so no row is scored by trees that saw it.",
        needs="answers of the model about people who are not in",
    )


def _columns(evidence: Evidence, mine: Asked) -> tuple[Floats, NDArray[np.bool_]]:
    """The rows' columns and outcome as numbers."""
    shift = np.where(mine.member, 0, len(evidence.rows("train")))
    return numbers(joined(evidence).iloc[mine.at + shift])


def residuals(
    table: Floats,
    categorical: NDArray[np.bool_],
    surety: Floats,
    member: NDArray[np.bool_],
    *,
    rng: np.random.Generator,
    people: NDArray[np.int64] | None = None,
) -> Floats:
    """Cross-fitted (s - q_.5) / spread of each row (n,); a person's rows (`people`) are in one fold."""
    fold = np.empty(len(table), dtype=np.int64)
    for side in (member, ~member):
        fold[side] = lots(int(side.sum()), FOLDS, rng, None if people is None else people[side])
    scores = np.empty(len(table))
    floor = 0.1 * float(surety[~member].std()) or 1.0
    seed = int(rng.integers(2**31))
    for one in range(FOLDS):
        fit, judge = ~member & (fold != one), fold == one
        middle, upper = (
            _quantile(table[fit], surety[fit], table[judge], categorical, level, seed) for level in (0.5, 0.9)
        )
        scores[judge] = (surety[judge] - middle) / np.maximum(upper - middle, floor)
    return scores


def _quantile(
    X: Floats, y: Floats, asked: Floats, categorical: Any, level: float, seed: int
) -> NDArray[np.float64]:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingRegressor(
        loss="quantile",
        quantile=level,
        max_iter=40,
        max_leaf_nodes=8,
        min_samples_leaf=min(20, max(5, len(X) // 20)),
        categorical_features=categorical,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):
        given: Floats = model.fit(X, y).predict(asked)
    return given
