"""Uniform-price auctions: all units cost the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..errors import InputError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from .certificates import participation_verdicts
from .multi_unit import MultiUnit

__all__ = ["UniformPrice"]


PRICES = ("highest_losing", "lowest_winning")


@register("auctions.UniformPrice")
@dataclass(frozen=True)
class UniformPrice(MultiUnit):
    """The best marginal bids win, and every unit costs the same.

    Truth is not dominant: who wins several units lowers the price of the first by bidding less for the last (demand
    reduction, Ausubel et al. 2014). It is for who wants one unit, with the highest losing bid as the price. A run
    without ``reports`` takes the truth for bids. With ``charge="affine"`` the wedge of each unit is paid on top.

    Parameters
    ----------
    units
        How many are for sale, at least 1.
    reserve
        At least 0, in units of the reading: the least score that wins a unit, and the least it costs.
    price
        ``"highest_losing"`` bid, or ``"lowest_winning"`` bid; the reserve where units are left over.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Units that are no whole number of at least 1; a reserve that is negative, not finite, or not one number; an
        unknown price.
    ProblemError
        See :class:`VickreyMultiUnit`.

    References
    ----------
    Ausubel, Cramton, Pycia, Rostek and Weretka (2014), doi:10.1093/restud/rdu023

    Examples
    --------
    >>> import thickecon as te
    >>> bids = [[50.0, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]]
    >>> outcome = te.auctions.UniformPrice(units=6).run(te.ThickProfile.from_values(bids, unit="money"), rng=0)
    >>> outcome.prices.tolist(), outcome.payments.tolist()
    ([32.0], [96.0, 32.0, 64.0])
    """

    price: Literal["highest_losing", "lowest_winning"] = "highest_losing"

    title: ClassVar[str] = "Uniform-price auction"
    reference: ClassVar[str] = "10.1093/restud/rdu023"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.price not in PRICES:
            raise InputError(f"must be one of {PRICES}, found {self.price!r}", where="price")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not the bid; the rest holds of true bids, each for its self."""
        return self._bid_claims()

    @property
    def truth_dominates(self) -> bool:
        """No: who wants several units does better to ask for fewer."""
        return False

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        bids, reserve = self._bids(problem, scores), self._reserve(problem)
        sold = self._sell(problem, bids, reserve, lottery)
        price = max(sold.losing, reserve)
        if self.price == "lowest_winning" and len(sold.won) == self.units:
            price = float(bids[sold.won[-1]])
        taken, bills = self._billed(problem, sold, scores, np.full(len(sold.won), price))
        return Decision(taken, payments=bills, prices=np.array([price]))

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        bids, reserve = self._bids(outcome.problem, scores), self._reserve(outcome.problem)
        won = outcome.taken > 0.5
        price = max(reserve, float(bids[~won].max(initial=-np.inf)))
        if self.price == "lowest_winning" and won.sum() == self.units:
            price = float(bids[won].min())
        held = np.bincount(index.agent, outcome.taken, minlength=index.n_agents).astype(np.float64)
        return (
            *self._units_verdicts(outcome, bids - self._reserve(outcome.problem)),
            self._bills_verdict(
                outcome, price * held, f"each unit costs the {self.price.replace('_', ' ')} bid or the reserve"
            ),
            *participation_verdicts(self, outcome),
        )
