"""T2 and T3 (docs/theory/exactness-and-loss.md), against enumeration of all outcomes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te

MECHANISM = te.auctions.SecondPrice()


@st.composite
def markets(draw):
    """Up to three bidders and two items, values and wedges in eighths; d and v may be negative."""
    n, m = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    numbers = st.lists(st.integers(-40, 40), min_size=n * m, max_size=n * m)
    v, wedge = (np.array(draw(numbers)).reshape(n, m) / 8 for _ in range(2))
    return v, wedge


def all_values(table: np.ndarray) -> np.ndarray:
    """Sum of values of every outcome: each item goes to one of the bidders or stays with the seller."""
    n, m = table.shape
    padded = np.vstack([table, np.zeros(m)])
    return np.array([padded[list(who), range(m)].sum() for who in product(range(n + 1), repeat=m)])


def profile(v, wedge) -> te.ThickProfile:
    return te.ThickProfile.from_arrays(np.stack([v, wedge], axis=1), endorsement=[1.0, 0.0], unit="money")


@settings(max_examples=150, deadline=None)
@given(markets())
def test_loss_is_within_both_bounds(market) -> None:
    v, wedge = market
    problem = profile(v, wedge)
    best = all_values(v).max()
    thick, sidt = MECHANISM.run(problem, rng=2), MECHANISM.baseline().run(problem, rng=2)
    worth = [float(outcome.utilities(te.Endorsed()).sum()) for outcome in (thick, sidt)]
    assert worth[0] == best
    comparison = te.compare(MECHANISM, problem, rng=2)
    loss, exact, cheap = best - worth[1], comparison.loss_bound.exact(), comparison.loss_bound.value
    assert -1e-12 <= loss <= exact + 1e-12
    assert exact <= np.ptp(all_values(wedge)) + 1e-12
    assert np.ptp(all_values(wedge)) <= cheap + 1e-12


@settings(max_examples=200, deadline=None)
@given(markets())
def test_below_the_margin_sidt_is_exact(market) -> None:
    v, wedge = market
    ordered = np.sort(all_values(v))
    if np.ptp(all_values(wedge)) < ordered[-1] - ordered[-2]:
        problem = profile(v, wedge)
        one, two = MECHANISM.run(problem, rng=0).taken, MECHANISM.baseline().run(problem, rng=0).taken
        assert one.tolist() == two.tolist()


def test_the_margin_is_sharp_and_not_necessary() -> None:
    """v = 1 or nothing. Wedge -1: osc equals the gap, a tie; -1.01: SIDT errs; +5: osc is five gaps, SIDT is right."""
    for wedge, right in ((-1.01, False), (5.0, True), (-0.99, True)):
        sold = MECHANISM.baseline().run(profile(np.array([[1.0]]), np.array([[wedge]])), rng=0).winners[0] == 0
        assert sold is np.bool_(right)


def test_sums_lose_twice_the_largest_wedge() -> None:
    """One agent, v = (2, 0), wedge (-1, 1 + eta): the second option is taken, 2 is lost; 2 |wedge| = 2 + 2 eta."""
    eta = 2.0**-10
    v, d = np.array([2.0, 0.0]), np.array([1.0, 1.0 + eta])
    loss = v.max() - v[d.argmax()]
    assert loss == 2.0
    assert loss <= 2 * abs(d - v).max() < loss + 0.01


def test_nash_breaks_the_bound_of_translation_covariant_functions() -> None:
    nash = te.welfare.Nash()
    v, d = np.array([[1.0, 1e-9], [0.1, 0.1]]), np.array([[1.0, 0.01], [0.09, 0.09]])
    means = [np.array([nash.ede(row) for row in table]) for table in (v, d)]
    chosen = int(means[1].argmax())
    assert chosen == 0
    assert means[0].max() - means[0][chosen] == pytest.approx(0.09996837722, rel=1e-9)  # .1 - sqrt(1e-9)
    assert 2 * abs(d - v).max() == pytest.approx(0.02)
    logs_v, logs_d = np.log(v).mean(axis=1), np.log(d).mean(axis=1)
    loss, bound = logs_v[1] - logs_v[0], (logs_v - logs_d)[1] + (logs_d - logs_v)[0]
    assert (loss, bound) == pytest.approx((8.059047825, 8.164408341), rel=1e-9)


@pytest.mark.parametrize(("epsilon", "n"), [(1.5, 2), (1.5, 5), (2.0, 5), (3.0, 4), (10.0, 3)])
def test_slope_of_atkinson(epsilon, n) -> None:
    """In the sup norm n^(1/(epsilon-1)), approached where one agent is much poorer than all others; never above."""
    ede = te.welfare.Atkinson(epsilon).ede
    slope = n ** (1 / (epsilon - 1))
    poor = np.array([1.0] + [1e12] * (n - 1))
    assert (ede(poor + 1e-4) - ede(poor - 1e-4)) / 2e-4 == pytest.approx(slope, rel=1e-3)
    rng = np.random.default_rng(3)
    for u in np.exp(rng.normal(0, 2, (200, n))):
        step = 1e-6 * u.min()
        assert (ede(u + step) - ede(u - step)) / (2 * step) <= slope * (1 + 1e-6)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_maximin_loses_at_most_twice_the_largest_wedge(seed) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0, 10, (6, 3))  # options x agents
    wedge = rng.uniform(-2, 2, (6, 3))
    worth = np.array([te.welfare.Maximin().evaluate(row) for row in v])
    seen = np.array([te.welfare.Maximin().evaluate(row) for row in v + wedge])
    assert worth.max() - worth[seen.argmax()] <= 2 * abs(wedge).max()


@pytest.mark.parametrize("seed", range(5))
def test_quadratic_bound_of_strongly_concave_welfare(seed) -> None:
    """W_v = a x - mu/2 |x|^2 on a simplex; the maximiser is a projection (Held, Wolfe and Crowder 1974)."""

    def project(y: np.ndarray) -> np.ndarray:
        falling = np.sort(y)[::-1]
        excess = (np.cumsum(falling) - 1) / np.arange(1, len(y) + 1)
        return np.maximum(y - excess[np.flatnonzero(falling > excess)[-1]], 0.0)

    rng = np.random.default_rng(seed)
    for _ in range(100):
        mu, a = rng.uniform(0.5, 2), rng.normal(size=4)
        bent = a + rng.normal(scale=0.5, size=4)
        best, taken = project(a / mu), project(bent / mu)
        loss = (a @ best - mu / 2 * best @ best) - (a @ taken - mu / 2 * taken @ taken)
        assert -1e-12 <= loss <= (bent - a) @ (bent - a) / (2 * mu) + 1e-12
