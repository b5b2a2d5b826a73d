"""A2. A position limit kept to the letter, in the aggregate, or for what it is there for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..._core.arrays import BoolArray, FloatArray
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["PositionLimit"]

CAPS = {"sidt": "letter", "informed": "aggregate"}


@scenario("position_limit")
@dataclass(frozen=True)
class PositionLimit(Scenario):
    """A trading bot wants a position ``wants``; society loses harm (y - target)^2 / 2 by a position of y.

    The target is ``target`` on most days and ``crisis_target`` in a crisis, when somebody must take the other side.
    ``sidt`` keeps the letter of the limit, ``cap`` an account, with as many accounts as it has. ``informed`` is the
    same bot under a rule of beneficial ownership: ``aggregate`` over all accounts together; no thick values are needed
    to close a loophole. ``thick`` has the norm with its scope: it takes the position that the norm is there for in the
    state it believes in, and misreads the state with chance ``eps``. ``shrunk`` knows how often it misreads and takes
    the position that is best on average, given what it reads. ``oracle`` reads the state. Nobody takes more than it
    wants. A replicate is ``days`` days; numbers are means a day.
    """

    eps: float = knob(0.05, "chance that the state is misread", low=0.0, high=1.0)
    accounts: int = knob(6, "accounts of the bot", low=1, high=1_000_000)
    cap: float = knob(1.0, "limit of one account", low=0.0)
    aggregate: float = knob(2.0, "limit over all accounts under a rule of beneficial ownership", low=0.0)
    wants: float = knob(6.0, "position that the bot profits by", low=0.0)
    target: float = knob(2.0, "position that is best on a usual day", low=0.0)
    crisis_target: float = knob(6.0, "position that is best in a crisis", low=0.0)
    crisis: float = knob(0.1, "share of days that are a crisis", low=0.0, high=1.0)
    harm: float = knob(1.0, "harm by the square of a departure from the target, twice", low=0.0)
    days: int = knob(50, "days a replicate", low=1, high=1_000_000)

    section: ClassVar[str] = "A2"
    title: ClassVar[str] = "Norm competence: a trading bot and a position limit"
    question: ClassVar[str] = "What is it worth that a bot understands what a limit is for?"
    premise: ClassVar[str] = "What the limit is for counts, not its letter; in a crisis it is for something else."
    loses: ClassVar[str] = (
        "Closing the loophole needs no thick values: against a cap over all accounts only the scope is gained, and a"
        " bot that misreads the state more often than there is a crisis does worse than that cap."
    )
    failures: ClassVar[tuple[str, ...]] = ("normative brittleness",)
    source: ClassVar[str] = "sums over two states and two readings"
    evidence: ClassVar[str | None] = "eps"
    own_rule: ClassVar[bool] = True
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "less the harm of departures from what the limit is for"),
        Measure("usual", "more", "the same on usual days"),
        Measure("in_crisis", "more", "the same in crises"),
        Measure("worst", "more", "the same on the worst day of the replicate"),
        Measure("position", None, "position taken"),
        Measure("revealed", None, "less half the square of what the position falls short of what the bot wants"),
        Measure("excess", "less", "position beyond the target"),
        Measure("short", "less", "position below the target"),
        Measure("letter", None, "share of days on which every account could keep its limit"),
    )

    def draw(self, draws: Draws) -> Any:
        """(days,) is it a crisis, and uniform numbers that decide who misreads it."""
        crisis = draws.generator("population").random(self.days) < self.crisis
        return crisis, draws.generator("evidence").random(self.days)

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """All days at once."""
        crisis, u = world
        reads = crisis ^ (u < self.eps)
        y = np.where(reads if arm in ("thick", "shrunk") else crisis, *self.positions(arm)[::-1])
        target = np.where(crisis, self.crisis_target, self.target)
        worth = -self.harm * (y - target) ** 2 / 2
        found = {
            "endorsed": float(worth.mean()),
            "worst": float(worth.min()),
            "position": float(y.mean()),
            "revealed": -float(np.square(self.wants - y).mean()) / 2,
            "excess": float(np.maximum(y - target, 0.0).mean()),
            "short": float(np.maximum(target - y, 0.0).mean()),
            "letter": float((y <= self.cap * self.accounts + 1e-12).mean()),
        }
        return found | _by_state(worth, crisis)

    def positions(self, arm: str) -> tuple[float, float]:
        """Position on a day that is read as usual, and on one that is read as a crisis.

        Parameters
        ----------
        arm
            One of ``arms``.
        """
        usual, crisis = self.target, self.crisis_target
        if arm in CAPS:
            usual = crisis = self.cap * self.accounts if arm == "sidt" else self.aggregate
        if arm == "shrunk":
            means = [self.target + self._chance(read) * (self.crisis_target - self.target) for read in (False, True)]
            usual, crisis = means
        return min(self.wants, usual), min(self.wants, crisis)

    def _chance(self, read: bool) -> float:
        """Of a crisis, on days that are read as one or not (Bayes)."""
        right, wrong = (1 - self.eps, self.eps) if read else (self.eps, 1 - self.eps)
        crisis, usual = self.crisis * right, (1 - self.crisis) * wrong
        return crisis / (crisis + usual) if crisis + usual > 0 else self.crisis

    # ---- what is known --------------------------------------------------------------------------------------

    def expected(self, arm: str, eps: float | None = None) -> float:
        """Mean worth a day, over states and readings.

        Parameters
        ----------
        arm
            One of ``arms``.
        eps
            Chance of a misreading; None: the knob's.
        """
        here = self if eps is None else type(self)(**{**self.parameters, "eps": eps})
        wrong = here.eps if arm in ("thick", "shrunk") else 0.0
        at = here.positions(arm)
        total = 0.0
        for state, share in ((0, 1 - here.crisis), (1, here.crisis)):
            best = (here.target, here.crisis_target)[state]
            for read, chance in ((state, 1 - wrong), (1 - state, wrong)):
                total -= share * chance * here.harm * (at[read] - best) ** 2 / 2
        return total

    def known(self) -> tuple[Known, ...]:
        """Sums over states and readings."""
        source = "sum over two states and two readings"
        return tuple(Known(arm, "endorsed", self.expected(arm), source) for arm in self.arms)

    def break_even(self, versus: str = "sidt") -> float | None:
        """The chance of misreading at which thick is worth what another arm is; its worth is linear in it.

        Parameters
        ----------
        versus
            ``"sidt"`` or ``"informed"``.
        """
        best, worst = self.expected("thick", 0.0), self.expected("thick", 1.0)
        other = self.expected(versus)
        if not worst < other <= best:
            return None
        return (best - other) / (best - worst)


def _by_state(worth: FloatArray, crisis: BoolArray) -> dict[str, float]:
    """Means over usual days and over crises, where there are any."""
    found = {"usual": worth[~crisis], "in_crisis": worth[crisis]}
    return {name: float(values.mean()) for name, values in found.items() if len(values)}
