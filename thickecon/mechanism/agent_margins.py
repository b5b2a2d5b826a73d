"""Margins when only a few agents may be moved: branch and bound over which.

A node allows some agents and has picked others for certain. Its bound is the margin with all of these moved; the
allocation that reaches it settles the node if no more agents differ in it than may be moved. Otherwise one that differs
is picked, or left alone.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count as counter
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from .change import Change

if TYPE_CHECKING:
    from .margins import LinearMargins

__all__ = ["few_agents"]


@dataclass(order=True)
class _Node:
    bound: float
    number: int
    found: Change = field(compare=False)
    allowed: BoolArray = field(compare=False)
    picked: frozenset[int] = field(compare=False)


def few_agents(
    margins: LinearMargins, everyone: Change, single: Change | None, count: int, budget: int
) -> Change | None:
    """The least size that changes the allocation when at most ``count`` agents are moved.

    Parameters
    ----------
    margins
        Solves for the agents that may be moved.
    everyone, single
        Margins with all agents, and with one; None: no agent alone can change the allocation.
    count
        At least 2, less than the number of agents.
    budget
        Solutions that may be spent here.

    Returns
    -------
    Change or None
        ``lower`` equals ``size`` if the search ended within the budget. None: no so few agents were found.
    """
    return _Search(margins, single, count, budget).run(everyone)


class _Search:
    def __init__(self, margins: LinearMargins, single: Change | None, count: int, budget: int) -> None:
        self.margins, self.count = margins, count
        self.agent = margins.problem.profile.index.agent
        self.n = margins.problem.profile.n_agents
        self.best = single
        self.least = 0.0 if single is None else single.size / count  # what k agents do at s, one does at k s
        self.last = margins.solves + budget
        self.numbers = counter()
        self.open: list[_Node] = []

    def run(self, everyone: Change) -> Change | None:
        """Nodes in the order of their bounds, until none is below the best found."""
        self._push(everyone, np.ones(self.n, dtype=bool), frozenset())
        while self.open and self.margins.solves < self.last:
            node = heapq.heappop(self.open)
            if node.bound >= self._ceiling():
                self.open.clear()
                break
            reach = self._reach(node.found.taken)
            differ = np.flatnonzero((reach > 0) & node.allowed)
            if len(differ) <= self.count:
                self.best = node.found
                self.open.clear()
                break
            self._try(differ[np.argsort(-reach[differ], kind="stable")[: self.count]])
            self._branch(node, reach, differ)
        lower = min([node.bound for node in self.open], default=np.inf)
        if self.best is None:
            return None
        proven = min(max(lower, everyone.size, self.least), self.best.size)
        return Change(self.best.size, proven, self.best.wedge, self.best.taken)

    def _branch(self, node: _Node, reach: FloatArray, differ: IntArray) -> None:
        """The agent that counts most and is not picked yet: left alone, or picked."""
        loose = [int(i) for i in differ if int(i) not in node.picked]
        chosen = max(loose, key=lambda i: reach[i])
        without = node.allowed.copy()
        without[chosen] = False
        found = self._solve(without)
        if found is not None:
            self._push(found, without, node.picked)
        picked = node.picked | {chosen}
        if len(picked) < self.count:
            self._push(node.found, node.allowed, picked)
        else:
            self._try(np.array(sorted(picked)))

    def _try(self, agents: IntArray) -> None:
        found = self._solve(np.isin(np.arange(self.n), agents))
        self.best = self.best if found is None else found

    def _solve(self, allowed: BoolArray) -> Change | None:
        """The margin with these agents, None unless it is below the best found."""
        return self.margins.sup(allowed[self.agent], self._ceiling())

    def _push(self, found: Change, allowed: BoolArray, picked: frozenset[int]) -> None:
        heapq.heappush(self.open, _Node(found.size, next(self.numbers), found, allowed, picked))

    def _reach(self, taken: FloatArray) -> FloatArray:
        """(n,) by how much the gap to an allocation closes for each unit of an agent's influence."""
        made: FloatArray = np.bincount(
            self.agent, self.margins.people * (taken != self.margins.chosen), minlength=self.n
        ).astype(np.float64)
        return made

    def _ceiling(self) -> float:
        return np.inf if self.best is None else self.best.size
