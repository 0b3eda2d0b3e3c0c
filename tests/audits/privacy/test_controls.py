"""Privacy: controls, the choice of the strongest attack, who is named, claims, canaries, remedies."""

import dataclasses

import numpy as np
import pytest
from audits.privacy.worlds import audited, evidence, found, linear, random_labels, table
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.privacy import (
    canaries,
    claim,
    controls,
    groups,
    isolation,
    pool,
    references,
    remedies,
    strongest,
    summary,
    twins,
)
from riskaudit.audits.privacy.told import Attack
from riskaudit.datasets.dataset import Dataset
from riskaudit.measure import Measure
from riskaudit.subjects.record import TrainingRecord


def normal_attack(rng, shift, n=400, name="a", corrected=False):
    return Attack(
        name=name, members=rng.normal(shift, 1, n), others=rng.normal(0, 1, n), note="", needs="", corrected=corrected
    )  # fmt: skip


def quiet(value=0.5):
    """A blind control that sees nothing, or a shift."""
    interval = {"low": value - 0.03, "high": value + 0.03, "method": "by hand"}
    return Measure(name="privacy.blind_auc", value=value, interval=interval, n=100, unit="auc")


def test_the_strongest_pays_for_the_choice():
    """The best of ten worthless attacks: its interval excludes 0.5 in at most 5 % of 200 runs."""
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        tried = [normal_attack(rng, 0, n=150, name=str(k)) for k in range(10)]
        best = next(strongest.measures(tried, quiet()))
        alarms += best.interval.low > 0.5
    assert alarms <= 10


def test_the_strongest_is_the_strongest():
    """Of two attacks the better one is given, under the name strongest."""
    rng = np.random.default_rng(0)
    tried = [normal_attack(rng, 0.2, name="weak"), normal_attack(rng, 1.5, name="strong")]
    best = next(strongest.measures(tried, quiet()))
    assert best.where == {"attack": "strongest"}
    assert "'strong'" in best.note
    assert best.interval.low > 0.8


def test_under_shift_only_attacks_by_refits_count():
    """Where the tables differ by themselves an uncorrected success is not told as a leak."""
    rng = np.random.default_rng(1)
    tried = [normal_attack(rng, 2, name="loss"), normal_attack(rng, 0, name="reference", corrected=True)]
    best = next(strongest.measures(tried, quiet(0.9)))
    assert "'reference'" in best.note
    assert next(strongest.measures(tried[:1], quiet(0.9))).value is None


def test_of_those_named_so_many_are_members():
    """Shift 2: the precision at even odds holds the true one (TPR .37 at 1 %), and the sentence says it."""
    rng = np.random.default_rng(2)
    given = _evidence()
    who = strongest.named([normal_attack(rng, 2, n=4000)], given)
    measures = {m.where.get("prior", "share"): m for m in strongest.people(who, 0.2)}
    assert set(measures) == {"0.2", "0.5", "0.01", "share"}
    truth = 0.37 / (0.37 + 0.01)
    assert measures["0.5"].interval.low <= truth <= measures["0.5"].interval.high
    assert measures["0.5"].note.startswith(
        f"Of 100 people the attack names as members, {100 * measures['0.5'].value:.0f} are"
    )
    assert 0.5 < measures["share"].value < 0.8  # TPR where nine of ten named are members


def test_nobody_is_named_on_rows_that_chose():
    """Noise: over 40 runs the precision of the best of five attacks is half, as one chosen on the same rows is not."""
    values, given = [], _evidence()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        tried = [normal_attack(rng, 0, n=100, name=str(k)) for k in range(5)]
        who = strongest.named(tried, dataclasses.replace(given, seed=seed))
        values.append(next(strongest.people(who, 0.5)).value)
    assert abs(np.mean(values) - 0.5) < 3 * np.std(values) / np.sqrt(40)


def _evidence(seed=0):
    rows = linear(1, 60)
    return evidence(LogisticRegression(), rows, linear(2, 60), seed=seed)


def test_the_negative_control_finds_nothing_and_the_positive_one_does():
    """A forest that leaks: shuffled membership and outsiders give 0.5, the overfit twin is found."""
    result = audited(
        RandomForestClassifier(30, random_state=0), linear(11, 500), linear(12, 500), effort="quick"
    )
    negatives = [m for m in result.measures if m.name == "privacy.negative_control_auc"]
    assert len(negatives) == 2
    assert all(m.interval.low <= 0.5 <= m.interval.high for m in negatives)
    assert found(result, "positive_control_auc").interval.low > 0.6
    assert "recipe with every brake off" in found(result, "positive_control_auc").note
    short = next(e for e in result.exhibits if e.name == "privacy.in_short")
    told = dict(zip(short.columns["question"], short.columns["answer"], strict=True))
    assert "as it should be; an overfit twin" in told["What do the controls say?"]


