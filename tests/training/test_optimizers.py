"""Optimizers: their first steps by hand, in place."""

import numpy as np
import pytest

from riskaudit.training.optimizers import SGD, Adam, optimizer


def test_sgd_with_momentum_by_hand():
    """v <- mu v - rate g; theta <- theta + v, twice."""
    theta, g = np.array([1.0, -2.0]), np.array([0.5, 1.0])
    sgd = SGD(theta, momentum=0.9)
    sgd.step(theta, g, 0.1)
    np.testing.assert_allclose(theta, [0.95, -2.1])
    sgd.step(theta, g, 0.1)
    np.testing.assert_allclose(theta, [0.95 - 0.095, -2.1 - 0.19])


def test_adam_is_the_paper():
    """Five steps agree with algorithm 1 of Kingma and Ba, written plainly."""
    rng = np.random.default_rng(0)
    theta, plain = np.zeros(4), np.zeros(4)
    adam, m, v = Adam(theta), np.zeros(4), np.zeros(4)
    for t in range(1, 6):
        g = rng.normal(size=4)
        adam.step(theta, g, 0.01)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        plain -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(theta, plain, rtol=1e-12)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_steps_are_in_place_and_leave_the_gradient(name):
    """theta stays the same array of the same type; the gradient is not touched."""
    theta = np.ones(3, np.float32)
    held, g = theta, np.array([1.0, 2.0, 3.0], np.float32)
    optimizer(name, theta, momentum=0.5).step(theta, g, 0.1)
    assert held is theta
    assert theta.dtype == np.float32
    assert (theta < 1).all()
    np.testing.assert_array_equal(g, [1, 2, 3])
