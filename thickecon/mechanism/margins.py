"""Exact margins of mechanisms that maximise a sum over rows (utilitarian choice, assignment, second price).

Observed readings w are what endorsed values v and an influence delta add up to, v = w - delta. The allocation x*
was chosen on w. Another allocation x would have been chosen on v once delta outweighs the gap w(x*) - w(x); the
smallest such delta is a ratio, minimised over x by Dinkelbach's iteration with the mechanism's own combinatorial
solver as the inner step. References: Dinkelbach (1967), 10.1287/mnsc.13.7.492.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._core.arrays import BoolArray, FloatArray
from ..problems.choice import Choice
from ..problems.problem import Problem
from .mechanism import LinearObjective, Mechanism

__all__ = ["Change", "LinearMargins"]


@dataclass(frozen=True, eq=False)
class Change:
    """An influence that changes the allocation.

    Attributes
    ----------
    size
        In the profile's unit, in its norm: the infimum; any larger influence of this shape changes the allocation.
    lower
        Proven lower bound; equals ``size`` where the search is exact.
    wedge
        (rows,) the influence itself, at ``size``.
    taken
        (rows,) what would have been chosen without it.
    """

    size: float
    lower: float
    wedge: FloatArray
    taken: FloatArray


class LinearMargins:
    """Margins of one whole allocation of a mechanism that maximises a sum over rows.

    Parameters
    ----------
    mechanism, problem
        What was run.
    taken
        (rows,) its allocation, every row taken in full or not at all.
    """

    def __init__(self, mechanism: Mechanism, problem: Problem, taken: FloatArray, objective: LinearObjective) -> None:
        self.problem, self.values, self.people = problem, objective.values, objective.multiplier
        self.chosen: BoolArray = np.asarray(taken) > 0.5
        self.solves = 0
        self._mechanism = mechanism
        self._worth = float(self.values @ self.chosen)
        self._scale = max(float(np.abs(self.values).max(initial=0.0)), 1e-300)

    def _best(self, weights: FloatArray) -> FloatArray:
        self.solves += 1
        return (self._mechanism.optimise(self.problem, weights) > 0.5).astype(float)

    # ---- every agent may be moved -------------------------------------------------------------------------

    def sup(self, within: BoolArray | None = None, below: float = np.inf) -> Change | None:
        """The least largest entry, over rows ``within`` (all), of an influence that changes the allocation.

        None: no allocation can be reached by moving those rows, or none with a size under ``below``.
        """
        moved = self.people if within is None else np.where(within, self.people, 0.0)
        sign = np.where(self.chosen, -1.0, 1.0)
        size = min(below, 4.0 * float(np.max(np.abs(self.values) / self.people, initial=0.0)) + self._scale)
        size *= 1.0 if np.isfinite(below) else float(self.chosen.sum() + 1)
        best: FloatArray | None = None
        while True:
            x = self._best(self.values + size * sign * moved)
            differs = x != self.chosen
            gap = self._worth - float(self.values @ x)
            length = float(moved @ differs)
            if length <= 0 or gap >= size * length - 1e-12 * self._scale:
                break
            size, best = max(gap, 0.0) / length, x
            if size <= 0.0:
                break
        if best is None:
            return None
        return Change(size, size, self._wedge(best, size, moved > 0), best)

    def _wedge(self, x: FloatArray, size: float, rows: BoolArray) -> FloatArray:
        """The influence that made x* look better than x: chosen rows lifted, x's own rows pushed down."""
        made: FloatArray = np.where(rows, size * (self.chosen.astype(float) - x), 0.0)
        return made

    def on_agents(self, count: int) -> Change | None:
        """The least size that changes the allocation when at most ``count`` agents are moved.

        Exact for one agent, for all of them, and for a choice of one option for everybody; otherwise the best
        found, with the bound max(size for all, size for one / count).
        """
        profile = self.problem.profile
        n, agent = profile.n_agents, profile.index.agent
        everyone = self.sup()
        if everyone is None or count >= n:
            return everyone
        if isinstance(self.problem, Choice):
            weights = self.people[profile.index.indptr[:-1]]
            top = np.argsort(-weights, kind="stable")[:count]
            return self.sup(np.isin(agent, top))
        single = self._one_agent()
        if single is None or count == 1:
            return single
        best, pool = single, [everyone.taken, single.taken]
        for _ in range(8):
            x = pool.pop() if pool else best.taken
            reach = np.bincount(agent, self.people * (x != self.chosen), minlength=n)
            found = self.sup(np.isin(agent, np.argsort(-reach, kind="stable")[:count]), below=best.size)
            if found is None:
                if not pool:
                    break
                continue
            best = found
        return Change(best.size, max(everyone.size, single.size / count), best.wedge, best.taken)

    def _one_agent(self) -> Change | None:
        """Agent by agent, each in one solve unless it improves on the best so far."""
        agent, best = self.problem.profile.index.agent, None
        for i in range(self.problem.profile.n_agents):
            found = self.sup(agent == i, np.inf if best is None else best.size)
            best = found if found is not None else best
        return best

    # ---- total influence ----------------------------------------------------------------------------------

    def total(self) -> Change | None:
        """The least sum of absolute entries (people counted) that changes the allocation: the gap to the
        second-best allocation, spent on a single row in which they differ.
        """
        return self._cheapest(lambda x: self._worth - float(self.values @ x))

    def _cheapest(self, cost: Callable[[FloatArray], float], discount: float = 1.0) -> Change | None:
        wall = 4.0 * float(np.abs(self.values).sum()) + self._scale
        rows = np.flatnonzero(self.chosen).tolist()
        if isinstance(self.problem, Choice) and len(rows):
            rows = rows[:1]  # all agents' rows of the chosen option leave together
        best: tuple[float, int, FloatArray] | None = None
        for r in rows:
            weights = self.values.copy()
            weights[r] = -wall
            x = self._best(weights)
            if x[r] == 0 and (best is None or cost(x) < best[0]):
                best = cost(x), r, x
        best = self._additions(best)
        if best is None:
            return None
        size, r, x = max(best[0], 0.0), best[1], best[2]
        wedge = np.zeros(len(self.values))
        wedge[r] = size / self.people[r] * (1.0 if self.chosen[r] else -1.0)
        return Change(size, size, wedge, x)

    def _additions(self, best: tuple[float, int, FloatArray] | None) -> tuple[float, int, FloatArray] | None:
        """Allocations that add a row and drop none: possible only for rows worth at most 0."""
        if isinstance(self.problem, Choice):
            return best
        idle = np.flatnonzero(~self.chosen & (self.values <= 0))
        wall = 4.0 * float(np.abs(self.values).sum()) + self._scale
        for r in idle[np.argsort(-self.values[idle], kind="stable")].tolist():
            if best is not None and -self.values[r] >= best[0]:
                break
            weights = np.where(self.chosen, wall, -wall)
            weights[r] = wall / 2
            x = self._best(weights)
            if x[r] == 1 and (x[self.chosen] == 1).all():
                return float(-self.values[r]), r, x
        return best

    # ---- influence that costs a share of the surplus --------------------------------------------------------

    def sup_for_loss(self, share: float) -> float | None:
        """The least largest entry of an influence under which x* is worth a ``share`` less than the best.

        None: no influence of any size does (there is one allocation only).
        """
        keep = 1.0 - share
        size = 4.0 * float(np.max(np.abs(self.values) / self.people, initial=0.0)) + self._scale
        size *= float(self.chosen.sum() + 1) / max(share, 1e-3)
        if share <= 0:
            found = self.sup()
            return None if found is None else found.size
        best: float | None = None
        base = float(self.people @ self.chosen)
        while True:
            # value of x under the worst influence of this size, linear in x for whole x and x*
            x = self._best(keep * (self.values + size * self.people * np.where(self.chosen, -1.0, 1.0)))
            gain = keep * float(self.values @ x) - self._worth
            length = (
                base - keep * float(self.people @ (x * self.chosen)) + keep * float(self.people @ (x * ~self.chosen))
            )
            if length <= 0 or gain + size * length <= 1e-12 * self._scale:
                return best
            step = max(-gain / length, 0.0)
            if best is not None and step >= best:
                return best
            size = best = step
            if best <= 0.0:
                return best
