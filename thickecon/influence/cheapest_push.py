"""The cheapest efforts that make one option of a sum win, option by option: linear programmes, and an upper bound."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..errors import NotApplicableError
from ..problems.choice import Choice
from .hunt import Hunt

__all__ = ["by_options", "costs_from_below"]

MARGIN = 1e-7
"""By what share of the largest sum the pushed option has to lead."""

ROUNDS = 60
"""Cutting planes of a convex cost."""


def by_options(hunt: Hunt) -> float | None:
    """Try the cheapest efforts for every option; an upper bound of the net gain, None where no sum decides.

    The bound lets a tie count as a win, and convex costs by their tangents; the efforts tried lead by a margin.
    """
    if not isinstance(hunt.problem, Choice) or hunt.objective.kind != "taken":
        return None
    totals = _totals(hunt)
    if totals is None:
        return None
    start, steps = totals
    index = hunt.problem.profile.index
    worth = np.bincount(
        index.option, hunt.objective.row_weights(hunt.problem.profile), minlength=index.n_options
    ).astype(np.float64)
    margin, bound = MARGIN * max(1.0, float(np.abs(start).max())), 0.0
    for x in range(len(start)):
        if worth[x] - hunt.start <= max(hunt.net, 0.0):
            continue
        rows, gaps = np.delete(steps - steps[x], x, axis=0), np.delete(start[x] - start, x)
        loose = _cheapest(hunt, rows, gaps)
        if loose is None:
            continue
        bound = max(bound, worth[x] - hunt.start - loose[1])
        strict = _cheapest(hunt, rows, gaps - margin)
        if strict is not None:
            hunt.try_(strict[0])
    return max(bound, hunt.net)


def _totals(hunt: Hunt) -> tuple[FloatArray, FloatArray] | None:
    """(m,) sums over people without efforts, and (m, K) what a unit of each adds; None if no such sum decides."""
    if hunt.slopes() is None:
        return None
    index = hunt.problem.profile.index

    def sums(efforts: FloatArray) -> FloatArray:
        values = hunt.mechanism.linear_objective(hunt.at(efforts)).values
        return np.bincount(index.option, values, minlength=index.n_options).astype(np.float64)

    try:
        start = sums(np.zeros(hunt.count))
        tops = np.where(hunt.limits > 0, hunt.limits, 1.0)
        steps = [(sums(np.eye(hunt.count)[k] * tops[k]) - start) / tops[k] for k in range(hunt.count)]
    except NotApplicableError:
        return None
    return start, np.stack(steps, axis=1)


def _cheapest(hunt: Hunt, rows: FloatArray, gaps: FloatArray) -> tuple[FloatArray, float] | None:
    """Efforts within the budget with rows @ efforts <= gaps, and a lower bound of their cost; None: there are none."""
    from ..programs.highs import run_highs

    count = hunt.count
    cuts, floors = costs_from_below(hunt, hunt.limits[:, None] * np.linspace(0, 1, 5))
    for _ in range(ROUNDS):
        matrix = sp.vstack([sp.csc_array(np.hstack([rows, np.zeros((len(rows), count))])), cuts,
                            sp.csc_array(np.r_[np.zeros(count), np.ones(count)][None])])  # fmt: skip
        low = np.r_[np.full(len(rows), -np.inf), floors, -np.inf]
        high = np.r_[gaps, np.full(len(floors), np.inf), hunt.budget]
        # a trifle for efforts that cost nothing, so that no more is made of them than it takes
        price = np.r_[np.full(count, 1e-12), np.ones(count)]
        ends = np.zeros(2 * count), np.r_[hunt.limits, np.full(count, np.inf)]
        found = run_highs(price, matrix, (low, high), ends, None, {})
        if found.status != "optimal":
            return None
        efforts, below = np.clip(found.x[:count], 0.0, hunt.limits), float(found.x[count:].sum())
        if hunt.cost(efforts) <= below + 1e-10 * max(1.0, below):
            break
        more, floor = costs_from_below(hunt, efforts[:, None])
        cuts, floors = sp.vstack([cuts, more]), np.r_[floors, floor]
    return efforts, below


def costs_from_below(hunt: Hunt, at: FloatArray) -> tuple[sp.csc_array, FloatArray]:
    """Tangents of costs at efforts (K, points): rows over (efforts, costs) and what they must at least be."""
    count = hunt.count
    rows, floors = [], []
    for k, influence in enumerate(hunt.influences):
        points = at[k, :1] if influence.convexity == 1 else at[k]
        for e in np.unique(points):
            power = influence.convexity
            slope = influence.cost * power * (float(e) ** (power - 1) if power > 1 else 1.0)
            row = np.zeros(2 * count)
            row[k], row[count + k] = -slope, 1.0
            rows.append(row)
            floors.append(influence.price(float(e)) - slope * float(e))
    return sp.csc_array(np.array(rows)), np.array(floors)
