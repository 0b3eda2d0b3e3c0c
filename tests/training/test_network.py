"""Network: backward against finite differences, one step against a computation by hand."""

from itertools import pairwise

import numpy as np
import pytest

from riskaudit.training.descent import Plan, Rows, descend, penalise
from riskaudit.training.losses import LOSSES, squared_error
from riskaudit.training.network import Network, initialise, outputs
from riskaudit.training.optimizers import SGD
from riskaudit.training.schedules import Constant


def network_of(sizes, activation, seed=0):
    size = sum((a + 1) * b for a, b in pairwise(sizes))
    network = Network(sizes, activation, np.zeros(size))
    initialise(network, np.random.default_rng(seed))
    network.theta[network.n_weights :] = 0.1  # biases off the kink of ReLU
    return network


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("hidden", [(), (5,), (6, 4, 3)])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_backward_is_the_gradient(activation, hidden, loss):
    """dJ/dtheta, penalties included, is the central difference of J for every parameter."""
    rng = np.random.default_rng(1)
    network = network_of((4, *hidden, 3), activation)
    X, Y, weights = rng.normal(size=(8, 4)), rng.dirichlet(np.ones(3), size=8), rng.uniform(0.5, 2, size=8)
    plan = Plan(loss=LOSSES[loss], rate=Constant(start=1), epochs=1, batch_size=8, l1=0.03, l2=0.2)

    def objective():
        z, W = network.forward(X), network.theta[: network.n_weights]
        return plan.loss(z, Y, weights, z) + plan.l1 * np.abs(W).sum() + plan.l2 / 2 * (W @ W)

    z = network.forward(X)
    plan.loss(z, Y, weights, z)
    network.backward(X, z)
    penalise(network, plan)
    gradient, numeric, h = network.gradient.copy(), np.empty_like(network.theta), 1e-6
    for at in range(len(numeric)):
        kept = network.theta[at]
        network.theta[at] = kept + h
        up = objective()
        network.theta[at] = kept - h
        numeric[at] = (up - objective()) / (2 * h)
        network.theta[at] = kept
    np.testing.assert_allclose(gradient, numeric, atol=2e-8)


def test_one_step_by_hand():
    """A 2-1-1 tanh network, one row, one step of gradient descent, every number written out."""
    network = Network((2, 1, 1), "tanh", np.array([0.5, -0.25, 2.0, 0.1, -0.3]))
    x, y, rate = np.array([1.0, 2.0]), 0.7, 0.1
    a = np.tanh(0.5 * 1.0 - 0.25 * 2.0 + 0.1)
    residual = 2.0 * a - 0.3 - y
    back = residual * 2.0 * (1 - a**2)
    expected = np.array(
        [
            0.5 - rate * back * 1.0,
            -0.25 - rate * back * 2.0,
            2.0 - rate * residual * a,
            0.1 - rate * back,
            -0.3 - rate * residual,
        ]
    )
    plan = Plan(loss=squared_error, rate=Constant(start=rate), epochs=1, batch_size=1)
    curve = descend(
        network,
        Rows(x[None], np.array([[y]])),
        plan,
        optimizer=SGD(network.theta, momentum=0.0),
        rng=np.random.default_rng(0),
    )
    np.testing.assert_allclose(network.theta, expected, rtol=1e-14)
    assert curve.train == pytest.approx([residual**2 / 2])


def test_parameters_are_one_vector():
    """Weights and biases are views: writing the vector writes the layers."""
    network = Network((3, 2, 1))
    network.theta[...] = np.arange(network.theta.size)
    np.testing.assert_array_equal(network.weights[0], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(network.weights[1].ravel(), [6, 7])
    np.testing.assert_array_equal(np.concatenate(network.biases), [8, 9, 10])
    assert network.n_weights == 8


def test_initial_weights_keep_their_bounds():
    """Glorot by both fans; He by the fan in, save for the output layer; biases 0."""
    he = initialise(Network((400, 50, 20)), np.random.default_rng(0), "he")
    assert np.abs(he.weights[0]).max() == pytest.approx(np.sqrt(6 / 400), rel=1e-3)
    assert np.abs(he.weights[1]).max() == pytest.approx(np.sqrt(6 / 70), rel=1e-2)
    glorot = initialise(Network((400, 50, 20)), np.random.default_rng(0))
    assert np.abs(glorot.weights[0]).max() == pytest.approx(np.sqrt(6 / 450), rel=1e-3)
    assert not np.concatenate(he.biases).any()


def test_answers_in_parts_are_the_answers():
    """Rows answered in small parts agree with all at once."""
    network, X = network_of((4, 6, 2), "relu"), np.random.default_rng(2).normal(size=(25, 4))
    whole = outputs(network.sizes, "relu", network.theta, X)
    np.testing.assert_allclose(outputs(network.sizes, "relu", network.theta, X, rows=7), whole, rtol=1e-13)
