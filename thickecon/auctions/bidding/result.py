"""A Bayes-Nash equilibrium of an auction: bids, what they lead to, and how far from best replies they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, frozen
from ...errors import InputError
from .play import Play

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Equilibrium"]


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Bids that are best replies to one another, as :func:`thickecon.auctions.equilibrium` finds them.

    Values v are *endorsed* values, whatever bidders act on; without wedges the two are the same.

    Attributes
    ----------
    auction
        What is played, in words.
    play
        Bid functions and interim expectations.
    wedge
        (n,) d - v of each bidder.
    acts
        What bidders act on, in words.
    thin
        The equilibrium without wedges, where there are any.
    influence_cost
        What an influencer that moved first spent.

    Examples
    --------
    >>> import thickecon as te
    >>> found = te.auctions.equilibrium("FirstPrice", n=3)
    >>> round(float(found.bid(0.6)), 9), round(found.revenue, 9), found.epsilon < 1e-8
    (0.4, 0.5, True)
    """

    auction: str
    play: Play
    wedge: FloatArray
    acts: str = "decision"
    thin: Equilibrium | None = field(default=None, repr=False)
    influence_cost: float = 0.0

    @property
    def n(self) -> int:
        """Bidders."""
        return len(self.play.laws)

    # ---- bids ---------------------------------------------------------------------------------------------

    def bid(self, v: npt.ArrayLike, bidder: int = 0) -> FloatArray:
        """Bids of a bidder with endorsed values ``v``, of the same shape: what it reports to the mechanism.

        Who stays out reports a number that the auction does not take: 0 below a reserve, else -1.

        Raises
        ------
        InputError
            Values that are not numbers, or above the support of the bidder's law; no such bidder.
        """
        types = self._types(v, bidder)
        return frozen(self.play.bid(bidder, types.ravel()).reshape(types.shape), copy=False)

    def interim(self, v: npt.ArrayLike, bidder: int = 0) -> pd.DataFrame:
        """A row a value: bid, chance to win, expected payment, endorsed payoff, chance of a regretted win.

        Raises
        ------
        InputError
            As :meth:`bid`.
        """
        import pandas as pd

        types = self._types(v, bidder).ravel()
        play, paid = self.play, self.play.paid(bidder, types)
        columns = {
            "bid": play.bid(bidder, types),
            "win": play.win(bidder, types),
            "paid": paid,
            "payoff": play.worth(bidder, types) - paid,
            "regret": play.above(bidder, types, types),
        }
        return pd.DataFrame(columns, index=pd.Index(types, name="value"))

    def _types(self, v: npt.ArrayLike, bidder: Any) -> FloatArray:
        if isinstance(bidder, bool) or not isinstance(bidder, (int, np.integer)) or not 0 <= bidder < self.n:
            raise InputError(f"must be one of 0 to {self.n - 1}, found {bidder!r}", where="bidder")
        types, law = as_floats(v, "v"), self.play.laws[bidder]
        bad = ~np.isfinite(types) | (types > law.high + 1e-9 * abs(law.high))
        if bad.any():
            raise InputError(
                f"must be numbers of at most {law.high:g}, found {types[bad].flat[0]}",
                where="v",
                remedy="a value above the support of its law is none the others reckon with",
            )
        return types

    # ---- what it leads to ---------------------------------------------------------------------------------

    def _each(self, of: Literal["win", "paid", "worth"]) -> FloatArray:
        """(n,) expectations over a bidder's own type."""
        made = [self.play.expected(i, of) for i in range(1 if self.play.alike else self.n)]
        return frozen(np.resize(made, self.n))

    @cached_property
    def wins(self) -> FloatArray:
        """(n,) chances to win."""
        return self._each("win")

    @cached_property
    def payments(self) -> FloatArray:
        """(n,) expected payments."""
        return self._each("paid")

    @property
    def revenue(self) -> float:
        """Expected revenue, fees included."""
        return float(self.payments.sum())

    @cached_property
    def _worths(self) -> FloatArray:
        return self._each("worth")

    @property
    def welfare(self) -> float:
        """Expected endorsed value of whoever wins."""
        return float(self._worths.sum())

    @property
    def revealed_welfare(self) -> float:
        """Expected decision value of whoever wins."""
        return float(self.welfare + self.wedge @ self.wins)

    @property
    def payoffs(self) -> FloatArray:
        """(n,) expected endorsed worth of what is won, less payments."""
        return frozen(self._worths - self.payments)

    @cached_property
    def efficient(self) -> float:
        """The most that welfare could be."""
        return self.play.best_sum()

    @property
    def loss(self) -> float:
        """Endorsed welfare short of the most."""
        return self.efficient - self.welfare

    @cached_property
    def regret(self) -> FloatArray:
        """(n,) chances to win at a price above what one endorses."""
        made = [self.play.regretted(i) for i in range(1 if self.play.alike else self.n)]
        return frozen(np.resize(made, self.n))

    @property
    def seller_gain(self) -> float:
        """Revenue above that without wedges, less what influence cost: what manufactured wants bring the seller."""
        return 0.0 if self.thin is None else self.revenue - self.thin.revenue - self.influence_cost

    # ---- how good it is -----------------------------------------------------------------------------------

    @cached_property
    def losses(self) -> FloatArray:
        """(n,) the most a bidder's acting self could gain by another bid, over types on a grid of its own."""
        each = [self.play.loss(i) for i in range(1 if self.play.alike else self.n)]
        return frozen(np.resize(each, self.n))

    @property
    def epsilon(self) -> float:
        """The largest of :attr:`losses`: with these bids nobody gains more by another, as far as the search sees.

        The search knows bids and laws only: rivals' bids are tabulated and every bid tried
        (:mod:`thickecon.auctions.bidding.best_response`). It resolves about 1e-9 of the value scale.
        """
        return float(self.losses.max())

    def summary(self) -> str:
        """What is played, how it was found, how good it is and what it leads to."""
        laws = sorted({law.label for law in self.play.laws})
        lines = [
            f"{self.auction}: {self.n} bidders, values {', '.join(laws)}",
            f"found by: {self.play.means}; nobody gains more than {self.epsilon:.1e} by another bid",
            f"revenue {self.revenue:.6g}, endorsed welfare {self.welfare:.6g} (of {self.efficient:.6g} possible)",
            f"payoffs {self._shown(self.payoffs)}, chances to win {self._shown(self.wins)}",
        ]
        if self.wedge.any():
            lines += [
                f"wedges {self._shown(self.wedge)}, bidders act on: {self.acts}",
                f"regretted wins {self._shown(self.regret)}, revealed welfare {self.revealed_welfare:.6g}",
                f"the seller gains {self.seller_gain:.6g} by the wedges"
                + (f", after a cost of {self.influence_cost:.6g}" if self.influence_cost else ""),
            ]
        return "\n".join(lines)

    @staticmethod
    def _shown(values: FloatArray) -> str:
        return "[" + ", ".join(f"{x:.4g}" for x in values) + "]"

    def __repr__(self) -> str:
        return f"Equilibrium({self.auction}, n={self.n}, revenue={self.revenue:.6g}, by {self.play.means})"
