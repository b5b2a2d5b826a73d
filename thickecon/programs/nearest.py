"""The point of a polyhedron nearest to a reference, exactly: a projection on the constraints that turn out to bind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from .._core.arrays import BoolArray, FloatArray, as_floats, frozen, require_finite
from ..errors import InfeasibleError, InputError, SolverError
from .highs import run_highs

__all__ = ["Nearest", "nearest_point"]

TOL = 1e-9
"""Of constraints and multipliers, relative to the largest number in the programme."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """A projection.

    Attributes
    ----------
    point
        (k,)
    binding
        (constraints,) bool, rows of the matrix and then lower and upper ends of variables that hold with equality and
        push.
    residual
        The largest violation of a constraint, in units of the point.
    """

    point: FloatArray
    binding: BoolArray
    residual: float


def nearest_point(
    reference: npt.ArrayLike,
    matrix: npt.ArrayLike,
    least: npt.ArrayLike,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    *,
    cost: npt.ArrayLike | None = None,
) -> Nearest:
    """The point with ``matrix @ x >= least`` and ``lower <= x <= upper`` nearest to ``reference`` (quadratic norm).

    1. With a ``cost``, only points of least ``cost @ x`` count. A linear programme and its multipliers name the
       constraints that hold with equality on that face (complementary slackness); the rest is done within them.
    2. Which constraints push is found by a finite method (nonnegative least squares, Lawson and Hanson's LDP).
    3. The answer is the projection on these as equalities, so it is exact up to rounding; its constraints and
       multipliers are checked.

    Parameters
    ----------
    reference
        (k,)
    matrix, least
        (constraints, k) and (constraints,)
    lower, upper
        (k,) finite.
    cost
        (k,)

    Raises
    ------
    InputError
        Shapes that do not fit, or numbers that are not finite.
    InfeasibleError
        No point satisfies the constraints.
    SolverError
        The checks of step 3 fail.

    References
    ----------
    C. L. Lawson and R. J. Hanson, Solving Least Squares Problems, SIAM (1995), ch. 23, doi:10.1137/1.9781611971217

    Examples
    --------
    Winners' charges of Day and Cramton's example: at least 14 and 12, together at least 32, nearest to (14, 12):

    >>> nearest_point([14, 12], [[1, 1]], [32], [14, 12], [28, 20]).point.tolist()
    [17.0, 15.0]
    """
    goal, low, high = (as_floats(x, name) for x, name in ((reference, "reference"), (lower, "lower"), (upper, "upper")))
    k = len(goal)
    table, floor = as_floats(matrix, "matrix").reshape(-1, k), as_floats(least, "least")
    for array, name in ((goal, "reference"), (low, "lower"), (high, "upper"), (table, "matrix"), (floor, "least")):
        require_finite(array, name)
    if low.shape != (k,) or high.shape != (k,) or floor.shape != (len(table),):
        raise InputError(f"must have {k} entries, and one an inequality in least", where="lower, upper, least")
    every = np.concatenate([table, np.eye(k), -np.eye(k)])
    need = np.concatenate([floor, low, -high])
    scale = max(1.0, float(np.abs(need).max(initial=0.0)), float(np.abs(goal).max(initial=0.0)))
    vertex, fixed = _face(table, floor, low, high, None if cost is None else as_floats(cost, "cost"))
    point, pushes = _projected(goal, every, need, vertex, fixed, scale)
    residual = float(np.maximum(need - every @ point, 0.0).max(initial=0.0))
    if residual > TOL * scale:
        raise SolverError(
            f"the projection misses a constraint by {residual:g}",
            where="nearest_point",
            remedy="look for constraints that are nearly parallel, or values of very different sizes",
        )
    return Nearest(frozen(point), frozen(pushes), residual)


def _face(
    table: FloatArray, floor: FloatArray, low: FloatArray, high: FloatArray, cost: FloatArray | None
) -> tuple[FloatArray, BoolArray]:
    """A feasible point, of least cost if there is one, and which constraints hold with equality at all such points."""
    k, rows = len(low), len(table)
    price = np.zeros(k) if cost is None else cost
    answer = run_highs(
        price, table, (floor, np.full(rows, np.inf)), (low, high), None, {"primal_feasibility_tolerance": 1e-9}
    )
    if answer.status == "infeasible":
        raise InfeasibleError("no point satisfies all inequalities", where="nearest_point")
    if answer.status != "optimal":
        raise SolverError(
            f"{answer.solver} stopped with status {answer.said!r}", where="nearest_point", remedy="rescale the numbers"
        )
    fixed = np.zeros(rows + 2 * k, dtype=bool)
    if cost is not None:
        reduced = cost - answer.row_duals @ table
        tol = 1e-9 * max(1.0, float(np.abs(cost).max(initial=0.0)))
        fixed = np.concatenate([answer.row_duals > tol, reduced > tol, reduced < -tol])
    return answer.x, fixed


def _projected(
    goal: FloatArray, every: FloatArray, need: FloatArray, vertex: FloatArray, fixed: BoolArray, scale: float
) -> tuple[FloatArray, BoolArray]:
    """The nearest point with ``every @ x >= need``, with equality where ``fixed``; and what binds and pushes."""
    equal = every[fixed]
    start = vertex
    if len(equal):
        start = vertex + np.linalg.lstsq(equal, need[fixed] - equal @ vertex, rcond=None)[0]
    basis = _null_space(equal, len(goal))
    here = basis @ (basis.T @ (goal - start)) + start  # the projection on the equalities alone
    inner = every @ basis
    free = ~fixed & (np.abs(inner).max(axis=1, initial=0.0) > 1e-9)
    short = (need - every @ here)[free] / scale
    if not free.any() or short.max(initial=0.0) <= 0.0:
        return here, fixed
    rows = inner[free]
    target = np.zeros(rows.shape[1] + 1)
    target[-1] = 1.0
    weights = nnls(np.vstack([rows.T, short]), target, maxiter=100 * (rows.shape[0] + 10))[0]
    active = weights > 1e-12 * max(1.0, float(weights.max(initial=0.0)))
    step = np.linalg.lstsq(rows[active], short[active], rcond=None)[0]
    pushes = np.array(fixed)
    pushes[np.flatnonzero(free)[active]] = True
    return here + scale * (basis @ step), pushes


def _null_space(equal: FloatArray, k: int) -> FloatArray:
    """(k, dimension) an orthonormal basis of what the equalities leave free."""
    if not len(equal):
        return np.eye(k)
    _, sizes, right = np.linalg.svd(equal, full_matrices=True)
    rank = int((sizes > 1e-9 * sizes.max(initial=1.0)).sum())
    return right[rank:].T
