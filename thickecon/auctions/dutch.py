"""Dutch auctions: the price falls until somebody takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray
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
from .kernels.single_item import second_price
from .single_item import PayYourBid, not_negative

__all__ = ["Dutch"]


@register("auctions.Dutch")
@dataclass(frozen=True)
class Dutch(PayYourBid):
    """The price falls towards the reserve; the first who takes it buys at that price.

    A report is the price at which a bidder means to step in. Strategically the same as :class:`FirstPrice`, and without
    steps the same outcome. Each option is an auction of its own.

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading: where the clock ends.
    decrement
        At least 0. Prices are the reserve and steps above it; who means to step in between two of them does so at the
        lower. Of several at the same step the lottery picks one.
    entry_fee
        At least 0, paid for every bid that meets the reserve.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve, decrement or fee that is negative or not finite.
    ProblemError
        A problem with another supply than 1, a demand, conflicts or norms; a worth of doing nothing for agents who
        may win several options.

    References
    ----------
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[9.5], [6.2]], unit="money")
    >>> te.auctions.Dutch(decrement=2.0).run(p, reports=p.revealed / 2, rng=0).payments.tolist()
    [4.0, 0.0]
    """

    decrement: float = 0.0

    title: ClassVar[str] = "Dutch auction"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "decrement", not_negative(self.decrement, "decrement"))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not where one steps in; steps may let the second-best have the item."""
        return self._bid_claims(efficient=not self.decrement, joins=not self.entry_fee)

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        bids, reserve = self._offers(problem, scores), np.array(self._reserve(problem))
        found = second_price(
            index.agent,
            index.option,
            bids,
            reserve=reserve,
            lottery=lottery.agents,
            n_agents=index.n_agents,
            n_items=index.n_options,
        )
        won, taken = found.row[found.row >= 0], np.zeros(len(index))
        taken[won] = 1.0
        reserve[found.row >= 0] = bids[won]
        paid = np.bincount(index.agent, taken * (bids + scores.offset), minlength=index.n_agents)
        return Decision(taken, payments=paid + self._fees(problem, scores), prices=reserve)

    def _offers(self, problem: Problem, scores: Scores) -> FloatArray:
        """(rows,) prices at which bidders step in."""
        if not self.decrement:
            return scores.values
        start = self._reserve(problem)[problem.profile.index.option]
        return start + self.decrement * steps(scores.values - start, self.decrement)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        due, reserve = self._fees(outcome.problem, scores), self._reserve(outcome.problem)
        for row in np.flatnonzero(outcome.taken > 0.5):
            bid, least = float(scores.values[row]), float(reserve[index.option[row]])
            if self.decrement:
                bid -= np.remainder(bid - least, self.decrement)
                if scores.values[row] - bid > self.decrement * (1 - 1e-9):  # a remainder that rounding made
                    bid += self.decrement
            due[index.agent[row]] += bid + scores.offset[row]
        return (
            *self._winners_verdicts(outcome, self.decrement),
            self._paid_verdict(outcome, due, "the winner pays the price at which it steps in, the others nothing"),
            *participation_verdicts(self, outcome),
        )
