"""T2 and T3 (docs/theory/exactness-and-loss.md), against enumeration of all outcomes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.errors import NotApplicableError
from thickecon.welfare import Allocate, Atkinson, Maximin, Nash, Utilitarian

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


@settings(max_examples=100, deadline=None)
@given(markets(), st.integers(1, 24))
def test_with_a_reserve_the_sum_is_net_of_it(market, reserve) -> None:
    """W counts v - r where an item is sold: the enumeration of a market whose values are all lower by r."""
    v, wedge = market
    problem, mechanism = profile(v, wedge), te.auctions.SecondPrice(reserve=reserve / 8)
    thick, sidt = mechanism.run(problem, rng=2), mechanism.baseline().run(problem, rng=2)
    worth = [float(x.utilities().sum() - reserve / 8 * x.taken.sum()) for x in (thick, sidt)]
    assert worth[0] == all_values(v - reserve / 8).max()
    bound = te.certify(problem, thick).loss_bound
    assert worth[0] - worth[1] <= bound.exact() + 1e-12
    assert bound.exact() <= bound.value + 1e-12


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
    problem = te.Assignment(profile(np.array([[2.0, 0.0]]), np.array([[-1.0, 1.0 + eta]])), demand=1)
    mechanism = Allocate(Utilitarian(), integral=True)
    thick, sidt = mechanism.run(problem, rng=0), mechanism.baseline().run(problem, rng=0)
    assert thick.utilities().sum() - sidt.utilities().sum() == pytest.approx(2.0)
    bound = te.compare(mechanism, problem, rng=0).loss_bound
    assert bound.exact() == pytest.approx(2.0 + eta)  # Delta(x_d) - Delta(x_v)
    assert bound.value == pytest.approx(2.0 + 2 * eta)


# ---- one option for everybody: any welfare function --------------------------------------------------------------

LEVELS = {  # equally distributed equivalents, written out
    Utilitarian(): lambda u: u.sum(axis=0),
    Maximin(): lambda u: u.min(axis=0),
    Nash(): lambda u: np.exp(np.log(u).mean(axis=0)),
    Atkinson(0.5): lambda u: np.sqrt(u).mean(axis=0) ** 2,
    Atkinson(3.0): lambda u: (u**-2.0).mean(axis=0) ** -0.5,
}


@pytest.mark.parametrize("welfare", LEVELS, ids=repr)
@pytest.mark.parametrize("seed", range(12))
def test_every_welfare_function_is_within_the_middle_term(welfare, seed) -> None:
    """Loss, the middle term and what follows from wedges alone, against all options; values (agents, options)."""
    rng = np.random.default_rng(seed)
    v, d = (np.exp(rng.normal(0.0, scale, (4, 6))) for scale in (1.0, 0.5))
    d *= v
    worth, seen = LEVELS[welfare](v), LEVELS[welfare](d)
    x_v, x_d = int(worth.argmax()), int(seen.argmax())
    problem, mechanism = te.Choice(profile(v, d - v)), Allocate(welfare)
    thick, sidt = mechanism.run(problem, rng=seed), mechanism.baseline().run(problem, rng=seed)
    taken = [int(problem.profile.index.option[outcome.taken > 0.5][0]) for outcome in (thick, sidt)]
    assert taken == [x_v, x_d]
    loss, bound = worth[x_v] - worth[x_d], te.certify(problem, thick).loss_bound
    middle = (worth - seen)[x_v] + (seen - worth)[x_d]
    assert bound.exact() == pytest.approx(middle, rel=1e-7, abs=1e-9)
    assert 0 <= loss <= middle <= np.ptp(seen - worth) * (1 + 1e-12)
    if isinstance(welfare, Utilitarian):
        assert bound.value == pytest.approx(np.ptp((d - v).sum(axis=0)))
    elif isinstance(welfare, Maximin):
        assert bound.value == pytest.approx(2 * abs(d - v).max())
        assert middle <= bound.value
    else:
        assert bound.value is None
        assert "no bound from wedges alone" in str(bound)
    if isinstance(welfare, Atkinson) and welfare.epsilon > 1:
        assert loss <= 2 * 4 ** (1 / (welfare.epsilon - 1)) * abs(d - v).max()


@pytest.mark.parametrize("seed", range(12))
def test_the_margin_of_a_choice(seed) -> None:
    """The gap between the two best sums; below it SIDT is exact, whatever the wedge."""
    rng = np.random.default_rng(seed)
    v = rng.integers(0, 40, (3, 4)) / 8
    totals = np.sort(v.sum(axis=0))
    gap = totals[-1] - totals[-2]
    wedge = rng.normal(size=v.shape)
    wedge *= 0.99 * gap / np.ptp(wedge.sum(axis=0))
    problem, mechanism = te.Choice(profile(v, wedge)), Allocate(Utilitarian())
    thick = mechanism.run(problem, rng=0)
    assert te.certify(problem, thick).margin == pytest.approx(gap)
    if gap > 0:
        assert mechanism.baseline().run(problem, rng=0).taken.tolist() == thick.taken.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_a_solver_that_stops_early_adds_what_it_left(seed) -> None:
    """x_d within epsilon of the best for d, x_v within epsilon' of the best for v: all such pairs of options."""
    rng = np.random.default_rng(seed)
    v, d = np.exp(rng.normal(size=(2, 3, 8)))
    worth, seen = LEVELS[Nash()](v), LEVELS[Nash()](d)
    for x_v, x_d in product(range(8), repeat=2):
        left, early = worth.max() - worth[x_v], seen.max() - seen[x_d]
        loss = worth[x_v] - worth[x_d]
        assert -left <= loss + 1e-12
        assert loss <= (worth - seen)[x_v] + (seen - worth)[x_d] + early + 1e-12