def test_no_leak_is_said_only_where_the_positive_control_is_found():
    """A logistic model of noisy rows: none found, the twin is. An outcome without noise: the twin is not, so not known."""
    answers = [_first_answer(noise) for noise in (1.0, 0.0)]
    assert answers[0].startswith("No leak found")
    assert answers[1].startswith("Not known")


def _first_answer(noise):
    rng = np.random.default_rng(4)

    def rows(n):
        X = rng.normal(size=(n, 3))
        return table(X, (X[:, 0] + noise * rng.normal(size=n) > 0).astype(int))

    model = LogisticRegression(C=1.0) if noise else DummyClassifier(strategy="prior")
    if not noise:
        rng = np.random.default_rng(5)
        X = rng.integers(2, size=(900, 1)) + 1e-3 * rng.random((900, 1))
        whole = table(X, (X[:, 0] > 0.5).astype(int))
        result = audited(
            LogisticRegression(C=0.01),
            whole.take(np.arange(450)),
            whole.take(np.arange(450, 900)),
            effort="quick",
        )
    else:
        result = audited(model, rows(600), rows(600), effort="quick")
    short = next(e for e in result.exhibits if e.name == "privacy.in_short")
    return str(short.columns["answer"][0])


def test_the_summary_says_yes_where_it_leaks():
    """A tree that learnt by heart: yes, and what an accusation is worth."""
    result = audited(DecisionTreeClassifier(random_state=0), *random_labels(1, 300, 2), effort="quick")
    short = next(e for e in result.exhibits if e.name == "privacy.in_short")
    assert str(short.columns["answer"][0]).startswith("Yes")
    assert any(str(a).startswith("Of 100 people") for a in short.columns["answer"])
    told = dict(zip(short.columns["question"], short.columns["answer"], strict=True))
    assert "(still above guessing), accuracy +0.000" in told["What would stop it?"]
    roc = next(e for e in result.exhibits if e.name == "privacy.roc")
    best = max(
        (
            m
            for m in result.measures
            if m.name == "privacy.membership_auc" and m.where["attack"] != "strongest"
        ),
        key=lambda m: m.value or 0,
    )
    assert {"negative control", "positive control", best.where["attack"]} <= set(roc.columns["series"])
    assert roc.axes["diagonal"] == 1.0


def test_who_is_exposed_is_told_by_group():
    """Scores that find one group's members only: that group is named, with an interval above zero."""
    rng = np.random.default_rng(6)
    parts = []
    for seed in (1, 2):
        rows = linear(seed, 600)
        frame = rows.frame.assign(sex=np.where(np.arange(600) % 2, "f", "m"))
        parts.append(Dataset(**{**vars(rows), "frame": frame, "sensitive": ("sex",)}))
    given = evidence(LogisticRegression(), *parts)
    female = np.arange(600) % 2 == 1
    attack = Attack(
        name="a", members=rng.normal(size=600) + 2 * female, others=rng.normal(size=600), note="", needs="",
        member_at=np.arange(600), other_at=np.arange(600),
    )  # fmt: skip
    told = list(groups.measures(attack, given))
    gap = next(m for m in told if m.name == "privacy.group_membership_gap")
    assert (gap.where["group"], gap.where["reference"]) == ("f", "m")
    assert gap.interval.low > 0.2
    assert "sex = f" in summary.who(told)


def test_rows_far_from_all_others_are_told_apart():
    """A tenth of the rows stand far out and only their members are found: they are named as exposed most."""
    rng = np.random.default_rng(6)
    parts = [linear(seed, 600) for seed in (1, 2)]
    for rows in parts:
        rows.frame.loc[:149, ["x0", "x1", "x2", "x3"]] *= 8
    given = evidence(LogisticRegression(), *parts, quasi=("x0",))
    attack = Attack(
        name="a", members=rng.normal(size=600) + 2 * (np.arange(600) < 150), others=rng.normal(size=600), note="",
        needs="", member_at=np.arange(600), other_at=np.arange(600),
    )  # fmt: skip
    told = list(groups.measures(attack, given))
    auc = {m.where["rows"]: m for m in told if "rows" in m.where}
    assert auc[isolation.FAR].interval.low > auc[isolation.NEAR].interval.high
    assert isolation.FAR in summary.who(told)
    assert next(m for m in told if "x0" in m.where).where == {"x0": isolation.ALONE}
    assert not any(m.name == "privacy.group_membership_gap" for m in told)


