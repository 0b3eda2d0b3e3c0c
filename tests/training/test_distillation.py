"""Distillation: the loss and its gradient, students of every kind, teachers of every kind."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from riskaudit.training.activations import sigmoid, softmax
from riskaudit.training.distillation import distil, distillation_loss, soft_targets, teacher_scores
from riskaudit.training.linear import NumpyLinearRegression
from riskaudit.training.logistic import NumpyLogisticRegression
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor
from riskaudit.training.text import NumpyTextClassifier

RNG = np.random.default_rng(0)
PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS = PIXELS / 16


def entropy(q, a):
    return -(q * np.log(a)).sum(axis=1)


@pytest.mark.parametrize("K", [1, 3])
@pytest.mark.parametrize(("T", "alpha"), [(1.0, 0.5), (4.0, 0.7), (0.5, 1.0), (2.0, 0.0)])
@pytest.mark.parametrize("weighed", [True, False])
def test_the_loss_is_the_formula_and_its_gradient(K, T, alpha, weighed):
    """alpha T^2 CE(q, a(z/T)) + (1 - alpha) CE(y, a(z)), and dJ/dz by central differences."""
    z, weights = RNG.normal(size=(6, K)) * 3, RNG.uniform(0.5, 2, 6) if weighed else None
    if K == 1:
        y, q = RNG.integers(0, 2, (6, 1)).astype(float), RNG.random((6, 1))
        both = lambda p: np.hstack([1 - p, p])  # noqa: E731
        hard, soft = entropy(both(y), both(sigmoid(z))), entropy(both(q), both(sigmoid(z / T)))
    else:
        y, q = np.eye(3)[RNG.integers(0, 3, 6)], RNG.dirichlet(np.ones(3), 6)
        hard, soft = entropy(y, softmax(z)), entropy(q, softmax(z / T))
    loss, targets = distillation_loss(K, temperature=T, alpha=alpha), np.hstack([y, q])
    expected = alpha * T**2 * soft + (1 - alpha) * hard
    gradient, numeric = np.empty_like(z), np.empty_like(z)
    assert loss(z, targets, weights, gradient) == pytest.approx(
        np.mean(expected * (1 if weights is None else weights))
    )
    for at in np.ndindex(*z.shape):
        step = np.zeros_like(z)
        step[at] = 1e-6
        up, down = (loss(z + s, targets, weights, np.empty_like(z)) for s in (step, -step))
        numeric[at] = (up - down) / 2e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)
    in_place = z.copy()
    loss(in_place, targets, weights, in_place)
    np.testing.assert_array_equal(in_place, gradient)


def test_softened_probabilities_are_the_softmax_of_softened_logits():
    """p^(1/T), brought to sum 1, is softmax(u / T): no logits are needed."""
    u = RNG.normal(size=(5, 4))
    np.testing.assert_allclose(soft_targets(softmax(u), np.arange(4), 3.0), softmax(u / 3), rtol=1e-12)
    v = RNG.normal(size=(5, 1))
    two = np.hstack([sigmoid(-v), sigmoid(v)])
    np.testing.assert_allclose(soft_targets(two, np.arange(2), 3.0), sigmoid(v / 3), rtol=1e-12)


def test_a_student_of_labels_alone_is_the_plain_student():
    """With alpha 0 the teacher has no say: the same parameters as fit, to rounding."""
    student = NumpyPerceptronClassifier((8,), epochs=5, dtype="float64", random_state=0)
    plain = clone(student).fit(PIXELS, DIGITS)
    scores = RNG.dirichlet(np.ones(10), len(DIGITS))
    np.testing.assert_allclose(
        distil(scores, PIXELS, DIGITS, student, alpha=0.0).parameters_, plain.parameters_, rtol=1e-9
    )


@pytest.mark.parametrize("T", [1.0, 5.0])
def test_a_logistic_student_finds_a_logistic_teacher(T):
    """Taught by probabilities alone, it ends at the teacher's own coefficients."""
    X = RNG.normal(size=(400, 3))
    W = np.array([[1.0, -1.0, 0.5], [0.0, 1.0, 0.0], [-1.0, 0.0, -0.5]])
    P = softmax(X @ W.T)
    y = P.argmax(axis=1)
    student = distil(P, X, y, NumpyLogisticRegression(C=np.inf), temperature=T, alpha=1.0)
    np.testing.assert_allclose(student.predict_proba(X), P, atol=1e-6)
    np.testing.assert_allclose(student.coef_, W, atol=1e-3)


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("settings", [{}, {"l1_ratio": 1.0}, {"l1_ratio": 0.5, "fit_intercept": False}])
def test_a_logistic_student_is_at_the_minimum(labels, settings):
    """At alpha 0 it is its own fit; between, no small step in any direction lowers the objective."""
    X, y = RNG.normal(size=(120, 4)) + 1, RNG.integers(0, labels, 120)
    P = RNG.dirichlet(np.ones(labels), 120)
    student = NumpyLogisticRegression(C=0.1, **settings)
    plain = clone(student).fit(X, y)
    np.testing.assert_allclose(distil(P, X, y, clone(student), alpha=0.0).coef_, plain.coef_, atol=1e-6)
    taught, T, alpha = distil(P, X, y, clone(student), temperature=3.0, alpha=0.6), 3.0, 0.6
    loss = distillation_loss(1 if labels == 2 else labels, temperature=T, alpha=alpha)
    hard = y[:, None] if labels == 2 else np.eye(labels)[y]
    targets, strength = np.hstack([hard, soft_targets(P, np.arange(labels), T)]), 1 / (0.1 * 120)

    def objective(W):
        z = X @ W.T + taught.intercept_
        share = taught.l1_ratio
        penalty = (1 - share) / 2 * (W**2).sum() + share * np.abs(W).sum()
        return loss(z, targets, None, z) + strength * penalty

    lowest = objective(taught.coef_)
    for _ in range(40):
        step = RNG.normal(size=taught.coef_.shape) * 1e-3
        assert objective(taught.coef_ + step) > lowest


