"""Kept references: made once for one target on the same rows, never another's."""

import dataclasses

import numpy as np
import pytest
from audits.privacy.worlds import evidence, linear
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.privacy import kept, pool, references
from riskaudit.statistics import auc


@pytest.fixture
def fits(monkeypatch):
    """How often references were made, from none kept."""
    kept._KEPT.clear()
    made = []

    def counted(*given):
        made.append(given)
        return fit(*given)

    fit = references._fits
    monkeypatch.setattr(references, "_fits", counted)
    return made


def attacked(given):
    given = dataclasses.replace(given, _kept={})
    return references.attack(given, pool.once_only(given))


@pytest.mark.parametrize("model", [LogisticRegression(), RandomForestClassifier(10, random_state=0)])
def test_the_same_target_is_attacked_with_the_same_references(model, fits):
    """Audited twice in one process: fitted once, the same scores to the last digit."""
    given = evidence(model, linear(1, 150), linear(2, 150), effort="quick")
    one, other = attacked(given), attacked(given)
    assert len(fits) == 1
    np.testing.assert_array_equal(one.members, other.members)
    np.testing.assert_array_equal(one.others, other.others)


def test_another_target_never_meets_them(fits):
    """Another fit, other members of the same table, another setting, seed, effort or row: references of its own."""
    train, test = linear(1, 150), linear(2, 150)
    tree = DecisionTreeClassifier(random_state=0)
    given = evidence(tree, train, test, effort="quick")
    attacked(given)
    X, y = train.frame[list(train.features)], train.labels
    others = [
        evidence(
            DecisionTreeClassifier(random_state=0), train, test, fitted_on=linear(3, 150), effort="quick"
        ),
        evidence(DecisionTreeClassifier(random_state=0), test, train, effort="quick"),
        dataclasses.replace(given, seed=1),
        dataclasses.replace(given, effort="normal"),
        dataclasses.replace(given, train=train.take(np.arange(149))),
        evidence(DecisionTreeClassifier(random_state=0, max_depth=3).fit(X, y), train, test, effort="quick"),
    ]
    for at, other in enumerate(others):
        attacked(other)
        assert len(fits) == at + 2


def test_a_leak_is_found_with_kept_references_as_with_new_ones(fits):
    """Where a public tool reuses another target's shadows its AUC falls; here it is what it would be alone."""
    worlds = [
        evidence(DecisionTreeClassifier(random_state=0), linear(s, 250), linear(s + 1, 250)) for s in (1, 3)
    ]
    after = [attacked(given) for given in worlds][1]
    kept._KEPT.clear()
    alone = attacked(worlds[1])
    assert auc(after.members, after.others)[0] == auc(alone.members, alone.others)[0] > 0.6


def test_what_is_kept_is_bounded(fits, monkeypatch):
    """Beyond the bytes the oldest goes; references larger than that are not kept at all."""
    worlds = [
        evidence(LogisticRegression(), linear(s, 60), linear(s + 1, 60), effort="quick") for s in (1, 3, 1)
    ]
    monkeypatch.setattr(kept, "MOST", 4 * 3 * 120 * 8)
    for given in worlds:
        attacked(given)
    assert len(fits) == 3
    assert len(kept._KEPT) == 1
    monkeypatch.setattr(kept, "MOST", 10)
    attacked(worlds[1])
    attacked(worlds[1])
    assert len(fits) == 5


def test_a_recipe_that_cannot_be_hashed_is_fitted_each_time(fits):
    """A setting that cannot be pickled: no key, no error, new references."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    model = make_pipeline(FunctionTransformer(lambda X: X), LogisticRegression())
    given = evidence(model, linear(1, 80), linear(2, 80), effort="quick")
    attacked(given)
    attacked(given)
    assert len(fits) == 2
