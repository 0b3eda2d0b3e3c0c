"""Continuing: partial_fit learns from parts, goes on where it was, and refuses as scikit-learn does."""

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_digits, make_friedman1

from riskaudit.subjects.trusted import TRUSTED_TYPES
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor

PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS = PIXELS / 16
CLASSES = np.arange(10)


def test_learns_from_parts():
    """Digits shown in five parts, twenty times over."""
    model = NumpyPerceptronClassifier((64,), random_state=0)
    for _ in range(20):
        for part in np.array_split(np.arange(1400), 5):
            model.partial_fit(PIXELS[part], DIGITS[part], classes=CLASSES)
    assert model.score(PIXELS[1400:], DIGITS[1400:]) > 0.9
    assert model.n_iter_ == len(model.loss_curve_) == 100
    assert model.loss_curve_[-1] < 0.2 * model.loss_curve_[0]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_full_batches_one_by_one_are_one_fit(optimizer):
    """On all rows at once, ten calls are a fit of ten epochs: schedule, momentum and all, to the bit."""
    settings = {"batch_size": "all", "optimizer": optimizer, "schedule": "cosine", "random_state": 3}
    whole = NumpyPerceptronClassifier((9,), epochs=10, patience=None, **settings).fit(PIXELS, DIGITS)
    steps = NumpyPerceptronClassifier((9,), epochs=10, **settings)
    for _ in range(10):
        steps.partial_fit(PIXELS, DIGITS, classes=CLASSES)
    np.testing.assert_array_equal(steps.parameters_, whole.parameters_)
    assert steps.loss_curve_ == whole.loss_curve_


def test_goes_on_after_being_written_and_read():
    """A model from a file takes the same next step."""
    model = NumpyPerceptronClassifier((9,), dropout=0.2, random_state=0).partial_fit(
        PIXELS, DIGITS, classes=CLASSES
    )
    again = skops.io.loads(skops.io.dumps(model), trusted=list(TRUSTED_TYPES))
    for each in (model, again):
        each.partial_fit(PIXELS[:300], DIGITS[:300])
    np.testing.assert_array_equal(again.parameters_, model.parameters_)


def test_goes_on_after_fit_and_fit_starts_anew():
    """partial_fit after fit moves the fitted parameters; fit forgets all of it."""
    model = NumpyPerceptronClassifier((9,), epochs=3, random_state=0).fit(PIXELS, DIGITS)
    first = model.parameters_.copy()
    model.partial_fit(PIXELS, DIGITS)
    assert 0 < np.abs(model.parameters_ - first).max() < 0.5
    assert model.n_iter_ == 4
    np.testing.assert_array_equal(model.fit(PIXELS, DIGITS).parameters_, first)
    assert not hasattr(model, "optimizer_state_")


def test_a_part_without_some_classes():
    """Classes named at first may come later; unnamed ones never."""
    model = NumpyPerceptronClassifier(random_state=0)
    few = DIGITS < 3
    model.partial_fit(PIXELS[few], DIGITS[few], classes=np.arange(9))
    assert model.predict_proba(PIXELS[:2]).shape == (2, 9)
    with pytest.raises(ValueError, match="not among the classes"):
        model.partial_fit(PIXELS, DIGITS)


@pytest.mark.parametrize(
    ("settings", "classes", "said"),
    [
        ({}, None, "classes must be passed"),
        ({}, [1], "at least two classes"),
        ({"early_stopping": True}, CLASSES, "early_stopping needs all rows"),
        ({"class_weight": "balanced"}, CLASSES, "needs all rows at once"),
    ],
)
def test_what_parts_cannot_give(settings, classes, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        NumpyPerceptronClassifier(**settings).partial_fit(PIXELS, DIGITS, classes=classes)


def test_other_classes_later():
    """The classes of the first call stand."""
    model = NumpyPerceptronClassifier().partial_fit(PIXELS, DIGITS, classes=CLASSES)
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(PIXELS, DIGITS, classes=[0, 1])


def test_a_regressor_keeps_its_unit():
    """Mean and deviation of the first part stand for all; it learns all the same."""
    X, y = make_friedman1(1200, noise=0.1, random_state=0)
    model = NumpyPerceptronRegressor((32,), random_state=0, learning_rate=0.01)
    for _ in range(80):
        for part in np.array_split(np.arange(1000), 4):
            model.partial_fit(X[part], y[part])
    assert model.target_mean_ == pytest.approx(y[:250].mean())
    assert model.score(X[1000:], y[1000:]) > 0.9


@pytest.mark.parametrize("everything", [0, "all", None, 10_000])
def test_full_batch_has_four_names(everything):
    """0, "all", none and more rows than there are: one batch of all rows."""
    model = NumpyPerceptronClassifier((5,), epochs=4, batch_size=everything, random_state=0)
    one = NumpyPerceptronClassifier((5,), epochs=4, batch_size=len(PIXELS), random_state=0)
    expected = one.fit(PIXELS, DIGITS).parameters_
    np.testing.assert_array_equal(model.fit(PIXELS, DIGITS).parameters_, expected)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_weights_of_a_part_are_not_relative_to_the_part(optimizer):
    """Shown class by class, a class of weight 0.01 moves the parameters less than one of weight 1."""
    first, second = (PIXELS[k == DIGITS][:40] for k in (0, 1))
    answers = []
    for weight in (1.0, 0.01):
        model = NumpyPerceptronClassifier(
            (), optimizer=optimizer, class_weight={1: weight}, batch_size="all", random_state=0
        )
        for _ in range(10):
            model.partial_fit(first, np.zeros(40, int), classes=[0, 1])
            model.partial_fit(second, np.ones(40, int))
        answers.append(model.predict_proba(second)[:, 1].mean())
    assert answers[1] < answers[0] - 0.1


def test_weights_of_rows_in_parts_are_those_of_one_fit():
    """One step of plain gradient descent on weighted rows of mean 1 is one call with the same weights."""
    weights = np.random.default_rng(0).uniform(0.1, 3, len(PIXELS))
    weights /= weights.mean()
    settings = {"batch_size": "all", "optimizer": "sgd", "epochs": 1, "dtype": "float64", "random_state": 0}
    whole = NumpyPerceptronClassifier((9,), **settings).fit(PIXELS, DIGITS, weights)
    part = NumpyPerceptronClassifier((9,), **settings)
    part.partial_fit(PIXELS, DIGITS, classes=CLASSES, sample_weight=weights)
    np.testing.assert_allclose(part.parameters_, whole.parameters_, rtol=1e-12, atol=1e-15)
