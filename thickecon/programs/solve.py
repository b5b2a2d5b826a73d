"""Named programmes to solvers: pinned by name, and a status other than optimal is an error."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..errors import InfeasibleError, InputError, SolverError
from .highs import HighsAnswer, run_highs
from .polyhedron import Polyhedron

__all__ = ["CONE_SOLVERS", "ConeSolution", "LinearSolution", "solve_cone", "solve_linear"]

CONE_SOLVERS = ("CLARABEL", "SCS", "HIGHS")

# Steps that go 0.99 of the way to the border can end on it before the gap is closed; our data are scaled already.
_SHORTER_STEPS = {"max_step_fraction": 0.9, "equilibrate_enable": False}

_EXACT: dict[str, float] = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
# The solver's own gap of 1e-6 in units of the objective would end a search of small numbers early.
_WHOLE: dict[str, float] = _EXACT | {"mip_feasibility_tolerance": 1e-8, "mip_abs_gap": 0.0}


@dataclass(frozen=True, eq=False)
class LinearSolution:
    """Answer of a linear or mixed-integer programme.

    Attributes
    ----------
    z
        (N,) the point.
    value
        ``slope @ z``.
    duals
        Multipliers by block; empty where units are whole.
    bound
        What the search tree proved nothing exceeds; ``value`` for a linear programme.
    complete
        False if a time limit stopped the search at a feasible point.
    seconds
        Time inside the solver.
    solver
        Its name.
    """

    z: FloatArray
    value: float
    duals: dict[str, FloatArray]
    bound: float
    complete: bool
    seconds: float
    solver: str = "HIGHS"


@dataclass(frozen=True, eq=False)
class ConeSolution:
    """Answer of a convex programme.

    Attributes
    ----------
    value
        Of the objective.
    duals
        Multipliers by the name of the constraint.
    seconds
        The solver's own time.
    iterations
        Of the solver.
    solver
        Its name.
    """

    value: float
    duals: dict[str, FloatArray]
    seconds: float
    iterations: int
    solver: str


def solve_linear(
    polyhedron: Polyhedron,
    slope: FloatArray,
    *,
    relax: bool = False,
    time_limit: float | None = None,
    mip_gap: float = 0.0,
    explain: bool = True,
) -> LinearSolution:
    """Maximise ``slope @ z`` over a polyhedron, by HiGHS.

    Parameters
    ----------
    polyhedron
        What is feasible; variables marked as integer take whole values.
    slope
        (N,).
    relax
        Ignore that variables are integer.
    time_limit
        Seconds; a feasible point found by then is returned with ``complete=False`` (whole units only).
    mip_gap
        Relative gap at which the search tree may stop.
    explain
        Find a smallest conflict if nothing is feasible.

    Returns
    -------
    LinearSolution
        With multipliers where nothing is integer.

    Raises
    ------
    InfeasibleError
        Nothing is feasible; ``.conflict`` names a smallest set of constraints that cannot hold together.
    SolverError
        Any other status: unbounded, numerical trouble, or a limit before a feasible point.
    """
    whole = polyhedron.integer is not None and bool(polyhedron.integer.any()) and not relax
    start = time.perf_counter()
    found = _asked(polyhedron, slope, whole, time_limit, {"mip_rel_gap": mip_gap})
    if whole and explain and found.status == "infeasible":  # presolve can cut off what is feasible by a hair
        found = _asked(polyhedron, slope, whole, time_limit, {"mip_rel_gap": mip_gap, "presolve": "off"})
    seconds = time.perf_counter() - start
    stopped = whole and found.status == "stopped"
    if found.status == "infeasible":
        raise _infeasible(polyhedron, relax, explain)
    if found.status != "optimal" and not stopped:
        raise SolverError(
            f"HIGHS stopped with status {found.said!r}",
            where="solve_linear",
            remedy="check the scale of values and bounds, or raise time_limit",
        )
    z = found.x
    if whole and polyhedron.integer is not None:
        z = np.where(polyhedron.integer, np.rint(z), z)
    z = np.clip(z, polyhedron.lower, polyhedron.upper)
    value = float(slope @ z)
    if whole:
        return LinearSolution(z, value, {}, max(-found.bound, value), not stopped, seconds)
    prices, count = -found.row_duals, len(polyhedron.inequalities[1])
    duals = polyhedron.split(prices[:count], False) | polyhedron.split(prices[count:], True)
    return LinearSolution(z, value, duals, value, True, seconds)


def _asked(
    polyhedron: Polyhedron, slope: FloatArray, whole: bool, time_limit: float | None, search: dict[str, float | str]
) -> HighsAnswer:
    (a, b), (e, f) = polyhedron.inequalities, polyhedron.equalities
    upper = polyhedron.upper
    if not whole and polyhedron.implied is not None:
        # A bound that a row implies is left out, so that the multiplier goes to the row that has a name.
        upper = np.where(polyhedron.implied, np.inf, upper)
    options: dict[str, float | str] = {**_WHOLE, **search} if whole else {**_EXACT}
    return run_highs(
        -np.asarray(slope),
        sp.vstack([a, e], format="csc"),
        (np.concatenate((np.full(len(b), -np.inf), f)), np.concatenate((b, f))),
        (polyhedron.lower, upper),
        polyhedron.integer if whole else None,
        options | ({} if time_limit is None else {"time_limit": float(time_limit)}),
    )


def _infeasible(polyhedron: Polyhedron, relax: bool, explain: bool) -> InfeasibleError:
    if not explain:
        return InfeasibleError("no point satisfies all constraints")
    from .conflicts import smallest_conflict

    names = smallest_conflict(polyhedron, relax=relax)
    listed = ", ".join(names) if names else "the bounds of single shares"
    return InfeasibleError(
        f"these constraints cannot hold together: {listed}",
        conflict=names,
        where="allocation",
        remedy="drop or loosen one of them; any one of them is enough",
    )


def solve_cone(
    objective: Any, constraints: Mapping[str, Any], *, solver: str = "CLARABEL", time_limit: float | None = None
) -> ConeSolution:
    """Maximise a concave cvxpy expression under named cvxpy constraints.

    Parameters
    ----------
    objective
        Scalar concave expression.
    constraints
        By name; values of variables are left in the variables.
    solver
        "CLARABEL", "HIGHS" (linear only), or "SCS", which is less exact and used only when asked for.
    time_limit
        Seconds, for CLARABEL and SCS.

    Returns
    -------
    ConeSolution
        With multipliers by name.

    Raises
    ------
    InputError
        A solver that is not one of the three.
    InfeasibleError
        Nothing is feasible; the caller, who knows the constraints, finds the conflict.
    SolverError
        Any other status, "optimal_inaccurate" among them.
    """
    import cvxpy as cp

    if solver not in CONE_SOLVERS:
        raise InputError(f"must be one of {', '.join(CONE_SOLVERS)}, found {solver!r}", where="solver")
    problem = cp.Problem(cp.Maximize(objective), list(constraints.values()))
    options: dict[str, Any] = {}
    if time_limit is not None:
        options = {"CLARABEL": {"time_limit": time_limit}, "SCS": {"time_limit_secs": time_limit}}.get(solver, {})
    _attempt(problem, solver, options)
    if solver == "CLARABEL" and problem.status == "optimal_inaccurate":
        _attempt(problem, solver, options | _SHORTER_STEPS)
    if problem.status in ("infeasible", "infeasible_inaccurate"):
        raise InfeasibleError("no point satisfies all constraints")
    if problem.status != "optimal":
        raise SolverError(
            f"{solver} stopped with status {problem.status}",
            where="solve_cone",
            remedy="check the scale of values, drop rows that cannot matter, or try solver='SCS'",
        )
    duals = {name: np.asarray(c.dual_value, dtype=np.float64) for name, c in constraints.items() if _plain_dual(c)}
    stats = problem.solver_stats
    return ConeSolution(float(problem.value), duals, float(stats.solve_time), int(stats.num_iters or 0), solver)


def _attempt(problem: Any, solver: str, options: dict[str, Any]) -> None:
    import cvxpy as cp

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "solution may be inaccurate": the status says so, and we refuse it
            problem.solve(solver=getattr(cp, solver), **options)
    except cp.error.SolverError as err:
        raise SolverError(
            f"{solver} failed ({err})", where="solve_cone", remedy="check the scale of values, or try solver='SCS'"
        ) from err


def _plain_dual(constraint: Any) -> bool:
    """Is its multiplier one array (and not the list of a cone constraint)?"""
    return constraint.dual_value is not None and not isinstance(constraint.dual_value, (list, tuple))
