"""Privacy attacks one by one: each finds a planted leak, none finds one in a model of other people."""

import numpy as np
import pandas as pd
import pytest
from audits.privacy.worlds import evidence, linear, random_labels, table
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from riskaudit.audits.privacy import (
    attacks,
    entropy,
    label_only,
    leave_one_out,
    lira,
    loss,
    pool,
    quantile,
    references,
    rmia,
    signals,
)
from riskaudit.audits.privacy import leave_one_out_softmax as softmax
from riskaudit.audits.privacy.asked import asked
from riskaudit.statistics import auc


def strength(attack):
    assert not isinstance(attack, str), attack
    return auc(attack.members, attack.others)


def asking(given):
    """The attacks that only ask, by name."""
    rows = pool.once_only(given)
    said = asked(given, rows)
    found = [
        loss.attack(given, rows),
        entropy.attack(given, said),
        quantile.attack(given, said),
        label_only.attack(given, said),
    ]
    return {attack.name: attack for attack in found}


def test_every_asking_attack_finds_a_tree_that_learnt_by_heart():
    """An unpruned tree on noisy outcomes: each of the four attacks that only ask is surely above guessing."""
    train, test = linear(1, 600), linear(2, 600)
    found = asking(evidence(DecisionTreeClassifier(random_state=0), train, test))
    assert {name for name, attack in found.items() if strength(attack)[1].low > 0.53} == set(found)


def test_no_asking_attack_finds_a_stranger():
    """A forest trained on other rows: every attack's interval holds 0.5."""
    found = asking(
        evidence(
            RandomForestClassifier(30, random_state=0),
            linear(31, 600),
            linear(32, 600),
            fitted_on=linear(33, 600),
        )
    )
    for attack in found.values():
        interval = strength(attack)[1]
        assert interval.low <= 0.5 <= interval.high, attack.name


@pytest.mark.slow
def test_asking_attacks_raise_few_false_alarms():
    """Over 25 leak-free models, each of them at most 4 alarms (a 95 % interval above 0.5)."""
    alarms = {}
    for seed in range(25):
        train, test, others = (linear(1000 * k + seed, 240, columns=2) for k in (1, 2, 3))
        given = evidence(LogisticRegression(), train, test, fitted_on=others, seed=seed, effort="quick")
        for name, attack in asking(given).items():
            alarms[name] = alarms.get(name, 0) + (strength(attack)[1].low > 0.5)
    assert max(alarms.values()) <= 4, alarms


def test_the_quantile_attack_sees_what_the_loss_does_not():
    """Asking alone, a forest's leak is found better beside what trees expect of such a person."""
    found = asking(evidence(RandomForestClassifier(50, random_state=0), linear(1, 1000), linear(2, 1000)))
    assert strength(found["quantile"])[0] > strength(found["loss"])[0] + 0.05


def test_entropy_is_the_loss_where_classes_are_alike():
    """With two classes Mentr falls as the probability of the actual class rises."""
    right = np.linspace(0.01, 0.99, 50)
    value = entropy.modified_entropy(_answers(right, 1 - right, 1 - right))
    assert (np.diff(value) < 0).all()


def test_entropy_of_song_and_mittal():
    """p = (.7, .2, .1), y = 0: -.3 log .7 - .2 log .8 - .1 log .9."""
    value = entropy.modified_entropy(_answers(np.array([0.7]), np.array([0.3]), np.array([0.2])))
    expected = -0.3 * np.log(0.7) - 0.2 * np.log(0.8) - 0.1 * np.log(0.9)
    assert value[0] == pytest.approx(expected)


def _answers(right, wrong, top):
    from riskaudit.audits.privacy.asked import Asked

    n = len(right)
    return Asked(
        right=right, wrong=wrong, top=top, outcome=np.zeros(n, dtype=int), member=np.zeros(n, dtype=bool),
        at=np.arange(n), kind="probability",
    )  # fmt: skip


def planted(rng, n, models, shift):
    """References whose confidence is N(0, 1) without a row and N(shift, 1) with it, and a target likewise."""
    fitted = np.array([[(row + k) % 2 == 0 for row in range(n)] for k in range(models)])
    for k in range(0, models, 2):
        fitted[k] = rng.permutation(fitted[k])
        fitted[k + 1] = ~fitted[k]
    base = rng.normal(scale=3, size=n)
    values = base + rng.normal(size=(models, n)) + shift * fitted
    member = np.arange(n) < n // 2
    return base + rng.normal(size=n) + shift * member, values, fitted, member


