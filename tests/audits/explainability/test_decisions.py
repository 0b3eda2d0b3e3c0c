"""Single decisions: contributions add up, counterfactuals are real flips and as small as can be, reasons are told."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.explainability.decisions import decided
from riskaudit.audits.explainability.decisions.levers import levers_of
from riskaudit.audits.explainability.decisions.wish import wish_of
from riskaudit.errors import InputError

NUMBERS = ("age", "income", "noise")


def why(evidence, rows=(), *, immutable=(), wanted=(), threshold=None, below=False, trials=6000):
    wish = wish_of(evidence, wanted=wanted, threshold=threshold, below=below)
    return decided(
        evidence, np.arange(len(evidence.test)), asked=tuple(rows), wish=wish, immutable=immutable, trials=trials
    )  # fmt: skip


def flips(evidence, one, found):
    """The model's decision on the row with the changes."""
    row = evidence.subject.columns(evidence.test.frame).iloc[[one.row]].copy()
    for change in found.changes:
        row[change.column] = change.after
    return str(evidence.subject.predict_labels(row)[0])


def linear(rows, n=600):
    frame = rows(n)
    return LogisticRegression().fit(frame[list(NUMBERS)], frame.y), frame


def test_a_linear_models_counterfactual_is_the_smallest_there_is(rows, evidence):
    """One column, the one that moves the margin most for its MAD, by exactly the margin that lacks."""
    model, frame = linear(rows)
    held = evidence(model, frame)
    X = held.test.frame[list(NUMBERS)]
    margin = model.decision_function(X)
    row = int(np.where((margin < -0.3) & (margin > -0.8))[0][0])
    mad = (X - X.median()).abs().median().to_numpy()
    smallest = -margin[row] / (np.abs(model.coef_[0]) * mad).max()
    one = why(held, [row]).decisions[0]
    assert one.decision == "no"
    assert len(one.counterfactuals[0].changes) == 1
    assert one.counterfactuals[0].cost == pytest.approx(smallest, abs=0.01)
    assert one.counterfactuals[0].cost >= smallest - 1e-9


