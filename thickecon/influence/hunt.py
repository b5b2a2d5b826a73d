"""The state of a search for a manipulator's best efforts: runs of the mechanism, and the best found so far."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..problems.problem import Problem
from .objectives import Objective
from .pressure import Influence, pressed

__all__ = ["Hunt"]


class Hunt:
    """One search against one mechanism. Every run has the same lottery."""

    def __init__(
        self, objective: Objective, influences: Sequence[Influence], budget: float, mechanism: Mechanism,
        problem: Problem, rng: RNG,
    ) -> None:  # fmt: skip
        self.objective, self.influences, self.budget = objective, tuple(influences), budget
        self.mechanism, self.problem = mechanism, problem
        self.gen = generator(rng)
        self.seed, self.runs = int(self.gen.integers(0, 2**62)), 0
        self.base = self.run(np.zeros(self.count))
        self.start = objective(self.base)
        self.best = (0.0, np.zeros(self.count), self.base)
        self.refused = 0  # efforts under which the problem is none that the mechanism decides

    @property
    def count(self) -> int:
        """Number of influences, K."""
        return len(self.influences)

    @property
    def net(self) -> float:
        """Gain less cost of the best efforts so far."""
        return self.best[0]

    def at(self, efforts: FloatArray) -> Problem:
        """The problem under efforts (K,)."""
        return self.problem.with_profile(pressed(self.problem.profile, self.influences, efforts))

    def run(self, efforts: FloatArray) -> Outcome:
        """What the mechanism makes of efforts (K,)."""
        self.runs += 1
        return self.mechanism.run(self.at(efforts), rng=self.seed)

    def cost(self, efforts: FloatArray) -> float:
        """Of efforts (K,)."""
        return float(sum(each.price(float(e)) for each, e in zip(self.influences, efforts, strict=True)))

    def try_(self, efforts: FloatArray) -> float:
        """Gross gain of efforts, kept if their net gain is the best so far; -inf beyond the budget, and where agents
        would have values that the mechanism does not decide by (a second unit worth more than the first).
        """
        cost = self.cost(efforts)
        if cost > self.budget * (1 + 1e-9):
            return -np.inf
        try:
            outcome = self.run(efforts)
        except ProblemError:
            self.refused += 1
            return -np.inf
        gain = self.objective(outcome) - self.start
        if gain - cost > self.best[0] + 1e-12 * max(1.0, abs(gain - cost)):
            self.best = (gain - cost, efforts.copy(), outcome)
        return gain

    @cached_property
    def limits(self) -> FloatArray:
        """(K,) the most effort, by the influence's budget and the common one; where neither binds, an effort that
        carries every row it reaches past all values.
        """
        most = []
        for each in self.influences:
            afford = np.inf if each.cost == 0 else (self.budget / each.cost) ** (1 / each.convexity)
            top = min(each.budget, afford)
            most.append(top if np.isfinite(top) else self._beyond(each))
        return np.array(most, dtype=np.float64)

    def _beyond(self, influence: Influence) -> float:
        pull = influence.pull(self.problem.profile)
        reach = np.abs(pull[pull != 0])
        if not len(reach):
            return 0.0
        return float(4.0 * np.abs(self.problem.profile.rows.revealed).max(initial=1.0) / reach.min())

    # ---- what the mechanism reads, as a linear function of efforts -----------------------------------------

    def slopes(self) -> tuple[FloatArray, FloatArray] | None:
        """((rows,) reading without efforts, (K, rows) by how much a unit of effort moves it); None where the reading
        is not cardinal, or not linear up to the limits.
        """
        base = self._values(np.zeros(self.count))
        if base is None:
            return None
        made = np.zeros((self.count, len(base)))
        for k, top in enumerate(self.limits):
            if top > 0:
                moved = self._values(np.eye(self.count)[k] * top)
                assert moved is not None
                made[k] = (moved - base) / top
        half = self._values(0.5 * self.limits)
        assert half is not None
        off = np.abs(half - base - 0.5 * self.limits @ made).max(initial=0.0)
        tol = 4.0 * (self.count + 1) * self.problem.profile.resolution
        return (base, made) if off <= tol else None

    def _values(self, efforts: FloatArray) -> FloatArray | None:
        readings = self.mechanism.readings(self.at(efforts))
        if not all(isinstance(reading, Cardinal) for reading in readings):
            return None
        parts = [part for r in readings for part in (r.values, getattr(r, "offset", None)) if part is not None]  # type: ignore[attr-defined]
        return np.concatenate(parts)
