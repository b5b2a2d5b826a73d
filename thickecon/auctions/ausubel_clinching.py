"""Ausubel's clinching auction: an ascending clock that charges as Vickrey's auction does."""

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
from .kernels.multi_unit import UnitsSold
from .multi_unit import MultiUnit
from .single_item import not_negative

__all__ = ["AusubelClinching"]


@register("auctions.AusubelClinching")
@dataclass(frozen=True)
class AusubelClinching(MultiUnit):
    """The price rises; a bidder clinches a unit, at the price of the moment, once others no longer ask for it.

    Without an increment winners pay as under :class:`VickreyMultiUnit`, and truth is dominant; who watches sees the
    prices of single units, ``details["clinches"]`` (k, 2) of price and agent position in the order of the clock. With
    an increment the clock moves in steps: units are rationed by lottery among those who stop at the same one.

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
    Ausubel (2004), doi:10.1257/0002828043052330

    Examples
    --------
    The example of Ausubel's paper: bidder 0 clinches at 65, 75 and 85, bidder 2 at 75 and 85.

    >>> import thickecon as te
    >>> values = [[123.0, 113, 103], [75, 5, 3], [125, 125, 49], [85, 65, 7], [45, 25, 5]]
    >>> outcome = te.auctions.AusubelClinching(units=5).run(te.ThickProfile.from_values(values, unit="money"), rng=0)
    >>> outcome.payments.tolist()
    [225.0, 0.0, 160.0, 0.0, 0.0]
    >>> outcome.decision.details["clinches"].astype(int).tolist()
    [[65, 0], [75, 0], [75, 2], [85, 0], [85, 2]]
    """

    increment: float = 0.0

    title: ClassVar[str] = "Ausubel's clinching auction"
    reference: ClassVar[str] = "10.1257/0002828043052330"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "increment", not_negative(self.increment, "increment"))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Those of second price; steps leave truth without its dominance."""
        return self._bid_claims(efficient=False) if self.increment else self._threshold_claims()

    @property
    def truth_dominates(self) -> bool:
        """Without increments."""
        return not self.increment

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        bids, reserve = self._bids(problem, scores), self._reserve(problem)
        if not self.increment:
            sold = self._sell(problem, bids, reserve, lottery)
            prices = np.maximum(sold.threshold, reserve)
        else:
            step = steps(bids - reserve, self.increment)
            sold = self._sell(problem, step, 0.0, lottery)
            over = step[sold.won] > sold.threshold
            prices = reserve + self.increment * np.where(sold.threshold >= 0, sold.threshold + over, 0.0)
        taken, bills = self._billed(problem, sold, scores, prices)
        return Decision(taken, payments=bills, details={"clinches": self._clinches(problem, sold, prices)})

    @staticmethod
    def _clinches(problem: Problem, sold: UnitsSold, prices: FloatArray) -> FloatArray:
        """(k, 2) price and agent, as the clock passes them."""
        agent = problem.profile.index.agent[sold.won]
        order = np.lexsort((agent, prices))
        return frozen(np.column_stack([prices[order], agent[order].astype(np.float64)]), copy=False)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        bids = self._bids(outcome.problem, scores)
        if self.increment:
            due, text = self._by_clock(outcome, bids), "each clinches a unit when others no longer ask for it"
        else:
            due, text = self._thresholds_due(outcome, bids)
        return (
            *self._served(outcome, bids, self.increment),
            self._bills_verdict(outcome, due, text),
            *participation_verdicts(self, outcome),
        )

    def _by_clock(self, outcome: Outcome, bids: FloatArray) -> FloatArray:
        """(n,) by raising the price step by step for each winner, whose others are asked for what they still want.

        A unit that is won by lottery at the step at which its owner and others stop is had at that step.
        """
        index, reserve, h = outcome.profile.index, self._reserve(outcome.problem), self.increment
        step, due = steps(bids - reserve, h), np.zeros(outcome.profile.n_agents)
        for i in np.unique(index.agent[outcome.taken > 0.5]).tolist():
            own = step[(index.agent == i) & (outcome.taken > 0.5)]
            others = np.sort(step[(index.agent != i) & (step >= 0)])
            for j, mine in enumerate(own.tolist()):  # clinched at the first step where others ask for units - j - 1
                left = max(1, self.units - j)
                at = 0 if len(others) < left else int(others[len(others) - left]) + 1
                due[i] += reserve + h * min(at, mine)
        return due