def test_with_ranges_in_the_way_the_dearer_column_fills_what_lacks(evidence):
    """Where the best column ends at what occurs, it goes to its end and the next one pays the rest."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.uniform(0, 1, 800), "b": rng.uniform(0, 10, 800)})
    frame["y"] = np.where(2 * frame.a + 0.1 * frame.b + rng.normal(0, 0.05, 800) > 2.2, "yes", "no")
    model = LogisticRegression(C=100).fit(frame[["a", "b"]], frame.y)
    held = evidence(model, frame)
    X = held.test.frame[["a", "b"]]
    weights, mad = model.coef_[0], (X - X.median()).abs().median().to_numpy()
    row = int(np.where((X.a < 0.3) & (X.b < 3))[0][0])
    lacks = -model.decision_function(X.iloc[[row]])[0]
    room = np.where(weights > 0, X.max() - X.iloc[row], X.iloc[row] - X.min())
    first = int((weights * mad).argmax())
    other = 1 - first
    paid = room[first] * weights[first]
    assert paid < lacks
    smallest = room[first] / mad[first] + (lacks - paid) / (weights[other] * mad[other])
    found = why(held, [row]).decisions[0].counterfactuals[0]
    assert found.cost == pytest.approx(smallest, abs=0.03)


def test_counterfactuals_flip_and_respect_what_may_not_change(rows, pipe, evidence):
    """A forest: every one flips when the model is asked again, whole numbers stay whole, words and ranges are those that occur."""
    frame = rows(1200).assign(age=lambda f: f.age.round().astype(int))
    held = evidence(pipe(RandomForestClassifier(10, random_state=0), frame), frame, sensitive=("job",))
    found = why(held, immutable=("job", "noise"))
    seen = held.test.frame
    assert len(found.decisions) >= 3
    changed = [(one, cf) for one in found.decisions for cf in one.counterfactuals]
    assert changed
    for one, cf in changed:
        assert flips(held, one, cf) == cf.outcome != one.decision
        assert {c.column for c in cf.changes} <= {"age", "income"}
        for c in cf.changes:
            assert seen[c.column].min() <= c.after <= seen[c.column].max()
            assert c.column != "age" or isinstance(c.after, int)


def test_nothing_found_is_said(rows, evidence):
    """Columns that cannot flip it: none, and after how many trials."""
    model, frame = linear(rows)
    one = why(evidence(model, frame), [0], immutable=("age", "income")).decisions[0]
    assert one.counterfactuals == ()
    assert one.searched.startswith("none found within")
    none = why(evidence(model, frame), [0], immutable=NUMBERS).decisions[0]
    assert none.searched == "not assessed: no column may change"


def test_trials_are_a_limit(rows, pipe, evidence):
    """With few trials the model is asked about few rows."""
    frame = rows(400)
    held = evidence(pipe(RandomForestClassifier(10, random_state=0), frame), frame)
    found = why(held, [0], trials=20).decisions[0]
    told = found.searched.replace("none found within ", "").split()[0]
    assert int(told.replace(",", "")) <= 20 + 1 + 6


def test_contributions_add_up_for_every_kind_of_model(rows, pipe, evidence):
    """base + contributions = output, and the waterfall ends where the output is."""
    frame = rows(600)
    for model, target, task in (
        (LogisticRegression(), "y", "binary"),
        (RandomForestClassifier(10, random_state=0), "band", "multiclass"),
        (LinearRegression(), "value", "regression"),
    ):
        held = evidence(pipe(model, frame, target), frame, target=target, task=task)
        for one in why(held, [3, 5]).decisions:
            assert one.base + sum(c.adds for c in one.contributions) == pytest.approx(one.output, abs=1e-6)
            drawn = one.waterfall()
            assert drawn.axes["start"] + sum(drawn.columns["value"]) == pytest.approx(
                drawn.axes["end"], abs=1e-6
            )


def test_reasons_are_those_that_spoke_against(rows, evidence):
    """A poor young applicant of a linear model: income and age are low, the largest first; none for an accepted one."""
    model, frame = linear(rows)
    held = evidence(model, frame)
    X = held.test.frame
    row = int(np.where((X.income < -0.7) & (X.age < 34))[0][0])
    refused = why(held, [row]).decisions[0]
    assert refused.adverse
    assert {reason.column for reason in refused.reasons} >= {"income", "age"}
    assert all("is low" in r.words for r in refused.reasons if r.column in ("income", "age"))
    assert list(refused.reasons) == sorted(refused.reasons, key=lambda r: r.adds)
    assert len(refused.reasons) <= 4
    accepted = int(np.where((X.income > 1) & (X.age > 45))[0][0])
    assert why(held, [accepted]).decisions[0].reasons == ()


def test_a_sensitive_reason_is_never_silent(rows, pipe, evidence):
    """A model that refuses by job: the reason is given, marked, and a caution says what it is."""
    frame = rows(800)
    frame["y"] = np.where(frame.job == "cook", "yes", "no")
    held = evidence(pipe(LogisticRegression(), frame), frame, sensitive=("job",))
    row = int(np.where(held.test.frame.job == "clerk")[0][0])
    one = why(held, [row], immutable=("job",)).decisions[0]
    assert one.reasons[0].column == "job"
    assert one.reasons[0].sensitive
    assert any("'job' is a sensitive column" in caution for caution in one.cautions)


def test_representatives_stand_for_decisions(rows, pipe, evidence):
    """Typical of each decision, the narrowest, and the worst error; each is what it says."""
    frame = rows(600)
    held = evidence(pipe(RandomForestClassifier(10, random_state=0), frame), frame)
    found = {name: one for one in why(held).decisions for name in one.picked.split(", ")}
    assert set(found) == {"typical 'no'", "typical 'yes'", "borderline", "worst error"}
    assert found["typical 'yes'"].decision == "yes"
    lead = np.abs(held.positive_scores() - 0.5)
    assert lead[found["borderline"].row] == pytest.approx(lead.min())
    assert found["worst error"].decision != found["worst error"].actual


def test_a_value_flips_only_across_a_threshold(rows, evidence):
    """Without a threshold it is not assessed; with one the predicted value crosses it."""
    frame = rows(600)
    model = LinearRegression().fit(frame[list(NUMBERS)], frame.value)
    held = evidence(model, frame, target="value", task="regression")
    low = int(np.argmin(held.decisions()))
    assert why(held, [low]).decisions[0].searched.startswith("not assessed: a value has no other side")
    one = why(held, [low], threshold=0.0).decisions[0]
    assert float(one.counterfactuals[0].outcome) >= 0
    assert one.adverse
    down = why(held, [int(np.argmax(held.decisions()))], threshold=0.0, below=True).decisions[0]
    assert float(down.counterfactuals[0].outcome) < 0


def test_several_classes_flip_to_the_one_that_is_wanted(rows, pipe, evidence):
    """Of three bands, towards 'mid' alone."""
    frame = rows(900)
    held = evidence(pipe(RandomForestClassifier(10, random_state=0), frame, "band"), frame, target="band", task="multiclass")  # fmt: skip
    row = int(np.where(held.decisions() == held.test.classes.index("low"))[0][0])
    one = why(held, [row], wanted=("mid",)).decisions[0]
    assert {cf.outcome for cf in one.counterfactuals} == {"mid"}


def test_levers_keep_the_steps_of_a_column():
    """Hundreds stay hundreds, cents cents; free text and constants are no levers; a gap can be filled."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "pay": rng.integers(10, 90, 200) * 100,
            "price": np.round(rng.uniform(1, 9, 200), 2),
            "same": 1,
            "note": [f"text {at}" for at in range(200)],
            "flag": rng.choice([True, False], 200),
        }
    )
    found, left = levers_of(frame, list(frame.columns), ())
    steps = {lever.column: lever for lever in found}
    assert set(steps) == {"pay", "price", "flag"}
    assert len(left) == 2
    assert steps["pay"].step == 100
    assert steps["price"].step == pytest.approx(0.01)
    between = steps["pay"].between(1000, 2000, 99)
    assert between == [1100, 1200, 1300, 1400, 1500, 1600, 1700, 1800, 1900]
    assert steps["pay"].between(2000, 1000, 99) == between[::-1]
    assert steps["price"].cost(float("nan"), 2.0) == 1


def test_a_model_that_gives_classes_only_is_refused(evidence, rows):
    """There is nothing graded to explain."""
    from sklearn.svm import LinearSVC

    frame = rows(200)
    model = LinearSVC().fit(frame[list(NUMBERS)], frame.y)
    held = evidence(model, frame)

    class Classes:
        classes_ = model.classes_
        predict = staticmethod(model.predict)

    from dataclasses import replace

    only = replace(held, subject=replace(held.subject, estimator=Classes()))
    with pytest.raises(InputError, match="classes only"):
        why(only, [0])


def test_equal_seeds_give_equal_answers(rows, pipe, evidence):
    """To the last digit."""
    frame = rows(400)
    model = pipe(DecisionTreeClassifier(max_depth=4, random_state=0), frame)
    assert why(evidence(model, frame), [0, 1]) == why(evidence(model, frame), [0, 1])
