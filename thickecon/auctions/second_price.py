"""Second-price auctions: each option is an auction of its own."""

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
from .certificates import charge_verdict, participation_verdicts, scale_of
from .charges import Sale, separate_charges
from .kernels.single_item import second_price
from .single_item import SingleItemAuction

__all__ = ["SecondPrice"]


@register("auctions.SecondPrice")
@dataclass(frozen=True)
class SecondPrice(SingleItemAuction):
    """The largest score wins if it meets the reserve, and pays the larger of the second score and the reserve.

    Every option is auctioned on its own, one unit each; an agent may win several. Ties go to the lowest lottery
    number. With ``charge="affine"`` the winner pays the wedge on top, so that truth is dominant for decision
    selves (T18); a suppressed want (d < 0 < v) that would win with a report of 0 is then charged like a winner.

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading: what keeping the item is worth to the
        seller. A score of exactly the reserve wins; under the affine charge the winner pays the wedge on top of the
        reserve too.
    entry_fee
        At least 0, paid for every bid that meets the reserve. With one, truth no longer dominates.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve that is negative, not finite, or of another length than there are options.
    ProblemError
        A problem with another supply than 1, a demand, conflicts or norms; a worth of doing nothing for agents who
        may win several options.

    References
    ----------
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0], [6.0]]).with_influence("advert", [[5.0], [0.0]])
    >>> thick = te.auctions.SecondPrice().run(p, rng=0)
    >>> sidt = te.auctions.SecondPrice().baseline().run(p, rng=0)
    >>> thick.winners.tolist(), thick.revenue, sidt.winners.tolist(), sidt.revenue
    ([1], 3.0, [0], 6.0)
    """

    title: ClassVar[str] = "Second-price auction"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives, efficiency and participation, each for its self."""
        return self._bid_claims(joins=False) if self.entry_fee else self._incentive_claims()

    @property
    def truth_dominates(self) -> bool:
        """Unless bidding costs something."""
        return not self.entry_fee

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        profile, (scores,) = problem.profile, readings
        found = second_price(
            profile.index.agent,
            profile.index.option,
            scores.values,
            offsets=scores.offset,
            reserve=self._reserve(problem),
            lottery=lottery.agents,
            n_agents=profile.n_agents,
            n_items=profile.n_options,
        )
        taken = np.zeros(len(profile.index))
        taken[found.row[found.row >= 0]] = 1.0
        payments = np.bincount(profile.index.agent, found.payments, minlength=profile.n_agents)
        return Decision(taken, payments=payments + self._fees(problem, scores), prices=found.price)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        return (
            *self._winners_verdicts(outcome),
            self._charged(outcome, scores),
            *participation_verdicts(self, outcome),
        )

    def _charged(self, outcome: Outcome, scores: Scores) -> Verdict:
        index, reserve = outcome.profile.index, self._reserve(outcome.problem)
        kept = reserve[index.option]
        sale = Sale(
            index.agent,
            index.option,
            scores.values - kept,
            scores.offset + kept,
            outcome.taken > 0.5,
            np.ones(len(reserve)),
            index.n_agents,
        )
        text = "each pays what the others, with it at a report of zero, would have more (T18)"
        charges = separate_charges(sale) + self._fees(outcome.problem, scores)
        return charge_verdict(outcome, charges, 1e-9 * scale_of(scores), text)
