"""Activations: their values in the tails, and their slopes against finite differences."""

import numpy as np
import pytest

from riskaudit.training.activations import ACTIVATIONS, sigmoid, softmax, softmax_pullback

Z = np.random.default_rng(0).normal(size=(7, 5)) * 2


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_slopes_are_derivatives(name):
    """f' written in a = f(z) is the central difference of f."""
    f, slope = ACTIVATIONS[name]
    h = 1e-6
    numeric = (f(Z + h, None) - f(Z - h, None)) / (2 * h)
    np.testing.assert_allclose(slope(f(Z, None), None), numeric, atol=1e-8)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_place_is_the_same(name, dtype):
    """Working in place changes no number and no type."""
    f, slope = ACTIVATIONS[name]
    z = Z.astype(dtype)
    a = f(z, None)
    room = z.copy()
    assert f(room, room) is room
    np.testing.assert_array_equal(room, a)
    assert slope(room, room) is room
    np.testing.assert_array_equal(room, slope(a, None))
    assert a.dtype == room.dtype == dtype


def test_softmax_pullback_is_the_jacobian():
    """J'u is the gradient of <u, softmax(z)>."""
    u, h = np.random.default_rng(1).normal(size=Z.shape), 1e-6
    numeric = np.empty_like(Z)
    for k in range(Z.shape[1]):
        step = h * np.eye(Z.shape[1])[k]
        numeric[:, k] = ((softmax(Z + step) - softmax(Z - step)) * u).sum(axis=1) / (2 * h)
    np.testing.assert_allclose(softmax_pullback(softmax(Z), u), numeric, atol=1e-8)


def test_sigmoid_keeps_both_tails():
    """Far out the sigmoid is exp(z), not 0, and nothing overflows."""
    np.testing.assert_allclose(sigmoid(np.array([-700.0, -40.0])), np.exp([-700.0, -40.0]), rtol=1e-15)
    np.testing.assert_array_equal(sigmoid(np.array([-1e4, 0.0, 1e4])), [0.0, 0.5, 1.0])


def test_softmax_of_huge_logits():
    """Only differences of logits count."""
    np.testing.assert_allclose(softmax(np.array([[1e4, 1e4, -1e4]])), [[0.5, 0.5, 0.0]])
    np.testing.assert_allclose(softmax(Z + 500), softmax(Z), rtol=1e-10)