@pytest.mark.parametrize("models", [8, 64])
def test_lira_reaches_what_can_be_reached(models):
    """Shift 2 between unit normals: AUC Phi(sqrt 2) = .921 at best; 8 references lose little, 64 hardly anything."""
    rng = np.random.default_rng(0)
    target, values, fitted, member = planted(rng, 4000, models, 2.0)
    for score, least in ((lira.online, 0.90), (lira.offline, 0.86)):
        scores = score(target, values, fitted)
        reached = auc(scores[member], scores[~member])[0]
        assert least - (0.03 if models == 8 else 0) < reached < 0.935


@pytest.mark.parametrize("score", [lira.online, lira.offline])
def test_lira_finds_nothing_where_nothing_is(score):
    """No shift: the interval holds 0.5."""
    target, values, fitted, member = planted(np.random.default_rng(1), 2000, 8, 0.0)
    scores = score(target, values, fitted)
    interval = auc(scores[member], scores[~member])[1]
    assert interval.low <= 0.5 <= interval.high


def test_rmia_offline_chooses_a_without_the_audited_labels():
    """Its a depends on the references alone, and it finds a planted leak."""
    rng = np.random.default_rng(2)
    target, values, fitted, member = planted(rng, 2000, 8, 2.0)
    mine, others = (
        signals.of_probabilities(p, 1 - p, 0) for p in (1 / (1 + np.exp(-v)) for v in (target, values))
    )
    rounds = np.repeat(np.arange(4), 2)
    scores, a = rmia.offline(mine, others, fitted, rounds)
    assert a == rmia.offline(others.of(0), others, fitted, rounds)[1]
    assert auc(scores[member], scores[~member])[0] > 0.7


def test_the_family_finds_boosted_trees():
    """Boosting on noise: reference, LiRA, RMIA and the shadow classifier all find it."""
    train, test = random_labels(5, 200, 2, columns=3)
    model = HistGradientBoostingClassifier(
        max_iter=40, min_samples_leaf=2, early_stopping=False, random_state=0
    )
    given = evidence(model, train, test)
    made = references.fitted(given, pool.once_only(given))
    assert not isinstance(made, str)
    found = [references.best(made), *references.family(given, made)]
    assert [attack.name for attack in found] == [
        "reference",
        "shadow",
        "rmia-offline",
        "lira",
        "lira-offline",
    ]
    assert min(strength(attack)[0] for attack in found) > 0.75


@pytest.mark.slow
def test_the_family_raises_few_false_alarms():
    """Over 30 leak-free models each attack by references raises at most 4 alarms."""
    alarms = {}
    for seed in range(30):
        train, test, others = (linear(1000 * k + seed, 200, columns=2) for k in (1, 2, 3))
        given = evidence(LogisticRegression(), train, test, fitted_on=others, seed=seed)
        made = references.fitted(given, pool.once_only(given))
        extra = leave_one_out.attack(given, pool.once_only(given))
        for attack in (references.best(made), extra, *references.family(given, made)):
            alarms[attack.name] = alarms.get(attack.name, 0) + (strength(attack)[1].low > 0.5)
    assert max(alarms.values()) <= 4, alarms


def test_leave_one_out_is_exact_for_least_squares():
    """With and without a row: the closed form gives what a fit gives, to eight digits."""
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.normal(size=(40, 3)), np.ones(40)])
    y = X @ [1.0, -1.0, 0.5, 0.2] + rng.normal(size=40)
    penalty = np.array([2.0, 2.0, 2.0, 0.0])
    curve = leave_one_out.solved(X, y, "linear", weight=0.5, penalty=penalty, share=0.5)
    inside, outside = leave_one_out.with_and_without(curve, weight=0.5)
    for row in (0, 17):
        for weight, said in ((1.0, inside), (0.0, outside)):
            weights = np.full(40, 0.5)
            weights[row] = weight
            theta = np.linalg.solve((X.T * weights) @ X + np.diag(penalty), (X.T * weights) @ y)
            assert said[row] == pytest.approx(X[row] @ theta, abs=1e-6)


