"""T2 (exactness margin) and T3 (loss bound) on finite choice sets, with the counterexamples that bound them.

x_d maximises a welfare W of decision values d, x_v one of endorsed values v; the loss is W(v(x_v)) - W(v(x_d)).
Everything is brute force over the options; where several options maximise W(d), the one that is worst for v is
taken, so the statements are held against the most unlucky tie.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from thickecon.lenses import Endorsed, Revealed
from thickecon.testing import strategies

CHECK = settings(max_examples=200, deadline=None)
SLACK = 1e-9
Welfare = Callable[[np.ndarray], np.ndarray]  # (n, m) values of n agents -> (m,) welfare of each option


def mean(u: np.ndarray) -> np.ndarray:
    return u.mean(axis=0)


def maximin(u: np.ndarray) -> np.ndarray:
    return u.min(axis=0)


def gini(u: np.ndarray) -> np.ndarray:
    """Mean of the smaller value of two random agents: mean (1 - Gini)."""
    n = len(u)
    weights = (2 * np.arange(n, 0, -1) - 1) / n**2
    return np.sort(u, axis=0).T @ weights


def kolm_pollak(u: np.ndarray, kappa: float = 0.5) -> np.ndarray:
    return -np.log(np.exp(-kappa * u).mean(axis=0)) / kappa


def geometric_mean(u: np.ndarray) -> np.ndarray:
    return np.exp(np.log(u).mean(axis=0))


def atkinson(u: np.ndarray, epsilon: float) -> np.ndarray:
    """Equally distributed equivalent."""
    return np.power(np.power(u, 1 - epsilon).mean(axis=0), 1 / (1 - epsilon))


def loss_and_choices(welfare: Welfare, d: np.ndarray, v: np.ndarray) -> tuple[float, int, int]:
    """Largest loss over the maximisers of W(d), the x_d that attains it, and x_v."""
    by_d, by_v = welfare(d), welfare(v)
    best = np.flatnonzero(by_d == by_d.max())
    x_d = int(best[np.argmin(by_v[best])])
    x_v = int(np.argmax(by_v))
    return float(by_v[x_v] - by_v[x_d]), x_d, x_v


def selves(problem) -> tuple[np.ndarray, np.ndarray]:
    return Revealed().read(problem.profile).table, Endorsed().read(problem.profile).table


def osc(x: np.ndarray) -> float:
    return float(x.max() - x.min())


PROBLEMS = strategies.choices(agents=(1, 4), options=(2, 4), values="eighths", outside=False)


# ---- T2 -----------------------------------------------------------------------------------------------------------


@CHECK
@given(PROBLEMS)
def test_t2_below_the_margin_the_standard_toolkit_is_exact(problem):
    d, v = selves(problem)
    total = v.sum(axis=0)
    second, best = np.sort(total)[-2:]
    assume(osc((d - v).sum(axis=0)) < best - second)
    assert np.flatnonzero(d.sum(axis=0) == d.sum(axis=0).max()).tolist() == [int(np.argmax(total))]


@CHECK
@given(PROBLEMS, st.sampled_from([0.125, 1.0]))
def test_t2_the_margin_is_sharp(problem, excess):
    """Whatever v is, a wedge whose osc exceeds the gap by any excess, put on one agent, flips the choice."""
    _, v = selves(problem)
    total = v.sum(axis=0)
    best = int(np.argmax(total))
    second = int(np.argmax(np.where(np.arange(len(total)) == best, -np.inf, total)))
    gap = total[best] - total[second]
    wedge = np.zeros_like(v)
    wedge[0, second] = gap + excess
    assert osc(wedge.sum(axis=0)) == gap + excess
    assert int(np.argmax((v + wedge).sum(axis=0))) == second


def test_t2_at_the_margin_itself_there_is_a_tie():
    v, wedge = np.array([[3.0, 1.0]]), np.array([[0.0, 2.0]])
    assert osc(wedge.sum(axis=0)) == 2.0  # equal to the gap, not below it
    assert loss_and_choices(lambda u: u.sum(axis=0), v + wedge, v)[0] == 2.0


@pytest.mark.parametrize("k", [10, 100, 1000])
def test_t2_is_empty_for_divisible_goods(k):
    """One unit shared in steps of 1/k between agents worth 1 and .9: gap .1/k, so no wedge is below it for long."""
    share = np.arange(k + 1) / k
    v = np.stack([share, 0.9 * (1 - share)])
    second, best = np.sort(v.sum(axis=0))[-2:]
    assert best - second == pytest.approx(0.1 / k)
    wedge = np.stack([0 * share, 0.05 * (1 - share)])  # .95 against 1: far from flipping, yet osc is above the gap
    assert osc(wedge.sum(axis=0)) > best - second
    assert loss_and_choices(lambda u: u.sum(axis=0), v + wedge, v)[0] == 0.0


# ---- T3: any welfare ----------------------------------------------------------------------------------------------


@st.composite
def any_welfare(draw) -> Welfare:
    """Also functions nobody would call welfare: decreasing, discontinuous, of one agent only."""
    return draw(
        st.sampled_from(
            [
                lambda u: u.sum(axis=0),
                maximin,
                gini,
                kolm_pollak,
                lambda u: u.max(axis=0),
                lambda u: -u[0],
                lambda u: (u > 0).sum(axis=0).astype(float),
                lambda u: np.sin(7 * u).sum(axis=0),
            ]
        )
    )


@CHECK
@given(PROBLEMS, any_welfare())
def test_t3_holds_for_any_welfare(problem, welfare):
    d, v = selves(problem)
    loss, x_d, x_v = loss_and_choices(welfare, d, v)
    bound = (welfare(v) - welfare(d))[x_v] + (welfare(d) - welfare(v))[x_d]
    assert 0 <= loss <= bound + SLACK


@CHECK
@given(PROBLEMS, any_welfare(), st.integers(0, 3))
def test_t3_a_choice_that_is_optimal_up_to_epsilon_adds_epsilon(problem, welfare, x):
    d, v = selves(problem)
    x = x % d.shape[1]  # any option at all, with the epsilon that it is away from the best
    epsilon = float(welfare(d).max() - welfare(d)[x])
    x_v = int(np.argmax(welfare(v)))
    bound = (welfare(v) - welfare(d))[x_v] + (welfare(d) - welfare(v))[x]
    assert welfare(v)[x_v] - welfare(v)[x] <= bound + epsilon + SLACK


def test_t3_is_about_maximisers_only():
    """A rule that does not maximise W(d) escapes the bound: the dictator of agent 0, W the sum, nothing bent."""
    v = np.array([[1.0, 0.0], [0.0, 5.0]])
    x = int(np.argmax(v[0]))
    assert v.sum(axis=0).max() - v.sum(axis=0)[x] == 4.0  # the bound, with d = v, is 0


# ---- T3: utilitarian ----------------------------------------------------------------------------------------------


@CHECK
@given(PROBLEMS)
def test_t3_utilitarian_chain(problem):
    d, v = selves(problem)
    wedge = d - v
    total = wedge.sum(axis=0)
    loss, x_d, x_v = loss_and_choices(lambda u: u.sum(axis=0), d, v)
    assert 0 <= loss <= total[x_d] - total[x_v] <= osc(total) <= 2 * np.abs(wedge).max(axis=1).sum()


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("size", [0.5, 3.0])
def test_t3_utilitarian_is_tight(n, size):
    """Everybody's wedge hides the better option as far as it can: the loss is 2 sum |delta_i|, up to the tie."""
    v = np.tile([2 * size, 0.0], (n, 1))
    wedge = np.tile([-size, size], (n, 1))
    assert loss_and_choices(lambda u: u.sum(axis=0), v + wedge, v)[0] == 2 * n * size