@pytest.mark.parametrize("welfare", [Nash(), Atkinson(2.0)], ids=repr)
@pytest.mark.parametrize("seed", range(3))
def test_divisible_shares_have_no_margin_and_a_bound_up_to_the_solver(welfare, seed) -> None:
    """On a connected set the second best is as good as the best: T2 is empty. T3 holds up to the certified gaps."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(1, 5, (3, 3))
    problem, mechanism = te.Assignment(profile(v, rng.uniform(-0.5, 0.5, (3, 3)))), Allocate(welfare)
    thick, sidt = mechanism.run(problem, rng=0), mechanism.baseline().run(problem, rng=0)
    level = LEVELS.get(welfare, lambda u: 1 / (1 / u).mean(axis=0))
    loss = level(thick.utilities()) - level(sidt.utilities())
    early = [max(v.gap for v in outcome.certificate if v.name == "optimal") for outcome in (thick, sidt)]
    found = te.certify(problem, thick)
    assert found.margin is None
    assert (
        -early[0] - 1e-9 <= loss <= found.loss_bound.exact() + early[1] + 1e-9
    )  # gaps are of programmes, not of levels


def test_nash_breaks_the_bound_of_translation_covariant_functions() -> None:
    v, d = np.array([[1.0, 0.1], [1e-9, 0.1]]), np.array([[1.0, 0.09], [0.01, 0.09]])  # agents x options
    p = te.ThickProfile.from_arrays(np.stack([v, d - v], axis=1), endorsement=[1.0, 0.0], resolution=0.0)
    problem, mechanism = te.Choice(p), Allocate(Nash())
    thick, sidt = mechanism.run(problem, rng=0), mechanism.baseline().run(problem, rng=0)
    assert (thick.shares.tolist(), sidt.shares.tolist()) == ([[0, 1], [0, 1]], [[1, 0], [1, 0]])
    loss = Nash().ede(thick.utilities()) - Nash().ede(sidt.utilities())
    assert loss == pytest.approx(0.09996837722, rel=1e-9)  # .1 - sqrt(1e-9)
    assert 2 * abs(d - v).max() == pytest.approx(0.02)
    bound = te.compare(mechanism, problem, rng=0).loss_bound
    assert bound.value is None
    assert bound.exact() == pytest.approx(0.01 + 0.1 - np.sqrt(1e-9), rel=1e-9)
    logs_v, logs_d = np.log(v).mean(axis=0), np.log(d).mean(axis=0)
    loss, limit = logs_v[1] - logs_v[0], (logs_v - logs_d)[1] + (logs_d - logs_v)[0]
    assert (loss, limit) == pytest.approx((8.059047825, 8.164408341), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_in_logs_nash_responds_one_to_one(seed) -> None:
    """|mean log d - mean log v| <= max |log d_i - log v_i|, and with it twice that bounds the loss of the mean log."""
    rng = np.random.default_rng(seed)
    v = np.exp(rng.normal(0, 3, (3, 5)))
    bend = rng.uniform(-1, 1, (3, 5))
    problem, mechanism = te.Choice(profile(v, v * np.expm1(bend))), Allocate(Nash())
    u_v, u_d = (m.run(problem, rng=0).utilities(te.Endorsed()) for m in (mechanism, mechanism.baseline()))
    assert -1e-9 <= np.log(u_v).mean() - np.log(u_d).mean() <= 2 * abs(bend).max() + 1e-9


@pytest.mark.parametrize("mechanism", [te.matching.DeferredAcceptance(), te.auctions.Majority()], ids=repr)
def test_not_applicable_where_nothing_is_maximised(mechanism) -> None:
    p = te.ThickProfile.from_values([[3.0, 1.0], [1.0, 2.0]])
    bound = te.certify(p, mechanism.run(p, rng=0)).loss_bound
    assert (bound.value, bound.applicable) == (None, False)
    assert str(bound).startswith("not applicable")
    with pytest.raises(NotApplicableError, match="not applicable"):
        bound.exact()


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


@pytest.mark.parametrize("epsilon", [0.25, 0.5, 1.0])
def test_no_slope_bounds_atkinson_up_to_one(epsilon) -> None:
    """The derivative along (1, ..., 1) is the mean of (W / u_i)^epsilon: without end as one agent nears zero."""
    welfare = Nash() if epsilon == 1 else Atkinson(epsilon)
    slopes = []
    for poor in (1e-8, 1e-12, 1e-16):
        u = np.array([1.0, poor])
        level = np.exp(np.log(u).mean()) if epsilon == 1 else (u ** (1 - epsilon)).mean() ** (1 / (1 - epsilon))
        slopes.append(((level / u) ** epsilon).mean())
        step = 1e-3 * poor
        found = (welfare.ede(u + step) - welfare.ede(u)) / step
        assert found >= 0.5 * slopes[-1]
    assert slopes[0] > 10
    assert slopes[2] > 9 * slopes[1] > 81 * slopes[0] / 10


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


@pytest.mark.parametrize("seed", range(4))
def test_quadratic_bound_of_nash_shares(seed) -> None:
    """One divisible good, doing nothing is worth 1: W = mean of log(1 + (v_i - 1) x_i), concave by (1 - 1/v_i)^2 / n.

    Halving the wedge divides the bound by about four, and the linear one (the middle term of T3) by about two.
    """
    rng = np.random.default_rng(seed)
    n, v = 4, rng.uniform(2, 6, (4, 1))
    wedge, bounds = rng.uniform(-0.8, 0.8, (4, 1)), []
    for size in (1.0, 0.5):
        d = v + size * wedge
        p = te.ThickProfile.from_arrays(
            np.stack([v, d - v], axis=1), endorsement=[1.0, 0.0], outside=np.array([[1.0, 0.0]] * n)
        )
        problem, mechanism = te.Assignment(p, 1, 1), Allocate(Nash())
        x_v, x_d = (m.run(problem, rng=0).taken for m in (mechanism, mechanism.baseline()))
        value = lambda x, a=v[:, 0]: np.log1p((a - 1) * x).mean()
        slope = lambda x, a: (a - 1) / (1 + (a - 1) * x) / n
        mu = ((1 - 1 / v) ** 2).min() / n
        gap = slope(x_d, d[:, 0]) - slope(x_d, v[:, 0])
        bounds.append(gap @ gap / (2 * mu))
        assert -1e-7 <= value(x_v) - value(x_d) <= bounds[-1] + 1e-7
    assert 2.5 < bounds[0] / bounds[1] < 6
