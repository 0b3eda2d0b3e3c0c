"""Peers: one network, the same first weights, the same full batches: the same weights afterwards."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from riskaudit.training.descent import Plan, Rows, descend
from riskaudit.training.losses import LOSSES
from riskaudit.training.network import Network, initialise
from riskaudit.training.optimizers import optimizer
from riskaudit.training.schedules import Constant

PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS = PIXELS[:400] / 16
TARGETS = {  # the loss, targets as the network sees them, and as scikit-learn does
    "categorical_cross_entropy": (np.eye(10)[DIGITS[:400]], DIGITS[:400]),
    "binary_cross_entropy": ((DIGITS[:400, None] > 4).astype(float), (DIGITS[:400] > 4).astype(int)),
    "squared_error": (DIGITS[:400, None] / 4.5, DIGITS[:400] / 4.5),
}
RATE, L2 = 0.05, 1e-2


def ours(loss, activation, *, name="sgd", epochs=1):
    """First and last weights and biases by layer, after some epochs of full batches."""
    Y, _ = TARGETS[loss]
    sizes = (64, 20, 12, Y.shape[1])
    network = Network(sizes, activation, np.zeros(sum((a + 1) * b for a, b in pairwise(sizes))))
    initialise(network, np.random.default_rng(0))
    first = [part.copy() for part in (*network.weights, *network.biases)]
    plan = Plan(
        loss=LOSSES[loss], rate=Constant(start=RATE), epochs=epochs, batch_size=400, l2=L2, patience=None
    )
    walker = optimizer(name, network.theta, momentum=0.0)
    curve = descend(network, Rows(PIXELS, Y), plan, optimizer=walker, rng=np.random.default_rng(0))
    return first, [*network.weights, *network.biases], curve.train


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("loss", sorted(TARGETS))
def test_scikit_learn_goes_the_same_way(loss, activation):
    """One epoch of full-batch gradient descent: MLP's weights and ours agree to 1e-6."""
    first, last, _ = ours(loss, activation)
    peer = (MLPRegressor if loss == "squared_error" else MLPClassifier)(
        hidden_layer_sizes=(20, 12), activation=activation.replace("sigmoid", "logistic"), solver="sgd", alpha=L2 * 400,
        batch_size=400, learning_rate_init=RATE, momentum=0.0, max_iter=1, warm_start=True, shuffle=False,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer.fit(PIXELS, TARGETS[loss][1])
        for theirs, W in zip([*peer.coefs_, *peer.intercepts_], first, strict=True):
            theirs[...] = W
        peer.fit(PIXELS, TARGETS[loss][1])
    for theirs, W in zip([*peer.coefs_, *peer.intercepts_], last, strict=True):
        np.testing.assert_allclose(W, theirs, atol=1e-6)
    assert max(np.abs(a - b).max() for a, b in zip(first, last, strict=True)) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("loss", sorted(TARGETS))
def test_pytorch_goes_the_same_way(loss, activation, name):
    """Five epochs, gradient descent and Adam: PyTorch's weights and losses and ours agree to 1e-6."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; it is not a dependency")
    first, last, curve = ours(loss, activation, name=name, epochs=5)
    W, b = ([torch.tensor(p, requires_grad=True) for p in part] for part in (first[:3], first[3:]))
    f = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[activation]
    loss_of = {
        "categorical_cross_entropy": torch.nn.functional.cross_entropy,
        "binary_cross_entropy": torch.nn.functional.binary_cross_entropy_with_logits,
        "squared_error": lambda z, y: 0.5 * torch.nn.functional.mse_loss(z, y),
    }[loss]
    kind = torch.optim.SGD if name == "sgd" else torch.optim.Adam
    walker = kind([{"params": W, "weight_decay": L2}, {"params": b}], lr=RATE)
    X, Y, losses = torch.tensor(PIXELS), torch.tensor(TARGETS[loss][0]), []
    for _ in range(5):
        a = f(f(X @ W[0] + b[0]) @ W[1] + b[1])
        value = loss_of(a @ W[2] + b[2], Y)
        losses.append(value.item())
        walker.zero_grad()
        value.backward()
        walker.step()
    np.testing.assert_allclose(curve, losses, rtol=1e-6)
    for theirs, ours_ in zip([*W, *b], last, strict=True):
        np.testing.assert_allclose(ours_, theirs.detach().numpy(), atol=1e-6)
