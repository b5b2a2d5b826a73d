"""The generalised second-price auction: slots in the order of bids, each at the bid below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from .kernels.positions import Positions, generalised_second_price
from .position_auction import PositionAuction
from .slots import next_bids

__all__ = ["GSP"]


@register("auctions.GSP")
@dataclass(frozen=True)
class GSP(PositionAuction):
    """Slots go in the order of bids for a click, and each holder pays the least bid that would have kept its slot.

    The problem is a profile of one option, the value of a click, as for
    :class:`~thickecon.auctions.PositionVCG`: bidders rank by quality times (score less reserve). The holder of slot k
    pays, for each click, the reserve and what the next rank's score would be worth at its own quality. Truth is not
    an equilibrium: a lower slot at a lower price can be better. :func:`~thickecon.auctions.envy_free_reports` gives
    bids that are one, and the lowest of them pay what PositionVCG charges.

    ``outcome.prices`` are (slots,) what a slot costs in all, reserves and wedges apart, and
    ``outcome.decision.details["slots"]`` (slots,) who holds it, -1 for nobody.

    Parameters
    ----------
    clicks, quality, reserve
        As in :class:`~thickecon.auctions.PositionVCG`.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Clicks that are negative, not finite or increase from slot to slot; qualities that are not positive; a
        reserve that is negative, not finite, or not one number.
    ProblemError
        As PositionVCG.

    References
    ----------
    Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242; Varian (2007),
    doi:10.1016/j.ijindorg.2006.10.002

    Examples
    --------
    Values 10, 4, 2, and slots of 200 and 100 clicks: truthful bids pay 4 and 2 a click.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [4.0], [2.0]], unit="money")
    >>> te.auctions.GSP(clicks=[200, 100]).run(p, rng=0).payments.tolist()
    [800.0, 200.0, 0.0]
    """

    title: ClassVar[str] = "Generalised second-price auction"
    reference: ClassVar[str] = "10.1257/aer.97.1.242"
    _rule: ClassVar[Callable[..., Positions]] = staticmethod(generalised_second_price)

    @property
    def truth_dominates(self) -> bool:
        """No: a lower slot may be cheaper by more than its clicks are fewer."""
        return False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not the bid; the rest holds of true bids, each for its self."""
        return self._bid_claims()

    def _due(self, outcome: Outcome, scores: Scores) -> tuple[FloatArray, str]:
        index = outcome.profile.index
        due = next_bids(self._gain(outcome), outcome.taken / self._quality(outcome.problem))
        due += outcome.taken * (scores.offset + self._reserve(outcome.problem))
        bills = np.bincount(index.agent, due, minlength=index.n_agents).astype(np.float64)
        return bills, "each pays for its clicks the bid of the next below"
