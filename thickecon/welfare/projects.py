"""What rules over sets of projects share: costs that fit a profile, one set for everybody, and the best set."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, as_floats
from ..errors import InfeasibleError, InputError, ProblemError
from ..mechanism.outcome import Outcome
from ..mechanism.verdict import Verdict
from ..problems.choice import Choice
from ..profiles.profile import ThickProfile
from ..programs.milp import solve_milp
from .kernels.packing import knapsack

__all__ = ["Costs", "as_costs", "best_set", "cost_vector", "one_set", "people_of", "require_no_outside"]

Costs = float | tuple[float, ...]
TABLE = 20_000_000
"""Entries of the largest table that dynamic programming may fill."""
PARTS = 2.0**-40
"""Of the whole worth: sets whose worths are no further apart are a tie."""


def as_costs(given: npt.ArrayLike, where: str = "costs") -> Costs:
    """The parameter as a mechanism keeps it: one number for all projects, or a tuple with one a project.

    Raises
    ------
    InputError
        Not numbers, not finite, negative, or of more than one dimension.
    """
    made = as_floats(given, where)
    if made.ndim > 1:
        raise InputError(f"must be a number or have shape (projects,), found shape {made.shape}", where=where)
    if not np.isfinite(made).all() or (made < 0).any():
        raise InputError(f"must be finite and at least 0, found {made}", where=where)
    return float(made) if made.ndim == 0 else tuple(float(c) for c in made)


def cost_vector(costs: Costs, profile: ThickProfile) -> FloatArray:
    """(m,) the cost of each project.

    Raises
    ------
    InputError
        A tuple of another length than there are options.
    """
    made = np.asarray(costs, dtype=np.float64)
    if made.ndim and len(made) != profile.n_options:
        raise InputError(
            f"must be a number or have one entry for each of {profile.n_options} projects, found {len(made)}",
            where="costs",
        )
    return np.broadcast_to(made, (profile.n_options,))


def people_of(profile: ThickProfile) -> FloatArray:
    """(n,) whom each agent stands for."""
    return np.ones(profile.n_agents) if profile.weights is None else profile.weights


def require_no_outside(problem: Choice, name: str) -> None:
    """Projects are worth something relative to their not being there, so nothing else can be.

    Raises
    ------
    ProblemError
        The profile says what doing nothing is worth.
    """
    if problem.profile.outside is not None:
        raise ProblemError(
            f"{name} reads what each project adds, so doing nothing is worth 0 and ``outside`` has no place",
            where="profile.outside",
            remedy="take the worth of doing nothing off the values, and pass outside=None",
        )


def best_set(worth: FloatArray, costs: FloatArray, budget: float, order: npt.NDArray[np.intp]) -> BoolArray:
    """(m,) the affordable set of the greatest worth; ties go to the set that has the first of ``order``.

    By dynamic programming where costs and budget are whole (or have up to two decimals), else by a mixed-integer
    programme.
    """
    useful = (worth > 0) & (costs <= budget)
    chosen = np.zeros(len(worth), dtype=bool)
    if not useful.any() or costs[useful].sum() <= budget:
        chosen[useful] = True
        return chosen
    unit = 2.0 ** np.floor(np.log2(worth[useful].sum())) * PARTS
    parts = np.where(useful, np.rint(worth / unit), 0.0)
    whole = _whole(costs, budget, useful)
    if whole is not None:
        made, room = whole
        found: BoolArray = knapsack(parts.astype(np.int64), made, room, order)
        return found
    return _by_programme(np.where(useful, worth, 0.0), costs, budget, order)


def _whole(costs: FloatArray, budget: float, useful: BoolArray) -> tuple[npt.NDArray[np.int64], int] | None:
    """Costs and budget in their largest common unit, if that makes a table of a size that can be filled."""
    for decimals in (1.0, 10.0, 100.0):
        scaled, room = costs * decimals, budget * decimals
        rounded = np.rint(scaled)
        if np.abs(scaled - rounded).max(initial=0.0) > 1e-9 * max(1.0, float(rounded.max(initial=0.0))):
            continue
        if rounded.max(initial=0.0) > 2.0**52:
            return None
        made = rounded.astype(np.int64)
        unit = max(int(np.gcd.reduce(made[useful])), 1)
        top = int(np.floor(min(room * (1 + 1e-12), float(made[useful].sum()))) // unit)
        return (made // unit, top) if (top + 1) * int(useful.sum()) <= TABLE else None
    return None


def _by_programme(worth: FloatArray, costs: FloatArray, budget: float, order: npt.NDArray[np.intp]) -> BoolArray:
    """The best set, then project after project of ``order``: is there one as good that has this one too?"""
    useful = (worth > 0) & (costs <= budget)
    lower, upper = np.zeros(len(worth)), useful.astype(np.float64)

    def solve() -> tuple[BoolArray, float]:
        found = solve_milp(worth, costs[None, :], budget, variable_lower=lower, variable_upper=upper, where="projects")
        return found.x > 0.5, found.objective

    chosen, best = solve()
    for x in order[useful[order]]:
        lower[x] = 1.0
        if chosen[x]:
            continue
        try:
            other, reached = solve()
        except InfeasibleError:  # with those before it, it costs too much
            reached = -np.inf
        if reached >= best - 1e-9 * abs(best):
            chosen = other
        else:
            lower[x] = upper[x] = 0.0
    return chosen


def one_set(outcome: Outcome, costs: FloatArray, budget: float) -> Verdict:
    """Everybody has the same projects, each in full, and they cost no more than the budget."""
    profile, taken = outcome.profile, outcome.taken
    text = "the same projects for everybody, each in full, within the budget"
    if not np.isfinite(taken).all():
        return Verdict("feasible", "nobody", False, np.inf, statement=text)
    table = taken.reshape(profile.n_agents, profile.n_options)
    funded = table[0] > 0.5
    apart = float(np.abs(table - funded).max(initial=0.0))
    over = max(0.0, float(costs[funded].sum()) - budget) / max(budget, 1.0)
    gap = max(apart, over)
    return Verdict("feasible", "nobody", gap <= 1e-9, gap, 1e-9, None if gap <= 1e-9 else "costs or shares", text)
