"""Allocation programmes against closed forms, published cases and complete enumeration."""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np
import pytest

from thickecon.errors import InfeasibleError, InputError, NotApplicableError, ProblemError, SolverError
from thickecon.problems import Assignment, Norm
from thickecon.problems.norm import Linear, quota
from thickecon.profiles import ThickProfile
from thickecon.profiles.rows import Rows
from thickecon.programs import AllocationProblem, irreducible_conflict, smallest_conflict, solve_allocation
from thickecon.programs.polyhedron import Block, Polyhedron
from thickecon.programs.solve import solve_cone, solve_linear
from thickecon.welfare.functions import Atkinson, Leximin, Maximin, Nash, Utilitarian

COURSE = Path(__file__).resolve().parents[2] / "../shared/data/course/ariel_5783_input.json"


def table(values: Any, supply: Any = 1.0, **more: Any) -> AllocationProblem:
    v = np.asarray(values, dtype=float)
    return AllocationProblem(Rows.full(range(v.shape[0]), range(v.shape[1])), v.ravel(), supply, **more)


def every_whole_allocation(p: AllocationProblem) -> np.ndarray:
    """All feasible 0/1 vectors over rows, by enumeration; constraints are checked one by one, in plain Python."""
    found = []
    agent, option = p.rows.agent, p.rows.option
    for bits in product((0, 1), repeat=len(p.rows)):
        x = np.array(bits)
        if any(x[option == j].sum() > p.supply[j] for j in range(p.rows.n_options)):
            continue
        if p.demand is not None and any(x[agent == i].sum() > p.demand[i] for i in range(p.rows.n_agents)):
            continue
        pairs = [] if p.conflicts is None else p.conflicts
        bad = any(
            x[(agent == i) & (option == a)].sum() + x[(agent == i) & (option == b)].sum() > 1
            for a, b in pairs
            for i in range(p.rows.n_agents)
        )
        if not bad:
            found.append(x)
    return np.array(found)


# ---- published and closed-form cases -----------------------------------------------------------------------------


def test_fisher_two_by_two() -> None:
    s = solve_allocation(table([[2, 1], [1, 1]], weights=np.array([1.0, 2.0])), Nash())
    np.testing.assert_allclose(s.prices, [1.5, 1.5], atol=1e-4)
    np.testing.assert_allclose(s.taken.reshape(2, 2), [[2 / 3, 0], [1 / 3, 1]], atol=1e-4)
    np.testing.assert_allclose(s.utilities, [4 / 3, 4 / 3], atol=1e-4)
    assert s.value == pytest.approx(3 * np.log(4 / 3), abs=1e-7)
    assert s.optimality.bound >= 3 * np.log(4 / 3) - 1e-12
    assert s.optimality.holds


def test_fisher_two_by_three() -> None:
    s = solve_allocation(table([[1, 2, 3], [3, 2, 1]]), Nash())
    np.testing.assert_allclose(s.prices, [0.75, 0.5, 0.75], atol=1e-4)  # denizalp/Fisher-market
    np.testing.assert_allclose(s.utilities, [4, 4], atol=1e-4)
    assert s.value == pytest.approx(2 * np.log(4), abs=1e-8)


def cake() -> AllocationProblem:
    return AllocationProblem(Rows.full(range(3), range(1)), np.array([1.0, 2.0, 4.0]), 1.0)


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0, 30.0, 100.0])
def test_cake_under_atkinson(epsilon: float) -> None:
    a = np.array([1.0, 2.0, 4.0])
    share = a ** ((1 - epsilon) / epsilon)
    share /= share.sum()
    s = solve_allocation(cake(), Atkinson(epsilon))
    assert s.value == pytest.approx(Atkinson(epsilon).ede(a * share), rel=1e-7)
    assert s.optimality.holds
    assert s.optimality.bound >= Atkinson(epsilon).ede(a * share) * (1 - 1e-12)  # a bound may not cut off the truth
    np.testing.assert_allclose(s.taken, share, atol=5e-3 if epsilon > 10 else 2e-4)  # flat optimum


def test_cake_by_maximin_and_sum() -> None:
    s = solve_allocation(cake(), Maximin())
    np.testing.assert_allclose(s.taken, np.array([4, 2, 1]) / 7, atol=1e-12)
    assert s.prices is not None
    assert s.prices[0] == pytest.approx(4 / 7)  # one more cake raises everybody by 4/7
    assert solve_allocation(cake(), Utilitarian()).taken.tolist() == [0, 0, 1]
    assert solve_allocation(cake(), Atkinson(0)).value == pytest.approx(4 / 3)
    assert solve_allocation(cake(), Atkinson(np.inf)).value == pytest.approx(4 / 7)


