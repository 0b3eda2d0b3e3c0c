"""Private descent: clipped sums, drawn rows, and the noise on them."""

import math
from itertools import pairwise

import numpy as np
import pytest

from riskaudit.training.descent import Plan, Rows, descend
from riskaudit.training.losses import LOSSES, squared_error
from riskaudit.training.network import Network, initialise
from riskaudit.training.optimizers import SGD
from riskaudit.training.private.clipping import Clipper
from riskaudit.training.private.descent import Privacy, private_descend
from riskaudit.training.private.noise import Repeatable, Secret, chance
from riskaudit.training.schedules import Constant
from riskaudit.training.watching import watching


def network_of(sizes, activation="tanh", dtype="float64"):
    size = sum((a + 1) * b for a, b in pairwise(sizes))
    return initialise(Network(sizes, activation, np.zeros(size, dtype)), np.random.default_rng(3))


def one_by_one(network, loss, X, Y):
    """Each row's gradient (m, p), each by a backward pass of its own."""
    rows = []
    for x, y in zip(X, Y, strict=True):
        z = network.forward(x[None])
        loss(z, y[None], None, z)
        rows.append(network.backward(x[None], z).copy())
    return np.array(rows)


def plan_of(loss=squared_error, rate=0.1, epochs=1, **more):
    return Plan(loss=loss, rate=Constant(start=rate), epochs=epochs, batch_size=10**9, patience=None, **more)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("hidden", [(), (5,), (6, 4, 3)])
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("weighted", [False, True])
def test_ghost_clipping_is_clipping(activation, hidden, loss, weighted):
    """The sum without per-row gradients is the sum of per-row gradients, each made and clipped."""
    rng = np.random.default_rng(0)
    network = network_of((4, *hidden, 3), activation)
    X, Y, weights = rng.normal(size=(9, 4)), rng.dirichlet(np.ones(3), size=9), rng.uniform(0.2, 3, size=9)
    rows = one_by_one(network, LOSSES[loss], X, Y) * (weights[:, None] if weighted else 1)
    lengths = np.linalg.norm(rows, axis=1)
    bound = float(np.median(lengths))  # some are clipped, some are not
    expected = (rows * np.minimum(1, bound / lengths)[:, None]).sum(axis=0)
    ours = Clipper(network, LOSSES[loss], bound).gradient(X, Y, weights if weighted else None)
    np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-5 * bound)


def test_no_row_adds_more_than_the_clip():
    """One row more moves the sum by at most C, in float32, however wild the row or its weight."""
    rng = np.random.default_rng(0)
    network = network_of((20, 30, 2), "relu", "float32")
    clipper = Clipper(network, squared_error, 0.5)
    X, Y = rng.normal(size=(50, 20)).astype("float32"), rng.normal(size=(50, 2)).astype("float32")
    weights = np.ones(50, "float32")
    for scale in (1.0, 1e3, 1e10, 1e30):
        X[-1], weights[-1] = scale, min(scale, 1e6)
        with np.errstate(over="ignore", invalid="ignore"):
            whole = clipper.gradient(X, Y, weights).astype("float64")
            without = clipper.gradient(X[:-1], Y[:-1], weights[:-1]).astype("float64")
        assert np.isfinite(whole).all()
        assert np.linalg.norm(whole - without) <= 0.5 * (1 + 1e-5)


def test_batches_of_any_length_reuse_the_buffers():
    """A shorter batch after a longer one is right, and none at all is a gradient of zero."""
    rng = np.random.default_rng(0)
    network = network_of((3, 4, 1))
    X, Y = rng.normal(size=(30, 3)), rng.normal(size=(30, 1))
    clipper = Clipper(network, squared_error, 1e9)
    clipper.gradient(X, Y)
    short = clipper.gradient(X[:7], Y[:7]).copy()
    np.testing.assert_allclose(short, one_by_one(network, squared_error, X[:7], Y[:7]).sum(axis=0))
    assert not clipper.gradient(X[:0], Y[:0]).any()


def test_without_noise_and_clipping_it_is_gradient_descent():
    """All rows each step, no noise, a clip that never bites: the steps of plain descent, penalties included."""
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(40, 3)), rng.normal(size=(40, 1)))
    plain, private = network_of((3, 5, 1)), network_of((3, 5, 1))
    plan = plan_of(epochs=25, l2=0.05, l1=0.01)
    descend(plain, rows, plan, optimizer=SGD(plain.theta), rng=rng)
    private_descend(
        private,
        rows,
        plan,
        privacy=Privacy(rate=1.0, noise=0.0, clip=1e9, steps=25),
        optimizer=SGD(private.theta),
        chance=Repeatable(0),
    )
    np.testing.assert_allclose(private.theta, plain.theta, rtol=1e-12)


