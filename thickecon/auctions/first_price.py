"""First-price auctions: the winner pays its bid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..mechanism.catalogue import register
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from .certificates import participation_verdicts
from .single_item import PayYourBid

__all__ = ["FirstPrice"]


@register("auctions.FirstPrice")
@dataclass(frozen=True)
class FirstPrice(PayYourBid):
    """The largest bid wins if it meets the reserve, and is paid.

    Every option is auctioned on its own. Ranked are scores, what is bid less the wedge the evidence speaks of
    (decision selves); with ``charge="affine"`` the winner pays the bid as it was made, with ``"clarke"`` its score.
    Bids are the truth unless ``reports`` are given; :func:`thickecon.auctions.equilibrium` has those of bidders who
    shade.

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading. A score of exactly the reserve wins.
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
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x; Riley and Samuelson (1981), American Economic Review 71,
    381-392

    Examples
    --------
    Three bidders with values uniform on [0, 1] bid two thirds of them in equilibrium.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[0.9], [0.6], [0.3]], unit="money")
    >>> outcome = te.auctions.FirstPrice().run(p, reports=p.revealed * 2 / 3, rng=0)
    >>> outcome.winners.tolist(), round(outcome.revenue, 9)
    ([0], 0.6)
    """

    title: ClassVar[str] = "First-price auction"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        found = self._top_bids(problem, scores, lottery)
        won, taken = found.row[found.row >= 0], np.zeros(len(index))
        taken[won] = 1.0
        prices = np.array(self._reserve(problem))
        prices[found.row >= 0] = scores.values[won]
        paid = np.bincount(index.agent, taken * (scores.values + scores.offset), minlength=index.n_agents)
        return Decision(taken, payments=paid + self._fees(problem, scores), prices=prices)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        due = self._fees(outcome.problem, scores)
        for row in np.flatnonzero(outcome.taken > 0.5):
            due[index.agent[row]] += scores.values[row] + scores.offset[row]
        return (
            *self._winners_verdicts(outcome),
            self._paid_verdict(outcome, due, "each winner pays what it bid, the others nothing"),
            *participation_verdicts(self, outcome),
        )
