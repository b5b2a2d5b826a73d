"""How bidders bid in equilibrium, and what each may expect before it knows the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from ..._core.arrays import FloatArray
from .law import Law
from .quadrature import average, partial_integral

__all__ = ["OUT", "Play", "stays_out"]

OUT = -1.0
"""The bid of who stays out where a bid of 0 would count."""


def stays_out(reserve: float) -> float:
    """A finite bid that no auction with this reserve takes."""
    return 0.0 if reserve > 0 else OUT


@dataclass(frozen=True, eq=False)
class Play(ABC):
    """Bid functions and what they lead to, interim: given a bidder's own type.

    Attributes
    ----------
    laws
        (n,) laws of types.
    reserve, fee
        Of the auction.
    """

    laws: tuple[Law, ...]
    reserve: float
    fee: float

    @property
    def means(self) -> str:
        """Where the bids come from, in words."""
        return "closed form by quadrature"

    @property
    def alike(self) -> bool:
        """Do all bidders do the same?"""
        return len({law.key for law in self.laws}) == 1

    @abstractmethod
    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids of bidder ``i`` with types (k,)."""

    @abstractmethod
    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""

    @abstractmethod
    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments, fees included."""

    @abstractmethod
    def loss(self, i: int) -> float:
        """The most bidder ``i`` could gain by another bid, searched without what the bids were made of."""

    def worth(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected worth of what is won."""
        return v * self.win(i, v)

    def expected(self, i: int, of: Literal["win", "paid", "worth"]) -> float:
        """The mean of one of these over the bidder's own type."""
        law, kinks = self.laws[i], np.array([*self.cuts(i), *self.laws[i].kinks])
        function = {"win": self.win, "paid": self.paid, "worth": self.worth}[of]
        return average(lambda v: function(i, v), law.ppf, law.cdf(kinks).tolist() if len(kinks) else ())

    def at_stake(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) the price of who pays its own bid: regret begins or ends where it crosses the value."""
        return self.bid(i, v)

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """(k,) chances to win at a price above ``limit`` (k,); a winner that pays its bid knows the price."""
        return np.where(self.bid(i, v) > limit, self.win(i, v), 0.0)

    def regretted(self, i: int) -> float:
        """The chance to win at a price above the own value."""
        law, kinks = self.laws[i], np.array([*self.cuts(i), *self._crossings(i)])
        return average(lambda v: self.above(i, v, v), law.ppf, law.cdf(kinks).tolist() if len(kinks) else ())

    def _crossings(self, i: int) -> list[float]:
        """Values at which a price at stake crosses the value."""
        v = self.laws[i].ppf(np.linspace(1e-9, 1 - 1e-9, 257))
        over = lambda x: float(self.at_stake(i, np.array([x]))[0]) - x
        gap = self.at_stake(i, v) - v
        clear = np.flatnonzero(np.abs(gap) > 1e-10 * (1 + np.abs(v)))
        turn = np.flatnonzero(np.diff(np.sign(gap[clear])))
        return [float(brentq(over, v[clear[k]], v[clear[k + 1]], xtol=1e-14)) for k in turn]

    def cuts(self, i: int) -> tuple[float, ...]:
        """Types at which any of these has a kink."""
        return ()

    def best_sum(self) -> float:
        """The mean of the largest value of any, or 0: what an efficient auction realises."""

        def rest(x: FloatArray) -> FloatArray:
            made: FloatArray = 1 - np.prod([law.cdf(x) for law in self.laws], axis=0)
            return made

        ends = sorted({0.0} | {max(0.0, end) for law in self.laws for end in (law.low, law.high) if np.isfinite(end)})
        low, high = np.array(ends[:-1]), np.array(ends[1:])
        total = float(partial_integral(lambda x, rows: rest(x), low, high).sum())
        if all(np.isfinite(law.high) for law in self.laws):
            return total
        tail = lambda x, rows: rest(ends[-1] + x / (1 - x)) / (1 - x) ** 2
        return total + float(partial_integral(tail, np.zeros(1), np.ones(1))[0])
