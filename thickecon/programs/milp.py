"""Mixed-integer programmes as arrays, without names: what winner determination and other kernels need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InfeasibleError, InputError, SolverError
from .highs import run_highs

__all__ = ["MilpSolution", "solve_milp"]


@dataclass(frozen=True, eq=False)
class MilpSolution:
    """A solved programme.

    Attributes
    ----------
    x
        (variables,) with integer entries rounded to whole numbers.
    objective
        ``objective @ x``, recomputed from ``x``.
    bound
        No feasible point is better than this (largest value of the relaxations left open).
    status
        ``"optimal"`` or, only where ``accept_limit=True``, ``"time limit"``.
    solver
        Name and version.
    """

    x: FloatArray
    objective: float
    bound: float
    status: str
    solver: str

    @property
    def gap(self) -> float:
        """Distance of objective and bound, in units of the objective."""
        return abs(self.bound - self.objective)


def solve_milp(
    objective: npt.ArrayLike,
    matrix: Any,
    upper: npt.ArrayLike,
    *,
    lower: npt.ArrayLike = -np.inf,
    variable_lower: npt.ArrayLike = 0.0,
    variable_upper: npt.ArrayLike = 1.0,
    integer: npt.ArrayLike = True,
    sense: str = "max",
    relative_gap: float = 0.0,
    absolute_gap: float = 0.0,
    time_limit: float | None = None,
    accept_limit: bool = False,
    start: npt.ArrayLike | None = None,
    where: str = "solve_milp",
) -> MilpSolution:
    """Optimise ``objective @ x`` subject to ``lower <= matrix @ x <= upper`` and bounds; 0/1 variables by default.

    Parameters
    ----------
    objective
        (variables,)
    matrix
        (constraints, variables), dense or scipy sparse.
    upper, lower
        Number or (constraints,); infinite where there is none.
    variable_lower, variable_upper
        Number or (variables,).
    integer
        Bool or (variables,) bool.
    sense
        "max" or "min".
    relative_gap, absolute_gap
        When to stop. 0 by default (the solver's own defaults, 1e-4 and 1e-6, would make wrong prices). Coefficients
        are scaled by a power of two to about a thousand, so the solver's remaining tolerance of 1e-6 is about 1e-9
        of the largest one.
    time_limit
        Seconds.
    accept_limit
        Return the best point found at the time limit, with its bound, rather than raise.
    start
        (variables,) a point to start from.
    where
        Named in errors.

    Raises
    ------
    InputError
        Shapes or numbers that do not fit.
    InfeasibleError
        No point satisfies the constraints.
    SolverError
        Unbounded, a limit was reached, or the solver failed; status and version are named.

    References
    ----------
    Q. Huangfu and J. A. J. Hall, Parallelizing the dual revised simplex method, Math. Prog. Computation 10 (2018),
    119-142, doi:10.1007/s12532-017-0130-5

    Examples
    --------
    A knapsack: values 6, 5, 4, weights 3, 2, 2, room for 4.

    >>> found = solve_milp([6, 5, 4], [[3, 2, 2]], 4)
    >>> found.x.tolist(), found.objective, found.status
    ([0.0, 1.0, 1.0], 9.0, 'optimal')
    """
    cost = as_floats(objective, "objective")
    require_finite(cost, "objective")
    if cost.ndim != 1 or sense not in ("max", "min"):
        raise InputError(f"must be a vector with sense 'max' or 'min', found {cost.shape}, {sense!r}", where=where)
    table = csc_array(matrix)
    if table.shape[1] != len(cost):
        raise InputError(f"must have {len(cost)} columns, found {table.shape[1]}", where="matrix")
    whole = np.broadcast_to(np.asarray(integer, dtype=bool), cost.shape)
    bounds = [
        _vector(values, count, name)
        for values, count, name in (
            (lower, table.shape[0], "lower"),
            (upper, table.shape[0], "upper"),
            (variable_lower, len(cost), "variable_lower"),
            (variable_upper, len(cost), "variable_upper"),
        )
    ]
    sign = -1.0 if sense == "max" else 1.0
    largest = float(np.abs(cost).max(initial=0.0))
    scale = 2.0 ** (10 - np.ceil(np.log2(largest))) if largest > 0 else 1.0
    answer = run_highs(
        sign * scale * cost,
        table,
        (bounds[0], bounds[1]),
        (bounds[2], bounds[3]),
        whole,
        {
            "mip_rel_gap": relative_gap,
            "mip_abs_gap": absolute_gap * scale,
            "time_limit": float("inf") if time_limit is None else float(time_limit),
        },
        None if start is None else _vector(start, len(cost), "start"),
    )
    if answer.status != "optimal" and not (answer.status == "stopped" and accept_limit):
        _refuse(answer.said, answer.solver, answer.status == "infeasible", where)
    x = answer.x
    x[whole] = np.round(x[whole]) + 0.0  # not -0.0
    value = float(cost @ x)
    bound = sign * answer.bound / scale if whole.any() and np.isfinite(answer.bound) else value
    status = "optimal" if answer.status == "optimal" else "time limit"
    return MilpSolution(frozen(x), value, float(bound), status, answer.solver)


def _vector(values: npt.ArrayLike, count: int, name: str) -> FloatArray:
    array = as_floats(values, name)
    if np.isnan(array).any() or (array.ndim and array.shape != (count,)):
        raise InputError(f"must be a number or ({count},) numbers, not nan; found {array.shape}", where=name)
    return np.array(np.broadcast_to(array, (count,)))


def _refuse(status: str, solver: str, infeasible: bool, where: str) -> NoReturn:
    if infeasible:
        raise InfeasibleError(f"no point satisfies all constraints ({solver}: {status})", where=where)
    raise SolverError(
        f"{solver} stopped with status {status!r}",
        where=where,
        remedy="raise time_limit, allow a gap, or pass accept_limit=True and read .bound",
    )