@CHECK
@given(hnp.arrays(np.int64, (2, 3), elements=st.integers(-4, 4)), hnp.arrays(np.int64, 2, elements=st.integers(0, 4)))
def test_t3_largest_loss_when_only_the_size_of_wedges_is_known(v, sizes):
    """|delta_i| <= D_i: the largest loss is the largest gap of W_v that 2 sum D_i closes; brute force on corners."""
    corners = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T.reshape(-1, 2, 3) * sizes[:, None]
    brute = max(loss_and_choices(lambda u: u.sum(axis=0), v + wedge, v)[0] for wedge in corners)
    gaps = v.sum(axis=0).max() - v.sum(axis=0)
    assert brute == gaps[gaps <= 2 * sizes.sum()].max()


# ---- T3: monotone and translation covariant -----------------------------------------------------------------------


@CHECK
@given(PROBLEMS, st.sampled_from([mean, maximin, gini, kolm_pollak]))
def test_t3_monotone_translation_covariant(problem, welfare):
    d, v = selves(problem)
    assert loss_and_choices(welfare, d, v)[0] <= 2 * np.abs(d - v).max() + SLACK


@pytest.mark.parametrize("welfare", [mean, maximin, gini, kolm_pollak])
def test_the_four_are_monotone_and_translation_covariant(welfare):
    u = np.array([[1.0, 4.0, 0.0], [2.0, -1.0, 0.5], [5.0, 0.0, 3.0]])
    assert np.allclose(welfare(u + 1.7), welfare(u) + 1.7)
    assert (welfare(u + np.array([[0.3], [0.0], [0.1]])) >= welfare(u)).all()


# ---- T3: Nash and Atkinson ----------------------------------------------------------------------------------------

# options A and B; rows are agents (model, T3): v_A = (1, 1e-9), d_A = (1, .01), v_B = (.1, .1), d_B = (.09, .09)
NASH_V = np.array([[1.0, 0.1], [1e-9, 0.1]])
NASH_D = np.array([[1.0, 0.09], [0.01, 0.09]])


def test_t3_the_naive_bound_fails_for_nash():
    loss, x_d, x_v = loss_and_choices(geometric_mean, NASH_D, NASH_V)
    assert (x_d, x_v) == (0, 1)
    assert loss == pytest.approx(0.1 - np.sqrt(1e-9), abs=1e-15)
    assert 0.0999 < loss < 0.1  # .09997, given as .0999 in the model
    assert 2 * np.abs(NASH_D - NASH_V).max() == pytest.approx(0.02, abs=1e-15)
    assert loss > 4.9 * 0.02
    # the general bound does hold, and so does the one in logs
    w_d, w_v = geometric_mean(NASH_D), geometric_mean(NASH_V)
    assert loss <= (w_v - w_d)[x_v] + (w_d - w_v)[x_d] + 1e-15


