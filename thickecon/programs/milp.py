"""The one door to HiGHS for mixed-integer programmes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InfeasibleError, InputError, SolverError

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
    largest = float(np.abs(cost).max(initial=0.0))
    scale = 2.0 ** (10 - np.ceil(np.log2(largest))) if largest > 0 else 1.0
    import highspy  # the solver is loaded when one is needed

    solver = _load(highspy, cost * scale, table, bounds, whole, sense)
    for option, value in (
        ("mip_rel_gap", relative_gap),
        ("mip_abs_gap", absolute_gap * scale),
        ("time_limit", float("inf") if time_limit is None else float(time_limit)),
        ("threads", 1),
    ):
        solver.setOptionValue(option, value)
    if start is not None:
        guess = highspy.HighsSolution()
        guess.col_value = _vector(start, len(cost), "start").tolist()
        solver.setSolution(guess)
    _run(highspy, solver)
    return _read(highspy, solver, cost, whole, scale, accept_limit, where)


def _vector(values: npt.ArrayLike, count: int, name: str) -> FloatArray:
    array = as_floats(values, name)
    if np.isnan(array).any() or (array.ndim and array.shape != (count,)):
        raise InputError(f"must be a number or ({count},) numbers, not nan; found {array.shape}", where=name)
    return np.array(np.broadcast_to(array, (count,)))


def _load(highs: Any, cost: FloatArray, table: Any, bounds: list[FloatArray], whole: Any, sense: str) -> Any:
    lp = highs.HighsLp()
    lp.num_row_, lp.num_col_ = table.shape
    lp.col_cost_ = cost
    lp.row_lower_, lp.row_upper_, lp.col_lower_, lp.col_upper_ = bounds
    lp.a_matrix_.format_ = highs.MatrixFormat.kColwise
    lp.a_matrix_.start_ = table.indptr.astype(np.int32)
    lp.a_matrix_.index_ = table.indices.astype(np.int32)
    lp.a_matrix_.value_ = table.data.astype(np.float64)
    kinds = highs.HighsVarType
    lp.integrality_ = [kinds.kInteger if flag else kinds.kContinuous for flag in whole]
    lp.sense_ = highs.ObjSense.kMaximize if sense == "max" else highs.ObjSense.kMinimize
    # The Python subclass writes a banner to standard output before it can be silenced; its compiled base does not.
    solver = highs.Highs.__mro__[1]()
    solver.setOptionValue("output_flag", False)
    if solver.passModel(lp) == highs.HighsStatus.kError:
        raise InputError("the solver refused the model: bounds that cross, or indices out of range", where="solve_milp")
    return solver


def _run(highs: Any, solver: Any) -> None:
    # HiGHS has one pool of threads a process, of the size that its first user asked for; it refuses to run with
    # another size until the pool has been closed. cvxpy, in the same process, asks for a size of its own.
    if solver.run() == highs.HighsStatus.kError and solver.getModelStatus() == highs.HighsModelStatus.kNotset:
        highs.Highs.resetGlobalScheduler(True)
        solver.run()


def _read(
    highs: Any, solver: Any, cost: FloatArray, whole: Any, scale: float, accept_limit: bool, where: str
) -> MilpSolution:
    status, kinds, name = solver.getModelStatus(), highs.HighsModelStatus, f"HiGHS {solver.version()}"
    info = solver.getInfo()
    found = info.primal_solution_status == highs.SolutionStatus.kSolutionStatusFeasible
    optimal = status in (kinds.kOptimal, kinds.kModelEmpty)
    if not optimal and not (status == kinds.kTimeLimit and accept_limit and found):
        _refuse(solver.modelStatusToString(status), name, status == kinds.kInfeasible, where)
    x = np.array(solver.getSolution().col_value, dtype=np.float64)
    x[whole] = np.round(x[whole]) + 0.0  # not -0.0
    value = float(cost @ x)
    bound = info.mip_dual_bound / scale if whole.any() and np.isfinite(info.mip_dual_bound) else value
    return MilpSolution(frozen(x), value, float(bound), "optimal" if optimal else "time limit", name)


def _refuse(status: str, solver: str, infeasible: bool, where: str) -> NoReturn:
    if infeasible:
        raise InfeasibleError(f"no point satisfies all constraints ({solver}: {status})", where=where)
    raise SolverError(
        f"{solver} stopped with status {status!r}",
        where=where,
        remedy="raise time_limit, allow a gap, or pass accept_limit=True and read .bound",
    )
