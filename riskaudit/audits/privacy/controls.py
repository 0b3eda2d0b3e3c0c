"""Controls: the attack where nothing can leak, and where something must."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.bench import REFUSALS, Bench, answers, in_order
from riskaudit.audits.privacy.design import final_step
from riskaudit.audits.privacy.people import means
from riskaudit.audits.privacy.references import Fitted
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import auc

Floats = NDArray[np.float64]
ROWS = {"quick": 1_000, "normal": 2_000, "deep": 4_000}  # of either side of the twin
FEWEST = 50
OVERFIT: dict[str, Any] = {
    "max_depth": None,
    "min_samples_leaf": 1,
    "min_samples_split": 2,
    "min_impurity_decrease": 0.0,
    "max_leaf_nodes": None,
    "ccp_alpha": 0.0,
    "bootstrap": False,
    "max_samples": None,
    "n_neighbors": 1,
}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """The overfit twin's attack, and what the twin is."""

    attack: Attack
    told: str


def negative(attack: Attack, evidence: Evidence) -> Iterator[Measure]:
    """The same scores where membership means nothing: shuffled, and outsiders on both sides."""
    rng = evidence.rng("privacy negative control")
    whole = rng.permutation(np.concatenate([attack.members, attack.others]))
    fresh = rng.permutation(attack.others)
    worlds = {
        "membership shuffled": (whole[: attack.members.size], whole[attack.members.size :]),
        "outsiders on both sides": (fresh[: fresh.size // 2], fresh[fresh.size // 2 :]),
    }
    for name, (one, other) in worlds.items():
        if min(one.size, other.size) < 10:
            continue
        value, interval = auc(one, other)
        yield Measure(
            name="privacy.negative_control_auc",
            value=value,
            interval=interval,
            n=one.size + other.size,
            unit="auc",
            where={"control": name},
            note=f"'{attack.name}' where there is nothing to find: 0.5 but for chance (one interval in twenty misses it).",
        )


def positive(evidence: Evidence, made: Fitted) -> Twin | str:
    """An overfit twin of the recipe, attacked by its loss: a leak that an attack on these rows must find.

    The recipe with every brake off (trees to their last row, one neighbour, no bootstrap); where it has
    none of these brakes, an unpruned tree after the recipe's own preparation. Fitted to some of the members,
    attacked with the held-out rows beside them. Costs one fit.
    """
    from threadpoolctl import threadpool_limits

    rng = evidence.rng("privacy positive control")
    size, bench, members = ROWS[evidence.effort], made.bench, len(made.pooled.members)
    sides = [np.arange(members), np.arange(members, len(bench))]
    inside, outside = (np.sort(rng.permutation(side)[:size]) for side in sides)
    if min(inside.size, outside.size) < FEWEST:
        return "too few rows for an overfit twin"
    seed = int(rng.integers(2**31))
    try:
        recipe, told = overfit(bench)
        twin = replace(bench.subject, estimator=recipe)
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shadow = twin.retrained(
                bench.frame.iloc[inside].reset_index(drop=True), bench.labels[inside], seed=seed
            )
            given = [_confidence(shadow, bench, rows) for rows in (inside, outside)]
    except REFUSALS as error:
        return f"no overfit twin could be fitted ({type(error).__name__})"
    if bench.people is not None:
        given = [means(part, bench.people[side]) for part, side in zip(given, (inside, outside), strict=True)]
    attack = Attack(name="positive control", members=given[0], others=given[1], note=told, needs="")
    return Twin(attack=attack, told=told)


def overfit(bench: Bench) -> tuple[Any, str]:
    """The recipe with every brake off, and what that is in words."""
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    whole = clone(bench.subject.estimator)
    model = final_step(whole)
    known = model.get_params()
    loose = {key: value for key, value in OVERFIT.items() if key in known}
    if ("min_samples_leaf" in loose and "learning_rate" not in known) or "n_neighbors" in loose:
        if "n_estimators" in known:
            loose["n_estimators"] = min(int(known["n_estimators"]), 10)
        model.set_params(**loose)
        return whole, "the recipe with every brake off"
    tree = DecisionTreeRegressor() if bench.subject.regression else DecisionTreeClassifier()
    if model is whole:
        return tree, "an unpruned tree on the same columns"
    return make_pipeline(whole[:-1], tree), "an unpruned tree after the recipe's own preparation"


def _confidence(shadow: Any, bench: Bench, rows: NDArray[np.int64]) -> Floats:
    """Confidence of the twin in the rows' actual outcome (n,)."""
    scores = shadow.predict_scores(bench.frame.iloc[rows])
    if shadow.regression:
        return -np.asarray(answers(scores, bench.outcome[rows])[0])
    given: Floats = answers(in_order(scores, shadow.classes, bench.classes), bench.outcome[rows])[0]
    return given


def positive_measure(found: Twin | str) -> Measure:
    """The AUC of the attack on the twin, or why there is none."""
    name, unit = "privacy.positive_control_auc", "auc"
    if isinstance(found, str):
        return Measure(name=name, value=None, n=0, unit=unit, note=f"Not assessed: {found}.")
    value, interval = auc(found.attack.members, found.attack.others)
    verdict = (
        "It is found" if interval.low > 0.5 else "It is NOT found: silence of the attacks proves little here"
    )
    return Measure(
        name=name,
        value=value,
        interval=interval,
        n=found.attack.n,
        unit=unit,
        note=f"Loss attack on an overfit twin ({found.told}): a leak that must be found on these rows. {verdict}.",
    )
