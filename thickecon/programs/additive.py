"""Additive welfare (Nash, Atkinson) through our own interior point method, certified before it is returned."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray
from .fairest import fairest
from .goal import AdditiveWelfare, Goal
from .interior_point import AdditiveProgramme, solve_additive
from .judge import Maximum, judge_point, shrunk
from .polyhedron import Polyhedron

__all__ = ["maximise_additive"]

_ROWS, _CELLS = 3_000, 30_000_000
"""A dense matrix of rows by rows, and one of rows by agents, must fit."""


def maximise_additive(polyhedron: Polyhedron, goal: Goal) -> Maximum | None:
    """The best point, or None where the method does not apply or its answer cannot be certified.

    Parameters
    ----------
    polyhedron, goal
        What is feasible, and what is maximised.
    """
    if not _applies(polyhedron, goal):
        return None
    start = time.perf_counter()
    scales = _equal_split(polyhedron, goal)
    if scales is None:
        return None
    free = polyhedron.upper > polyhedron.lower
    programme, named = _programme(polyhedron, goal, scales, free)
    found = solve_additive(programme)
    seconds = time.perf_counter() - start
    if found is None:
        return None
    point = np.array(polyhedron.lower)
    point[free] = found.x
    point = shrunk(polyhedron, np.clip(point, polyhedron.lower, polyhedron.upper))
    u = goal.maps[0] @ point
    if not (u[goal.kept] > 0).all():
        return None
    factor = _units(goal, programme, scales, u)
    prices, levels = np.zeros(len(named)), factor * found.levels
    prices[named] = factor * found.prices
    duals = polyhedron.split(prices, False) | polyhedron.split(levels, True)
    bounded = _upper_bounds(polyhedron)
    if bounded.any():
        tops = np.zeros(polyhedron.size)
        tops[free] = factor * found.tops
        duals["upper bounds"] = tops[bounded]
    plane, constant = goal.plane(point)
    optimality = judge_point(polyhedron, goal, point, plane, constant, duals)
    if not optimality.holds:
        return None
    return Maximum(point, duals, np.ones(1), optimality, "interior point", seconds)


def _applies(polyhedron: Polyhedron, goal: Goal) -> bool:
    welfare = goal.welfare
    if welfare.form != "concave" or not isinstance(welfare, AdditiveWelfare):
        return False
    if len(goal.maps) != 1 or goal.spread is not None or not np.isfinite(polyhedron.lower).all():
        return False
    count = sum(block.matrix.shape[0] for block in polyhedron.blocks)
    if count > _ROWS or count * len(goal.kept) > _CELLS:
        return False
    owners = np.bincount(sp.csr_array(goal.maps[0]).indices, minlength=polyhedron.size)
    return bool((owners <= 1).all())


def _equal_split(polyhedron: Polyhedron, goal: Goal) -> FloatArray | None:
    """What to divide utilities by: an n-th of all that could be had; each agent's own only where W does not mind."""
    ends = np.where(np.isfinite(polyhedron.upper), polyhedron.upper, 1.0)
    split = np.asarray(abs(goal.maps[0]) @ np.abs(ends), dtype=np.float64)[goal.kept] / len(goal.kept)
    if not (split > 0).all():
        return None
    common = float(np.exp(np.log(split).mean()))
    if goal.welfare.degree == 1 and goal.welfare.open_domain:
        # u^-epsilon spans more than floating point unless the worst off are near 1
        matrix = sp.csr_array(goal.maps[0])[goal.kept]
        least = float((matrix @ fairest(replace(polyhedron, integer=None), matrix)).min())
        common = least if least > 0 else common
    return split if goal.welfare.comparability == "RSNC" else np.full(len(split), common)


def _upper_bounds(polyhedron: Polyhedron) -> BoolArray:
    """(N,) which upper bounds a solver must be told of."""
    implied = np.zeros(polyhedron.size, dtype=bool) if polyhedron.implied is None else polyhedron.implied
    return np.asarray(np.isfinite(polyhedron.upper) & ~implied)


def _programme(
    polyhedron: Polyhedron, goal: Goal, scales: FloatArray, free: BoolArray
) -> tuple[AdditiveProgramme, BoolArray]:
    """The programme in the variables that can move, and which rows of inequalities it has: those that mention one."""
    welfare: Any = goal.welfare
    weights = goal.weights[goal.kept]
    (rows, bound), (fixed, level) = polyhedron.inequalities, polyhedron.equalities
    still = np.where(free, 0.0, polyhedron.lower)
    part = sp.csr_array(rows)[:, free]
    named = np.diff(part.indptr) > 0
    made = AdditiveProgramme(
        (sp.diags_array(1.0 / scales) @ sp.csr_array(goal.maps[0])[goal.kept])[:, free],
        weights / weights.sum(),
        welfare.transform_slope,
        welfare.transform_curvature,
        part[named],
        (bound - rows @ still)[named],
        sp.csr_array(fixed)[:, free],
        level - fixed @ still,
        polyhedron.lower[free],
        np.where(_upper_bounds(polyhedron), polyhedron.upper, np.inf)[free],
    )
    return made, named


def _units(goal: Goal, programme: AdditiveProgramme, scales: FloatArray, u: FloatArray) -> float:
    """What multipliers of the sum of phi are to be multiplied by to be multipliers of W: their gradients' ratio."""
    mine = programme.weights * programme.slope(u[goal.kept] / scales) / scales
    theirs = goal.welfare.gradient(u, goal.weights)[goal.kept]
    return float(theirs @ mine / (mine @ mine))
