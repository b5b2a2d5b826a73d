"""The interior point method: against closed forms, against Clarabel, and by bounds that share nothing with it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from thickecon.profiles.rows import Rows
from thickecon.programs import AllocationProblem, solve_allocation
from thickecon.programs.interior_point import AdditiveProgramme, solve_additive
from thickecon.welfare.functions import Atkinson, Nash


def programme(values: np.ndarray, supply: np.ndarray, aversion: float = 1.0, **changes: object) -> AdditiveProgramme:
    """sum of isoelastic utilities, one row a good; column k is agent k // m's share of good k % m."""
    n, m = values.shape
    cells = np.arange(n * m)
    made: dict[str, object] = {
        "utilities": sp.csr_array((values.ravel(), cells, np.arange(n + 1) * m), shape=(n, n * m)),
        "weights": np.full(n, 1 / n),
        "slope": lambda u: u**-aversion,
        "curvature": lambda u: aversion * u ** (-aversion - 1),
        "rows": sp.csr_array((np.ones(n * m), (cells % m, cells)), shape=(m, n * m)),
        "bound": np.asarray(supply, dtype=float),
        "fixed": sp.csr_array((0, n * m)),
        "level": np.zeros(0),
        "lower": np.zeros(n * m),
        "upper": np.full(n * m, np.inf),
    }
    return AdditiveProgramme(**(made | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("aversion", [0.5, 1.0, 2.0, 5.0])
def test_one_good_in_closed_form(aversion: float) -> None:
    """max sum phi(v_i x_i), sum x_i = 1: v_i^(1-e) x_i^(-e) = price, so x_i is proportional to v_i^((1-e)/e)."""
    v = np.array([1.0, 2.0, 5.0])
    found = solve_additive(programme(v[:, None], np.ones(1), aversion))
    share = v ** ((1 - aversion) / aversion)
    np.testing.assert_allclose(found.x, share / share.sum(), rtol=1e-8)
    price = (v[0] * (v[0] * found.x[0]) ** -aversion) / 3
    assert found.prices[0] == pytest.approx(price, rel=1e-7)


@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("size", [(2, 3), (40, 25), (25, 60)])
def test_nash_meets_the_dual_of_eisenberg_and_gale(size: tuple[int, int], spread: float) -> None:
    """max mean log u_i = min over prices of p.s - mean log(n min_j p_j / v_ij) - 1, and any prices bound it."""
    v = np.random.default_rng([*size, int(10 * spread)]).lognormal(0.0, spread, size)
    v /= v.mean(axis=1, keepdims=True)
    supply = np.arange(1, size[1] + 1) / 3.0
    found = solve_additive(programme(v, supply))
    x = found.x.reshape(size)
    x = x / np.maximum(x.sum(axis=0) / supply, 1.0)  # feasible to the last bit
    worth = np.log((v * x).sum(axis=1)).mean()
    bound = found.prices @ supply - np.log(size[0] * (found.prices / v).min(axis=1)).mean() - 1.0
    assert -1e-12 < bound - worth < 1e-8


def test_upper_bounds_and_equalities() -> None:
    """Logs: agent 0 cares for good 0 alone and may have .3 of it; agent 1 must take .5 of good 1.

    By hand: x00 = .3 (bound binds), x10 = .7, x11 = .5, so the rest of good 1 is thrown away.
    """
    v = np.array([[2.0, 0.0], [1.0, 1.0]])
    fixed = sp.csr_array(np.array([[0.0, 0.0, 0.0, 1.0]]))
    upper = np.array([0.3, 1.0, 1.0, 1.0])
    p = programme(v, np.ones(2), fixed=fixed, level=np.array([0.5]), upper=upper)
    found = solve_additive(p)
    np.testing.assert_allclose(found.x[[0, 2, 3]], [0.3, 0.7, 0.5], atol=1e-8)
    # marginal welfare: of x00 (1/2) 2 / .6 = bound's price + good's; of x10 (1/2) / 1.2 = good's price
    assert found.prices[0] == pytest.approx(0.5 / 1.2, rel=1e-6)
    assert found.tops[0] == pytest.approx(0.5 * 2 / 0.6 - 0.5 / 1.2, rel=1e-6)


def test_nothing_is_returned_where_there_is_no_interior() -> None:
    v = np.ones((2, 1))
    assert solve_additive(programme(v, np.ones(1), upper=np.zeros(2))) is None
    assert solve_additive(programme(np.array([[1.0], [0.0]]), np.ones(1))) is None  # agent 1 can gain nothing


@pytest.mark.parametrize("welfare", [Nash(), Atkinson(0.5), Atkinson(2.0)], ids=repr)
def test_the_same_worth_as_clarabel(welfare: object) -> None:
    """The specification in cvxpy, with demand limits, conflicts, scarce and absent goods, and weights."""
    rng = np.random.default_rng(4)
    problem = AllocationProblem(
        Rows.full(range(8), range(6)),
        rng.uniform(0.2, 1.0, 48),
        np.array([1.0, 2.0, 0.0, 3.0, 1.0, 1.0]),
        demand=np.full(8, 2.0),
        conflicts=np.array([[0, 1], [3, 4]]),
        weights=np.array([1.0, 2.0, 0.0, 1.0, 1.0, 1.0, 1.0, 3.0]),
    )
    mine, other = solve_allocation(problem, welfare), solve_allocation(problem, welfare, solver="CLARABEL")
    assert (mine.solver, other.solver) == ("interior point", "CLARABEL")
    assert mine.value == pytest.approx(other.value, rel=1e-6)
    assert mine.optimality.holds
    assert mine.optimality.gap <= other.optimality.gap + 1e-9


def test_values_of_many_magnitudes() -> None:
    """Where cone solvers stop short: certified by prices all the same."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(0.0, 1.0, (100, 300)) * rng.lognormal(0.0, 2.0, (100, 1))
    answer = solve_allocation(AllocationProblem(Rows.full(range(100), range(300)), values.ravel(), 2.0), Nash())
    assert answer.solver == "interior point"
    assert answer.optimality.holds
    assert answer.optimality.gap < 1e-6