def powers_of_two(n: int, m: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.int64, (2, n, m), elements=st.integers(-6, 6)).map(lambda k: 2.0**k)


@CHECK
@given(st.tuples(st.integers(1, 4), st.integers(2, 4)).flatmap(lambda s: powers_of_two(*s)))
def test_t3_nash_in_logs(tables):
    v, d = tables
    loss = loss_and_choices(lambda u: np.log(u).mean(axis=0), d, v)[0]
    assert loss <= 2 * np.abs(np.log(d) - np.log(v)).max() + SLACK


@CHECK
@given(
    st.tuples(st.integers(1, 4), st.integers(2, 4)).flatmap(lambda s: powers_of_two(*s)),
    st.sampled_from([1.5, 2.0, 3.0, 5.0]),
)
def test_t3_atkinson_above_one_has_slope_n_to_the_one_over_epsilon_minus_one(tables, epsilon):
    v, d = tables
    slope = len(v) ** (1 / (epsilon - 1))
    change = np.abs(atkinson(d, epsilon) - atkinson(v, epsilon))
    assert (change <= slope * np.abs(d - v).max(axis=0) * (1 + 1e-12) + SLACK).all()
    loss = loss_and_choices(lambda u: atkinson(u, epsilon), d, v)[0]
    assert loss <= 2 * slope * np.abs(d - v).max() * (1 + 1e-12) + SLACK


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("epsilon", [1.5, 2.0, 3.0])
def test_t3_that_slope_is_attained_beside_the_boundary(n, epsilon):
    """One poor agent among the rich: EDE is n**(1/(epsilon-1)) times the poor one's income, in the limit."""
    poor, rich = np.full((n, 1), 1e12), np.full((n, 1), 1e12)
    poor[0], rich[0] = 1.0, 2.0
    slope = (atkinson(rich, epsilon) - atkinson(poor, epsilon))[0]
    assert slope == pytest.approx(n ** (1 / (epsilon - 1)), rel=1e-4)


def test_t3_the_bound_without_the_slope_fails_for_atkinson_two():
    """n = 2, epsilon = 2, slope 2: A lifts one poor agent, B is pressed down for both; wedges of 1 lose almost 3."""
    v = np.array([[1e-9, 2.9], [1e6, 2.9]])
    d = np.array([[1.0, 1.9], [1e6, 1.9]])
    loss, x_d, x_v = loss_and_choices(lambda u: atkinson(u, 2.0), d, v)
    assert (x_d, x_v) == (0, 1)
    assert np.abs(d - v).max() == pytest.approx(1.0)
    assert loss > 2.89  # above 2 max |delta| = 2, below 2 x slope x max |delta| = 4


@pytest.mark.parametrize("epsilon", [0.25, 0.5, 0.75])
def test_t3_atkinson_up_to_one_has_no_slope(epsilon):
    """(0, 1) to (h, 1): the gain divided by h grows without bound, as h**-epsilon."""
    ratios = []
    for h in (1e-4, 1e-8):
        u = np.array([[h, 0.0], [1.0, 1.0]])
        ratios.append(float(np.diff(atkinson(u, epsilon)[::-1])[0] / h))
    assert ratios[1] / ratios[0] == pytest.approx(1e4**epsilon, rel=0.15)


# ---- T3: strongly concave -----------------------------------------------------------------------------------------

REAL = st.floats(-2, 2, allow_nan=False, allow_subnormal=False)


@CHECK
@given(
    hnp.arrays(float, 3, elements=REAL),
    hnp.arrays(float, 3, elements=REAL),
    hnp.arrays(float, 3, elements=st.floats(0.125, 8)),
    st.floats(0.125, 8),
)
def test_t3_strongly_concave_over_a_box(a, b, curvature, mu):
    """W(v(x)) = -mu/2 |x - a|^2 and W(d(x)) = -1/2 sum c_k (x_k - b_k)^2 on [0, 1]^3: both optima are projections."""
    x_v, x_d = np.clip(a, 0, 1), np.clip(b, 0, 1)

    def by_v(x: np.ndarray) -> float:
        return float(-mu / 2 * ((x - a) ** 2).sum())

    gradient = -curvature * (x_d - b) + mu * (x_d - a)  # of W(d) - W(v) at x_d
    loss = by_v(x_v) - by_v(x_d)
    assert -SLACK <= loss <= (gradient**2).sum() / (2 * mu) + SLACK


def test_t3_strongly_concave_is_tight_inside():
    """Both optima inside: loss mu/2 |a - b|^2 is the bound itself."""
    a, b, mu = np.array([0.25, 0.5]), np.array([0.75, 0.5]), 2.0
    gradient = mu * (b - a)
    assert mu / 2 * ((b - a) ** 2).sum() == (gradient**2).sum() / (2 * mu) == 0.25
