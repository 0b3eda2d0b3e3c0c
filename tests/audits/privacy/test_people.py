"""Privacy of people with several rows: judged by person, split by person."""

import dataclasses

import numpy as np
import pytest
from audits.privacy.worlds import evidence, found, table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from riskaudit.audits.audit import examine
from riskaudit.audits.privacy import PrivacyAudit, attacks, blind, design, loss, people, pool
from riskaudit.audits.privacy.table import quasi
from riskaudit.datasets.dataset import Dataset
from riskaudit.statistics import auc

EACH = 5  # rows of a person


def persons(seed, n, *, columns=3, task="binary"):
    """Rows of n people, five each, that are alike within a person."""
    rng = np.random.default_rng(seed)
    own = np.repeat(rng.normal(size=(n, columns)), EACH, axis=0)
    y = np.repeat(rng.normal(size=n), EACH) + own[:, 0]
    X = own + 0.05 * rng.normal(size=own.shape)
    if task == "binary":
        y = (y > 0).astype(int)
    rows = table(X, y, task=task)
    frame = rows.frame.assign(pid=np.repeat([f"{seed}-{k}" for k in range(n)], EACH))
    return Dataset(**{**vars(rows), "frame": frame, "unit": "pid"})


def plain(given):
    """The same evidence where nobody says whose row is whose."""
    parts = {role: dataclasses.replace(given.rows(role), unit="") for role in ("train", "test")}
    return dataclasses.replace(given, **parts, _kept={})


def strangers(seed):
    """A model of other people, with and without word of whose row is whose."""
    train, test, others = (persons(1000 * k + seed, 60) for k in (1, 2, 3))
    given = evidence(LogisticRegression(), train, test, fitted_on=others, seed=seed, effort="quick")
    return given, plain(given)


def test_false_alarms_are_rare_only_where_people_are_counted_as_people():
    """80 models of other people: the loss attack raises at most 5 alarms (of 2 expected) by person, many by row."""
    alarms = [0, 0]
    for seed in range(80):
        for at, given in enumerate(strangers(seed)):
            rows = pool.once_only(given)
            attack = people.by_person(loss.attack(given, rows), rows.people)
            alarms[at] += auc(attack.members, attack.others)[1].low > 0.5
    assert alarms[0] <= 5
    assert alarms[1] > 9


def test_the_blind_control_does_not_know_people_again():
    """Folds that tear people apart tell members from others by their other rows; folds of people hardly ever."""
    alarms = [0, 0]
    for seed in range(8):
        for at, given in enumerate(strangers(seed)):
            alarms[at] += blind.look(given, pool.once_only(given)).measure.interval.low > 0.5
    assert alarms[0] <= 1
    assert alarms[1] == 8


@pytest.mark.slow
def test_every_attack_by_person_raises_few_alarms():
    """Over 20 models of other people, each attack at most 3."""
    alarms = {}
    for seed in range(20):
        given = strangers(seed)[0]
        for attack in attacks.tried(given, pool.once_only(given)).attacks:
            hit = auc(attack.members, attack.others)[1].low > 0.5
            alarms[attack.name] = alarms.get(attack.name, 0) + hit
    assert max(alarms.values()) <= 3, alarms


@pytest.mark.parametrize(
    "model", [DecisionTreeClassifier(), RandomForestClassifier(20), LogisticRegression()]
)
def test_an_audit_by_person_counts_people_and_says_so(model):
    """Intervals rest on people, the note says how many rows; a tree's leak is found."""
    model.set_params(random_state=0)
    train, test = persons(1, 90), persons(2, 90)
    result = examine(PrivacyAudit(), evidence(model, train, test, effort="quick"))
    assert result.status == "measured", result.reason
    loss = found(result, "membership_auc", "loss")
    assert loss.n == 180
    assert "90 people with 450 member rows" in loss.note
    if not isinstance(model, LogisticRegression):
        assert found(result, "membership_auc", "strongest").interval.low > 0.55
    assert "of a person with all rows" in found(result, "epsilon_lower_bound").note
    assert not any(m.name == "privacy.group_membership_auc" for m in result.measures)


def test_a_regression_is_judged_by_person_too():
    """The gap's bootstrap draws people, the attacks count them."""
    train, test = (persons(s, 80, task="regression") for s in (1, 2))
    result = examine(
        PrivacyAudit(), evidence(DecisionTreeRegressor(random_state=0), train, test, effort="quick")
    )
    assert found(result, "membership_auc", "loss").n == 160
    assert found(result, "membership_auc", "loss").interval.low > 0.6
    assert found(result, "generalisation_gap").interval.high <= 1


def test_people_on_both_sides_are_left_out_and_counted():
    """Ten people have rows among members and held-out rows: no stranger, on neither side."""
    import pandas as pd

    train, test = persons(1, 60), persons(2, 60)
    some = test.frame[test.frame["pid"].isin([f"2-{k}" for k in range(10)])]
    mixed = dataclasses.replace(train, frame=pd.concat([train.frame, some.iloc[::2]], ignore_index=True))
    left = dataclasses.replace(test, frame=test.frame.drop(some.index[::2]).reset_index(drop=True))
    rows = pool.once_only(evidence(LogisticRegression(), mixed, left))
    assert rows.torn == 10
    assert (len(rows.members), len(rows.others)) == (300, 250)
    assert "10 people with rows on both sides" in rows.note


def test_a_refit_has_all_rows_of_a_person_or_none():
    """The design is one of people; without them it is as it was."""
    owners = np.repeat(np.arange(40), 3)
    made = design.complementary(
        np.zeros(120, dtype=int), rng=np.random.default_rng(0), refits=8, people=owners
    )
    for fitted in made.fitted:
        assert len(set(zip(owners.tolist(), fitted.tolist(), strict=True))) == 40
    assert (made.fitted.sum(axis=0) == 4).all()


def test_each_row_is_a_person_where_nobody_has_two():
    """A unit without repeats, or none: people are rows, a row of unknown person is one of its own."""
    train, test = persons(1, 4), persons(2, 4)
    once = [
        dataclasses.replace(part, frame=part.frame.iloc[::EACH].reset_index(drop=True))
        for part in (train, test)
    ]
    assert people.people_of(evidence(LogisticRegression(), train, test)) is not None
    given = evidence(LogisticRegression(), *once, fitted_on=train)
    assert people.people_of(given) is None
    frame = train.frame.assign(pid=None)
    unknown = people.people_of(evidence(LogisticRegression(), dataclasses.replace(train, frame=frame), test))
    assert len(set(unknown[0].tolist())) == len(frame)


def test_k_anonymity_counts_people():
    """Five rows of one person do not hide that person."""
    train, test = persons(1, 30), persons(2, 30)
    parts = [
        dataclasses.replace(part, frame=part.frame.assign(area=np.repeat(np.arange(30) // 3, EACH)))
        for part in (train, test)
    ]
    given = evidence(LogisticRegression(), *parts, quasi=("area",))
    by = {m.name: m for m in quasi.look(given) if "attacker" not in m.where}
    assert by["privacy.k_anonymity"].value == 3
    assert "count people" in by["privacy.k_anonymity"].note
    by = {m.name: m for m in quasi.look(plain(given)) if "attacker" not in m.where}
    assert by["privacy.k_anonymity"].value == 15
