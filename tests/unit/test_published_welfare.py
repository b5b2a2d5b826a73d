"""Published and closed-form cases through the public names: each number stands beside its source."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te
from thickecon.problems.norm import Linear, Norm
from thickecon.welfare import Allocate, Atkinson, Leximin, Maximin, Nash, Utilitarian


def assignment(values: object, **more: object) -> te.Assignment:
    weights = more.pop("weights", None)
    return te.Assignment(te.ThickProfile.from_values(values, weights=weights), **more)


# ---- Fisher markets: Eisenberg and Gale (1959), doi:10.1214/aoms/1177706369 -----------------------------------------


def test_fisher_two_by_two() -> None:
    """Closed form: budgets (1, 2); agent 1 buys in both markets, so prices are equal; 3 of money for 2 goods."""
    outcome = Allocate(Nash()).run(assignment([[2.0, 1.0], [1.0, 1.0]], weights=[1.0, 2.0]))
    np.testing.assert_allclose(outcome.prices, [1.5, 1.5], atol=1e-4)
    np.testing.assert_allclose(outcome.shares, [[2 / 3, 0], [1 / 3, 1]], atol=1e-4)
    np.testing.assert_allclose(outcome.utilities(), [4 / 3, 4 / 3], atol=1e-4)
    assert outcome.certified


def test_fisher_two_by_three() -> None:
    """Test case of github.com/denizalp/fisher-market, by symmetry also by hand: the middle good is shared."""
    outcome = Allocate(Nash()).run(assignment([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    np.testing.assert_allclose(outcome.prices, [0.75, 0.5, 0.75], atol=1e-4)
    np.testing.assert_allclose(outcome.utilities(), [4, 4], atol=1e-4)


# ---- a cake of 1, utilities a_i x_i with a = (1, 2, 4): x_i proportional to a_i^((1 - eps) / eps) -------------------

CAKE = [[1.0], [2.0], [4.0]]


@pytest.mark.parametrize(
    ("epsilon", "shares"),
    [
        (0.5, [1 / 7, 2 / 7, 4 / 7]),
        (1.0, [1 / 3, 1 / 3, 1 / 3]),
        (2.0, [0.45308184, 0.32037724, 0.22654092]),
    ],
)
def test_cake_under_atkinson(epsilon: float, shares: list[float]) -> None:
    outcome = Allocate(Atkinson(epsilon)).run(assignment(CAKE))
    np.testing.assert_allclose(outcome.taken, shares, atol=2e-4)  # flat at the optimum: its worth is far closer
    attained = Atkinson(epsilon).ede(outcome.utilities())
    assert attained == pytest.approx(Atkinson(epsilon).ede(np.array(shares) * [1, 2, 4]), rel=1e-7)
    assert outcome.certified


def test_cake_for_the_worst_off_and_for_the_sum() -> None:
    """Maximin and leximin equalise: shares (4, 2, 1) / 7; the sum gives all to whoever likes it most."""
    for welfare in (Maximin(), Leximin()):
        outcome = Allocate(welfare).run(assignment(CAKE))
        np.testing.assert_allclose(outcome.taken, np.array([4, 2, 1]) / 7, atol=1e-9)
    assert Allocate(Utilitarian()).run(assignment(CAKE)).taken.tolist() == [0, 0, 1]


# ---- leximin --------------------------------------------------------------------------------------------------------


def test_leximin_of_alice_and_george() -> None:
    """README of cvxpy-leximin: utilities 8 and 9."""
    outcome = Allocate(Leximin()).run(assignment([[5.0, 3.0, 0.0, 0.0], [2.0, 4.0, 9.0, 0.0]]))
    np.testing.assert_allclose(outcome.utilities(), [8, 9], atol=1e-9)
    assert outcome.certified


# ---- bargaining: Kalai and Smorodinsky (1975), doi:10.2307/1914280, the example against monotonicity of Nash --------


def bargain(*norms: tuple[list[float], float]) -> np.ndarray:
    """Gains (x, y) of two agents, each with a good of its own worth 1, within half-planes a x + b y <= c."""
    values = [[1.0, np.nan], [np.nan, 1.0]]
    made = tuple(Norm(f"side {k}", Linear(np.array(a), "<=", c)) for k, (a, c) in enumerate(norms))
    problem = te.Assignment(te.ThickProfile.from_values(values), norms=made)
    outcome = Allocate(Nash()).run(problem)
    assert outcome.certified
    return outcome.utilities()


def test_nash_solution_of_two_convex_sets() -> None:
    """S1 = hull{(0,1), (1,0), (3/4,3/4)}: (3/4, 3/4). S2 = hull{(0,1), (1,0), (1,.7)}, larger: (1, .7), worse for 2."""
    first = bargain(([1 / 3, 1.0], 1.0), ([1.0, 1 / 3], 1.0))
    np.testing.assert_allclose(first, [0.75, 0.75], atol=1e-5)
    second = bargain(([0.3, 1.0], 1.0))
    np.testing.assert_allclose(second, [1.0, 0.7], atol=1e-5)


# ---- inequality -----------------------------------------------------------------------------------------------------

INEQ = [541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]  # example of R's ineq, ?ineq


@pytest.mark.parametrize(("epsilon", "index"), [(0.5, 0.179659098), (1.0, 0.351825060), (2.0, 0.629011055)])
def test_index_of_the_ineq_vector(epsilon: float, index: float) -> None:
    assert Atkinson(epsilon).index(INEQ) == pytest.approx(index, abs=5e-10)
    if epsilon == 1:
        assert Nash().index(INEQ) == pytest.approx(index, abs=5e-10)


def test_incomes_of_ten_to_fifty() -> None:
    """PySAL's inequality docs give .06315 and .13161; the harmonic mean is 3000 / 137."""
    incomes = [10.0, 20, 30, 40, 50]
    assert Atkinson(0.5).index(incomes) == pytest.approx(0.06315, abs=5e-6)
    assert Atkinson(1.0).index(incomes) == pytest.approx(0.13161, abs=5e-6)
    assert Atkinson(2.0).ede(incomes) == pytest.approx(21.8978102, abs=5e-8)