def test_a_small_student_gains_from_its_teacher():
    """On few labels of which a third are wrong, a student of soft targets beats one of labels."""
    X, y = PIXELS[:1200], DIGITS[:1200]
    teacher = RandomForestClassifier(100, random_state=0).fit(X, y)
    few, noise = np.arange(300), RNG.integers(0, 10, 300)
    labels = np.where(RNG.random(300) < 0.33, noise, y[:300])
    student = NumpyPerceptronClassifier((16,), epochs=60, random_state=0)
    alone = clone(student).fit(X[few], labels).score(PIXELS[1200:], DIGITS[1200:])
    scores = teacher_scores(teacher, X[few], np.unique(labels))
    taught = distil(scores, X[few], labels, student, temperature=2.0, alpha=0.9)
    assert taught.score(PIXELS[1200:], DIGITS[1200:]) > alone + 0.05


@pytest.mark.parametrize(
    "student",
    [
        NumpyPerceptronClassifier((8,), epochs=20, learning_rate=0.03, random_state=0),
        NumpyPerceptronClassifier(
            (8,), epochs=20, learning_rate=0.03, early_stopping=True, dropout=0.1, random_state=0
        ),
        NumpyLogisticRegression(),
        NumpyLogisticRegression(l1_ratio=0.5, class_weight="balanced"),
    ],
)
@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]])
def test_a_student_is_an_ordinary_estimator_afterwards(student, labels):
    """Its own class, the labels as they came, all that fit leaves behind; a clone is untaught."""
    X = np.random.default_rng(1).normal(size=(200, 3))
    y = np.array(labels)[np.digitize(X[:, 0], [0, 0.8][: len(labels) - 1])]
    scores = teacher_scores(LogisticRegression().fit(X, y), X, np.unique(y))
    taught = distil(scores, X, y, clone(student), sample_weight=RNG.integers(0, 3, 200))
    assert type(taught) is type(student)
    assert taught.get_params() == student.get_params()
    assert taught.classes_.tolist() == labels
    assert taught.score(X, y) > 0.75
    assert set(vars(clone(student).fit(X, y))) == set(vars(taught))


