"""From an allocation problem and a welfare function to an allocation with its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from .._core.arrays import FloatArray, frozen
from .._core.inequality import weights_for
from ..errors import NotApplicableError
from .allocation import AllocationProblem
from .goal import Goal, Welfare
from .leximin import Stage, leximin, leximin_whole
from .maximise import Maximum, maximise
from .optimality import Optimality, check_optimality
from .polyhedron import Polyhedron
from .regret import minimax_regret
from .robust import Ambiguity, Lift, lift_worst_case
from .whole import maximise_whole

__all__ = ["AllocationSolution", "solve_allocation"]


@dataclass(frozen=True, eq=False)
class AllocationSolution:
    """An allocation and what is known of it.

    Attributes
    ----------
    taken
        (rows,) share of each row.
    utilities
        (n,) under the values given; with ambiguity, under ``theta``.
    value
        W of the allocation; its worst case with ``ambiguity="worst"``, the largest regret with "regret".
    duals
        Multipliers by constraint ("supply", "demand", "conflicts", names of norms), in welfare per unit; empty where
        units are whole.
    prices
        (m,) multipliers of supply, 0 where it is unlimited; None where units are whole.
    optimality
        Recomputed verdict and gap.
    stages
        Of leximin, lowest level first; else empty.
    theta
        (G, P) the endorsement that is worst (or of largest regret) for this allocation; None without ambiguity.
    solver, seconds
        Who found it, and the solver's own time.
    """

    taken: FloatArray
    utilities: FloatArray
    value: float
    duals: Mapping[str, FloatArray]
    prices: FloatArray | None
    optimality: Optimality
    stages: tuple[Stage, ...] = ()
    theta: FloatArray | None = None
    solver: str = "HIGHS"
    seconds: float = 0.0


def solve_allocation(
    problem: AllocationProblem,
    welfare: Welfare,
    *,
    integral: bool | None = None,
    ambiguity: Ambiguity | None = None,
    solver: str | None = None,
    time_limit: float | None = None,
) -> AllocationSolution:
    """The allocation that maximises a welfare function.

    Parameters
    ----------
    problem
        Rows, values, supply, demand, conflicts, norms.
    welfare
        An object of ``thickecon.welfare.functions``, or one with the same methods.
    integral
        Whole units? None: as the problem says.
    ambiguity
        None: values are known. Else values are ignored, and the worst case (or the largest regret) over the set
        counts.
    solver
        None: HIGHS for linear and mixed-integer programmes, CLARABEL for cones. "SCS" only if asked for.
    time_limit
        Seconds for the solver.

    Returns
    -------
    AllocationSolution
        ``optimality`` is recomputed here from the numbers, never copied from the solver.

    Raises
    ------
    InfeasibleError
        Constraints that cannot hold together (``.conflict``), or agents who cannot all be in the domain of W.
    NotApplicableError
        A combination that is not one programme, with the remedy.
    SolverError
        A solver status other than optimal.

    References
    ----------
    Eisenberg and Gale (1959), doi:10.1214/aoms/1177706369 (Nash prices are equilibrium prices); Ben-Tal, El Ghaoui,
    Nemirovski (2009), Robust Optimization (worst cases as programmes).

    Examples
    --------
    >>> import numpy as np
    >>> from thickecon.profiles.rows import Rows
    >>> from thickecon.welfare.functions import Utilitarian
    >>> rows = Rows.full(range(2), ["tea", "cake"])
    >>> answer = solve_allocation(AllocationProblem(rows, np.array([3.0, 1.0, 2.0, 4.0]), np.ones(2)), Utilitarian())
    >>> answer.value, answer.taken.tolist(), answer.optimality.holds
    (7.0, [1.0, 0.0, 0.0, 1.0], True)
    """
    weights = weights_for(problem.weights, problem.rows.n_agents)
    if integral is not None and integral != problem.whole:
        problem = replace(problem, whole=integral)
    if problem.whole and problem.curved:
        raise NotApplicableError(
            f"norm {problem.curved[0].name!r} is not linear, and units are whole",
            where="norms",
            remedy="use divisible shares or a linear norm",
        )
    if ambiguity is not None:
        return _ambiguous(problem, welfare, weights, ambiguity, solver, time_limit)
    goal = Goal(welfare, weights, (problem.utilities,))
    if welfare.form == "leximin":
        return _leximin(problem, problem.feasible, goal, None, time_limit)
    found = _maximise(problem, problem.feasible, goal, solver, time_limit)
    return _solution(problem, found, goal.value(found.z), problem.utilities @ found.z, None)


def _maximise(
    problem: AllocationProblem, polyhedron: Polyhedron, goal: Goal, solver: str | None, time_limit: float | None
) -> Maximum:
    if problem.whole:
        return maximise_whole(polyhedron, goal, time_limit=time_limit)
    return maximise(polyhedron, goal, problem.curved, len(problem.rows), solver=solver, time_limit=time_limit)


def _ambiguous(
    problem: AllocationProblem,
    welfare: Welfare,
    weights: FloatArray,
    ambiguity: Ambiguity,
    solver: str | None,
    time_limit: float | None,
) -> AllocationSolution:
    problem = ambiguity.prepared(problem)
    shape = ambiguity.endorsement.theta.shape
    if ambiguity.mode == "regret":
        if problem.curved:
            raise NotApplicableError("regret needs linear norms", where="norms")
        regret = minimax_regret(problem, ambiguity, welfare, weights, time_limit=time_limit)
        u = ambiguity.at(regret.theta, problem) @ regret.z
        made = Maximum(regret.z, {}, np.ones(1), regret.optimality, "HIGHS", regret.seconds)
        return replace(_solution(problem, made, regret.regret, u, regret.theta.reshape(shape)), duals={}, prices=None)
    lift = lift_worst_case(problem, ambiguity, welfare, weights)
    if welfare.form == "leximin":
        return _leximin(problem, lift.polyhedron, lift.goal, (ambiguity, lift), time_limit)
    found = _maximise(problem, lift.polyhedron, lift.goal, solver, time_limit)
    z = lift.tighten(found.z)
    base = z[: problem.feasible.size]
    theta = lift.worst(base)
    if ambiguity.shape == "polyhedron" and not problem.whole:
        found = replace(found, optimality=_saddle(problem, ambiguity, welfare, weights, found, theta))
    value = lift.goal.value(z)
    if ambiguity.shape == "polyhedron":
        value = welfare.evaluate(ambiguity.at(theta, problem) @ base, weights)
    return _solution(problem, found, value, ambiguity.at(theta, problem) @ base, theta.reshape(shape))


def _saddle(
    problem: AllocationProblem,
    ambiguity: Ambiguity,
    welfare: Welfare,
    weights: FloatArray,
    found: Maximum,
    theta: FloatArray,
) -> Optimality:
    """Gap of the pair (allocation, endorsement of the multipliers): neither side can do better alone."""
    a, b = ambiguity.polyhedron
    slope = welfare.gradient(np.ones(len(weights)), weights)
    chosen = -found.duals["worst endorsement"]
    base = found.z[: problem.feasible.size]
    made = check_optimality(
        problem.feasible,
        base,
        welfare.evaluate(ambiguity.at(theta, problem) @ base, weights),
        ambiguity.at(chosen, problem).T @ slope,
        0.0,
        found.duals,
        relative=1e-7,
        statement="saddle point: an endorsement of the set under which no allocation is worth more",
    )
    outside = float(np.max(a @ chosen - b, initial=0.0))
    return replace(made, holds=bool(made.holds) and outside <= 1e-8 * (1.0 + float(np.abs(b).max(initial=0.0))))


def _leximin(
    problem: AllocationProblem,
    polyhedron: Polyhedron,
    goal: Goal,
    robust: tuple[Ambiguity, Lift] | None,
    time_limit: float | None,
) -> AllocationSolution:
    if problem.curved:
        raise NotApplicableError("leximin needs linear norms", where="norms", remedy="use Maximin() or Atkinson(50)")
    found = leximin_whole(polyhedron, goal, time_limit=time_limit) if problem.whole else leximin(polyhedron, goal)
    made = Maximum(found.z, dict(found.duals), np.ones(1), found.optimality, "HIGHS", found.seconds)
    theta = None
    matrix = problem.utilities
    base = found.z[: problem.feasible.size]
    if robust is not None:
        ambiguity, lift = robust
        worst = lift.worst(base)
        matrix, theta = ambiguity.at(worst, problem), worst.reshape(ambiguity.endorsement.theta.shape)
    u = matrix @ base
    return replace(_solution(problem, made, float(u[goal.kept].min()), u, theta), stages=found.stages)


def _solution(
    problem: AllocationProblem, found: Maximum, value: float, utilities: FloatArray, theta: FloatArray | None
) -> AllocationSolution:
    named = {name for name, _ in problem.norms} | {"supply", "demand", "conflicts"}
    named |= {norm.name for norm in problem.curved} | {b.name for b in problem.feasible.blocks if b.blamable}
    duals = {name: frozen(dual) for name, dual in found.duals.items() if name in named}
    prices = None
    if not problem.whole:
        full = np.zeros(problem.rows.n_options)
        full[np.isfinite(problem.supply)] = np.maximum(duals.get("supply", np.zeros(1)), 0.0)
        prices = frozen(full, copy=False)
    return AllocationSolution(
        frozen(found.z[: len(problem.rows)]),
        frozen(utilities),
        value,
        MappingProxyType(duals),
        prices,
        found.optimality,
        (),
        None if theta is None else frozen(theta),
        found.solver,
        found.seconds,
    )