# ---- courses of Ariel University: optima of fairpyx's instance by HiGHS ---------------------------------------------


def test_courses_as_they_are() -> None:
    """26 students, 23 courses: the greatest sum is 21,942 points with conflicts, the greatest least 418."""
    problem = te.datasets.load("course")
    best = Allocate(Utilitarian(), integral=True).run(problem, rng=0)
    assert best.welfare == 21942
    fair = Allocate(Maximin(), integral=True).run(problem, rng=0)
    assert fair.utilities().min() == 418
    assert best.certified
    assert fair.certified


@pytest.mark.parametrize("capacities", [None, "scarce"])
@pytest.mark.parametrize("epsilon", [20.0, 100.0])
def test_courses_under_strong_aversion(epsilon: float, capacities: str | None) -> None:
    """Between the greatest least utility L = 418 and L n^(1 / (eps - 1)), for shares as for whole seats, in order."""
    more = {} if capacities is None else {"capacities": capacities}
    problem = te.datasets.load("course", **more)
    least = Allocate(Maximin(), integral=True).run(problem, rng=0).utilities().min()
    assert least == 418
    reached = []
    for integral in (True, False):
        outcome = Allocate(Atkinson(epsilon), integral=integral).run(problem, rng=0)
        assert outcome.certified
        reached.append(Atkinson(epsilon).ede(outcome.utilities()))
        assert least <= reached[-1] * (1 + 1e-9)
    assert reached[0] <= reached[1] * (1 + 1e-6)
    divisible = Allocate(Maximin()).run(problem, rng=0).utilities().min()
    assert reached[1] <= divisible * 26 ** (1 / (epsilon - 1)) * (1 + 1e-9)
