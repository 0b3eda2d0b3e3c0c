"""Remedies narrow a planted gap on rows they were not tuned on, say their price, and can be saved."""

import dataclasses

import numpy as np
import pytest

from riskaudit.datasets.credit import credit
from riskaudit.errors import UsageError
from riskaudit.evidence import Evidence
from riskaudit.statistics.remedied import by_odds, group_thresholds, odds_gap
from riskaudit.training.fit import fit
from riskaudit.training.remedies import mend
from riskaudit.training.remedies.refits import proxies_of

FEATURES = ("skill", "district", "noise_1")


@pytest.fixture(scope="module")
def planted():
    """A logistic model that sees `district`, a proxy of the group, on the example's rows."""
    members, held_out = credit(seed=0, features=FEATURES)
    made = fit(members, learner="logistic", seed=0)
    return Evidence(subject=made.subject, test=held_out, train=members, seed=0)


@pytest.fixture(scope="module")
def done(planted):
    return mend(planted, "group")


def test_every_remedy_is_measured_on_the_same_rows(done):
    """Thresholds, reweighing and leaving proxies out: one gap before, on one half of the held-out rows."""
    assert [m.name for m in done.measured] == [
        "group-thresholds",
        "equalized-odds-thresholds",
        "reweigh",
        "drop-proxies",
    ]
    assert len({(m.before.value, m.rows) for m in done.measured}) == 1
    assert not done.skipped


def test_the_gap_was_there_and_is_narrower(done):
    """Before, the interval excludes 0.1; leaving the proxy out, and thresholds, leave half of it at most."""
    told = {m.name: m for m in done.measured}
    assert told["drop-proxies"].before.interval.low > 0.1
    for name in ("group-thresholds", "drop-proxies"):
        assert told[name].after.value < 0.6 * told[name].before.value
    assert told["reweigh"].after.value < told["reweigh"].before.value


def test_the_price_is_that_of_the_rows(done, planted):
    """Accuracy without the remedy is accuracy with it plus the price."""
    half = planted.rng("remedies halves").permutation(len(planted.test)) < len(planted.test) // 2
    before = (planted.decisions() == planted.outcome())[half].mean()
    for one in done.measured:
        assert one.accuracy + one.price == pytest.approx(before, abs=1e-12)
        assert one.price_interval.low <= one.price <= one.price_interval.high


def test_thresholds_by_group_carry_their_caution(done):
    """They use the sensitive column at the decision, and are no model to save; refits are."""
    assert "ask counsel" in done.measured[0].caution
    assert set(done.models) == {"reweigh", "drop-proxies"}
    assert "district" not in done.models["drop-proxies"].trained.record.features
    assert done.models["reweigh"].trained.record.recipe


def test_the_proxy_is_the_one_that_is_left_out(planted):
    """`district` tells the group; skill and noise do not."""
    assert proxies_of(planted.train, FEATURES, "group", seed=0) == ["district"]
    assert proxies_of(planted.train, ("noise_1",), "group", seed=0) == []


def test_deep_effort_tries_a_constraint(planted):
    """Exponentiated gradient narrows the gap too, and says that it decides by lot."""
    told = mend(dataclasses.replace(planted, effort="deep", _kept={}), "group").measured[-1]
    assert told.name == "exponentiated-gradient"
    assert told.after.value < 0.6 * told.before.value
    assert "by lot" in told.caution


def test_without_members_refits_say_why(planted):
    """Only thresholds are measured, and the reasons are given."""
    done = mend(dataclasses.replace(planted, train=None, _kept={}), "group")
    assert [m.name for m in done.measured] == ["group-thresholds", "equalized-odds-thresholds"]
    assert {name for name, _ in done.skipped} == {"reweigh", "drop-proxies"}
    assert all("not at hand" in why for _, why in done.skipped)


def test_a_column_that_is_not_sensitive_is_refused(planted):
    """The gap is by a sensitive column."""
    with pytest.raises(UsageError):
        mend(planted, "skill")


def test_thresholds_select_all_groups_at_one_rate():
    """At a rate of a quarter each group's threshold is its own upper quartile."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 9000)
    scores = rng.normal(groups, 1 + groups)
    edges = group_thresholds(scores, scores > 0, groups, 3, rate=0.25)
    for at in range(3):
        assert (scores[groups == at] >= edges[at]).mean() == pytest.approx(0.25, abs=0.001)


def test_the_rate_that_keeps_most_right_is_taken():
    """Where both groups deserve 30 %, by order of the score, all decisions stay right."""
    rng = np.random.default_rng(1)
    groups, scores = (
        np.repeat([0, 1], 1000),
        np.concatenate([rng.permutation(1000), rng.permutation(1000) + 500.0]),
    )
    right = np.where(groups == 0, scores >= 700, scores >= 1200)
    edges = group_thresholds(scores, right, groups, 2)
    assert ((scores >= edges[groups]) == right).mean() > 0.999


def test_the_gap_in_error_rates_by_hand():
    """Deserving: 8 of 10 against 4 of 10; others: 1 of 10 against 2 of 10: the wider gap is 0.4, whichever class is positive."""
    groups = np.repeat([0, 1], 20)
    deserving = np.tile(np.repeat([True, False], 10), 2)
    hits = (8, 1, 4, 2)
    selected = np.concatenate([np.arange(10) < k for k in hits]).astype(float)
    told = odds_gap(selected, deserving, groups, ["a", "b"], least=10)
    assert told.value == pytest.approx(0.4)
    assert told.family == "deserving"
    assert odds_gap(1 - selected, ~deserving, groups, ["a", "b"], least=10).value == pytest.approx(0.4)
    assert odds_gap(selected, deserving & (groups == 0), groups, ["a", "b"], least=10) is None


def test_equalized_odds_thresholds_close_a_planted_gap_and_leave_the_clean_twin():
    """Scores of one group are moved by 1 SD: the gap in error rates shrinks to a third at most; without the shift it stays small."""
    rng = np.random.default_rng(5)
    n = 12_000
    groups, deserving = rng.integers(0, 2, n), rng.random(n) < 0.5
    for shift, wide in ((1.0, True), (0.0, False)):
        scores = rng.normal(deserving * 1.5 - groups * shift, 1.0)
        told = by_odds(
            scores,
            deserving=deserving,
            chosen=scores > 0.75,
            groups=groups,
            names=["a", "b"],
            measured=rng.random(n) < 0.5,
            least=30,
        )
        if wide:
            assert told.odds_before.interval.low > 0.2
            assert told.odds_after.value < told.odds_before.value / 3
            assert "ask counsel" in told.caution
        else:
            assert told.odds_after.value < 0.06
            assert abs(told.price) < 0.02


def test_a_group_too_small_to_tune_on_keeps_its_decisions():
    """Group c has no deserving row to tune on: it is decided as before."""
    rng = np.random.default_rng(6)
    n = 4000
    groups = np.where(np.arange(n) < 40, 2, rng.integers(0, 2, n))
    deserving = (rng.random(n) < 0.5) & (groups != 2)
    scores = rng.normal(deserving * 1.0, 1.0)
    chosen = np.ones(n, dtype=bool)
    told = by_odds(
        scores,
        deserving=deserving,
        chosen=chosen,
        groups=groups,
        names=["a", "b", "c"],
        measured=np.arange(n) % 2 == 0,
        least=10,
    )
    assert told.after.value > 0.3
    assert told.after.reference == "c"
