"""McAfee's double auction: truthful, never in deficit, and one trade short at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from .kernels.orders import Orders
from .two_sided import TwoSided

__all__ = ["McAfee"]


@register("auctions.McAfee")
@dataclass(frozen=True)
class McAfee(TwoSided):
    """Trade at the mean of the first bid and ask that do not gain, if the last pair that does agrees; else without it.

    With q pairs that gain, the price is halfway between the next bid and the next ask if it lies between the q-th ask
    and the q-th bid. Otherwise, and where nobody is next, the first q - 1 pairs trade: buyers pay the q-th bid,
    sellers get the q-th ask, and the difference stays with the market. Truth is dominant; the least of the gains may
    be lost. See :func:`traders` for the layout. ``outcome.prices`` are what buyers pay and sellers get.

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
    McAfee (1992), doi:10.1016/0022-0531(92)90091-U

    Examples
    --------
    >>> import thickecon as te
    >>> market = te.auctions.traders([9.0, 8.0, 7.0, 4.0], [2.0, 3.0, 4.0, 12.0])
    >>> outcome = te.auctions.McAfee().run(market, rng=0)
    >>> outcome.prices.tolist(), outcome.revenue
    ([7.0, 4.0], 6.0)
    """

    title: ClassVar[str] = "McAfee's double auction"
    reference: ClassVar[str] = "10.1016/0022-0531(92)90091-U"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is dominant and the market never pays in; gains of the last pair may be lost."""
        return (*self._threshold_claims(efficient=False), *self._budget_claims(exact=False))

    def _prices(self, orders: Orders) -> tuple[int, float, float]:
        bid, ask = orders.marginal
        price = sum(orders.first_out) / 2  # nan where nobody is next on either side: neither comparison holds
        if ask <= price <= bid:
            return orders.trades, price, price
        return orders.trades - 1, bid, ask
