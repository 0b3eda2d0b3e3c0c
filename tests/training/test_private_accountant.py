"""Accountant: against closed forms, against direct integration, and against Google's dp-accounting."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import binom, logsumexp
from scipy.stats import norm

from riskaudit.training.private import epsilon, noise_for
from riskaudit.training.private.loss_distribution import composed, one_step, tight_epsilon
from riskaudit.training.private.renyi import ORDERS, renyi_divergence

# (noise, rate, steps, delta): (Renyi epsilon, PLD epsilon), by dp-accounting 0.6.0:
#   event = SelfComposedDpEvent(PoissonSampledDpEvent(rate, GaussianDpEvent(noise)), steps)
#   a = rdp.RdpAccountant(); a.compose(event); a.get_epsilon(delta)
#   a = pld.PLDAccountant(); the same   (the last row: value_discretization_interval=1e-6, its default is too coarse)
REFERENCE = {
    (1.0, 0.01, 1000, 1e-5): (2.101366525420273, 1.8282436455855091),
    (0.6, 0.05, 200, 1e-6): (19.793245689567502, 17.678632738615313),
    (4.0, 0.2, 500, 1e-5): (5.5695315382310975, 5.146141817139942),
    (1.1, 256 / 60000, 14063, 1e-5): (2.596655529521983, 2.381778812581751),
    (2.0, 1.0, 10, 1e-5): (8.079406222420491, 7.511275904062699),
    (0.5, 0.002, 50, 1e-3): (2.2166087965691497, 0.6009035018494241),
    (10.0, 0.5, 100, 1e-8): (2.906009716893843, 2.7470733338860174),
    (0.8, 0.1, 30, 1e-5): (7.651103843029387, 6.578774963857063),
    (50.0, 0.01, 100, 1e-5): (None, 0.004397034173585936),  # its orders end at 1024; ours go on, 7 % lower
}


@pytest.mark.parametrize("case", list(REFERENCE), ids=str)
def test_reference_values(case):
    """Renyi within 0.1 % of dp-accounting, and the loss distribution within 0.1 %, from above."""
    renyi, tight = REFERENCE[case]
    if renyi is not None:
        assert epsilon(*case, method="renyi") == pytest.approx(renyi, rel=1e-3)
    assert tight * (1 - 1e-6) <= epsilon(*case) <= tight * (1 + 1e-3)


def test_dp_accounting_agrees():
    """Where the package is installed: within 1 % on random mechanisms, in both ways of counting.

    It is given our orders, and rates at which its series for fractional orders converge: at others it drops them, and
    is up to 40 % higher at large epsilon.
    """
    theirs = pytest.importorskip("dp_accounting")
    from dp_accounting import pld, rdp

    rng = np.random.default_rng(0)
    for _ in range(6):
        noise, rate = float(rng.uniform(0.7, 4)), float(10 ** rng.uniform(-3, -1.5))
        steps, delta = int(10 ** rng.uniform(1, 3.5)), float(10 ** rng.uniform(-8, -4))
        one = theirs.PoissonSampledDpEvent(rate, theirs.GaussianDpEvent(noise))
        for method, accountant in (
            ("renyi", rdp.RdpAccountant(orders=ORDERS)),
            ("tight", pld.PLDAccountant()),
        ):
            accountant.compose(theirs.SelfComposedDpEvent(one, steps))
            told = accountant.get_epsilon(delta)
            assert epsilon(noise, rate, steps, delta, method=method) == pytest.approx(told, rel=0.01)


def analytic(mu, delta):
    """Epsilon of a Gaussian mechanism: delta = Phi(mu/2 - e/mu) - exp(e) Phi(-mu/2 - e/mu) (Balle, Wang 2018)."""

    def gap(e):
        above, below = norm.logcdf(mu / 2 - e / mu), e + norm.logcdf(-mu / 2 - e / mu)
        return above + math.log(-math.expm1(below - above)) - math.log(delta)

    return brentq(gap, 0, mu * mu + 20 * mu)


@pytest.mark.parametrize(
    ("noise", "steps", "delta"),
    [(1.0, 1, 1e-5), (2.0, 10, 1e-5), (0.5, 3, 1e-6), (30.0, 1000, 1e-8), (100.0, 1, 1e-3), (1.0, 1, 1e-10)],
)
def test_all_rows_each_step_is_the_gaussian_mechanism(noise, steps, delta):
    """At rate 1, T steps are one Gaussian of mu = sqrt(T)/s: the loss distribution finds it, from above."""
    truth = analytic(math.sqrt(steps) / noise, delta)
    assert truth <= epsilon(noise, 1.0, steps, delta) <= truth * 1.001
    assert truth < epsilon(noise, 1.0, steps, delta, method="renyi") < truth * 1.5


@pytest.mark.parametrize(("noise", "rate"), [(0.7, 0.1), (1.0, 0.01), (3.0, 0.5)])
def test_one_step_by_integration(noise, rate):
    """Both hockey sticks of one step are those integrated outright, and never below."""

    def hockey_stick(e, *, sign):
        def gap(z):
            P = (1 - rate) * norm.pdf(z, 0, noise) + rate * norm.pdf(z, 1, noise)
            Q = norm.pdf(z, 0, noise)
            return max(P - math.exp(e) * Q if sign > 0 else Q - math.exp(e) * P, 0)

        return quad(gap, -40, 40, limit=2000, points=[0, 1])[0]

    for one, sign in zip(one_step(noise, rate, tail=1e-12), (1, -1), strict=True):
        for e in (0.01, 0.05):
            truth = hockey_stick(e, sign=sign)
            ours = float(np.maximum(0, 1 - np.exp(e - one.losses)) @ one.masses) + one.infinite
            assert truth - 1e-9 <= ours <= truth * 1.01 + 1e-6


@pytest.mark.parametrize("order", [2, 3, 17, 64, 256])
@pytest.mark.parametrize(("noise", "rate"), [(0.5, 0.01), (1.0, 0.3), (8.0, 0.001)])
def test_whole_orders_have_a_closed_sum(order, noise, rate):
    """log sum_k binom(a, k) (1-q)^(a-k) q^k exp((k^2 - k)/(2 s^2)) / (a - 1), to ten digits."""
    k = np.arange(order + 1)
    terms = np.log(binom(order, k)) + (order - k) * np.log1p(-rate) + k * np.log(rate)
    exact = logsumexp(terms + (k * k - k) / (2 * noise**2)) / (order - 1)
    assert renyi_divergence(noise, rate, order) == pytest.approx(exact, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("order", [1.1, 1.5, 2.7, 10.4])
def test_fractional_orders_by_adaptive_integration(order):
    """The trapezoid rule and SciPy's adaptive one agree."""
    noise, rate = 0.8, 0.05

    def integrand(z):
        return norm.pdf(z, 0, noise) * (1 - rate + rate * math.exp((2 * z - 1) / (2 * noise**2))) ** order

    total = quad(integrand, -12, 12 + order, limit=500, points=[0, order], epsabs=0, epsrel=1e-12)[0]
    assert renyi_divergence(noise, rate, order) == pytest.approx(math.log(total) / (order - 1), rel=1e-9)


