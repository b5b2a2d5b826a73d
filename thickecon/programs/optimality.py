"""Optimality recomputed from primal and dual numbers, not taken from a solver's word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core.arrays import FloatArray
from .polyhedron import Duals, Polyhedron

__all__ = ["Optimality", "bounded_gap", "check_optimality"]


@dataclass(frozen=True)
class Optimality:
    """How far an allocation can be from the best one.

    Attributes
    ----------
    holds
        True: feasible and within ``tol`` of a bound that was recomputed here; False: it is not; None: the only
        bound known is one that a solver reported and that was not recomputed.
    gap
        Bound minus value, at least 0 up to rounding, in units of the welfare function.
    tol
        The gap up to which it counts as optimal.
    feasibility
        Largest violation of a constraint, relative to the size of its terms.
    bound
        No feasible allocation is worth more.
    complementarity
        Sum of price times slack: the part of the gap from constraints that are priced but not used up.
    stationarity
        The part of the gap from shares whose marginal welfare and price disagree.
    witness
        The constraint most violated, if any is violated beyond tolerance.
    statement
        In words, where the bound comes from.
    """

    holds: bool | None
    gap: float
    tol: float
    feasibility: float
    bound: float
    complementarity: float = 0.0
    stationarity: float = 0.0
    witness: str | None = None
    statement: str = ""


FEASIBILITY_TOLERANCE = 1e-7


def check_optimality(
    polyhedron: Polyhedron,
    z: FloatArray,
    value: float,
    slope: FloatArray,
    constant: float,
    duals: Duals,
    *,
    relative: float = 1e-6,
    statement: str = "weak duality at the supporting plane of the welfare function",
) -> Optimality:
    """Optimality of ``z`` for a concave objective below the plane ``constant + slope @ z``.

    A concave W satisfies W(U z') <= W(u) + grad W(u) (U z' - u) for every z'; the right side is linear in z', and
    any nonnegative multipliers bound a linear function on a polyhedron. So the bound is valid for whatever
    ``duals`` a solver returns; wrong ones only make the gap large.

    Parameters
    ----------
    polyhedron
        What is feasible.
    z
        (N,) the point to be judged.
    value
        Its objective, recomputed from ``z``.
    slope, constant
        A plane that is nowhere below the objective.
    duals
        Multipliers of the rows.
    relative
        Tolerance relative to ``|slope| @ |z|``.
    statement
        Where the plane comes from.

    Returns
    -------
    Optimality
        With its residuals.
    """
    bound = constant + polyhedron.upper_bound(slope, duals)
    slack = 0.0
    for block in polyhedron.blocks:
        price = duals.get(block.name)
        if price is not None and not block.equality and len(price):
            slack += float(np.maximum(price, 0.0) @ (block.bound - block.matrix @ z))
    touching = constant + float(slope @ z)
    size = max(float(np.abs(slope) @ np.abs(z)), 1e-12)
    return bounded_gap(
        polyhedron,
        z,
        value,
        bound,
        size=size,
        relative=relative,
        complementarity=slack,
        stationarity=bound - touching - slack,
        statement=statement,
    )


def bounded_gap(
    polyhedron: Polyhedron,
    z: FloatArray,
    value: float,
    bound: float,
    *,
    size: float,
    relative: float = 1e-6,
    recomputed: bool = True,
    complementarity: float = 0.0,
    stationarity: float = 0.0,
    statement: str = "",
) -> Optimality:
    """Optimality of ``z`` given an upper bound.

    Parameters
    ----------
    polyhedron, z, value, bound
        What is feasible, the point, its objective, and what no point exceeds.
    size
        The scale that ``relative`` refers to.
    relative
        Tolerance.
    recomputed
        Is the bound our own arithmetic? If not, ``holds`` is None at best.
    complementarity, stationarity
        Parts of the gap, reported.
    statement
        Where the bound comes from.

    Returns
    -------
    Optimality
        With the most violated constraint as witness if the point is not feasible.
    """
    violation, name = polyhedron.violation(z)
    feasible = violation <= FEASIBILITY_TOLERANCE
    gap, tol = bound - value, relative * size
    holds: bool | None = feasible and bool(gap <= tol)
    if feasible and not recomputed:
        holds = None
    return Optimality(
        holds,
        gap,
        tol,
        violation,
        bound,
        complementarity,
        stationarity,
        None if feasible else name,
        statement,
    )
