"""What shows that an axiom fails, and can be played once more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray
from .stage import Self, Stage

__all__ = ["Deviation", "ExpectedDeviation", "Witness"]


@dataclass(frozen=True, eq=False)
class Witness(ABC):
    """A failure of an axiom.

    Attributes
    ----------
    text
        What happens, in words.
    gain
        By how much the axiom fails.
    """

    text: str
    gain: float

    @abstractmethod
    def replay(self) -> float:
        """The gain once more: the mechanism is run again on what the witness holds."""

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text})"


@dataclass(frozen=True, eq=False)
class Deviation(Witness):
    """Agents who say something else.

    Attributes
    ----------
    stage
        Mechanism, problem, lottery.
    agents
        Positions of those who deviate.
    honest, lie
        (rows,) reports of everybody, without and with the deviation.
    self_
        Whose gain.
    joint
        "sum": of their gains; "least": the smaller gain of those who deviate.
    """

    stage: Stage
    agents: tuple[int, ...]
    honest: FloatArray
    lie: FloatArray
    self_: Self
    joint: Literal["sum", "least"] = "sum"

    def replay(self) -> float:
        """Both runs again."""
        gain = self.stage.surplus(self.stage.run(self.lie), self.self_)
        gain = gain - self.stage.surplus(self.stage.run(self.honest), self.self_)
        mine = gain[list(self.agents)]
        return float(mine.sum() if self.joint == "sum" else mine.min())

    @property
    def said(self) -> list[list[float]]:
        """What each of those who deviate says, row by row."""
        return [np.round(self.lie[self.stage.rows_of(i)], 6).tolist() for i in self.agents]


@dataclass(frozen=True, eq=False)
class ExpectedDeviation(Witness):
    """A report that gains on average over what others may be.

    Attributes
    ----------
    parts
        (probability, deviation) of each state that the agent thinks possible.
    """

    parts: tuple[tuple[float, Deviation], ...]

    def replay(self) -> float:
        """All runs again, and the mean of their gains."""
        return float(sum(chance * part.replay() for chance, part in self.parts))
