"""Exact margins of mechanisms that maximise a sum over rows (utilitarian choice, assignment, second price).

Observed readings w are what endorsed values v and an influence delta add up to, v = w - delta. The allocation x*
was chosen on w. Another allocation x would have been chosen on v once delta outweighs the gap w(x*) - w(x); the
smallest such delta is a ratio, minimised over x by Dinkelbach's iteration with the mechanism's own combinatorial
solver as the inner step. References: Dinkelbach (1967), 10.1287/mnsc.13.7.492.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._core.arrays import BoolArray, FloatArray
from ..problems.choice import Choice
from ..problems.problem import Problem
from .agent_margins import few_agents
from .change import Change
from .mechanism import LinearObjective, Mechanism

__all__ = ["LinearMargins"]


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
        size = below if np.isfinite(below) else self._enough(moved)
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

    def _enough(self, moved: FloatArray) -> float:
        """A size with which rows of the fewest people outweigh all that can be lost."""
        least = float(np.min(moved[moved > 0], initial=np.inf))
        most = 4.0 * float(np.max(np.abs(self.values) / self.people, initial=0.0)) + self._scale * max(1.0, 1.0 / least)
        return most * float(self.chosen.sum() + 1)

    def _wedge(self, x: FloatArray, size: float, rows: BoolArray) -> FloatArray:
        """The influence that made x* look better than x: chosen rows lifted, x's own rows pushed down."""
        made: FloatArray = np.where(rows, size * (self.chosen.astype(float) - x), 0.0)
        return made

    def on_agents(self, count: int, budget: int = 200) -> Change | None:
        """The least size that changes the allocation when at most ``count`` agents are moved.

        Exact for one agent, for all of them, and for a choice of one option for everybody; otherwise by branch and
        bound, exact if it ends within ``budget`` solutions, else the best found with the bound that was reached.
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
        if count == 1:
            return single
        return few_agents(self, everyone, single, count, budget)

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

    def for_loss(self, share: float) -> Change | None:
        """The least largest entry of an influence under which x* is worth a ``share`` less than the best.

        The best is worth more than 0 there. None: no influence of any size does (there is one allocation only).
        """
        if share <= 0:
            return self.sup()
        if isinstance(self.problem, Choice):
            return self._choice_for_loss(1.0 - share)
        keep = 1.0 - share
        size = 4.0 * float(np.max(np.abs(self.values) / self.people, initial=0.0)) + self._scale
        size *= float(self.chosen.sum() + 1) / max(share, 1e-3)
        best: Change | None = None
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
            if best is not None and step >= best.size:
                return best
            size, best = step, self._costly(x, step)
            if size <= 0.0:
                return best

    def _costly(self, x: FloatArray, size: float) -> Change:
        """All rows of x* are lifted, also those it shares with x, and x's own are pushed down."""
        return Change(size, size, size * np.where(self.chosen, 1.0, -x), x)

    def _choice_for_loss(self, keep: float) -> Change | None:
        """One option for all: lower x* and lift another until that is worth more than 0 and x* less than its share."""
        option, m = self.problem.profile.index.option, self.problem.profile.n_options
        totals = np.bincount(option, self.values, minlength=m)
        people = np.bincount(option, self.people, minlength=m)
        chosen = int(option[np.argmax(self.chosen)])
        falls_behind = (totals[chosen] - keep * totals) / (people[chosen] + keep * people)
        sizes = np.maximum(0.0, np.maximum(falls_behind, -totals / people))
        sizes[chosen] = np.inf
        best = int(np.argmin(sizes))
        return self._costly((option == best).astype(float), float(sizes[best])) if m > 1 else None