def test_teachers_without_probabilities():
    """Labels alone are taken as certain; the student learns them."""
    X, y = PIXELS[:600], DIGITS[:600]
    teacher = LinearSVC(dual=False).fit(X, y)
    said = teacher_scores(teacher, X, np.unique(y))
    assert said.shape == (600,)
    student = NumpyPerceptronClassifier((32,), epochs=40, random_state=0)
    distil(said, X, RNG.permutation(y), student, temperature=1.0, alpha=1.0)
    assert (student.predict(X) == said).mean() > 0.97


def test_a_teacher_in_another_order():
    """Columns come in the order asked for."""
    teacher = RandomForestClassifier(5, random_state=0).fit(PIXELS, DIGITS)
    P = teacher_scores(teacher, PIXELS[:5], np.arange(10)[::-1])
    np.testing.assert_array_equal(P, teacher.predict_proba(PIXELS[:5])[:, ::-1])
    with pytest.raises(ValueError, match="the teacher knows the classes"):
        teacher_scores(teacher, PIXELS, [0, 1])


def test_texts_can_be_taught():
    """A text student of a text teacher."""
    texts = np.array(["good fine nice thing", "bad poor ugly thing"] * 50, object)
    y = np.array([1, 0] * 50)
    P = np.where(y[:, None] == [0, 1], 0.9, 0.1)
    student = distil(P, texts, y, NumpyTextClassifier(random_state=0, epochs=60), alpha=1.0, temperature=1.0)
    assert student.predict_proba(["good nice"])[0, 1] == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize(
    "student", [NumpyLinearRegression(), NumpyPerceptronRegressor((16,), epochs=30, random_state=0)]
)
def test_regression_mixes_targets(student):
    """alpha of the teacher's value, the rest of the truth: a fit to their mixture."""
    X, y = make_friedman1(300, noise=3.0, random_state=0)
    said = RandomForestRegressor(20, random_state=0).fit(X, y).predict(X)
    expected = clone(student).fit(X, 0.7 * said + 0.3 * y).predict(X)
    np.testing.assert_allclose(distil(said, X, y, student, alpha=0.7).predict(X), expected, rtol=1e-6)


GOOD = np.full((6, 2), 0.5)


@pytest.mark.parametrize(
    ("scores", "settings", "said"),
    [
        (GOOD, {"temperature": 0}, "temperature must be a number above 0; got 0"),
        (GOOD, {"temperature": np.inf}, "temperature must be"),
        (GOOD, {"alpha": 1.1}, "alpha must be a number from 0 to 1; got 1.1"),
        (GOOD * 2, {}, "sum to 1"),
        (GOOD * np.nan, {}, "no probabilities"),
        (np.full((6, 3), 1 / 3), {}, "the teacher has 3 classes, the target 2"),
        (GOOD[:4], {}, "inconsistent numbers of samples"),
        (np.array([0, 1, 7, 0, 1, 0]), {}, r"says \[7\], which the target never does"),
    ],
)
def test_what_cannot_be_taught(scores, settings, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        distil(scores, np.eye(6), [0, 1, 0, 1, 0, 1], NumpyPerceptronClassifier(), **settings)


def test_other_students():
    """A forest cannot learn from probabilities; a class of weight 0 has no rows to learn from."""
    with pytest.raises(ValueError, match="RandomForestClassifier cannot learn from probabilities"):
        distil(GOOD, np.eye(6), [0, 1] * 3, RandomForestClassifier())
    with pytest.raises(ValueError, match="class of weight 0"):
        distil(GOOD, np.eye(6), [0, 1] * 3, NumpyLogisticRegression(class_weight={0: 0, 1: 1}))