def test_more_noise_fewer_steps_and_rarer_rows_spend_less():
    """Epsilon moves the right way in every argument."""
    at = epsilon(1.0, 0.05, 200, 1e-5)
    assert epsilon(1.2, 0.05, 200, 1e-5) < at
    assert epsilon(1.0, 0.04, 200, 1e-5) < at
    assert epsilon(1.0, 0.05, 150, 1e-5) < at
    assert epsilon(1.0, 0.05, 200, 1e-4) < at


@pytest.mark.parametrize(
    ("target", "rate", "steps"), [(0.1, 0.02, 500), (1.0, 0.02, 500), (8.0, 1.0, 20), (0.01, 1.0, 1)]
)
@pytest.mark.parametrize("method", ["tight", "renyi"])
def test_the_noise_found_is_enough_and_hardly_more(target, rate, steps, method):
    """It keeps within the target; a thousandth less does not."""
    noise = noise_for(target, rate, steps, 1e-5, method=method)
    assert target * 0.99 < epsilon(noise, rate, steps, 1e-5, method=method) <= target
    assert epsilon(noise * 0.999, rate, steps, 1e-5, method=method) > target


def test_the_ends():
    """No rows or steps cost nothing, no noise costs all; a huge loss is never taken for none."""
    assert epsilon(1.0, 0.0, 10, 1e-5) == epsilon(1.0, 0.5, 0, 1e-5) == 0
    assert epsilon(0.0, 0.5, 10, 1e-5) == math.inf
    assert epsilon(5.0, 1.0, 10**6, 1e-5) == pytest.approx(analytic(200.0, 1e-5), rel=1e-3)
    assert epsilon(0.01, 1.0, 1, 1e-5) > 5000
    assert tight_epsilon(1.0, 0.5, 10**5, 1e-15) == math.inf  # beyond double precision: Renyi steps in
    assert math.isfinite(epsilon(1.0, 0.5, 10**5, 1e-15))
    assert noise_for(1e5, 0.5, 10, 1e-5) == 0.2


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((-1.0, 0.5, 1, 1e-5), "noise must not be negative"),
        ((math.nan, 0.5, 1, 1e-5), "noise must not be negative"),
        ((1.0, 1.5, 1, 1e-5), "rate is a probability"),
        ((1.0, 0.5, -1, 1e-5), "steps is a whole number"),
        ((1.0, 0.5, 1, 0.0), "delta is a probability"),
    ],
)
def test_numbers_out_of_range(numbers, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        epsilon(*numbers)


def test_other_refusals():
    """An unknown way of counting and a budget of nothing."""
    with pytest.raises(ValueError, match="no way of counting 'moments'"):
        epsilon(1.0, 0.5, 1, 1e-5, method="moments")
    with pytest.raises(ValueError, match="epsilon must be above 0"):
        noise_for(0.0, 0.5, 1, 1e-5)


@pytest.mark.parametrize("noise", [0.1, 0.01, 1e-3, 1e-5])
def test_hardly_any_noise_takes_no_memory(noise):
    """Grids of high orders would be as long as 1/noise^2; the bound stays one, from low orders or infinity."""
    assert epsilon(noise, 0.1, 10, 1e-5) > 50


def test_rare_and_large_losses_need_no_long_window():
    """A rate of one in a million for a thousand steps: a window of millions of cells took minutes and gigabytes."""
    for one in one_step(0.3, 1e-6, tail=1e-14):
        assert len(composed(one, 1000, 1e-11).masses) < 10**6
    assert epsilon(0.3, 1e-6, 1000, 1e-6) <= epsilon(0.3, 1e-6, 1000, 1e-6, method="renyi")