def steps_of(privacy, rows, seeds):
    """The one step -g taken from each seed (len(seeds), p)."""
    moves = []
    for seed in seeds:
        network = network_of((2, 1))
        before = network.theta.copy()
        private_descend(
            network,
            rows,
            plan_of(rate=1.0),
            privacy=privacy,
            optimizer=SGD(network.theta, momentum=0.0),
            chance=Repeatable(seed),
        )
        moves.append(network.theta - before)
    return np.array(moves)


def test_the_noise_has_the_size_accounted_for():
    """Where no row is drawn, a step is N(0, (s C / B)^2) in every coordinate."""
    rows = Rows(np.ones((10, 2)), np.ones((10, 1)))
    privacy = Privacy(rate=1e-12, noise=1.7, clip=0.3, steps=1)
    moves = steps_of(privacy, rows, range(1500)) * (1e-12 * 10)  # the expected batch B
    assert np.abs(moves.mean(axis=0)).max() < 4 * 0.51 / np.sqrt(1500)
    np.testing.assert_allclose(moves.std(axis=0), 1.7 * 0.3, rtol=0.08)


def test_rows_are_drawn_one_by_one():
    """Batch lengths are binomial, none included, and a step divides by the expected one."""
    rows = Rows(np.zeros((20, 2)), np.full((20, 1), 1e6))  # every row's clipped gradient is the same
    moves = steps_of(Privacy(rate=0.1, noise=0.0, clip=1.0, steps=1), rows, range(1500))
    drawn = np.linalg.norm(moves, axis=1) * 2  # B = 2, each row of length C = 1
    np.testing.assert_allclose(drawn, np.round(drawn), atol=1e-3)
    assert (np.round(drawn) == 0).mean() == pytest.approx(0.9**20, abs=0.035)
    assert drawn.mean() == pytest.approx(2.0, abs=0.15)
    assert drawn.var() == pytest.approx(20 * 0.1 * 0.9, rel=0.2)


def test_who_watches_hears_of_passes_but_of_no_loss():
    """One call for each expected pass over the rows; the loss is not a number."""
    heard = []
    rows = Rows(np.ones((10, 2)), np.ones((10, 1)))
    network = network_of((2, 1))
    with watching(heard.append):
        plan = plan_of(epochs=3)
    privacy = Privacy(rate=0.1, noise=1.0, clip=1.0, steps=30)
    private_descend(network, rows, plan, privacy=privacy, optimizer=SGD(network.theta), chance=Repeatable(0))
    assert [epoch.done for epoch in heard] == [1, 2, 3]
    assert all(math.isnan(epoch.loss) for epoch in heard)


def test_divergence_is_told():
    """Parameters beyond all numbers end in a sentence."""
    network = network_of((2, 1), dtype="float32")
    rows = Rows(np.ones((10, 2), "float32"), np.ones((10, 1), "float32"))
    with pytest.raises(ValueError, match="diverged; lower learning_rate"):
        private_descend(
            network,
            rows,
            plan_of(rate=1e38),
            privacy=Privacy(rate=1.0, noise=10.0, clip=10.0, steps=3),
            optimizer=SGD(network.theta),
            chance=Repeatable(0),
        )


@pytest.mark.parametrize("source", [Secret(), Repeatable(0)], ids=["secret", "repeatable"])
def test_noise_is_normal_and_rows_are_uniform(source):
    """Both sources pass Kolmogorov and Smirnov, in odd numbers too."""
    from scipy.stats import kstest

    assert kstest(source.normal(20_001), "norm").pvalue > 1e-6
    assert kstest(source.uniform(20_001), "uniform").pvalue > 1e-6
    assert abs(np.corrcoef(source.normal(20_000).reshape(2, -1))[0, 1]) < 0.06


def test_secret_noise_never_comes_twice():
    """A seed repeats itself; the secret source does not."""
    np.testing.assert_array_equal(chance(5).normal(8), chance(5).normal(8))
    assert not np.array_equal(chance(None).normal(8), chance(None).normal(8))