def test_leximin_of_alice_and_george() -> None:
    s = solve_allocation(table([[5, 3, 0, 0], [2, 4, 9, 0]]), Leximin())  # cvxpy_leximin README
    np.testing.assert_allclose(s.utilities, [8, 9], atol=1e-12)
    assert [stage.level for stage in s.stages] == pytest.approx([8, 9])
    assert s.optimality.holds


# ---- leximin --------------------------------------------------------------------------------------------------------


def leximin_by_saturation(p: AllocationProblem) -> np.ndarray:
    """Utilities by one programme an agent and level (Willson 1998): slow, and another route."""
    u, n = p.utilities.toarray(), p.rows.n_agents
    fixed: dict[int, float] = {}
    x = cp.Variable(len(p.rows), nonneg=True)
    base = [x <= p.upper] + [b.matrix @ x <= b.bound for b in p.feasible.blocks]
    while len(fixed) < n:
        floor = [u[i] @ x >= level - 1e-9 for i, level in fixed.items()]
        t = cp.Variable()
        free = [i for i in range(n) if i not in fixed]
        cp.Problem(cp.Maximize(t), base + floor + [u[i] @ x >= t for i in free]).solve(solver=cp.HIGHS)
        level = float(t.value)
        for i in free:
            others = [u[j] @ x >= level - 1e-9 for j in free]
            best = cp.Problem(cp.Maximize(u[i] @ x), base + floor + others).solve(solver=cp.HIGHS)
            if best <= level + 1e-6:
                fixed[i] = level
    return np.array([fixed[i] for i in range(n)])


@pytest.mark.parametrize("seed", range(4))
def test_leximin_against_saturation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = table(rng.integers(0, 9, (5, 4)) + 0.5, rng.uniform(0.3, 1.5, 4), demand=rng.uniform(0.5, 2, 5))
    s = solve_allocation(p, Leximin())
    np.testing.assert_allclose(s.utilities, leximin_by_saturation(p), atol=1e-6)
    assert s.optimality.holds
    assert sorted(int(i) for stage in s.stages for i in stage.agents) == list(range(5))


@pytest.mark.parametrize("seed", range(5))
def test_leximin_of_whole_units_against_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = table(rng.integers(1, 6, (3, 4)), 1.0, whole=True, weights=rng.integers(1, 3, 3).astype(float))
    s, f = solve_allocation(p, Leximin()), Leximin()
    for x in every_whole_allocation(p):
        assert f.compare(s.utilities, p.utilities @ x, p.weights, tol=1e-9) >= 0


def test_leximin_does_not_drift_over_many_levels() -> None:
    # A chain: agent i alone wants good i at value i + 1, so its level is i + 1 exactly.
    n = 60
    index = np.arange(n, dtype=np.int32)
    p = AllocationProblem(Rows(index, index, range(n), range(n)), np.arange(1.0, n + 1), 1.0)
    s = solve_allocation(p, Leximin())
    np.testing.assert_allclose(s.utilities, np.arange(1, n + 1), rtol=1e-13)
    assert s.optimality.holds