def test_leave_one_out_is_close_for_logistic_regression():
    """The closed form differs from a fit without the row by a twentieth of what the row changes."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(150, 4))
    y = (X[:, 0] + rng.normal(size=150) > 0).astype(float)
    curve = leave_one_out.solved(X, y, "logistic", weight=1.0, penalty=np.full(4, 1.0), share=0.5)
    _, outside = leave_one_out.with_and_without(curve, weight=1.0)
    for row in (3, 50, 99):
        keep = np.arange(150) != row
        model = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8).fit(X[keep], y[keep])
        exact = float(X[row] @ model.coef_[0])
        assert abs(outside[row] - exact) <= 0.05 * abs(exact - curve.z[row]) + 1e-3


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_leave_one_out_finds_what_refits_find(task):
    """60 columns, 150 members: far above 0.5, with one fit; on a model of other people it is not."""
    rng = np.random.default_rng(8)

    def rows(n):
        X = rng.normal(size=(n, 60))
        y = X[:, 0] + rng.normal(size=n)
        return table(X, y, task="regression") if task == "regression" else table(X, (y > 0).astype(int))

    train, test, others = rows(150), rows(150), rows(150)
    model = Ridge(1.0) if task == "regression" else make_pipeline(StandardScaler(), LogisticRegression(C=10))
    leak = leave_one_out.attack(*_given(model, train, test))
    assert strength(leak)[0] > strength(loss.attack(*_given(model, train, test)))[0] > 0.5
    assert strength(leak)[1].low > 0.55
    interval = strength(leave_one_out.attack(*_given(model, train, test, fitted_on=others)))[1]
    assert interval.low <= 0.5 <= interval.high


def _given(model, train, test, **rest):
    given = evidence(model, train, test, **rest)
    return given, pool.once_only(given)


@pytest.mark.parametrize("model", [DecisionTreeClassifier(), LogisticRegression(class_weight="balanced")])
def test_leave_one_out_says_where_it_has_no_closed_form(model):
    """Another family, or weighted classes: a reason, no number."""
    assert "closed form" in leave_one_out.attack(*_given(model, linear(1, 60), linear(2, 60)))


def test_regressions_are_attacked_too():
    """Of a regression: loss, quantile and the family by references; not what needs labels."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(600, 3))
    whole = table(X, X[:, 0] + rng.normal(size=600), task="regression")
    given = evidence(
        DecisionTreeRegressor(random_state=0),
        whole.take(np.arange(300)),
        whole.take(np.arange(300, 600)),
        effort="quick",
    )
    found = attacks.tried(given, pool.once_only(given))
    assert {attack.name for attack in found.attacks} >= {"loss", "quantile", "reference", "lira", "shadow"}
    assert {"entropy", "label-only"} <= set(found.left_out)
    assert strength(next(a for a in found.attacks if a.name == "quantile"))[0] > 0.8


def test_a_text_model_is_asked_with_words_left_out():
    """One column of texts: the label-only attack disturbs words, and every attack runs."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.feature_extraction.text import TfidfVectorizer

    from riskaudit.datasets.dataset import Dataset
    from riskaudit.subjects.subject import subject_of

    rng = np.random.default_rng(7)
    words = np.array([f"w{i}" for i in range(400)])
    texts = [" ".join(rng.choice(words, 12)) for _ in range(400)]
    frame = pd.DataFrame({"text": texts, "y": rng.integers(2, size=400)})
    data = Dataset(
        name="t", frame=frame, target="y", task="binary", features=("text",), classes=("0", "1"), positive="1"
    )
    train, test = data.take(np.arange(200)), data.take(np.arange(200, 400))
    model = make_pipeline(make_column_transformer((TfidfVectorizer(), "text")), LogisticRegression(C=100))
    subject = subject_of(model.fit(train.frame[["text"]], train.labels), name="m", features=("text",))
    from riskaudit.evidence import Evidence

    given = Evidence(subject=subject, test=test, train=train, effort="quick")
    found = attacks.tried(given, pool.once_only(given))
    by_name = {attack.name: strength(attack)[0] for attack in found.attacks}
    assert by_name["label-only"] > 0.75
    assert by_name["reference"] > 0.85
    assert "leave-one-out" in found.left_out


def test_linear_regression_has_no_penalty():
    """An unpenalised fit is attacked in closed form too."""
    train, test = (
        table(
            np.random.default_rng(s).normal(size=(120, 30)),
            np.random.default_rng(s + 9).normal(size=120),
            task="regression",
        )
        for s in (1, 2)
    )
    assert strength(leave_one_out.attack(*_given(LinearRegression(), train, test)))[0] > 0.6


def test_columns_without_numbers_are_disturbed_without_a_warning():
    """Empty and infinite columns: label-only leaves them, or what is not finite in them, as they are."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"none": [np.nan] * 3, "empty": pd.array([None] * 3, dtype="Int64"), "far": [np.inf, 1.0, 2.0]}
    )
    given = label_only.disturbed(rows, 1.0, rng)
    assert given[["none", "empty"]].isna().all(axis=None)
    assert given["far"][0] == np.inf
    assert (given["far"][1:] != rows["far"][1:]).all()


