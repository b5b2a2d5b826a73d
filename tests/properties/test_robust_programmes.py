"""T12: robust endorsement, against brute force over corners and other routes to the same number."""

from __future__ import annotations

from itertools import product
from typing import Any

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon.errors import InputError, NotApplicableError
from thickecon.profiles import ThickProfile
from thickecon.profiles.endorsement import Endorsement
from thickecon.programs import AllocationProblem, Ambiguity, solve_allocation
from thickecon.welfare.functions import Atkinson, Leximin, Maximin, Nash, Utilitarian


def corners(e: Endorsement) -> list[np.ndarray]:
    low, high = (side.ravel() for side in e.box())
    return [np.where(bits, high, low).reshape(e.theta.shape) for bits in product((False, True), repeat=low.size)]


def worst_by_enumeration(profile: ThickProfile, f: Any, taken: np.ndarray) -> float:
    values = []
    for theta in corners(profile.endorsement):
        rows = profile.rows.read(profile.endorsement.at_theta(theta))
        values.append(f.evaluate(np.bincount(profile.index.agent, rows * taken, minlength=profile.n_agents)))
    return min(values)


def best_by_corner_programme(profile: ThickProfile, f: Any, supply: float, *, own: bool = False) -> float:
    """max_x min over corners W, one cvxpy constraint a corner: another formulation of the same maximum."""
    n, m = profile.n_agents, profile.n_options
    x, t = cp.Variable(n * m, nonneg=True), cp.Variable()
    constraints = [cp.sum(cp.reshape(x, (n, m), order="C"), axis=0) <= supply, x <= 1]
    for theta in corners(profile.endorsement):
        rows = np.asarray(profile.rows.read(profile.endorsement.at_theta(theta)))
        u = cp.sum(cp.reshape(cp.multiply(rows, x), (n, m), order="C"), axis=1)
        constraints.append(t <= f.expression(u))
    return float(cp.Problem(cp.Maximize(t), constraints).solve(solver=cp.CLARABEL))


def random_profile(seed: int, *, own: bool = False, positive: bool = False, n: int = 3, m: int = 3) -> ThickProfile:
    rng = np.random.default_rng(seed)
    motives = 2
    r = rng.uniform(0.5 if positive else -3, 5, (n, motives, m))
    shape = (n, motives) if own else (motives,)
    low = rng.uniform(0.05, 0.5, shape)
    high = low + rng.uniform(0.05, 0.45, shape)
    return ThickProfile.from_arrays(r, endorsement=(low + high) / 2, endorsement_interval=(low, high))


def problem_of(profile: ThickProfile, supply: float = 1.0, **more: Any) -> AllocationProblem:
    return AllocationProblem(profile.index, profile.rows.endorsed, supply, **more)