# ---- whole units ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [Utilitarian(), Maximin(), Nash(), Atkinson(0.5), Atkinson(2), Atkinson(5)], ids=repr)
@pytest.mark.parametrize("seed", range(3))
def test_whole_units_against_enumeration(f: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = table(
        rng.integers(1, 20, (3, 4)) / (1 if seed else 7),
        np.array([1.0, 2, 1, 1]),
        demand=np.array([2.0, 2, 3]),
        conflicts=np.array([[0, 1]]),
        weights=np.array([1.0, 2.0, 1.0]),
        whole=True,
    )
    values = []
    for x in every_whole_allocation(p):
        u = p.utilities @ x
        if not f.open_domain or u.min() > 0:
            values.append(f.evaluate(u, p.weights))
    s = solve_allocation(p, f)
    assert s.value == pytest.approx(max(values), rel=1e-6, abs=1e-6)
    assert s.optimality.bound >= max(values) - 1e-9 * abs(max(values))
    assert s.optimality.gap <= 1e-5 * max(1.0, abs(s.value))
    assert np.array_equal(s.taken, np.rint(s.taken))
    assert s.prices is None


def test_outside_options_with_whole_units() -> None:
    rng = np.random.default_rng(5)
    outside = np.array([2.5, 0.0, -1.0])
    p = table(rng.integers(-3, 6, (3, 3)), 1.0, outside=outside, whole=True)
    best = -np.inf
    for bits in product((0, 1), repeat=9):
        x = np.array(bits).reshape(3, 3)
        if (x.sum(axis=0) > 1).any():
            continue
        worth = (x * p.values.reshape(3, 3)).sum(axis=1) + np.where(x.sum(axis=1) == 0, outside, 0)
        best = max(best, worth.sum())
    assert solve_allocation(p, Utilitarian()).value == pytest.approx(best)


def test_outside_with_unit_demand() -> None:
    # One cake worth 4 to both; doing nothing is worth 3 to agent 0: sum = 4 + 3.
    p = table([[4.0], [4.0]], 1.0, demand=1.0, outside=np.array([3.0, 0.0]))
    s = solve_allocation(p, Utilitarian())
    assert s.value == pytest.approx(7)
    assert s.taken.tolist() == [0, 1]
    with pytest.raises(NotApplicableError, match="not concave"):
        solve_allocation(table([[4.0, 1.0]], 1.0, outside=np.array([3.0])), Utilitarian())


# ---- course data (fairpyx, Ariel University 5783; optima by HiGHS without this package) -------------------------


def course(*, conflicts: bool) -> AllocationProblem:
    if not COURSE.exists():
        pytest.skip("../shared/data/course is not there")
    data = json.loads(COURSE.read_text(encoding="utf-8"))
    students, courses = list(data["valuations"]), list(data["item_capacities"])
    cells = sorted(
        (students.index(s), courses.index(c), v) for s, row in data["valuations"].items() for c, v in row.items()
    )
    agent, option, value = (np.array(column) for column in zip(*cells, strict=True))
    pairs = {
        tuple(sorted((courses.index(a), courses.index(b)))) for a, bs in data["item_conflicts"].items() for b in bs
    }
    return AllocationProblem(
        Rows(agent.astype(np.int32), option.astype(np.int32), students, courses),
        value.astype(float),
        np.array([data["item_capacities"][c] for c in courses], dtype=float),
        np.array([data["agent_capacities"][s] for s in students], dtype=float),
        np.array(sorted(pairs)) if conflicts else None,
        whole=True,
    )


@pytest.mark.shared_data
@pytest.mark.parametrize(("conflicts", "total"), [(False, 22955), (True, 21942)])
def test_course_optima(conflicts: bool, total: float) -> None:
    p = course(conflicts=conflicts)
    best = solve_allocation(p, Utilitarian())
    assert best.value == total
    assert best.optimality.holds
    fair = solve_allocation(p, Maximin())
    assert fair.value == 418
    assert fair.optimality.holds
    nash = solve_allocation(p, Nash())
    divisible = solve_allocation(p, Nash(), integral=False)
    assert nash.optimality.holds
    assert nash.value <= divisible.optimality.bound
    assert Utilitarian().evaluate(nash.utilities) <= total


@pytest.mark.shared_data
def test_course_leximin_is_at_least_as_fair_as_any_other() -> None:
    p = course(conflicts=True)
    s, f = solve_allocation(p, Leximin(), integral=False), Leximin()
    assert s.stages[0].level == pytest.approx(418)
    assert s.optimality.holds
    for other in (Utilitarian(), Maximin(), Nash(), Atkinson(2)):
        assert f.compare(s.utilities, solve_allocation(p, other, integral=False).utilities, tol=1e-6) >= 0


# ---- certificates ---------------------------------------------------------------------------------------------------


def test_certificate_notices_what_is_not_optimal() -> None:
    from thickecon.programs.goal import Goal
    from thickecon.programs.optimality import check_optimality

    p = table([[2, 1], [1, 1]])
    goal = Goal(Nash(), np.ones(2), (p.utilities,))
    s = solve_allocation(p, Nash())
    worse = np.array([0.5, 0.5, 0.5, 0.5])
    slope, constant = goal.plane(worse)
    verdict = check_optimality(p.feasible, worse, goal.value(worse), slope, constant, dict(s.duals))
    assert verdict.holds is False
    assert verdict.gap >= s.value - goal.value(worse) - 1e-9
    infeasible = np.array([1.0, 1.0, 1.0, 1.0])
    slope, constant = goal.plane(infeasible)
    verdict = check_optimality(p.feasible, infeasible, goal.value(infeasible), slope, constant, dict(s.duals))
    assert verdict.holds is False
    assert verdict.witness == "supply[0]"


@pytest.mark.parametrize("f", [Utilitarian(), Maximin(), Nash(), Atkinson(0.5), Atkinson(3)], ids=repr)
def test_bound_is_never_below_a_feasible_value(f: Any) -> None:
    rng = np.random.default_rng(3)
    p = table(rng.uniform(0.1, 5, (6, 5)), rng.uniform(0.5, 3, 5), demand=rng.uniform(0.4, 2, 6))
    s = solve_allocation(p, f)
    assert s.optimality.holds
    for _ in range(200):
        x = rng.uniform(0, 1, 30) ** 3 * p.upper
        for block in p.feasible.blocks:
            over = np.maximum((block.matrix @ x) / block.bound, 1.0)
            x = x / np.maximum((block.matrix.T @ np.diag(over)).max(axis=1), 1.0)
        assert f.evaluate(p.utilities @ x) <= s.optimality.bound + 1e-12


def test_duals_are_marginal_welfare() -> None:
    rng = np.random.default_rng(0)
    v, h = rng.uniform(0.5, 3, (4, 3)), 1e-3
    norm = ("at least", Linear(np.repeat([1.0, 0, 0, 0], 3), ">=", 0.9))
    supply = np.array([0.8, 0.7, 0.9])
    for f in (Nash(), Atkinson(2.0), Utilitarian()):
        s = solve_allocation(table(v, supply, norms=(norm,)), f)
        for j in range(3):
            step = h * np.eye(3)[j]
            up = solve_allocation(table(v, supply + step, norms=(norm,)), f).value
            down = solve_allocation(table(v, supply - step, norms=(norm,)), f).value
            assert s.prices is not None
            assert s.prices[j] == pytest.approx((up - down) / (2 * h), rel=2e-3, abs=2e-4)


# ---- norms ----------------------------------------------------------------------------------------------------------


def test_norms_of_an_assignment() -> None:
    profile = ThickProfile.from_values([[5.0, 1.0], [4.0, 3.0]], agents=["ann", "bob"], options=["a", "b"])
    norms = (
        quota("bob gets half of a", profile, agents=["bob"], options=["a"], at_least=0.5),
        Norm("even", lambda taken, problem: taken[0] + taken[1] == taken[2] + taken[3]),
        Norm("smooth", lambda taken, problem: cp.sum_squares(taken) <= 1.2),
    )
    problem = Assignment(profile, supply=1, norms=norms[:2])
    p = AllocationProblem.from_assignment(problem, profile.rows.endorsed)
    s = solve_allocation(p, Utilitarian())
    # ann: a/2 + b/2 = 3; bob: a/2 + b/2 = 3.5
    np.testing.assert_allclose(s.taken, [0.5, 0.5, 0.5, 0.5], atol=1e-9)
    assert set(s.duals) >= {"supply", "bob gets half of a", "even"}
    curved = AllocationProblem.from_assignment(Assignment(profile, supply=1, norms=norms), profile.rows.endorsed)
    s = solve_allocation(curved, Utilitarian())
    assert s.optimality.holds
    assert float(np.sum(s.taken**2)) <= 1.2 + 1e-6
    with pytest.raises(NotApplicableError, match="not linear"):
        solve_allocation(curved, Utilitarian(), integral=True)


def test_curved_norm_against_closed_form() -> None:
    # max 3x + 4y on the disc of radius 1/2: 5/2 at (.3, .4)
    p = table([[3.0, 4.0]], 1.0, norms=(("disc", lambda x: cp.sum_squares(x) <= 0.25),))
    s = solve_allocation(p, Utilitarian())
    assert s.value == pytest.approx(2.5, abs=1e-6)
    np.testing.assert_allclose(s.taken, [0.3, 0.4], atol=1e-5)
    assert s.optimality.holds
    assert s.duals["disc"] == pytest.approx([5.0], rel=1e-4)  # d(5 sqrt(r))/dr at r = 1/4


# ---- conflicts ------------------------------------------------------------------------------------------------------


def smallest_by_enumeration(p: Polyhedron) -> int:
    rows, p = [(b, r) for b in p.blocks for r in range(len(b.bound))], p.loosened
    for size in range(1, len(rows) + 1):
        for chosen in combinations(rows, size):
            blocks = tuple(Block(f"{k}", b.matrix[[r]], b.bound[[r]], b.equality) for k, (b, r) in enumerate(chosen))
            try:
                solve_linear(Polyhedron(p.lower, p.upper, blocks, p.integer), np.zeros(p.size), explain=False)
            except InfeasibleError:
                return size
    return 0


@pytest.mark.parametrize("seed", range(4))
def test_conflict_is_a_smallest_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    norms = [
        (f"norm {k}", Linear(rng.integers(-1, 2, 6).astype(float), ">=", float(rng.integers(1, 3)))) for k in range(4)
    ]
    p = table(np.ones((2, 3)), 1.0, demand=1.0, norms=tuple(norms))
    names = smallest_conflict(p.feasible)
    assert len(names) == smallest_by_enumeration(p.feasible)
    assert len(irreducible_conflict(p.feasible)) >= len(names)
    if names:
        with pytest.raises(InfeasibleError) as caught:
            solve_allocation(p, Utilitarian())
        assert len(caught.value.conflict) == len(names)


def test_conflict_names_capacity_demand_and_norm() -> None:
    everyone = ("everybody gets one", Linear(np.ones(6), ">=", 3.0))
    p = table(np.ones((3, 2)), 1.0, norms=(everyone,))
    with pytest.raises(InfeasibleError) as caught:
        solve_allocation(p, Utilitarian())
    assert set(caught.value.conflict) == {"supply[0]", "supply[1]", "everybody gets one"}
    for f in (Nash(), Maximin(), Leximin()):
        with pytest.raises(InfeasibleError, match="everybody gets one"):
            solve_allocation(p, f)
    with pytest.raises(InfeasibleError, match="everybody gets one"):
        solve_allocation(p, Nash(), integral=True)


def test_scarce_supply_is_blamed_though_it_also_bounds_the_share() -> None:
    p = table([[1.0]], 0.3, norms=(("half", Linear(np.ones(1), ">=", 0.5)),))
    with pytest.raises(InfeasibleError) as caught:
        solve_allocation(p, Utilitarian())
    assert set(caught.value.conflict) == {"supply[0]", "half"}


def test_conflict_only_of_whole_units() -> None:
    half = ("half", Linear(np.array([1.0, 1.0]), "==", 0.5))
    assert solve_allocation(table([[1.0, 1.0]], norms=(half,)), Utilitarian()).value == pytest.approx(0.5)
    with pytest.raises(InfeasibleError) as caught:
        solve_allocation(table([[1.0, 1.0]], norms=(half,)), Utilitarian(), integral=True)
    assert caught.value.conflict == ("half",)


def test_agents_who_cannot_gain() -> None:
    p = table([[1.0, 2.0], [0.0, 0.0]])
    for whole in (False, True):
        with pytest.raises(InfeasibleError, match="domain") as caught:
            solve_allocation(p, Nash(), integral=whole)
        assert caught.value.conflict == ("utility of[1]",)
    assert solve_allocation(table([[1.0, 2.0], [0.0, 0.0]], weights=np.array([1.0, 0.0])), Nash()).optimality.holds


def test_curved_norms_in_conflict() -> None:
    norms = (("disc", lambda x: cp.sum_squares(x) <= 0.01), ("enough", Linear(np.ones(2), ">=", 1.0)))
    with pytest.raises(InfeasibleError) as caught:
        solve_allocation(table([[1.0, 1.0]], norms=norms), Utilitarian())
    assert set(caught.value.conflict) == {"disc", "enough"}


# ---- the door to solvers --------------------------------------------------------------------------------------------


def test_statuses_other_than_optimal_are_errors() -> None:
    x = cp.Variable()
    with pytest.raises(SolverError, match="unbounded"):
        solve_cone(x, {"one": x >= 0})
    with pytest.raises(InfeasibleError):
        solve_cone(x, {"one": x >= 1, "two": x <= 0})
    with pytest.raises(InputError, match="CLARABEL"):
        solve_cone(x, {"one": x <= 0}, solver="GUROBI")
    free = Polyhedron(np.zeros(1), np.full(1, np.inf))
    with pytest.raises(SolverError, match="HIGHS"):
        solve_linear(free, np.ones(1))


def test_other_solver_on_request() -> None:
    s = solve_allocation(table([[2, 1], [1, 1]]), Nash(), solver="SCS")
    assert s.solver == "SCS"
    assert s.value == pytest.approx(np.log(2), abs=1e-3)  # each takes the good it prefers: 2 x 1
    lp = solve_allocation(table([[2, 1], [1, 1]]), Maximin(), solver="CLARABEL")
    assert lp.value == pytest.approx(solve_allocation(table([[2, 1], [1, 1]]), Maximin()).value, abs=1e-7)
    assert lp.optimality.holds


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"supply": np.ones(3)}, "shape"),
        ({"norms": (("supply", Linear(np.ones(4), "<=", 1.0)),)}, "name of its own"),
        ({"cap": np.inf, "supply": np.inf}, "no limit"),
        ({"norms": (("bad", lambda x: 3),)}, "cvxpy constraints"),
        ({"norms": (("ring", lambda x: cp.sum_squares(x) >= 1),)}, "convex"),
    ],
)
def test_bad_problems(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        solve_allocation(table(np.ones((2, 2)), **more), Utilitarian())