def _claimed(given, epsilon):
    record = TrainingRecord(
        learner="perceptron", task="binary", target="y", features={"x0": "number"}, rows=1, held_out=1, seconds=1.0,
        seed=0, epsilon=epsilon, delta=1e-5,
    )  # fmt: skip
    return dataclasses.replace(given, subject=dataclasses.replace(given.subject, training=record))


@pytest.mark.parametrize(("claimed", "refuted"), [(0.5, True), (20.0, False)])
def test_a_broken_claim_is_refuted_and_another_is_not_confirmed(claimed, refuted):
    """A proven 3 against a claimed 0.5 breaks the rule; against 20 nothing is said."""
    rng = np.random.default_rng(7)
    given = _claimed(_evidence(), claimed)
    bound = strongest.epsilon(normal_attack(rng, 4, n=1000), given)
    assert bound.value > 2
    measure = next(claim.measures(given, [bound]))
    assert (measure.value > 0) == refuted
    assert ("does not hold" in measure.note) == refuted


def test_who_claims_nothing_is_not_judged():
    """No declared epsilon, no measure."""
    assert not list(claim.measures(_evidence(), []))


def test_planted_canaries_are_found_as_a_set():
    """An unpruned tree remembers them all; a constant model none."""
    train, test = linear(1, 1500), linear(2, 1500)
    told = {}
    for name, model in (
        ("tree", DecisionTreeClassifier(random_state=0)),
        ("constant", DummyClassifier(strategy="prior")),
    ):
        given = evidence(model, train, test, effort="deep")
        made = references.fitted(dataclasses.replace(given, effort="quick"), pool.once_only(given))
        told[name] = {m.name: m for m in canaries.measures(given, made)}
    assert told["tree"]["privacy.canary_auc"].interval.low > 0.6
    assert told["tree"]["privacy.epsilon_lower_bound"].value > 0.5
    constant = told["constant"]["privacy.canary_auc"].interval
    assert constant.low <= 0.5 <= constant.high
    assert told["constant"]["privacy.epsilon_lower_bound"].value == 0


def test_a_remedy_that_helps_is_seen_to_help():
    """A forest with 20 rows a leaf leaks far less than the same forest without, on the same rows."""
    result = audited(
        RandomForestClassifier(20, random_state=0), linear(1, 500, columns=8), linear(2, 500, columns=8)
    )
    auc = {
        m.where["remedy"]: m
        for m in result.measures
        if m.name == "privacy.remedy_auc" and "anew" in m.where["tried on"]
    }
    assert auc["min_samples_leaf 20"].interval.high < auc["as it is"].interval.low - 0.1
    price = found(result, "remedy_quality_change")
    assert price.interval.low <= price.value <= price.interval.high
    assert any(e.name == "privacy.remedies" for e in result.exhibits)


def test_labels_alone_tell_less_than_probabilities():
    """Hidden scores: the reference attack on a forest falls, yet not to guessing."""
    given = evidence(
        RandomForestClassifier(40, random_state=0), linear(1, 600), linear(2, 600), effort="quick"
    )
    made = references.fitted(given, pool.once_only(given))
    auc = {m.where["remedy"]: m for m in remedies.measures(given, made) if m.name == "privacy.remedy_auc"}
    assert auc["labels only"].interval.high < auc["as it is"].interval.low
    assert auc["labels only"].interval.low > 0.52


@pytest.mark.slow
def test_deep_tries_every_remedy():
    """Distillation on out-of-fold labels and DP-SGD at epsilon 1 leave little of a tree's leak."""
    from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

    def private(epsilon):
        return PrivatePerceptronClassifier(epsilon=epsilon, epochs=5, noise_seed=0)

    result = audited(
        DecisionTreeClassifier(random_state=0),
        linear(1, 700),
        linear(2, 700),
        effort="deep",
        private_learner=private,
    )
    assert result.status == "measured", result.reason
    auc = {
        m.where["remedy"]: m
        for m in result.measures
        if m.name == "privacy.remedy_auc" and "anew" in m.where["tried on"]
    }
    assert {
        "DP-SGD perceptron, epsilon 8",
        "DP-SGD perceptron, epsilon 1",
        "distilled on out-of-fold labels",
    } <= set(auc)
    assert auc["as it is"].interval.low > 0.6
    assert auc["distilled on out-of-fold labels"].interval.high < auc["as it is"].interval.low
    assert auc["DP-SGD perceptron, epsilon 1"].interval.low < 0.55


def test_the_overfit_twin_of_a_linear_recipe_is_a_tree():
    """A recipe without brakes to take off is stood in for by an unpruned tree after its own preparation."""
    given = evidence(LogisticRegression(), linear(1, 200), linear(2, 200), effort="quick")
    made = references.fitted(given, pool.once_only(given))
    twin = controls.positive(given, made)
    assert "unpruned tree" in twin.told