def test_shared_unknown_cancels() -> None:
    # One motive, one unknown in [0, 1] for all; contributions +1 to agent 0 and -1 to agent 1, both forced to take.
    # Total pull 0, so the worst case is 0; a minimum agent by agent would say -1.
    profile = ThickProfile.from_arrays(
        np.array([[[1.0]], [[-1.0]]]), endorsement=[0.5], endorsement_interval=([0.0], [1.0])
    )
    from thickecon.problems.norm import Linear

    both = ("both take", Linear(np.ones(2), "==", 2.0))
    p = problem_of(profile, 2.0, norms=(both,))
    s = solve_allocation(p, Utilitarian(), ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(0.0, abs=1e-12)
    own = ThickProfile.from_arrays(
        np.array([[[1.0]], [[-1.0]]]), endorsement=[[0.5], [0.5]], endorsement_interval=([[0.0], [0.0]], [[1.0], [1.0]])
    )
    s = solve_allocation(p, Utilitarian(), ambiguity=Ambiguity.from_profile(own))
    assert s.value == pytest.approx(-1.0, abs=1e-12)


@pytest.mark.parametrize("own", [False, True])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_utilitarian_box_against_corners(own: bool, seed: int) -> None:
    profile = random_profile(seed, own=own, n=2)
    s = solve_allocation(problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(worst_by_enumeration(profile, Utilitarian(), s.taken), abs=1e-9)
    assert s.value == pytest.approx(best_by_corner_programme(profile, Utilitarian(), 1.0), abs=1e-6)
    assert s.optimality.holds
    assert s.theta is not None
    rows = profile.rows.read(profile.endorsement.at_theta(s.theta))
    assert float(rows @ s.taken) == pytest.approx(s.value, abs=1e-9)  # the endorsement named is a worst one


@pytest.mark.parametrize("f", [Maximin(), Nash(), Atkinson(2.0)], ids=repr)
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_other_functions_against_corners(f: Any, own: bool, seed: int) -> None:
    profile = random_profile(seed, own=own, positive=True, n=2 if own else 3)
    s = solve_allocation(problem_of(profile), f, ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(worst_by_enumeration(profile, f, s.taken), abs=1e-7)
    assert s.value == pytest.approx(best_by_corner_programme(profile, f, 1.0), abs=1e-5)
    assert s.optimality.gap <= 1e-4


def test_own_unknowns_with_negative_contributions() -> None:
    # Worst is not "E at its lower end": a contribution of -4 is worst fully endorsed.
    r = np.array([[[5.0], [-4.0]]])
    profile = ThickProfile.from_arrays(r, endorsement=[[1.0, 0.5]], endorsement_interval=([[1.0, 0.0]], [[1.0, 1.0]]))
    s = solve_allocation(problem_of(profile), Maximin(), ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(1.0)
    assert s.theta is not None
    assert s.theta.tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("seed", range(3))
def test_robust_leximin_with_own_unknowns(seed: int) -> None:
    profile = random_profile(seed, own=True, positive=True)
    s = solve_allocation(problem_of(profile), Leximin(), ambiguity=Ambiguity.from_profile(profile))
    first = solve_allocation(problem_of(profile), Maximin(), ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(first.value, abs=1e-8)
    least = profile.rows.endorsed_bounds()[0]  # contributions are positive: the lower end is worst
    certain = AllocationProblem(profile.index, least, 1.0)
    np.testing.assert_allclose(np.sort(s.utilities), np.sort(solve_allocation(certain, Leximin()).utilities), atol=1e-7)


@given(seed=st.integers(0, 10_000), shrink=st.floats(0.0, 1.0))
@settings(max_examples=15, deadline=None)
def test_value_does_not_fall_as_the_set_shrinks(seed: int, shrink: float) -> None:
    profile = random_profile(seed)
    e = profile.endorsement
    assert e.lower is not None
    assert e.upper is not None
    inner = Endorsement(e.theta, e.theta + shrink * (e.lower - e.theta), e.theta + shrink * (e.upper - e.theta))
    values = []
    for endorsement in (e, inner):
        given_ = profile.with_endorsement(endorsement)
        values.append(
            solve_allocation(problem_of(given_), Utilitarian(), ambiguity=Ambiguity.from_profile(given_)).value
        )
    assert values[1] >= values[0] - 1e-9


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_box_as_a_polyhedron_gives_the_same(seed: int) -> None:
    profile = random_profile(seed)
    low, high = (side.ravel() for side in profile.endorsement.box())
    size = len(low)
    inequalities = (np.vstack((np.eye(size), -np.eye(size))), np.concatenate((high, -low)))
    box = solve_allocation(problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile))
    made = solve_allocation(
        problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile, inequalities=inequalities)
    )
    assert made.value == pytest.approx(box.value, abs=1e-8)
    assert made.optimality.holds


def test_polyhedron_that_is_no_box() -> None:
    # theta_1 + theta_2 >= 1 in the unit square; agent 0's option pulls (2, 3): worst at (1, 0), worth 2.
    profile = ThickProfile.from_arrays(np.array([[[2.0], [3.0]]]), endorsement=[0.5, 0.5])
    a = np.array([[-1.0, -1.0], [1, 0], [0, 1], [-1, 0], [0, -1]])
    b = np.array([-1.0, 1, 1, 0, 0])
    s = solve_allocation(
        problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile, inequalities=(a, b))
    )
    assert s.value == pytest.approx(2.0)
    assert s.theta is not None
    np.testing.assert_allclose(s.theta, [[1.0, 0.0]], atol=1e-9)
    with pytest.raises(InputError, match="not bounded"):
        solve_allocation(
            problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile, inequalities=(a[:1], b[:1]))
        )
    empty = (np.vstack((a, [[1.0, 1.0]])), np.append(b, 0.5))
    with pytest.raises(InputError, match="no endorsement"):
        solve_allocation(
            problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile, inequalities=empty)
        )


@pytest.mark.parametrize("full", [False, True])
def test_ellipsoid_against_points_on_it(full: bool) -> None:
    rng = np.random.default_rng(2)
    r = rng.uniform(-1, 5, (3, 2, 3))
    root = np.array([[0.1, 0.0], [0.05, 0.08]])
    covariance = root @ root.T if full else np.array([0.01, 0.0064])
    e = Endorsement(np.array([[0.6, 0.5]]), covariance=covariance)
    profile = ThickProfile.from_arrays(r, endorsement=e)
    s = solve_allocation(problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile, level=0.9))
    assert s.optimality.holds
    radius = np.sqrt(-2 * np.log(1 - 0.9))  # chi-squared with two degrees of freedom: 1 - exp(-r^2 / 2)
    spread = radius * (root if full else np.diag([0.1, 0.08]))
    angles = np.linspace(0, 2 * np.pi, 20001)
    thetas = np.array([0.6, 0.5]) + (spread @ np.stack((np.cos(angles), np.sin(angles)))).T
    pulls = np.array([profile.contributions[c] @ s.taken for c in range(2)])
    assert s.value == pytest.approx((thetas @ pulls).min(), abs=1e-6)
    # no allocation does better against these points
    x, t = cp.Variable(9, nonneg=True), cp.Variable()
    some = thetas[::50]
    values = some @ profile.contributions
    best = cp.Problem(cp.Maximize(t), [t <= values @ x, cp.sum(cp.reshape(x, (3, 3), order="C"), axis=0) <= 1])
    assert s.value <= best.solve(solver=cp.HIGHS) + 1e-6
    assert s.value == pytest.approx(best.value, abs=1e-3)


