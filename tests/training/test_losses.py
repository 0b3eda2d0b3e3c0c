"""Losses: values by hand, stability, gradients against finite differences."""

import numpy as np
import pytest

from riskaudit.training.losses import (
    LOSSES,
    binary_cross_entropy,
    categorical_cross_entropy,
    squared_error,
)

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(6, 3)) * 3
SOFT = RNG.dirichlet(np.ones(3), size=6)
WEIGHTS = RNG.uniform(0.2, 2, size=6)


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_gradients(name, weights):
    """dJ/dz is the central difference of J, with and without weights, for soft targets."""
    loss, h = LOSSES[name], 1e-6
    gradient = np.empty_like(Z)
    loss(Z.copy(), SOFT, weights, gradient)
    for at in np.ndindex(Z.shape):
        up, down = Z.copy(), Z.copy()
        up[at] += h
        down[at] -= h
        numeric = (loss(up, SOFT, weights, up) - loss(down, SOFT, weights, down)) / (2 * h)
        assert gradient[at] == pytest.approx(numeric, abs=1e-8)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_gradient_in_place(name):
    """The gradient may take the place of the logits."""
    apart, within = np.empty_like(Z), Z.copy()
    value = LOSSES[name](Z.copy(), SOFT, WEIGHTS, apart)
    assert LOSSES[name](within, SOFT, WEIGHTS, within) == value
    np.testing.assert_array_equal(apart, within)


def test_values_by_hand():
    """Each loss on a row one can do in the head."""
    room = np.empty((1, 2))
    assert squared_error(np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]]), None, room) == pytest.approx(2.0)
    even = categorical_cross_entropy(np.zeros((1, 2)), np.array([[1.0, 0.0]]), None, room)
    assert even == pytest.approx(np.log(2))
    one = np.empty((1, 1))
    assert binary_cross_entropy(np.zeros((1, 1)), np.ones((1, 1)), None, one) == pytest.approx(np.log(2))


def test_cross_entropies_of_huge_logits():
    """A logit of a thousand costs a thousand when wrong and nothing when right; nothing overflows."""
    z, room = np.array([[1000.0], [-1000.0]]), np.empty((2, 1))
    assert binary_cross_entropy(z, np.array([[0.0], [0.0]]), None, room) == pytest.approx(500)
    assert binary_cross_entropy(z, np.array([[1.0], [0.0]]), None, room) == 0
    wide = np.empty((1, 2))
    assert (
        categorical_cross_entropy(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]), None, wide) == 2000
    )


def test_two_classes_either_way():
    """A sigmoid on z is a softmax on (0, z)."""
    z, y = RNG.normal(size=(5, 1)), RNG.integers(0, 2, size=(5, 1)).astype(float)
    both, labels = np.hstack([np.zeros_like(z), z]), np.hstack([1 - y, y])
    one, two = np.empty_like(z), np.empty_like(both)
    assert binary_cross_entropy(z, y, None, one) == pytest.approx(
        categorical_cross_entropy(both, labels, None, two)
    )
    np.testing.assert_allclose(one[:, 0], two[:, 1])
