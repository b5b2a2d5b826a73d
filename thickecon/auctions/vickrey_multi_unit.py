"""Vickrey auctions of several units: each pays what its units would be worth to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from .certificates import participation_verdicts
from .multi_unit import MultiUnit

__all__ = ["VickreyMultiUnit"]


@register("auctions.VickreyMultiUnit")
@dataclass(frozen=True)
class VickreyMultiUnit(MultiUnit):
    """The best marginal bids win; for k units an agent pays the k best losing bids of others.

    The profile's options are first, second, third units (see the parameters); bids for them must not increase. With
    ``charge="affine"`` the wedge of each unit won is charged on top, so that truth is dominant for decision selves
    (T18).

    Parameters
    ----------
    units
        How many are for sale, at least 1.
    reserve
        At least 0, in units of the reading: the least score that wins a unit, and the least it costs.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Units that are no whole number of at least 1; a reserve that is negative, not finite, or not one number.
    ProblemError
        Marginal values that increase, rows for a later unit without an earlier one, supply or demand of the problem's
        own, a worth of doing nothing for agents who may win several units.

    References
    ----------
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x; Krishna, Auction Theory (2nd ed. 2010), chapter 12

    Examples
    --------
    Krishna's example of six units and three bidders.

    >>> import thickecon as te
    >>> bids = [[50.0, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]]
    >>> outcome = te.auctions.VickreyMultiUnit(units=6).run(te.ThickProfile.from_values(bids, unit="money"), rng=0)
    >>> outcome.payments.tolist()
    [72.0, 32.0, 60.0]
    """

    title: ClassVar[str] = "Vickrey auction of several units"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Those of second price."""
        return self._threshold_claims()

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        reserve = self._reserve(problem)
        sold = self._sell(problem, self._bids(problem, scores), reserve, lottery)
        taken, bills = self._billed(problem, sold, scores, np.maximum(sold.threshold, reserve))
        return Decision(taken, payments=bills)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        bids = self._bids(outcome.problem, scores)
        due, text = self._thresholds_due(outcome, bids)
        return (
            *self._units_verdicts(outcome, bids - self._reserve(outcome.problem)),
            self._bills_verdict(outcome, due, text),
            *participation_verdicts(self, outcome),
        )