def test_whole_units_against_enumeration() -> None:
    profile = random_profile(7)
    for f in (Utilitarian(), Maximin()):
        s = solve_allocation(problem_of(profile), f, integral=True, ambiguity=Ambiguity.from_profile(profile))
        best = -np.inf
        for owner in product(range(4), repeat=3):  # 3: nobody
            x = np.zeros((3, 3))
            for j, i in enumerate(owner):
                if i < 3:
                    x[i, j] = 1
            best = max(best, worst_by_enumeration(profile, f, x.ravel()))
        assert s.value == pytest.approx(best, abs=1e-7)


def test_outside_with_contributions() -> None:
    # Doing nothing pulls (2, 0), the option (0, 3); unknowns in [.5, 1] each: worst of the option 1.5, of nothing 1.
    profile = ThickProfile.from_arrays(
        np.array([[[0.0], [3.0]]]),
        endorsement=[0.75, 0.75],
        endorsement_interval=([0.5, 0.5], [1.0, 1.0]),
        outside=np.array([[2.0, 0.0]]),
    )
    p = problem_of(profile, 1.0, demand=1.0)
    s = solve_allocation(p, Utilitarian(), ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(1.5)
    assert s.taken.tolist() == [1.0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("whole", [False, True])
def test_regret_against_corners(seed: int, whole: bool) -> None:
    profile = random_profile(seed, n=2)
    p = problem_of(profile, whole=whole)
    s = solve_allocation(p, Utilitarian(), ambiguity=Ambiguity.from_profile(profile, "regret"))
    readings = [np.asarray(profile.rows.read(profile.endorsement.at_theta(t))) for t in corners(profile.endorsement)]
    # divisible or not, the best for known values gives each option to whoever values it most
    best = [np.maximum(r.reshape(2, 3).max(axis=0), 0).sum() for r in readings]
    assert s.value == pytest.approx(max(b - r @ s.taken for b, r in zip(best, readings, strict=True)), abs=1e-7)
    x, loss = cp.Variable(6, boolean=True) if whole else cp.Variable(6, nonneg=True), cp.Variable()
    constraints = [cp.sum(cp.reshape(x, (2, 3), order="C"), axis=0) <= 1, x <= 1]
    constraints += [loss >= b - r @ x for b, r in zip(best, readings, strict=True)]
    least = cp.Problem(cp.Minimize(loss), constraints).solve(solver=cp.HIGHS)
    assert s.value == pytest.approx(least, abs=1e-6)
    assert s.optimality.gap <= 1e-6
    assert s.optimality.holds is not False


def test_pointwise_lower_bounds_can_lose_all_value() -> None:
    # Two shared unknowns that offset: option pulls (+1 at theta, and 1 - theta through a second motive of the same
    # unknown). Worst case of taking both 1, while each alone is worth at least 0 only.
    e = Endorsement(np.array([[0.5, 1.0]]), np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]]), param=np.array([0, 1]))
    r = np.array([[[1.0, -1.0], [0.0, 1.0]]])  # option 0: theta; option 1: 1 - theta
    profile = ThickProfile.from_arrays(r, endorsement=e)
    assert np.all(profile.rows.endorsed_bounds()[0] == 0)
    s = solve_allocation(problem_of(profile), Utilitarian(), ambiguity=Ambiguity.from_profile(profile))
    assert s.value == pytest.approx(1.0)
    np.testing.assert_allclose(s.taken, [1.0, 1.0], atol=1e-9)


def test_what_is_not_one_programme_says_so() -> None:
    profile = random_profile(0, positive=True)
    with pytest.raises(NotApplicableError, match="shared by agents"):
        solve_allocation(problem_of(profile), Leximin(), ambiguity=Ambiguity.from_profile(profile))
    with pytest.raises(NotApplicableError, match="regret"):
        solve_allocation(problem_of(profile), Nash(), ambiguity=Ambiguity.from_profile(profile, "regret"))
    with pytest.raises(InputError, match="'worst' or 'regret'"):
        Ambiguity.from_profile(profile, "hope")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="covariance"):
        Ambiguity.from_profile(profile, shape="ellipsoid")
