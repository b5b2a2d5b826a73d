"""All-pay auctions: everybody pays its bid, one wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._core.arrays import BoolArray
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import participation_verdicts
from .single_item import PayYourBid

__all__ = ["AllPay"]


@register("auctions.AllPay")
@dataclass(frozen=True)
class AllPay(PayYourBid):
    """The largest bid wins if it meets the reserve, and everybody whose bid does pays it: contests, lobbying, races.

    Every option is a contest of its own. Ranked are scores; a bid counts if its score is more than 0 and at least the
    reserve, and then costs its score (``charge="clarke"``) or what was bid (``"affine"``).

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading.
    entry_fee
        At least 0, paid for every bid that meets the reserve.
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
    Baye, Kovenock and de Vries (1996), doi:10.1007/BF01211819; Krishna (2010), Auction Theory, section 3.2.1

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[0.8], [0.5]], unit="money")
    >>> te.auctions.AllPay().run(p, reports=p.revealed**2 / 2, rng=0).payments.round(3).tolist()
    [0.32, 0.125]
    """

    title: ClassVar[str] = "All-pay auction"
    reference: ClassVar[str] = "10.1007/BF01211819"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Losers pay: nobody's participation is safe with true bids."""
        return self._bid_claims(joins=False)

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        found = self._top_bids(problem, scores, lottery)
        taken = np.zeros(len(index))
        taken[found.row[found.row >= 0]] = 1.0
        paid = np.where(self._counts(problem, scores), scores.values + scores.offset, 0.0)
        bills = np.bincount(index.agent, paid, minlength=index.n_agents)
        return Decision(taken, payments=bills + self._fees(problem, scores))

    def _counts(self, problem: Problem, scores: Scores) -> BoolArray:
        """(rows,) is the bid one that counts?"""
        least = self._reserve(problem)[problem.profile.index.option]
        return (scores.values > 0) & (scores.values >= least)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        due = self._fees(outcome.problem, scores)
        for i in range(index.n_agents):
            mine = slice(index.indptr[i], index.indptr[i + 1])
            bids, least = scores.values[mine], self._reserve(outcome.problem)[index.option[mine]]
            due[i] += np.sum((bids + scores.offset[mine])[(bids > 0) & (bids >= least)])
        return (
            *self._winners_verdicts(outcome),
            self._paid_verdict(outcome, due, "everybody pays what it bid where that meets the reserve"),
            *participation_verdicts(self, outcome),
        )
