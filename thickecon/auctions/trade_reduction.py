"""Trade reduction: the last pair that gains sets the prices and does not trade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from .kernels.orders import Orders
from .two_sided import TwoSided

__all__ = ["TradeReduction"]


@register("auctions.TradeReduction")
@dataclass(frozen=True)
class TradeReduction(TwoSided):
    """All pairs that gain but the last trade: buyers pay its bid, sellers get its ask.

    Truth is dominant, the market keeps the difference, and of q trades the one that gains least is given up. See
    :func:`traders` for the layout. ``outcome.prices`` are what buyers pay and sellers get.

    Parameters
    ----------
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`. Under ``charge="affine"`` wedges are charged on top
        of prices, and what is paid need not add up to zero.

    Raises
    ------
    ProblemError
        Not the two options, to buy and to sell; an agent with both or neither; supply, demand, conflicts or norms.

    References
    ----------
    McAfee (1992), doi:10.1016/0022-0531(92)90091-U; Babaioff and Nisan (2004), doi:10.1613/jair.1316

    Examples
    --------
    >>> import thickecon as te
    >>> market = te.auctions.traders([9.0, 8.0, 7.0, 4.0], [2.0, 3.0, 4.0, 5.0])
    >>> te.auctions.TradeReduction().run(market, rng=0).prices.tolist()
    [7.0, 4.0]
    """

    title: ClassVar[str] = "Trade reduction"
    reference: ClassVar[str] = "10.1613/jair.1316"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is dominant and the market never pays in; gains of the last pair are lost."""
        return (*self._threshold_claims(efficient=False), *self._budget_claims(exact=False))

    def _prices(self, orders: Orders) -> tuple[int, float, float]:
        return (orders.trades - 1, *orders.marginal)
