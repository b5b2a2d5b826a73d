"""What an auction asks of its bidders: which rule it is, its reserve and fee, and what it does with evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import FloatArray
from ...errors import InputError, NotApplicableError
from ...lenses.lens import Endorsed, PartialCredit, Revealed
from ..all_pay import AllPay
from ..dutch import Dutch
from ..english import English
from ..first_price import FirstPrice
from ..second_price import SecondPrice
from ..single_item import SingleItemAuction
from .best_response import Kind

__all__ = ["Rules", "as_rules"]

KINDS: dict[type[SingleItemAuction], Kind] = {
    FirstPrice: "first",
    Dutch: "first",
    SecondPrice: "second",
    English: "second",
    AllPay: "all",
}
NAMES = {made.__name__.lower(): made for made in KINDS}


@dataclass(frozen=True, eq=False)
class Rules:
    """An auction as its bidders see it.

    Attributes
    ----------
    auction
        The mechanism.
    kind
        Who pays what: "first", "second" or "all".
    reserve, fee
        In units of scores.
    """

    auction: SingleItemAuction
    kind: Kind
    reserve: float
    fee: float

    @property
    def evident(self) -> float:
        """The share of a wedge that the mechanism sees as one: 1 endorsed, 0 revealed.

        Raises
        ------
        NotApplicableError
            A lens by which readings are not d less a share of the wedge.
        """
        lens = self.auction.lens
        if isinstance(lens, Endorsed):
            return 1.0
        if isinstance(lens, Revealed):
            return 0.0
        if isinstance(lens, PartialCredit) and lens.value == 1:
            return 1.0 - float(lens.influence)
        raise NotApplicableError(
            f"needs a reading that is d less a share of the wedge, found {lens!r}",
            where="lens",
            remedy="use Endorsed, Revealed or PartialCredit with full credit for values",
        )

    def taken_off(self, wedge: FloatArray) -> FloatArray:
        """(n,) what is taken off reports before they are ranked."""
        return wedge * (self.evident if self.auction.reporting == "decision" else 0.0)

    def added_back(self, wedge: FloatArray) -> FloatArray:
        """(n,) what a winner pays on top of the price in scores."""
        return wedge * (self.evident if self.auction.charging == "affine" else 0.0)


def as_rules(given: Any) -> Rules:
    """The rules of an auction or of its name with default parameters.

    Raises
    ------
    InputError
        No auction whose equilibria are known here; several reserves.
    NotApplicableError
        Steps of a clock, or worths that depend on the signals of others.
    """
    if isinstance(given, str):
        name = "".join(c for c in given.lower().rpartition(".")[2] if c.isalnum())
        if name not in NAMES:
            known = ", ".join(made.__name__ for made in KINDS)
            raise InputError(f"must be an auction or one of {known}, LLG, found {given!r}", where="auction")
        given = NAMES[name]()
    kind = next((kind for made, kind in KINDS.items() if isinstance(given, made)), None)
    if kind is None:
        known = ", ".join(made.__name__ for made in KINDS)
        raise InputError(
            f"needs one of {known} or an LLG, found {given!r}",
            where="auction",
            remedy="where truth is dominant, dominant_reports has the bids; of CoreSelecting see LLG, of GSP"
            " envy_free_reports; other auctions have no solver here",
        )
    for step in ("increment", "decrement", "interdependence"):
        if getattr(given, step, 0.0):
            raise NotApplicableError(
                f"no equilibrium is known here with {step}={getattr(given, step):g}",
                where="auction",
                remedy=f"leave {step} at 0; common values are common_value=True",
            )
    reserve = np.atleast_1d(np.asarray(given.reserve, dtype=float))
    if reserve.size != 1:
        raise InputError(
            f"one item at a time, found reserves of {reserve.size}", where="reserve", remedy="call once an item"
        )
    return Rules(given, kind, float(reserve[0]), float(given.entry_fee))
