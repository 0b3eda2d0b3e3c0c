"""Embedding: pooling by hand, gradients against finite differences, sums against np.add.at."""

import numpy as np
import pytest

from riskaudit.training.dropout import Dropout
from riskaudit.training.embedding import TextNetwork, draw, shares, text_outputs, text_size
from riskaudit.training.losses import LOSSES

IDS = np.array([[2, 3, 2, 0], [1, 0, 0, 0], [0, 0, 0, 0], [4, 4, 4, 4], [3, 1, 5, 2]], np.int32)
WORDS, E = 6, 3


def network_of(hidden=(4,), activation="tanh", outputs=2):
    sizes = (E, *hidden, outputs)
    network = TextNetwork(WORDS, sizes, activation, np.zeros(text_size(WORDS, sizes)))
    draw(network, np.random.default_rng(0), "glorot")
    network.theta[network.n_weights : network.head.theta.size] = 0.1
    return network


def test_pooling_by_hand():
    """The mean of the words' vectors; padding counts for nothing; an empty text is 0."""
    table = network_of().embedding
    pooled = shares(IDS, WORDS, np.float64) @ table
    np.testing.assert_allclose(pooled[0], (2 * table[1] + table[2]) / 3)
    np.testing.assert_allclose(pooled[1], table[0])
    np.testing.assert_array_equal(pooled[2], 0)
    np.testing.assert_allclose(pooled[3], table[3])


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("hidden", [(), (4,), (5, 3)])
@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_backward_is_the_gradient(activation, hidden, rate):
    """Embedding, pooling and dense layers, dropout held fixed: central differences, every parameter."""
    network, loss = network_of(hidden, activation), LOSSES["categorical_cross_entropy"]
    Y = np.random.default_rng(1).dirichlet(np.ones(2), size=len(IDS))
    weights = np.array([1.0, 0.5, 2.0, 1.0, 0.3])

    def objective():
        network.dropout = Dropout(rate, np.random.default_rng(3)) if rate else None
        z = network.forward(IDS, training=True)
        return loss(z, Y, weights, z), z

    _, z = objective()
    gradient, numeric, h = network.backward(IDS, z).copy(), np.empty_like(network.theta), 1e-6
    for at in range(len(numeric)):
        kept = network.theta[at]
        network.theta[at] = kept + h
        up, _ = objective()
        network.theta[at] = kept - h
        numeric[at] = (up - objective()[0]) / (2 * h)
        network.theta[at] = kept
    np.testing.assert_allclose(gradient, numeric, atol=2e-8)


def test_the_sparse_product_is_the_sum_over_words():
    """P' D adds each text's gradient to each of its words: what np.add.at does, word by word."""
    D = np.random.default_rng(2).normal(size=(len(IDS), E))
    expected = np.zeros((WORDS, E))
    for row, d in zip(IDS, D, strict=True):
        said = row[row > 0] - 1
        np.add.at(expected, said, d / max(len(said), 1))
    np.testing.assert_allclose(shares(IDS, WORDS, np.float64).T @ D, expected, atol=1e-15)


def test_padding_changes_nothing():
    """More padding, the same answers and gradients."""
    wide = np.hstack([IDS, np.zeros((len(IDS), 3), np.int32)])
    network = network_of()
    answers = network.forward(IDS).copy()
    np.testing.assert_allclose(network.forward(wide), answers, rtol=1e-15)
    np.testing.assert_allclose(text_outputs(network, wide, rows=2), answers, rtol=1e-13)


def test_all_parameters_are_one_vector():
    """Dense weights first, so that a penalty on `n_weights` numbers leaves biases and words alone."""
    network = network_of((4,))
    network.theta[...] = np.arange(network.theta.size)
    assert network.n_weights == E * 4 + 4 * 2
    assert network.weights[0][0, 0] == 0
    assert network.embedding[0, 0] == network.n_weights + 4 + 2
