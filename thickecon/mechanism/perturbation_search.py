"""Influences that change an outcome, searched for where no exact margin is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from .._core.arrays import FloatArray, frozen
from .._core.rng import RNG, generator
from ..errors import NotApplicableError
from ..lenses.lens import Endorsed
from ..lenses.reading import Cardinal, Ranked, Reading, Set
from ..problems.problem import Problem
from .change import Change
from .mechanism import Mechanism
from .outcome import Outcome
from .valuations import as_read, shifted

__all__ = ["PerturbationSearch"]

CHANGED = 1e-4
"""A share of a row that moves by less is not a change of allocation (solver tolerance of programmes)."""


class PerturbationSearch:
    """Directions of influence, each followed to the least size at which the outcome changes.

    Directions: against everything taken; for each agent alone; for each option alone; at random. Sizes grow
    geometrically from a proven lower bound and are then bisected. Every run counts against the budget.
    """

    def __init__(self, mechanism: Mechanism, problem: Problem, outcome: Outcome, budget: int, rng: RNG) -> None:
        self.mechanism, self.outcome, self.budget, self.rng = mechanism, outcome, budget, rng
        self.base = as_read(problem.profile, mechanism.lens)
        self.reads_set = isinstance(outcome.readings[0], Set)
        self.problem = problem if self.reads_set else problem.with_profile(self.base)
        self.values = self.base.rows.endorsed
        self.scale = float(np.abs(self.values).max(initial=0.0))

    def lower_bound(self) -> float:
        """Sup norm below which no agent's order of options (and doing nothing) changes: half the least gap between
        values of one agent, or the least gap to doing nothing, which no influence moves. It bounds mechanisms that
        read orders; for others it is 0.
        """
        if Ranked not in self.mechanism.reads or self.problem.profile.unit == "ordinal":
            return 0.0
        index = self.base.index
        keys, agent = self.base.rows.rounded(self.values), index.agent
        order = np.lexsort((keys, agent))
        gaps = 0.5 * np.diff(keys[order])[np.diff(agent[order]) == 0]
        if self.base.outside is not None:
            nothing = self.base.rows.rounded(self.base.outside_reading(None))
            gaps = np.concatenate([gaps, np.abs(keys - nothing[agent])])
        return float(gaps.min()) if len(gaps) else 0.0

    def smallest(self, norm: str, count: int | None) -> Change | None:
        """The smallest influence found, in a norm, that changes the allocation.

        Raises
        ------
        NotApplicableError
            The allocation is divisible: any influence moves it, so ask what it costs.
        """
        if self.mechanism.divides(self.problem):
            raise NotApplicableError(
                "a divisible allocation moves with any influence",
                where="sensitivity",
                remedy="read .curve or .costs(share)",
            )
        lower = min(self.lower_bound(), self.scale)
        left = self.budget
        best: tuple[float, FloatArray, FloatArray] | None = None
        for direction in self._directions(norm, count):
            if left <= 2:
                break
            limit = np.inf if best is None else best[0] / _length(direction, norm)
            found, used = self._follow(direction, limit, left)
            left -= used
            if found is not None:
                size = found[0] * _length(direction, norm)
                if best is None or size < best[0]:
                    best = size, found[0] * direction, found[1]
        if best is None:
            return None
        return Change(best[0], min(lower, best[0]), best[1], best[2])

    def _follow(self, direction: FloatArray, limit: float, left: int) -> tuple[tuple[float, FloatArray] | None, int]:
        """(least multiple found with its outcome, runs used) along one direction, up to ``limit``."""
        high = min(limit * 0.999, 2.0 * self.scale)
        used, taken = 1, self._taken(high * direction)
        if not self._differs(taken):
            return None, used
        low = 0.0
        while used < min(left, 24) and high - low > 1e-4 * high:
            middle = 0.5 * (low + high)
            used, now = used + 1, self._taken(middle * direction)
            if self._differs(now):
                high, taken = middle, now
            else:
                low = middle
        return (high, taken), used

    def _taken(self, wedge: FloatArray) -> FloatArray:
        return self.mechanism.run(self._without(wedge), rng=self.rng).taken

    def _without(self, wedge: FloatArray) -> Problem:
        """The problem with the influence taken out of what is read."""
        if self.reads_set:
            return self.problem.with_profile(shifted(self.problem.profile, wedge))
        left = frozen((self.values - wedge)[None], copy=False)
        return self.problem.with_profile(replace(self.base, contributions=left))

    def _differs(self, taken: FloatArray) -> bool:
        return bool(np.abs(taken - self.outcome.taken).max(initial=0.0) > CHANGED)

    def _directions(self, norm: str, count: int | None) -> Iterator[FloatArray]:
        index, taken = self.base.index, self.outcome.taken
        against = np.where(taken > 0.5, 1.0, -1.0)
        gen = generator(self.rng if isinstance(self.rng, int) else 0)
        one = norm == "total" or (norm == "agents" and (count or 1) == 1)
        if norm == "sup":
            yield against
            for x in gen.permutation(index.n_options)[: self.budget // 8]:
                yield np.where(index.option == x, against, 0.0)
        agents = gen.permutation(index.n_agents)
        if norm == "agents" and not one:
            for _ in range(self.budget):
                yield np.where(np.isin(index.agent, gen.choice(index.n_agents, count, replace=False)), against, 0.0)
        for i in agents:
            mine = np.flatnonzero(index.agent == i)
            if norm == "total":
                held = mine[taken[mine] > 0.5]
                for r in held:
                    unit = np.zeros(len(taken))
                    unit[r] = 1.0
                    yield unit
            else:
                yield np.where(index.agent == i, against, 0.0)

    # ---- influence that costs a share of W ----------------------------------------------------------------

    def for_loss(self, share: float) -> Change | None:
        """The least sup norm found, along the direction against what is taken, that costs a share of W.

        None: the mechanism maximises nothing, or no size up to twice the largest value does.
        """
        if share <= 0:
            if self.mechanism.divides(self.problem):
                return Change(0.0, 0.0, np.zeros(len(self.values)), self.outcome.taken)
            return self.smallest("sup", None)
        direction = np.where(self.outcome.taken > 0.5 * self.outcome.taken.max(initial=0.0), 1.0, -1.0)
        try:
            size = _bisect_up(lambda size: self._loss(size * direction), share, self.scale, self.budget)
        except NotApplicableError:
            return None
        return None if size is None else Change(size, 0.0, size * direction, self._taken(size * direction))

    def _loss(self, wedge: FloatArray) -> float:
        """Share of the best W lost by keeping the observed allocation when ``wedge`` was an influence; nan where that
        leaves the domain of W, 0 where the best is worth nothing.
        """
        problem = self._without(wedge)
        outcome = self.mechanism.run(problem, rng=self.rng)
        reading: Reading = outcome.readings[0]
        if isinstance(reading, Set):  # judged at the point estimate
            reading = Endorsed().read(problem.profile)
        assert isinstance(reading, Cardinal)
        best = self.mechanism.objective(problem, outcome.taken, reading)
        kept = self.mechanism.objective(problem, self.outcome.taken, reading)
        return 1.0 - kept / best if best > 0 else 0.0


def _bisect_up(loss: Callable[[float], float], share: float, scale: float, budget: int) -> float | None:
    low, high, used = 0.0, scale / 64, 0
    while used < budget:
        used += 1
        value = loss(high)
        if not value < share:  # nan counts as a loss of everything
            break
        low, high = high, 2.0 * high
        if high > 2.0 * scale:
            return None
    while used < budget and high - low > 1e-3 * high:
        middle, used = 0.5 * (low + high), used + 1
        low, high = (middle, high) if loss(middle) < share else (low, middle)
    return high


def _length(direction: FloatArray, norm: str) -> float:
    return float(np.abs(direction).sum()) if norm == "total" else float(np.abs(direction).max())
