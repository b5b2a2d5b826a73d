"""What one agent, or several together, would get by saying something else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray, IntArray
from ...errors import InfeasibleError
from .stage import Self, Stage
from .witnesses import Deviation

__all__ = ["Reply"]


@dataclass(frozen=True, eq=False)
class Reply:
    """A function from the reports of some agents to what they gain by them.

    Attributes
    ----------
    stage
        Where.
    base
        (rows,) what everybody reports without it.
    agents
        Positions of those who deviate.
    self_
        Whose gain.
    joint
        "sum" of their gains, or the "least" of them.
    """

    stage: Stage
    base: FloatArray
    agents: tuple[int, ...]
    self_: Self
    joint: Literal["sum", "least"] = "sum"

    @cached_property
    def before(self) -> FloatArray:
        """(n,) without it."""
        return self.stage.surplus(self.stage.run(self.base), self.self_)

    @cached_property
    def rows(self) -> IntArray:
        """Positions of the rows of those who deviate, agent by agent."""
        each = [self.stage.rows_of(i) for i in self.agents]
        return np.concatenate([np.arange(mine.start, mine.stop) for mine in each])

    @property
    def start(self) -> FloatArray:
        """(own rows,) what they report without it."""
        return self.base[self.rows]

    def reports(self, lie: FloatArray) -> FloatArray:
        """(rows,) of everybody."""
        made = np.array(self.base)
        made[self.rows] = lie
        return made

    def __call__(self, lie: FloatArray) -> float:
        """What they gain; -inf where no outcome follows."""
        try:
            after = self.stage.surplus(self.stage.run(self.reports(lie)), self.self_)
        except InfeasibleError:
            return -np.inf
        mine = (after - self.before)[list(self.agents)]
        return float(mine.sum() if self.joint == "sum" else mine.min())

    def witness(self, lie: FloatArray, gain: float) -> Deviation:
        """The deviation, to be played again."""
        names = " and ".join(self.stage.name(i) for i in self.agents)
        many = len(self.agents) > 1
        who = f"agents {names} gain" if many else f"agent {names} gains"
        how = "" if not many else (" together" if self.joint == "sum" else " each, or more,")
        said, truth = np.round(lie, 6).tolist(), np.round(self.start, 6).tolist()
        text = f"{who} {gain:.6g}{how} by reporting {said} instead of {truth}"
        return Deviation(text, gain, self.stage, self.agents, self.base, self.reports(lie), self.self_, self.joint)
