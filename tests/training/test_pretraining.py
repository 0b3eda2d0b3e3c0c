"""Pretraining: layers from autoencoders and from other models; frozen ones do not move by a bit."""

import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from riskaudit.subjects.trusted import TRUSTED_TYPES
from riskaudit.training.logistic import NumpyLogisticRegression
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor
from riskaudit.training.pretraining import Layers, fine_tune, pretrain
from riskaudit.training.text import NumpyTextClassifier

PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS = PIXELS / 16
SOURCE = NumpyPerceptronClassifier((24, 12), epochs=40, random_state=0).fit(PIXELS, DIGITS)
TEXT = NumpyTextClassifier(epochs=1).fit(["some words", "some more words"], [0, 1])
EVEN = DIGITS % 2


@pytest.mark.parametrize("frozen", [0, 1, 2])
@pytest.mark.parametrize("settings", [{}, {"optimizer": "sgd", "dropout": 0.2, "l2": 0.1}, {"l1": 0.01}])
def test_frozen_layers_do_not_move(frozen, settings):
    """The first k layers keep the source's bits, penalties and momentum notwithstanding; the others move."""
    student = NumpyPerceptronClassifier((24, 12), epochs=4, random_state=1, **settings)
    tuned = fine_tune(student, PIXELS, EVEN, source=SOURCE, frozen=frozen)
    assert tuned is student
    for at in range(2):
        same = tuned.coefs_[at].tobytes() == SOURCE.coefs_[at].tobytes()
        same_biases = tuned.intercepts_[at].tobytes() == SOURCE.intercepts_[at].tobytes()
        assert (same, same_biases) == (at < frozen, at < frozen)


def test_frozen_layers_with_early_stopping():
    """Going back to the best epoch moves no frozen layer."""
    student = NumpyPerceptronClassifier((24, 12), epochs=6, early_stopping=True, random_state=1)
    fine_tune(student, PIXELS, EVEN, source=SOURCE, frozen=2)
    assert student.coefs_[1].tobytes() == SOURCE.coefs_[1].tobytes()


def test_a_new_output_layer_is_told():
    """Hidden layers are copied; ten classes do not fit two."""
    student = NumpyPerceptronClassifier((24, 12), epochs=1, random_state=1)
    told = fine_tune(student, PIXELS, EVEN, source=SOURCE, frozen=1).layer_origins_
    assert told == [
        "layer 1 (64, 24): copied, frozen",
        "layer 2 (24, 12): copied",
        "layer 3 (12, 1): new (the source's is (12, 10))",
    ]


def test_nothing_is_copied_above_a_new_layer():
    """A layer that fits by shape but stands on a new one is new too."""
    student = NumpyPerceptronClassifier((24, 7, 12), epochs=1, random_state=1)
    told = fine_tune(student, PIXELS, DIGITS, source=SOURCE).layer_origins_
    assert [line.split(": ")[1] for line in told] == [
        "copied",
        "new (the source's is (24, 12))",
        "new (the source's is (12, 10))",
        "new (the source has no such layer)",
    ]


def test_a_tuned_model_begins_where_its_source_ended():
    """All layers copied and hardly a step taken: the source's answers."""
    student = NumpyPerceptronClassifier((24, 12), epochs=1, learning_rate=1e-9, random_state=1)
    tuned = fine_tune(student, PIXELS, DIGITS, source=SOURCE)
    np.testing.assert_allclose(tuned.predict_proba(PIXELS), SOURCE.predict_proba(PIXELS), atol=1e-4)


def test_a_start_helps_where_labels_are_few():
    """Sixty labels of another task: better from the source's layers than from chance."""
    rows = np.random.default_rng(0).permutation(len(PIXELS))
    few, rest = rows[:60], rows[60:]
    student = NumpyPerceptronClassifier((24, 12), epochs=150, batch_size=16, random_state=1)
    alone = clone(student).fit(PIXELS[few], EVEN[few]).score(PIXELS[rest], EVEN[rest])
    tuned = fine_tune(student, PIXELS[few], EVEN[few], source=SOURCE, frozen=1)
    assert tuned.score(PIXELS[rest], EVEN[rest]) > alone + 0.02


def test_a_source_from_scikit_learn():
    """Its MLPClassifier names its layers alike."""
    source = MLPClassifier((24, 12), max_iter=30, random_state=0, tol=1.0, n_iter_no_change=5).fit(
        PIXELS, DIGITS
    )
    student = NumpyPerceptronClassifier((24, 12), epochs=1, dtype="float64")
    tuned = fine_tune(student, PIXELS, EVEN, source=source, frozen=2)
    np.testing.assert_array_equal(tuned.coefs_[1], source.coefs_[1])


def test_a_regressor_starts_from_a_classifier():
    """Layers do not ask what they are for."""
    student = NumpyPerceptronRegressor((24, 12), epochs=60, random_state=0)
    tuned = fine_tune(student, PIXELS, DIGITS.astype(float), source=SOURCE, frozen=1)
    assert tuned.score(PIXELS, DIGITS) > 0.7


