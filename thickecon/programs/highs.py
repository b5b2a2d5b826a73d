"""The one door to HiGHS, for linear and mixed-integer programmes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import csc_array

from .._core.arrays import BoolArray, FloatArray
from ..errors import InputError

__all__ = ["HighsAnswer", "run_highs"]


@dataclass(frozen=True, eq=False)
class HighsAnswer:
    """What HiGHS says.

    Attributes
    ----------
    status
        "optimal", "infeasible", "stopped" (a limit was reached with a feasible point), or "failed".
    said
        HiGHS's own word for it.
    x
        (variables,) as found, not rounded.
    row_duals
        (rows,) what one more unit of a row's bound adds to the minimum; without meaning where variables are whole.
    bound
        What the search tree proved to be least; of a linear programme its value.
    solver
        Name and version.
    """

    status: Literal["optimal", "infeasible", "stopped", "failed"]
    said: str
    x: FloatArray
    row_duals: FloatArray
    bound: float
    solver: str


def run_highs(
    cost: FloatArray,
    matrix: Any,
    rows: tuple[FloatArray, FloatArray],
    columns: tuple[FloatArray, FloatArray],
    whole: BoolArray | None,
    options: Mapping[str, float | int | str],
    start: FloatArray | None = None,
) -> HighsAnswer:
    """Minimise ``cost @ x`` with ``rows[0] <= matrix @ x <= rows[1]`` and ``columns[0] <= x <= columns[1]``.

    Parameters
    ----------
    cost
        (variables,)
    matrix
        (rows, variables) sparse.
    rows, columns
        Lower and upper ends, infinite where there is none.
    whole
        (variables,) which take whole values; None: none.
    options
        HiGHS's own names. One thread, no output.
    start
        (variables,) a point to start from.

    Returns
    -------
    HighsAnswer
        Whatever the status: the caller says what it means.

    Raises
    ------
    InputError
        HiGHS refuses the model: bounds that cross.

    References
    ----------
    Q. Huangfu and J. A. J. Hall, Parallelizing the dual revised simplex method, Math. Prog. Computation 10 (2018),
    119-142, doi:10.1007/s12532-017-0130-5
    """
    import highspy  # the solver is loaded when one is needed

    solver = _load(highspy, cost, csc_array(matrix), (*rows, *columns), whole)
    for option, value in {"threads": 1, **options}.items():
        solver.setOptionValue(option, value)
    if start is not None:
        guess = highspy.HighsSolution()
        guess.col_value = start.tolist()
        solver.setSolution(guess)
    _run(highspy, solver)
    if solver.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")  # which of the two it is
        _run(highspy, solver)
    return _read(highspy, solver, whole is not None and bool(whole.any()))


def _load(highs: Any, cost: FloatArray, table: Any, ends: tuple[FloatArray, ...], whole: BoolArray | None) -> Any:
    lp = highs.HighsLp()
    lp.num_row_, lp.num_col_ = table.shape
    lp.col_cost_ = cost
    lp.row_lower_, lp.row_upper_, lp.col_lower_, lp.col_upper_ = ends
    lp.a_matrix_.format_ = highs.MatrixFormat.kColwise
    lp.a_matrix_.start_ = table.indptr.astype(np.int32)
    lp.a_matrix_.index_ = table.indices.astype(np.int32)
    lp.a_matrix_.value_ = table.data.astype(np.float64)
    if whole is not None:
        kinds = highs.HighsVarType
        lp.integrality_ = [kinds.kInteger if flag else kinds.kContinuous for flag in whole]
    # The Python subclass writes a banner to standard output before it can be silenced; its compiled base does not.
    solver = highs.Highs.__mro__[1]()
    solver.setOptionValue("output_flag", False)
    if solver.passModel(lp) == highs.HighsStatus.kError:
        raise InputError("the solver refused the model: bounds that cross, or indices out of range", where="run_highs")
    return solver


def _run(highs: Any, solver: Any) -> None:
    # HiGHS has one pool of threads a process, of the size that its first user asked for; it refuses to run with
    # another size until the pool has been closed. cvxpy, in the same process, asks for a size of its own.
    if solver.run() == highs.HighsStatus.kError and solver.getModelStatus() == highs.HighsModelStatus.kNotset:
        highs.Highs.resetGlobalScheduler(True)
        solver.run()


def _read(highs: Any, solver: Any, whole: bool) -> HighsAnswer:
    status, kinds, info = solver.getModelStatus(), highs.HighsModelStatus, solver.getInfo()
    found = info.primal_solution_status == highs.SolutionStatus.kSolutionStatusFeasible
    word: Literal["optimal", "infeasible", "stopped", "failed"] = "failed"
    if status in (kinds.kOptimal, kinds.kModelEmpty):
        word = "optimal"
    elif status == kinds.kInfeasible:
        word = "infeasible"
    elif found and status in (kinds.kTimeLimit, kinds.kIterationLimit, kinds.kSolutionLimit):
        word = "stopped"
    solution = solver.getSolution()
    bound = info.mip_dual_bound if whole else info.objective_function_value
    return HighsAnswer(
        word,
        solver.modelStatusToString(status),
        np.array(solution.col_value, dtype=np.float64),
        np.array(solution.row_dual, dtype=np.float64),
        float(bound),
        f"HiGHS {solver.version()}",
    )
