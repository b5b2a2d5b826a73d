"""Ascending clocks for several units at one price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray, frozen
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import participation_verdicts
from .english import steps
from .multi_unit import MultiUnit
from .single_item import not_negative

__all__ = ["Clock"]


@register("auctions.Clock")
@dataclass(frozen=True)
class Clock(MultiUnit):
    """The price of a unit rises from the reserve until no more units are asked for than there are.

    A bidder asks for the units whose scores are at least the price; it can ask for fewer as the price rises, never
    for more. If too few are asked for at the price where the clock stops, units go back, by lottery, to those who
    asked for them a step before, and everybody pays the price of that step. Without an increment the clock is the
    limit of small steps: a uniform price at the highest losing bid, with its demand reduction. What is asked for on
    the way, ``details["rounds"]`` (steps, 2) of price and demand, is kept where there are increments.

    Parameters
    ----------
    units
        How many are for sale, at least 1.
    reserve
        At least 0, in units of the reading: where the clock starts.
    increment
        At least 0.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Units that are no whole number of at least 1; a reserve or increment that is negative or not finite.
    ProblemError
        See :class:`VickreyMultiUnit`.

    References
    ----------
    Ausubel and Cramton (2004), Auctioning many divisible goods, doi:10.1162/154247604323068168

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[9.0, 7.0], [8.0, 3.5]], unit="money")
    >>> outcome = te.auctions.Clock(units=2, increment=1.0).run(p, rng=0)
    >>> outcome.taken.tolist(), outcome.prices.tolist()
    ([1.0, 0.0, 1.0, 0.0], [8.0])
    >>> outcome.decision.details["rounds"][:, 1].astype(int).tolist()
    [4, 4, 4, 4, 3, 3, 3, 3, 2]
    """

    increment: float = 0.0

    title: ClassVar[str] = "Clock auction"
    reference: ClassVar[str] = "10.1162/154247604323068168"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "increment", not_negative(self.increment, "increment"))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not the bid; the rest holds of true bids, each for its self."""
        return self._bid_claims(efficient=not self.increment)

    @property
    def truth_dominates(self) -> bool:
        """No: who wants several units does better to ask for fewer."""
        return False

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        bids, reserve = self._bids(problem, scores), self._reserve(problem)
        if not self.increment:
            sold = self._sell(problem, bids, reserve, lottery)
            price, details = max(sold.losing, reserve), {}
        else:
            step = steps(bids - reserve, self.increment)
            sold = self._sell(problem, step, 0.0, lottery)
            stop = 0.0
            if sold.losing >= 0:
                stop = sold.losing + float(step[sold.won].min() > sold.losing)
            price, details = reserve + self.increment * stop, {"rounds": self._rounds(step, stop, reserve)}
        taken, bills = self._billed(problem, sold, scores, np.full(len(sold.won), price))
        return Decision(taken, payments=bills, prices=np.array([price]), details=details)

    def _rounds(self, step: FloatArray, stop: float, reserve: float) -> FloatArray:
        """(steps, 2) price and units asked for, the first step to the last; thinned to 1,000 where there are more."""
        at = np.unique(np.rint(np.linspace(0.0, stop, int(min(stop + 1, 1000)))))
        ranked = np.sort(step)
        asked = len(ranked) - np.searchsorted(ranked, at, side="left")
        return frozen(np.column_stack([reserve + self.increment * at, asked.astype(np.float64)]), copy=False)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        bids, price = self._bids(outcome.problem, scores), self._stop(outcome.problem, scores)
        held = np.bincount(index.agent, outcome.taken, minlength=index.n_agents).astype(np.float64)
        return (
            *self._served(outcome, bids, self.increment),
            self._bills_verdict(outcome, price * held, "a unit costs what the clock shows when it stops"),
            *participation_verdicts(self, outcome),
        )

    def _stop(self, problem: Problem, scores: Scores) -> float:
        """Where the clock stops, by asking at every price that could matter."""
        bids, reserve, h = self._bids(problem, scores), self._reserve(problem), self.increment
        inside = bids[bids >= reserve]
        if len(inside) <= self.units:
            return reserve
        if not h:  # at the highest losing bid as many could still be asked for, above it no longer
            return float(np.partition(inside, len(inside) - self.units - 1)[len(inside) - self.units - 1])
        step = steps(bids - reserve, h)
        low, high = 0, int(np.ceil((inside.max() - reserve) / h)) + 1
        while low < high:
            middle = (low + high) // 2
            enough = int((step >= middle).sum()) <= self.units
            low, high = (low, middle) if enough else (middle + 1, high)
        asked = int((step >= low).sum())
        return reserve + h * (low if asked == self.units or low == 0 else low - 1)
