"""The k-double auction: one price between the last bid and the last ask that trade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import InputError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from .kernels.orders import Orders
from .two_sided import TwoSided

__all__ = ["DoubleAuction"]


@register("auctions.DoubleAuction")
@dataclass(frozen=True)
class DoubleAuction(TwoSided):
    """The best bids trade with the best asks, as many as gain, all at one price in the range that clears the market.

    Every trade that gains takes place if bids are true, and payments add up to zero; truth is not dominant, though
    what is lost by bids that are not true vanishes fast as the market grows (Rustichini, Satterthwaite and Williams).
    See :func:`traders` for the layout of the profile. ``outcome.prices`` are what buyers pay and sellers get.

    Parameters
    ----------
    k
        In [0, 1]: the price is k times the top of the range plus 1 - k times its bottom.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`. Under ``charge="affine"`` wedges are charged on top
        of prices, and what is paid need not add up to zero.

    Raises
    ------
    InputError
        k outside [0, 1].
    ProblemError
        Not the two options, to buy and to sell; an agent with both or neither; supply, demand, conflicts or norms.

    References
    ----------
    Rustichini, Satterthwaite and Williams (1994), doi:10.2307/2951506

    Examples
    --------
    >>> import thickecon as te
    >>> market = te.auctions.traders([9.0, 8.0, 7.0, 4.0], [2.0, 3.0, 4.0, 5.0])
    >>> outcome = te.auctions.DoubleAuction(k=0.5).run(market, rng=0)
    >>> outcome.prices.tolist(), outcome.revenue
    ([4.5, 4.5], 0.0)
    """

    k: float = 0.5

    title: ClassVar[str] = "Double auction"
    reference: ClassVar[str] = "10.2307/2951506"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= float(self.k) <= 1:
            raise InputError(f"must lie in [0, 1], found {self.k!r}", where="k")
        object.__setattr__(self, "k", float(self.k))

    @property
    def truth_dominates(self) -> bool:
        """No: the last to trade moves the price."""
        return False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Efficient and balanced with true bids, which are nobody's best."""
        return (*self._bid_claims(), *self._budget_claims(exact=True))

    def _prices(self, orders: Orders) -> tuple[int, float, float]:
        bid, ask = orders.marginal
        next_bid, next_ask = orders.first_out
        price = (1 - self.k) * max(ask, next_bid) + self.k * min(bid, next_ask)
        return orders.trades, price, price
