"""Reweighing: weights that make label and group independent, and what that does to a model."""

import numpy as np
import pytest

from riskaudit.datasets.credit import credit
from riskaudit.datasets.tables import column_kind
from riskaudit.training.learners import recipe
from riskaudit.training.reweighing import reweigh

RNG = np.random.default_rng(0)
GROUPS = RNG.choice(["a", "b", "c"], 500, p=[0.5, 0.3, 0.2])
LABELS = np.where(RNG.random(500) < np.where(GROUPS == "a", 0.7, 0.3), "yes", "no")


@pytest.mark.parametrize("before", [None, RNG.uniform(0.1, 5, 500)], ids=["plain", "weighted"])
def test_label_and_group_become_independent(before):
    """P(g, y) = P(g) P(y) for every cell under the weights, and totals of groups and labels stay."""
    weights, old = reweigh(GROUPS, LABELS, weights=before), np.ones(500) if before is None else before

    def shares(w):
        cells = [[w[(g == GROUPS) & (y == LABELS)].sum() for y in ("no", "yes")] for g in "abc"]
        return np.array(cells) / w.sum()

    after = shares(weights)
    np.testing.assert_allclose(after, np.outer(after.sum(axis=1), after.sum(axis=0)), rtol=1e-12)
    np.testing.assert_allclose(after.sum(axis=0), shares(old).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(after.sum(axis=1), shares(old).sum(axis=1), rtol=1e-12)
    assert weights.mean() == pytest.approx(1, rel=1e-12)


def test_by_hand():
    """Two groups of four: 3 of 4 and 1 of 4 repaid; w = (4 * 4) / (8 * n_gy)."""
    weights = reweigh(list("aaaabbbb"), [1, 1, 1, 0, 1, 0, 0, 0])
    np.testing.assert_allclose(weights, [2 / 3] * 3 + [2, 2] + [2 / 3] * 3)


def test_independent_already():
    """Where label and group are independent, every row weighs 1."""
    np.testing.assert_allclose(reweigh(list("aabb"), [0, 1, 0, 1]), 1)


def test_a_missing_group_is_a_group():
    """Rows that tell no group are weighed as one."""
    weights = reweigh(["a", "a", None, None, None], [0, 1, 0, 1, 1])
    assert weights[2] / weights[3] == pytest.approx(2 * weights[0] / weights[1])


@pytest.mark.parametrize(
    ("groups", "labels", "said"),
    [
        (["a", "a", "b"], [0, 1, 0], "no row of group 'b' has label 1"),
        ([], [], "needs rows"),
        (["a"], [0, 1], "one label each; got 1 groups, 2 labels"),
        (["a", "a"], [0, None], "some are missing"),
    ],
)
def test_what_cannot_be_reweighed(groups, labels, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        reweigh(groups, labels)


@pytest.mark.parametrize("seed", range(3))
def test_reweighing_raises_the_impact_ratio_of_the_example(seed):
    """With the proxy `district` left in, B's selection rate over A's rises by a sixth or more, for 3 points of accuracy."""
    members, held = credit(seed=seed)
    features = list(members.features)
    kinds = {name: column_kind(members.frame[name]) for name in features}
    group = held.frame["group"].to_numpy()

    def outcome(weights):
        model = recipe("logistic", task="classification", kinds=kinds, seed=0)
        model.fit(members.frame[features], members.labels, model__sample_weight=weights)
        chosen = model.predict(held.frame[features])
        selected = chosen == "yes"
        return selected[group == "B"].mean() / selected[group == "A"].mean(), (chosen == held.labels).mean()

    (before, accuracy), (after, still) = (
        outcome(None),
        outcome(reweigh(members.frame["group"], members.labels)),
    )
    assert after > before + 0.15
    assert still > accuracy - 0.03