def test_clones_forget_and_files_keep():
    """A clone has settings alone; a written model has its layers and where they came from."""
    student = NumpyPerceptronClassifier((24, 12), epochs=1, random_state=1)
    tuned = fine_tune(student, PIXELS, EVEN, source=SOURCE)
    again = skops.io.loads(skops.io.dumps(tuned), trusted=list(TRUSTED_TYPES))
    assert again.layer_origins_ == tuned.layer_origins_
    assert not hasattr(clone(tuned), "parameters_")
    assert not hasattr(tuned.fit(PIXELS, EVEN), "layer_origins_")


def test_autoencoders_learn_the_rows():
    """Each layer's reconstruction loss falls; the codes say more of X than random layers do."""
    recipe = NumpyPerceptronClassifier((24, 12), activation="tanh", random_state=0)
    layers = pretrain(recipe, PIXELS, epochs=30)
    assert [W.shape for W in layers.coefs_] == [(64, 24), (24, 12)]
    assert all(curve[-1] < 0.3 * curve[0] for curve in layers.loss_curves_)
    assert not hasattr(recipe, "parameters_")


def test_pretraining_repeats_and_reads_no_labels():
    """Equal seeds, equal bits; as a parameter it is the same start as by hand."""
    recipe = NumpyPerceptronClassifier((24, 12), epochs=2, pretrain_epochs=3, random_state=0)
    first, again = (clone(recipe).fit(PIXELS, DIGITS) for _ in range(2))
    np.testing.assert_array_equal(first.parameters_, again.parameters_)
    layers = pretrain(recipe, PIXELS, epochs=3)
    by_hand = fine_tune(recipe.set_params(pretrain_epochs=0), PIXELS, DIGITS, source=layers)
    np.testing.assert_array_equal(by_hand.parameters_, first.parameters_)
    assert first.layer_origins_[0] == "layer 1 (64, 24): copied"


def test_pretraining_looks_at_no_row_held_out():
    """Rows kept for early stopping are not in the autoencoder either."""
    recipe = NumpyPerceptronClassifier(
        (8,), epochs=1, learning_rate=1e-12, random_state=0, early_stopping=True
    )
    recipe.set_params(pretrain_epochs=2, learning_rate=0.01).fit(PIXELS, DIGITS)
    everyone = pretrain(recipe, PIXELS, epochs=2)
    assert isinstance(everyone, Layers)
    assert np.abs(recipe.coefs_[0] - everyone.coefs_[0]).max() > 0


@pytest.mark.parametrize(
    ("settings", "given", "said"),
    [
        ({"hidden": (5,)}, {}, r"no layer of the source fits: its first is \(64, 24\), wanted \(64, 5\)"),
        ({"hidden": (24, 5)}, {"frozen": 2}, r"frozen=2, but only 1 layer\(s\) could be copied"),
        ({}, {"frozen": -1}, "frozen must be a number of layers from 0; got -1"),
        ({}, {"frozen": True}, "got True"),
        ({"activation": "tanh"}, {}, "the source's activation is 'relu', not 'tanh'"),
        ({}, {"source": TEXT}, "NumpyTextClassifier is no perceptron"),
        ({}, {"source": NumpyPerceptronClassifier()}, "has no layers to start from: fit it first"),
        ({}, {"source": NumpyLogisticRegression().fit([[0.0], [1.0]], [0, 1])}, "has no layers"),
    ],
)
def test_starts_that_are_none(settings, given, said):
    """Each is refused in words."""
    student = NumpyPerceptronClassifier(**{"hidden": (24, 12), **settings})
    with pytest.raises(ValueError, match=said):
        fine_tune(student, PIXELS, EVEN, **{"source": SOURCE, **given})


def test_everything_frozen():
    """Then nothing is left to learn."""
    student = NumpyPerceptronClassifier((24, 12))
    with pytest.raises(ValueError, match="nothing is left to learn"):
        fine_tune(student, PIXELS, DIGITS, source=SOURCE, frozen=3)


@pytest.mark.parametrize(
    ("estimator", "rows", "said"),
    [
        (NumpyPerceptronClassifier(()), PIXELS, "no hidden layer to pre-train"),
        (NumpyLogisticRegression(), PIXELS, "NumpyLogisticRegression has no hidden layers"),
        (NumpyPerceptronClassifier(), PIXELS * np.nan, "NaN"),
    ],
)
def test_pretraining_that_cannot_be(estimator, rows, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        pretrain(estimator, rows)


def test_a_schedule_counts_the_epochs_of_pretraining():
    """A cosine ends with the autoencoder's epochs, not with those of the training that follows."""
    layers = [
        pretrain(
            NumpyPerceptronClassifier((6,), schedule="cosine", epochs=epochs, random_state=0),
            PIXELS[:300],
            epochs=4,
        )
        for epochs in (4, 400)
    ]
    np.testing.assert_array_equal(layers[0].coefs_[0], layers[1].coefs_[0])
