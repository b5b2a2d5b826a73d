"""Allocation programmes with odd input: conflicts of norms, agents who cannot gain, nothing to give, any unit."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from thickecon.errors import InfeasibleError
from thickecon.problems import Assignment
from thickecon.problems.norm import Linear, quota
from thickecon.profiles.rows import Rows
from thickecon.programs import AllocationProblem, solve_allocation
from thickecon.welfare.functions import Atkinson, Leximin, Maximin, Nash, Utilitarian


def table(values: Any, supply: Any = 1.0, **more: Any) -> AllocationProblem:
    v = np.asarray(values, dtype=float)
    return AllocationProblem(Rows.full(range(v.shape[0]), range(v.shape[1])), v.ravel(), supply, **more)


def smallest_set_by_enumeration(p: AllocationProblem) -> int:
    """Fewest rows of supply, demand, conflicts and norms that no 0/1 vector keeps: all subsets, all vectors."""
    checks = []
    for block in p.feasible.blocks:
        for row, bound in zip(block.matrix.toarray(), block.bound, strict=True):
            checks.append(lambda x, row=row, bound=bound: x @ row <= bound + 1e-9)
    vectors = np.array(list(product((0, 1), repeat=len(p.rows))))
    kept = np.array([[check(x) for x in vectors] for check in checks])
    for size in range(1, len(checks) + 1):
        if any(not kept[list(chosen)].all(axis=0).any() for chosen in combinations(range(len(checks)), size)):
            return size
    return 0


@pytest.mark.parametrize("seed", range(6))
def test_smallest_conflict_of_whole_units_with_conflicts_and_quotas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    norms = tuple(
        (f"quota {k}", Linear(rng.integers(0, 2, 6).astype(float), ">=", float(rng.integers(1, 4)))) for k in range(3)
    )
    p = table(
        np.ones((2, 3)), 1.0, demand=rng.integers(1, 3, 2).astype(float), conflicts=np.array([[0, 1], [1, 2]]),
        norms=norms, whole=True,
    )  # fmt: skip
    size = smallest_set_by_enumeration(p)
    if not size:
        assert solve_allocation(p, Utilitarian()).optimality.holds
        return
    with pytest.raises(InfeasibleError) as caught:
        solve_allocation(p, Utilitarian())
    assert len(caught.value.conflict) == size


def test_quota_of_the_courses_that_cannot_hold() -> None:
    """Twenty students who each must have three of four courses with 8, 4, 2, 4 seats: 60 wanted, 18 there."""
    from thickecon.datasets import load

    problem = load("course", capacities="scarce")
    profile = problem.profile
    few = list(profile.options[:4])
    norms = (
        quota("three each for twenty", profile, agents=profile.agents[:20], options=few, at_least=60),
        quota("nobody is left out", profile, at_least=26),
    )
    made = AllocationProblem.from_assignment(
        Assignment(profile, problem.supply, problem.demand, norms=norms), profile.rows.endorsed, whole=True
    )
    with pytest.raises(InfeasibleError) as caught:
        solve_allocation(made, Utilitarian())
    named = set(caught.value.conflict)
    assert "three each for twenty" in named
    assert "nobody is left out" not in named
    seats = {f"supply[{x!r}]" for x in few}
    assert named - seats == {"three each for twenty"}
    assert np.sum(problem.supply[:4]) < 60
    # the fewest courses whose seats, with one for each of the twenty who value the others, do not reach 60
    index = profile.index
    wanting = [int(((index.option == k) & (index.agent < 20)).sum()) for k in range(4)]
    held = [s for size in range(5) for s in combinations(range(4), size)]
    short = [
        s for s in held if sum(min(problem.supply[k], wanting[k]) if k in s else wanting[k] for k in range(4)) < 60
    ]
    assert len(named) == 1 + len(short[0])


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("f", [Nash(), Atkinson(2.0), Atkinson(100.0)], ids=repr)
def test_who_cannot_be_in_the_domain_is_named(f: Any, whole: bool) -> None:
    for values, supply, demand, blamed in (
        ([[1.0, 2.0], [0.0, 0.0]], 1.0, None, {"utility of[1]"}),
        ([[-1.0, -2.0], [1.0, 2.0]], 1.0, None, {"utility of[0]"}),
        ([[1.0, 2.0], [3.0, 4.0]], 1.0, np.array([0.0, 1.0]), {"utility of[0]", "demand[0]"}),
    ):
        with pytest.raises(InfeasibleError, match="domain") as caught:
            solve_allocation(table(values, supply, demand=demand), f, integral=whole)
        assert set(caught.value.conflict) == blamed


@pytest.mark.parametrize("whole", [False, True])
def test_agents_who_can_only_have_nothing_do_not_spoil_the_certificate(whole: bool) -> None:
    """Atkinson(1/2) allows zeros: agent 1 has one, and W = ((sqrt 3 + 0) / 2)^2 = 3/4."""
    for other in ([0.0, 0.0], [-1.0, -2.0]):
        s = solve_allocation(table([[1.0, 2.0], other]), Atkinson(0.5), integral=whole)
        assert s.value == pytest.approx(0.75, rel=1e-6)
        assert s.optimality.holds
    assert solve_allocation(table([[0.0], [0.0]]), Atkinson(0.5), integral=whole).value == pytest.approx(0.0)


@pytest.mark.parametrize("f", [Utilitarian(), Maximin(), Nash(), Leximin(), Atkinson(0.5), Atkinson(3)], ids=repr)
@pytest.mark.parametrize("whole", [False, True])
def test_one_agent_takes_all_it_likes(f: Any, whole: bool) -> None:
    outside = np.array([-1.0])
    s = solve_allocation(table([[3.0, -2.0, 4.0]], 1.0, outside=outside), f, integral=whole)
    assert s.utilities == pytest.approx([7.0], rel=1e-6)
    np.testing.assert_allclose(s.taken, [1, 0, 1], atol=1e-6)


def test_nothing_to_give() -> None:
    for f in (Utilitarian(), Maximin(), Leximin(), Atkinson(0.5)):
        for whole in (False, True):
            s = solve_allocation(table([[1.0, 2.0], [3.0, 4.0]], 0.0), f, integral=whole)
            assert s.value == pytest.approx(0.0, abs=1e-9)
            assert not s.taken.any()
    empty = AllocationProblem(Rows(np.zeros(0, np.int32), np.zeros(0, np.int32), range(2), range(2)), np.zeros(0), 1.0,
                              conflicts=np.array([[0, 1]]))  # fmt: skip
    assert solve_allocation(empty, Utilitarian(), integral=True).value == 0.0


@pytest.mark.parametrize("factor", [1e-9, 1e9])
@pytest.mark.parametrize("f", [Nash(), Atkinson(0.5), Atkinson(2.0), Atkinson(100.0), Leximin()], ids=repr)
@pytest.mark.parametrize("whole", [False, True])
def test_the_unit_does_not_matter(f: Any, whole: bool, factor: float) -> None:
    values = np.array([[1.0, 2.0, 1.5], [3.0, 1.0, 0.5]])
    one = solve_allocation(table(values), f, integral=whole)
    other = solve_allocation(table(values * factor), f, integral=whole)
    np.testing.assert_allclose(other.utilities / factor, one.utilities, rtol=1e-4)