def test_copies_give_a_row_away_and_their_removal_helps():
    """Rows that stand eight times are found far better than the same rows once, by a forest with 20 rows a leaf."""
    import pandas as pd

    rows = linear(1, 900)
    copied = pd.concat([rows.frame] + [rows.frame[:300]] * 7, ignore_index=True)
    train = Dataset(**{**vars(rows), "frame": copied})
    given = evidence(RandomForestClassifier(15, min_samples_leaf=20, random_state=0), train, linear(2, 400))
    made = references.fitted(dataclasses.replace(given, effort="quick"), pool.once_only(given))
    pair = twins.trials(given, made.bench, made.pooled.others)
    before, after = pair.before, pair.after
    from riskaudit.statistics import auc

    assert auc(before.members, before.others)[1].low > 0.8
    assert auc(after.members, after.others)[0] < auc(before.members, before.others)[1].low - 0.1


def test_silence_counts_only_where_the_overfit_twin_is_found():
    """The same silent attack: a value where the twin is found, not assessed where it is not, or cannot be had."""
    best = list(strongest.measures([normal_attack(np.random.default_rng(3), 0)], quiet()))
    twins = {value: quiet(value) for value in (0.5, 0.9)}
    assert [m.value for m in strongest.vouched(best, strongest.silence(twins[0.9], ""))] == [
        m.value for m in best
    ]
    for why in (strongest.silence(twins[0.5], ""), strongest.silence(twins[0.9], "no recipe")):
        assert all(m.value is None for m in strongest.vouched(best, why))


def test_a_leak_found_by_a_weak_attack_stands_beside_what_is_not_known():
    """A leak is a leak; that stronger attacks were not made is a slice of its own, so a small leak is no pass."""
    best = next(strongest.measures([normal_attack(np.random.default_rng(3), 1)], quiet()))
    one, other = strongest.vouched([best], "why")
    assert one == best
    assert other.value is None
    assert other.where == {"attack": "strongest", "beyond": "these"}


def test_every_remedy_has_its_price():
    """Copies in the table: rounding, labels only, the recipe's brake and removal each tell what quality they cost."""
    import pandas as pd

    rows = linear(1, 700)
    train = Dataset(**{**vars(rows), "frame": pd.concat([rows.frame, rows.frame[:200]], ignore_index=True)})
    given = evidence(DecisionTreeClassifier(random_state=0), train, linear(2, 500))
    made = references.fitted(dataclasses.replace(given, effort="quick"), pool.once_only(given))
    told = list(remedies.measures(given, made))
    prices = {m.where["remedy"]: m for m in told if m.name == "privacy.remedy_quality_change"}
    tried = {m.where["remedy"] for m in told if m.name == "privacy.remedy_auc"} - {"as it is"}
    assert (
        set(prices)
        == tried
        == {"rounded to one digit", "labels only", "min_samples_leaf 20", "duplicates removed"}
    )
    assert prices["labels only"].value == 0
    for measure in prices.values():
        assert measure.interval.low <= measure.value <= measure.interval.high


def test_the_price_of_rounding_is_that_of_deciding_by_rounded_answers():
    """0.54 becomes 0.5 of two classes: whoever decides by it, ties to the first, is wrong."""
    from riskaudit.audits.privacy import price

    before, after = np.array([1.0, 1, 1, 0]), np.array([0.0, 1, 1, 0])
    told = price.measure(before, after, "r", regression=False, rng=np.random.default_rng(0))
    assert told.value == -0.25
    assert told.interval.low <= -0.25 <= told.interval.high


def test_the_price_of_a_regression_has_an_interval():
    """Errors that double: the mean squared error rises by as much as itself, within the bootstrap's interval."""
    from riskaudit.audits.privacy import price

    rng = np.random.default_rng(0)
    before = rng.exponential(size=400)
    told = price.measure(before, 2 * before * rng.uniform(0.8, 1.2, 400), "r", regression=True, rng=rng)
    assert told.value == pytest.approx(-1, abs=0.05)
    assert told.interval.low < -1 < told.interval.high


def test_a_threshold_from_other_rows_proves_no_epsilon_that_is_not_there():
    """200 worthless attacks: a bound above 0 in at most 5 %; a strong one proves more than 1."""
    given = _evidence()
    bounds = [
        strongest.epsilon_at_threshold(
            normal_attack(np.random.default_rng(seed), 0), dataclasses.replace(given, seed=seed)
        ).value
        for seed in range(200)
    ]
    assert np.mean(np.array(bounds) > 0) <= 0.05
    assert strongest.epsilon_at_threshold(normal_attack(np.random.default_rng(0), 4), given).value > 1
