"""A point and its multipliers, judged: what a maximiser returns, and the tightest bound its prices prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray
from .goal import DualWelfare, Goal
from .optimality import Optimality, check_optimality
from .polyhedron import Polyhedron

__all__ = ["Maximum", "judge_point", "shrunk"]


@dataclass(frozen=True, eq=False)
class Maximum:
    """A maximiser and what shows that it is one.

    Attributes
    ----------
    z
        (N,) variables.
    duals
        Multipliers by block, in units of welfare per unit of the bound.
    mix
        Weights of the pieces or maps that bind, summing to 1; empty where there is one.
    optimality
        Recomputed.
    solver, seconds
        Who found it, and the solver's own time.
    """

    z: FloatArray
    duals: dict[str, FloatArray]
    mix: FloatArray
    optimality: Optimality
    solver: str
    seconds: float


def judge_point(
    polyhedron: Polyhedron,
    goal: Goal,
    point: FloatArray,
    plane: FloatArray,
    constant: float,
    duals: dict[str, FloatArray],
    *,
    complete: bool = True,
) -> Optimality:
    """The better of two bounds: at the plane that touches W at the point, and at the plane the prices give.

    Parameters
    ----------
    polyhedron, goal, point
        What is feasible, what is maximised, and the point.
    plane, constant
        Nowhere below the objective, touching it at the point.
    duals
        Multipliers by block.
    complete
        False: a constraint is missing in ``polyhedron``, and the statement says so.
    """
    optimality = check_optimality(
        polyhedron,
        point,
        goal.value(point),
        plane,
        constant,
        duals,
        statement="weak duality at the supporting plane of the welfare function"
        + ("" if complete else "; a cone constraint was left out of the bound"),
    )
    priced = _priced_plane(polyhedron, goal, duals, goal.stuck(polyhedron))
    if priced is None:
        return optimality
    slope, constant, factor = priced
    scaled = {name: factor * dual for name, dual in duals.items()}
    other = check_optimality(
        polyhedron, point, goal.value(point), slope, constant, scaled, statement=_BY_PRICES if complete else _CUT
    )
    return other if other.gap < optimality.gap else optimality


_BY_PRICES = "weak duality at the supporting plane whose slope the prices give"
_CUT = _BY_PRICES + "; a cone constraint was left out of the bound"


def _priced_plane(
    polyhedron: Polyhedron, goal: Goal, duals: dict[str, FloatArray], stuck: BoolArray
) -> tuple[FloatArray, float, float] | None:
    """The plane at which no share is worth more than its price, and the factor that makes prices fit its scale.

    The plane at the solver's own utilities is off by their rounding error, and maximising a slightly wrong slope goes
    to a wrong corner: a gap of first order. A slope taken from the prices errs only to second order (for Nash this is
    the certificate of Eisenberg and Gale with beta_i = min_j p_j / v_ij).
    """
    if len(goal.maps) != 1 or not isinstance(goal.welfare, DualWelfare) or goal.welfare.form != "concave":
        return None
    price = np.zeros(polyhedron.size)
    for block in polyhedron.blocks:
        if block.name in duals and len(duals[block.name]):
            dual = duals[block.name]
            price += block.matrix.T @ (dual if block.equality else np.maximum(dual, 0.0))
    bounded = np.isfinite(polyhedron.upper)
    bounded &= True if polyhedron.implied is None else ~polyhedron.implied
    if "upper bounds" in duals:
        price[bounded] += np.maximum(duals["upper bounds"], 0.0)
    cells = sp.coo_array(goal.maps[0])
    wanted = cells.data > 0
    agent, column = cells.coords[0][wanted], cells.coords[1][wanted]
    slopes = np.full(len(goal.weights), np.inf)
    np.minimum.at(slopes, agent, price[column] / cells.data[wanted])
    kept = goal.kept[~stuck[goal.kept]]
    if not (len(kept) and np.all(slopes[kept] > 0) and np.all(np.isfinite(slopes[kept]))):
        return None
    u = np.ones(len(slopes))
    u[kept] = goal.welfare.with_gradient(slopes[kept], goal.weights[kept])
    if not (np.all(np.isfinite(u)) and np.all(u[kept] > 0)):
        return None
    slope, constant, gradient = goal.plane_at(u, stuck)
    return slope, constant, float(gradient[kept] @ slopes[kept] / (slopes[kept] @ slopes[kept]))


def shrunk(polyhedron: Polyhedron, z: FloatArray) -> FloatArray:
    """Shrink shares until packing constraints hold exactly; other points are left as they are."""
    packing = not polyhedron.lower.any() and all(
        not b.equality and (not b.matrix.nnz or b.matrix.data.min() >= 0) and b.bound.min(initial=0.0) >= 0
        for b in polyhedron.blocks
    )
    if not packing:
        return z
    shrink = np.ones(polyhedron.size)
    for block in polyhedron.blocks:
        used = block.matrix @ z
        over = np.flatnonzero(used > block.bound)
        for row in over:
            at = block.matrix.indices[block.matrix.indptr[row] : block.matrix.indptr[row + 1]]
            shrink[at] = np.minimum(shrink[at], block.bound[row] / used[row])
    return z * shrink