def _three_classes(seed, n, columns=4):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, columns))
    scores = X[:, :3] + rng.gumbel(size=(n, 3))
    return table(X, scores.argmax(axis=1), task="multiclass")


@pytest.mark.parametrize("penalty", [1.0, 0.01])
def test_leave_one_out_is_close_for_softmax_regression(penalty):
    """Three classes: the closed form differs from a fit without the row by a tenth of what the row changes."""
    data = _three_classes(5, 200)
    X = np.column_stack([data.frame[list(data.features)].to_numpy(), np.ones(200)])
    y = data.outcome
    C = softmax.contrasts(3)
    ridge = np.array([penalty] * 4 + [0.0])
    surface = softmax.solved(X, y, C, weight=1.0, penalty=ridge, share=0.5)
    _, outside = softmax.with_and_without(surface, weight=1.0)

    def fit(keep):
        model = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5000).fit(X[keep, :4], y[keep])
        return model.decision_function(X[:, :4]) @ C

    np.testing.assert_allclose(fit(np.arange(200)), surface.z, atol=2e-3)
    for row in (3, 50, 99):
        exact = fit(np.arange(200) != row)[row]
        moved = np.linalg.norm(exact - surface.z[row])
        assert np.linalg.norm(outside[row] - exact) <= 0.1 * moved + 3e-3


def test_two_classes_are_softmax_of_two():
    """Half the penalty on either of two weight vectors is binary logistic regression: both closed forms agree."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(120, 3))
    y = (X[:, 0] + rng.normal(size=120) > 0).astype(int)
    said = rng.normal(size=120)
    curve = leave_one_out.solved(X, y.astype(float), "logistic", weight=0.5, penalty=np.ones(3), share=0.5)
    C = softmax.contrasts(2)
    surface = softmax.solved(X, y, C, weight=0.5, penalty=2 * np.ones(3), share=0.5)
    sign = np.sign(C[1, 0]) * np.sqrt(2)  # z of two classes is z_1 - z_0
    np.testing.assert_allclose(surface.z[:, 0] * sign, curve.z, atol=1e-6)
    two = softmax.ratio(surface, said[:, None] / sign, weight=0.5)
    np.testing.assert_allclose(two, leave_one_out.ratio(curve, said, weight=0.5), rtol=1e-5, atol=1e-7)


def test_leave_one_out_finds_what_softmax_regression_remembers():
    """Three classes, 40 columns, 300 members: found with one fit, far better than by loss; a model of other people is not."""
    train, test, others = (_three_classes(seed, 300, columns=40) for seed in (1, 2, 3))
    leak = strength(leave_one_out.attack(*_given(LogisticRegression(), train, test)))
    assert leak[1].low > 0.6
    assert leak[0] > strength(loss.attack(*_given(LogisticRegression(), train, test)))[0] + 0.04
    interval = strength(leave_one_out.attack(*_given(LogisticRegression(), train, test, fitted_on=others)))[1]
    assert interval.low <= 0.5 <= interval.high


def test_leave_one_out_of_many_classes_takes_fewer_rows(monkeypatch):
    """As many rows as the work on its coefficients allows, and where they are too many a reason."""
    tables = [_three_classes(seed, 200) for seed in (1, 2)]
    monkeypatch.setitem(softmax.WORK, "quick", 200 * (5 * 2) ** 2)
    assert leave_one_out.attack(*_given(LogisticRegression(), *tables, effort="quick")).n == 200
    wide = [_three_classes(seed, 60, columns=199) for seed in (1, 2)]
    monkeypatch.setattr(softmax, "MOST", 300)
    assert "at most 300 coefficients" in leave_one_out.attack(*_given(LogisticRegression(), *wide))
