"""Pay-as-bid auctions of several units."""

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

__all__ = ["PayAsBid"]


@register("auctions.PayAsBid")
@dataclass(frozen=True)
class PayAsBid(MultiUnit):
    """The best marginal bids win, and each is paid (a discriminatory auction, as of many treasuries).

    No report dominates. A run without ``reports`` takes the truth for bids. With ``charge="affine"`` a bid is paid as
    it was made, with ``"clarke"`` its score.

    Parameters
    ----------
    units
        How many are for sale, at least 1.
    reserve
        At least 0, in units of the reading: the least score that wins a unit.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Units that are no whole number of at least 1; a reserve that is negative, not finite, or not one number.
    ProblemError
        See :class:`VickreyMultiUnit`.

    References
    ----------
    Ausubel, Cramton, Pycia, Rostek and Weretka (2014), doi:10.1093/restud/rdu023

    Examples
    --------
    >>> import thickecon as te
    >>> bids = [[50.0, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]]
    >>> outcome = te.auctions.PayAsBid(units=6).run(te.ThickProfile.from_values(bids, unit="money"), rng=0)
    >>> outcome.payments.tolist()
    [137.0, 42.0, 80.0]
    """

    title: ClassVar[str] = "Pay-as-bid auction of several units"
    reference: ClassVar[str] = "10.1093/restud/rdu023"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not the bid; the rest holds of true bids, each for its self."""
        return self._bid_claims()

    @property
    def truth_dominates(self) -> bool:
        """No: one pays one's own bids."""
        return False

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        bids = self._bids(problem, scores)
        sold = self._sell(problem, bids, self._reserve(problem), lottery)
        taken, bills = self._billed(problem, sold, scores, bids[sold.won])
        return Decision(taken, payments=bills)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        bids = self._bids(outcome.problem, scores)
        due = np.zeros(index.n_agents)
        np.add.at(due, index.agent, bids * outcome.taken)
        return (
            *self._units_verdicts(outcome, bids - self._reserve(outcome.problem)),
            self._bills_verdict(outcome, due, "each pays its own bids for the units it wins"),
            *participation_verdicts(self, outcome),
        )
