"""Norms given as functions: linear ones become named rows, curved ones stay with the cone solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..errors import ProblemError
from ..problems.assignment import Assignment
from ..problems.norm import Norm
from .polyhedron import Block

__all__ = ["CurvedNorm", "function_norm", "norm_violation"]


@dataclass(frozen=True, eq=False)
class CurvedNorm:
    """A convex constraint that is not linear.

    Attributes
    ----------
    name
        The norm's.
    build
        cvxpy constraint from the cvxpy variable over rows.
    """

    name: str
    build: Callable[[Any], Any]

    def plane(self, taken: FloatArray, size: int) -> Block | None:
        """Rows that every feasible point satisfies, tangent at ``taken``; None if there is no gradient to be had.

        A convex g satisfies g(x) >= g(x0) + grad g(x0) (x - x0), so g(x) <= 0 implies the right side <= 0.
        """
        import cvxpy as cp

        x = cp.Variable(len(taken), value=taken)
        constraint = self.build(x)
        if not isinstance(constraint, cp.constraints.Inequality):
            return None
        level, slope = constraint.expr.value, constraint.expr.grad.get(x)
        if slope is None or level is None or not np.all(np.isfinite(level)):
            return None
        rows = sp.csr_array(np.atleast_2d(slope.T) if isinstance(slope, np.ndarray) else sp.csr_array(slope).T)
        bound = rows @ taken - np.ravel(level, order="F")
        rest = sp.csr_array((rows.shape[0], size - len(taken)))
        return Block(self.name, sp.hstack([rows, rest], format="csr"), bound)


def function_norm(name: str, function: Callable[[Any], Any], size: int) -> list[Block | CurvedNorm]:
    """What a norm's function says: rows where it is linear, else curved constraints.

    Parameters
    ----------
    name
        The norm's.
    function
        Of the cvxpy variable over rows; returns one cvxpy constraint or several.
    size
        Number of rows.

    Returns
    -------
    list
        One entry for each constraint; of several, the names are numbered.

    Raises
    ------
    ProblemError
        It returns something else, or constraints that are not convex.
    """
    import cvxpy as cp

    x = cp.Variable(size)
    given = function(x)
    constraints = list(given) if isinstance(given, (list, tuple)) else [given]
    made: list[Block | CurvedNorm] = []
    for k, constraint in enumerate(constraints):
        own = name if len(constraints) == 1 else f"{name} ({k + 1})"
        if not isinstance(constraint, cp.constraints.constraint.Constraint):
            raise ProblemError(
                f"must return cvxpy constraints, found {type(constraint).__name__}",
                where=f"norm {name!r}",
                remedy="write for example lambda taken, problem: cp.sum(taken) <= 3",
            )
        if not constraint.is_dcp():
            raise ProblemError(
                f"must be convex by cvxpy's rules, found {constraint}",
                where=f"norm {name!r}",
                remedy="see dcp.stanford.edu; for example ratios must be multiplied out",
            )
        rows = _affine_rows(own, constraint, x)
        made.append(rows if rows is not None else CurvedNorm(own, _picker(function, k)))
    return made


def norm_violation(norm: Norm, problem: Assignment, taken: FloatArray) -> float:
    """By how much an allocation violates a norm given as a function; 0 where it is kept.

    Parameters
    ----------
    norm
        One whose constraint is a function of (taken, problem).
    problem
        What the function is told.
    taken
        (rows,) share of each row.

    Returns
    -------
    float
        The largest residual of its cvxpy constraints.
    """
    import cvxpy as cp

    assert callable(norm.constraint)
    given = norm.constraint(cp.Variable(len(taken), value=taken), problem)
    constraints = given if isinstance(given, (list, tuple)) else [given]
    return max((float(np.max(c.violation(), initial=0.0)) for c in constraints), default=0.0)


def _picker(function: Callable[[Any], Any], k: int) -> Callable[[Any], Any]:
    def build(x: Any) -> Any:
        given = function(x)
        return given[k] if isinstance(given, (list, tuple)) else given

    return build


def _affine_rows(name: str, constraint: Any, x: Any) -> Block | None:
    import cvxpy as cp

    equality = isinstance(constraint, (cp.constraints.Equality, cp.constraints.Zero))
    if not equality and not isinstance(constraint, cp.constraints.Inequality):
        return None
    expression = constraint.expr
    if not expression.is_affine() or {v.id for v in expression.variables()} != {x.id}:
        return None
    x.value = np.zeros(x.size)
    start = np.ravel(expression.value, order="F").astype(np.float64)
    slope: Any = expression.grad[x]
    if not sp.issparse(slope):
        slope = np.reshape(slope, (x.size, len(start)))
    transposed: Any = sp.csc_array(slope)
    return Block(name, sp.csr_array(transposed.T), -start, equality)
