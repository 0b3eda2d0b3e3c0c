"""Dropout: the gradient with a mask held fixed, masks of the right size, none in answers."""

from itertools import pairwise

import numpy as np
import pytest

from riskaudit.training.descent import Rows
from riskaudit.training.dropout import Dropout
from riskaudit.training.losses import LOSSES
from riskaudit.training.network import Network, initialise
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(7, 4)), RNG.dirichlet(np.ones(3), size=7)


def network_of(sizes, activation):
    network = Network(sizes, activation, np.zeros(sum((a + 1) * b for a, b in pairwise(sizes))))
    initialise(network, np.random.default_rng(0))
    network.theta[network.n_weights :] = 0.1
    return network


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("hidden", [(6,), (8, 5)])
def test_gradient_under_a_fixed_mask(activation, hidden):
    """With the same neurons left out, backward is the central difference for every parameter and input."""
    network, loss = network_of((4, *hidden, 3), activation), LOSSES["categorical_cross_entropy"]

    def objective(rows=X):
        network.dropout = Dropout(0.4, np.random.default_rng(5))
        z = network.forward(rows, training=True)
        return loss(z, Y, None, z), z

    _, z = objective()
    gradient, numeric, h = network.backward(X, z).copy(), np.empty_like(network.theta), 1e-6
    inward = network.input_gradient(z)
    for at in range(len(numeric)):
        kept = network.theta[at]
        network.theta[at] = kept + h
        up, _ = objective()
        network.theta[at] = kept - h
        numeric[at] = (up - objective()[0]) / (2 * h)
        network.theta[at] = kept
    np.testing.assert_allclose(gradient, numeric, atol=2e-8)
    assert objective()[0] != loss(network.forward(X), Y, None, np.empty_like(Y))  # some were left out
    step = np.zeros_like(X)
    step[2, 1] = h
    slope = (objective(X + step)[0] - objective(X - step)[0]) / (2 * h)
    assert inward[2, 1] == pytest.approx(slope, abs=2e-8)


def test_masks_keep_the_mean():
    """A share p is 0, the rest 1/(1 - p): the mean is 1."""
    mask = Dropout(0.3, np.random.default_rng(0)).mask((400, 500), np.float32)
    assert mask.dtype == np.float32
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / 0.7)}
    assert mask.mean() == pytest.approx(1, abs=0.01)


def test_answers_leave_nobody_out():
    """Without `training` the network answers as if there were no dropout."""
    network = network_of((4, 6, 3), "tanh")
    plain = network.forward(X).copy()
    network.dropout = Dropout(0.5, np.random.default_rng(0))
    np.testing.assert_array_equal(network.forward(X), plain)
    assert not np.array_equal(network.forward(X, training=True), plain)


@pytest.mark.parametrize("kind", [NumpyPerceptronClassifier, NumpyPerceptronRegressor])
def test_the_same_seed_the_same_masks(kind):
    """Fits repeat; a rate of 0 is the plain perceptron, any other is not."""
    rows = Rows(RNG.normal(size=(80, 4)), RNG.integers(0, 2, 80))

    def bytes_of(**settings):
        return kind((8,), epochs=3, random_state=1, **settings).fit(rows.X, rows.Y).parameters_.tobytes()

    assert bytes_of(dropout=0.5) == bytes_of(dropout=0.5)
    assert bytes_of(dropout=0.0) == bytes_of()
    assert bytes_of(dropout=0.5) != bytes_of()


def test_dropout_holds_a_large_network_back_from_noise():
    """On labels of half noise, the loss on rows not seen is lower with dropout than without."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 20))
    truth = np.where(rng.random(600) < 0.3, rng.integers(0, 2, 600), rows[:, 0] > 0)

    def loss(rate):
        model = NumpyPerceptronClassifier(
            (128,), dropout=rate, epochs=60, l2=0, patience=None, random_state=0
        )
        P = model.fit(rows[:300], truth[:300]).predict_proba(rows[300:])
        return -np.log(P[np.arange(300), truth[300:].astype(int)] + 1e-12).mean()

    assert loss(0.6) < 0.8 * loss(0.0)


@pytest.mark.parametrize("rate", [1.0, -0.1, "half"])
def test_rates_out_of_range(rate):
    """A rate is from 0 to below 1."""
    with pytest.raises(ValueError, match="'dropout' parameter"):
        NumpyPerceptronClassifier(dropout=rate).fit(X, [0, 1] * 3 + [1])
