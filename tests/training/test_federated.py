"""Federated averaging: where it equals pooled training, and what it ends in."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from riskaudit.training.federated import fedavg
from riskaudit.training.linear import NumpyLinearRegression
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor
from riskaudit.training.watching import watching

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))
Y = (X @ [1.0, -1.0, 0.5, 0.0] + 0.5 * RNG.normal(size=240) > 0).astype(int)
CLIENTS = np.array(["clinic a", "clinic b", "clinic c"])[RNG.choice(3, 240, p=[0.6, 0.3, 0.1])]


def descending(model=NumpyPerceptronClassifier, **more):
    """Plain full-batch gradient descent."""
    settings = {"optimizer": "sgd", "momentum": 0.0, "batch_size": None, "patience": None, "dtype": "float64"}
    return model((5,), **{**settings, "learning_rate": 0.3, "l2": 0.01, "activation": "tanh", **more})


@pytest.mark.parametrize("model", [NumpyPerceptronClassifier, NumpyPerceptronRegressor])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_full_batch_epoch_each_is_pooled_gradient_descent(model, weighted):
    """Unlike sizes of clients, weights of rows, penalties: R rounds are R pooled steps, to rounding."""
    weights = RNG.uniform(0, 3, 240) * (RNG.random(240) < 0.9) if weighted else None  # some weigh nothing
    pooled = descending(model, epochs=15, random_state=7).fit(X, Y, weights)
    averaged = fedavg(descending(model), X, Y, CLIENTS, rounds=15, seed=7, sample_weight=weights)
    np.testing.assert_allclose(averaged.parameters_, pooled.parameters_, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_one_client_in_one_round_is_ordinary_training(optimizer, dropout):
    """Mini-batches, any optimizer: E local epochs are the E epochs of `fit`, bit for bit."""
    recipe = NumpyPerceptronClassifier((8,), optimizer=optimizer, dropout=dropout, batch_size=32)
    alone = fedavg(recipe, X, Y, np.zeros(240), rounds=1, local_epochs=6, seed=3)
    plain = recipe.set_params(epochs=6, patience=None, random_state=3).fit(X, Y)
    np.testing.assert_array_equal(alone.parameters_, plain.parameters_)


def test_one_client_over_rounds_is_ordinary_training_without_memory():
    """R rounds of one epoch are R epochs, for an optimizer that carries nothing over (SGD without momentum)."""
    recipe = NumpyPerceptronClassifier((8,), optimizer="sgd", momentum=0.0, batch_size=32)
    alone = fedavg(recipe, X, Y, np.zeros(240), rounds=6, seed=3)
    plain = recipe.set_params(epochs=6, patience=None, random_state=3).fit(X, Y)
    np.testing.assert_array_equal(alone.parameters_, plain.parameters_)


def test_it_learns_and_is_an_ordinary_model():
    """A pipeline with preparation comes back fitted, answers, repeats itself, and counts rounds and clients."""
    recipe = make_pipeline(StandardScaler(), NumpyPerceptronClassifier((8,), learning_rate=0.01))
    settings = {"rounds": 20, "local_epochs": 2, "share": 0.67}
    model = fedavg(recipe, X, Y, CLIENTS, **settings)
    assert model.score(X, Y) > 0.85
    assert (model[-1].n_iter_, model[-1].clients_, len(model[-1].loss_curve_)) == (20, 3, 20)
    assert model[-1].loss_curve_[-1] < model[-1].loss_curve_[0]
    again = fedavg(recipe, X, Y, CLIENTS, **settings)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert not hasattr(recipe[-1], "parameters_")


def test_a_client_with_one_class_only():
    """Clients whose rows are all of one label take part; all classes are known."""
    model = fedavg(NumpyPerceptronClassifier((8,), learning_rate=0.01), X, Y, Y, rounds=30)
    assert list(model.classes_) == [0, 1]
    assert model.score(X, Y) > 0.8


def test_each_round_is_told():
    """Who watches hears of rounds, not of clients' epochs."""
    heard = []
    with watching(heard.append):
        fedavg(NumpyPerceptronClassifier(()), X, Y, CLIENTS, rounds=3, local_epochs=4)
    assert [(epoch.done, epoch.of) for epoch in heard] == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("recipe", "clients", "settings", "said"),
    [
        (NumpyLinearRegression(), CLIENTS, {}, "cannot be averaged"),
        (NumpyPerceptronClassifier(), CLIENTS, {"rounds": 0}, "at least 1"),
        (NumpyPerceptronClassifier(), CLIENTS, {"share": 0.0}, "share above 0"),
        (NumpyPerceptronClassifier(early_stopping=True), CLIENTS, {}, "clients cannot"),
        (NumpyPerceptronClassifier(), [None, *CLIENTS[1:]], {}, "1 rows name no client"),
        (NumpyPerceptronClassifier(), CLIENTS[:-1], {}, "each row needs a client"),
    ],
)
def test_what_cannot_be_averaged(recipe, clients, settings, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        fedavg(recipe, X, Y, clients, **settings)


@pytest.mark.parametrize("schedule", ["cosine", "exponential", "step"])
def test_a_schedule_counts_rounds(schedule):
    """A cosine ends with the rounds, whatever `epochs` says."""
    settings = {"schedule": schedule, "decay": 0.7, "decay_every": 4}
    pooled = descending(epochs=12, random_state=7, **settings).fit(X, Y)
    averaged = fedavg(descending(epochs=1000, **settings), X, Y, CLIENTS, rounds=12, seed=7)
    np.testing.assert_allclose(averaged.parameters_, pooled.parameters_, rtol=1e-10, atol=1e-12)
