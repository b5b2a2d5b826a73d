"""Many influences on an assignment that maximises a sum: one integer programme for the influencer and the planner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..errors import NotApplicableError
from ..problems.assignment import Assignment
from ..problems.bids import Bids
from .cheapest_push import costs_from_below
from .hunt import Hunt

__all__ = ["by_integer_programme"]

CELLS = 4000
"""Rows times influences up to which the programme is set up."""

LEAD = 1e-6
"""By what share of the largest coefficient the allocation aimed at leads all others."""

SECONDS = 20.0
TANGENTS = 33


@dataclass(frozen=True, eq=False)
class _Planner:
    """max (start + efforts @ steps) @ x over limits @ x <= room, 0 <= x <= 1: a transport polytope, so x is whole."""

    start: FloatArray
    steps: FloatArray
    limits: sp.csc_array
    room: FloatArray


def by_integer_programme(hunt: Hunt) -> float | None:
    """Try the best efforts and return an upper bound of the net gain; None where the programme does not apply.

    The planner's optimality is that of its dual (strong duality); products of an effort and a share of 0 or 1 are
    linear with bounds (McCormick 1976, doi:10.1007/BF01580665). Solved twice: with ties broken for the influencer, an
    upper bound; and with an allocation that leads all others, the efforts that are tried. Convex costs are bounded by
    tangents.
    """
    if hunt.objective.kind != "taken":
        return None
    planner = _planner(hunt)
    if planner is None or len(planner.start) * hunt.count > CELLS:
        return None
    goal = hunt.objective.row_weights(hunt.problem.profile)
    scale = max(1.0, float(np.abs(planner.start).max(initial=0.0)))
    loose = _solve(hunt, planner, goal, 0.0)
    if loose is None:
        return None
    strict = _solve(hunt, planner, goal, LEAD * scale)
    for answer in (strict, loose):
        if answer is not None:
            hunt.try_(answer[0])
    return max(loose[1] - hunt.start, hunt.net)


def _planner(hunt: Hunt) -> _Planner | None:
    problem, index = hunt.problem, hunt.problem.profile.index
    if isinstance(problem, Assignment) and not problem.norms and not len(problem.conflicts):
        supply, demand = problem.supply, problem.demand_or
    elif isinstance(problem, Bids) and problem.language == "unit" and (problem.bundles.sum(axis=0) <= 1).all():
        supply = problem.supply[problem.bundles.argmax(axis=1)]
        demand = np.ones(index.n_agents)
    else:
        return None
    room = np.concatenate([supply, demand])
    if hunt.mechanism.largest_share != 1.0 or (room[np.isfinite(room)] % 1 != 0).any() or hunt.slopes() is None:
        return None
    try:
        start = hunt.mechanism.linear_objective(hunt.at(np.zeros(hunt.count))).values
        tops = np.where(hunt.limits > 0, hunt.limits, 1.0)
        steps = [
            (hunt.mechanism.linear_objective(hunt.at(np.eye(hunt.count)[k] * top)).values - start) / top
            for k, top in enumerate(tops)
        ]
    except NotApplicableError:
        return None
    rows = np.arange(len(index))
    table = sp.coo_array(
        (np.ones(2 * len(rows)), (np.r_[index.option, index.n_options + index.agent], np.r_[rows, rows])),
        shape=(len(room), len(rows)),
    ).tocsc()
    kept = np.isfinite(room)
    return _Planner(start, np.array(steps), sp.csc_array(table[kept]), room[kept])


def _solve(hunt: Hunt, planner: _Planner, goal: FloatArray, lead: float) -> tuple[FloatArray, float] | None:
    """Efforts and an upper bound of goal @ x less costs; see :func:`_table` for the columns."""
    from ..programs.highs import run_highs

    (m, n), count, inf = planner.limits.shape, hunt.count, np.inf
    k, _ = np.nonzero(planner.steps)
    p, top = len(k), hunt.limits[k]
    cuts, floors = costs_from_below(hunt, hunt.limits[:, None] * np.linspace(0, 1, TANGENTS))
    table = _table(hunt, planner, lead, cuts)
    low = np.r_[np.full(m, -inf), planner.start + lead, -inf, np.full(2 * p, -inf), -top, floors, -inf]
    high = np.r_[
        planner.room, np.full(n, inf), 0.0, np.zeros(2 * p), np.full(p, inf), np.full(len(floors), inf), hunt.budget
    ]
    most = np.r_[np.ones(n), hunt.limits, np.full(count, inf), top, np.full(m + n, inf)]
    # a trifle for efforts that cost nothing, so that no more is made of them than it takes
    price = np.r_[-goal, np.full(count, 1e-12), np.ones(count), np.zeros(p + m + n)]
    options = {"time_limit": SECONDS, "mip_rel_gap": 1e-9, "mip_abs_gap": 1e-9, "primal_feasibility_tolerance": 1e-9,
               "mip_feasibility_tolerance": 1e-9}  # fmt: skip
    found = run_highs(price, table, (low, high), (np.zeros(len(most)), most), np.arange(len(price)) < n, options)
    if found.status not in ("optimal", "stopped"):
        return None
    return np.clip(found.x[n : n + count], 0.0, hunt.limits), -found.bound


def _table(hunt: Hunt, planner: _Planner, lead: float, cuts: sp.csc_array) -> sp.csc_array:
    """Columns: x (n), efforts (K), costs (K), products w = effort times x (p), duals y (m) and z (n)."""
    limits, (m, n), count = planner.limits, planner.limits.shape, hunt.count
    k, r = np.nonzero(planner.steps)
    p, thin = len(k), sp.csc_array
    own_e = thin((np.ones(p), (np.arange(p), k)), shape=(p, count))
    capped = thin((hunt.limits[k], (np.arange(p), r)), shape=(p, n))
    one, eye = thin(np.eye(p)), thin(np.eye(n))
    strong = [thin(-(planner.start - lead)[None]), None, None, thin(-planner.steps[k, r][None]),
              thin(planner.room[None]), thin(np.ones((1, n)))]  # fmt: skip
    blocks = [
        [limits, None, None, None, thin((m, m)), None],  # limits x <= room
        [2 * lead * eye, thin(-planner.steps.T), None, None, thin(limits.T), eye],  # dual of weights that lead
        strong,  # the dual is worth no more than x
        [-capped, None, None, one, None, None],  # w <= top x
        [thin((p, n)), -own_e, None, one, None, None],  # w <= effort
        [-capped, -own_e, None, one, None, None],  # w >= effort - top (1 - x)
        [None, thin(cuts[:, :count]), thin(cuts[:, count:]), None, None, None],  # costs above their tangents
        [None, None, thin(np.ones((1, count))), None, None, None],  # the budget
    ]
    return thin(sp.block_array(blocks, format="csc"))
