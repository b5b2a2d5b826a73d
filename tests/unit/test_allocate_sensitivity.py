"""Sensitivity of whole allocations: against one linear programme for each other allocation."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import thickecon as te
from thickecon.errors import NotApplicableError
from thickecon.problems.norm import quota
from thickecon.welfare import Allocate, Maximin


def feasible(problem: te.Assignment, x: np.ndarray) -> bool:
    index = problem.profile.index
    table = np.zeros((index.n_agents, index.n_options))
    table[index.agent, index.option] = x
    if (table.sum(axis=0) > problem.supply).any() or (table.sum(axis=1) > problem.demand_or).any():
        return False
    if any((table[:, a] + table[:, b] > 1).any() for a, b in problem.conflicts):
        return False
    linear = [norm.constraint for norm in problem.norms]
    return all(float(c.coefficients @ x) >= c.bound for c in linear)  # quotas from below only


def others(problem: te.Assignment, taken: np.ndarray) -> list[np.ndarray]:
    every = map(np.array, product((0.0, 1.0), repeat=len(taken)))
    return [x for x in every if (x != taken).any() and feasible(problem, x)]


def gains(problem: te.Assignment, values: np.ndarray) -> np.ndarray:
    """What a row adds to the sum, people counted; where doing nothing is worth something, its gain over that."""
    profile = problem.profile
    people = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    idle = np.zeros(profile.n_agents) if profile.outside is None else profile.outside
    return (values - idle[profile.index.agent]) * people[profile.index.agent]


def least_influence(problem: te.Assignment, taken: np.ndarray, rows: np.ndarray, total: bool) -> float:
    """Least size of delta on ``rows`` under which another allocation is as good: its largest entry, or their sum."""
    values, agent = problem.profile.rows.endorsed, problem.profile.index.agent
    people = np.ones(len(values)) if problem.profile.weights is None else problem.profile.weights[agent]
    worth, k = gains(problem, values), len(values)
    best = np.inf
    for x in others(problem, taken):
        # variables: delta, |delta|, t; people (values - delta) (x - taken) >= 0
        change = np.concatenate([people * (x - taken), np.zeros(k + 1)])
        a = [change, *np.hstack([np.eye(k), -np.eye(k), np.zeros((k, 1))])]
        a += [*np.hstack([-np.eye(k), -np.eye(k), np.zeros((k, 1))])]
        a += [*np.hstack([np.zeros((k, k)), np.eye(k), -np.ones((k, 1))])]
        b = np.concatenate([[worth @ (x - taken)], np.zeros(3 * k)])
        cost = np.concatenate([np.zeros(k), people if total else np.zeros(k), [0.0 if total else 1.0]])
        ends = [(None, None) if r else (0, 0) for r in rows] + [(0, None)] * (k + 1)
        found = linprog(cost, A_ub=np.array(a), b_ub=b, bounds=ends)
        if found.status == 0:
            best = min(best, found.fun)
    return best


def instance(seed: int) -> te.Assignment:
    rng = np.random.default_rng(seed)
    n, m = [(2, 3), (3, 2), (2, 2)][seed % 3]
    values = rng.integers(-2, 12, (n, m)) + rng.uniform(0, 0.9, (n, m)).round(3)
    if seed % 4 == 0:
        values[0, 0] = np.nan  # no row
    profile = te.ThickProfile.from_values(
        values,
        weights=rng.integers(1, 4, n).astype(float) if seed % 2 else None,
        outside=rng.uniform(-1, 2, n).round(2) if seed % 5 == 1 else None,
    )
    norms: Any = ()
    if seed % 4 == 2:
        norms = (quota("the first agent gets something", profile, agents=[profile.agents[0]], at_least=1),)
    demand = 1 if seed % 5 == 1 else rng.integers(1, 3, n)
    conflicts = [(profile.options[0], profile.options[1])] if seed % 3 == 0 else ()
    return te.Assignment(profile, rng.integers(1, 3, m), demand, conflicts=conflicts, norms=norms)


@pytest.mark.parametrize("seed", range(12))
def test_smallest_influence_is_exact(seed: int) -> None:
    problem, mechanism = instance(seed), Allocate(integral=True)
    taken = mechanism.run(problem, rng=0).taken
    agent, n = problem.profile.index.agent, problem.profile.n_agents
    everyone = np.ones(len(taken), dtype=bool)
    wanted = {
        ("sup", None): least_influence(problem, taken, everyone, False),
        ("total", None): least_influence(problem, taken, everyone, True),
        ("agents", 1): min(least_influence(problem, taken, agent == i, False) for i in range(n)),
    }
    for (norm, agents), size in wanted.items():
        found = te.sensitivity(mechanism, problem, norm=norm, agents=agents).smallest
        if found is None:
            assert size == np.inf
            continue
        assert found.size == pytest.approx(size, rel=1e-7, abs=1e-9)
        assert found.exact
        moved = mechanism.run(problem.with_profile(found.profile), rng=0).taken  # the witness
        assert (moved != taken).any()


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_two_agents_of_three_have_a_true_bound(seed: int) -> None:
    problem, mechanism = instance(3 * seed + 1), Allocate(integral=True)
    taken, agent = mechanism.run(problem, rng=0).taken, problem.profile.index.agent
    least = min(
        least_influence(problem, taken, np.isin(agent, pair), False)
        for pair in combinations(range(problem.profile.n_agents), 2)
    )
    found = te.sensitivity(mechanism, problem, agents=2).smallest
    assert found is not None
    assert found.bounds[0] <= least + 1e-9 <= found.bounds[1] + 1e-8


@pytest.mark.parametrize("share", [0.05, 0.3])
@pytest.mark.parametrize("seed", [1, 2, 5])
def test_cost_of_surplus_is_exact(seed: int, share: float) -> None:
    """x* worth (1 - share) of another x, both counted without the influence: a programme for each other x."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(1, 9, (2, 3)).round(2)
    problem = te.Assignment(te.ThickProfile.from_values(values), 1, 2)
    mechanism = Allocate(integral=True)
    taken, flat = mechanism.run(problem, rng=0).taken, values.ravel()
    sizes = []
    for x in others(problem, taken):
        row = (1 - share) * x - taken  # (1 - share) (w - delta) x >= (w - delta) x*
        reach = np.abs(row).sum()
        if reach > 0:
            sizes.append(max(-(flat @ row) / reach, 0.0))
    assert te.sensitivity(mechanism, problem).costs(share) == pytest.approx(min(sizes), rel=1e-7)


def test_divisible_shares_with_whole_corners_count_as_whole() -> None:
    problem = te.Assignment(te.ThickProfile.from_values([[5.0, 3.0], [4.0, 3.5]]), 1, 1)
    for integral in (False, True):
        found = te.sensitivity(Allocate(integral=integral), problem).smallest
        assert found is not None
        assert found.size == pytest.approx((8.5 - 7.0) / 4)  # 5 + 3.5 against 3 + 4, four rows apart
    with pytest.raises(NotApplicableError, match="moves with any influence"):
        _ = te.sensitivity(Allocate(Maximin()), problem).smallest
