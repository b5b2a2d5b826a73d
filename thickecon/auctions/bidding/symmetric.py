"""Bidders alike with private values: first price and all-pay by one integral each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from ..._core.arrays import FloatArray
from ...errors import InputError
from .best_response import private_loss, top_rival_loss
from .law import Law
from .play import Play, stays_out
from .quadrature import partial_integral

__all__ = ["SymmetricAllPay", "SymmetricFirstPrice", "least_type"]


def least_type(law: Law, n: int, reserve: float, fee: float, *, everybody_pays: bool = False) -> float:
    """The type that is indifferent to entering: (x - reserve) F(x)^(n-1) = fee, or x F(x)^(n-1) = reserve + fee.

    Raises
    ------
    InputError
        Nobody would enter.
    """
    start = reserve if n == 1 else max(reserve, law.low)
    due = fee + (reserve if everybody_pays else 0.0)
    base = 0.0 if everybody_pays else reserve
    if n == 1:
        start = base + due
    top = law.top

    def gain(x: float) -> float:
        return (x - base) * law.chance(x) ** (n - 1) - due

    if start >= top or gain(top) < 0:
        raise InputError(
            f"no bidder of {law.label} would enter at a reserve of {reserve:g} and a fee of {fee:g}",
            where="reserve",
            remedy="lower the reserve or the fee",
        )
    if n == 1 or due == 0 or gain(start) >= 0:
        return start
    return float(brentq(gain, start, top, xtol=1e-15, rtol=1e-14))


@dataclass(frozen=True, eq=False)
class SymmetricFirstPrice(Play):
    """b(v) = v - integral from x to v of (F(s) / F(v))^k ds - fee / F(v)^(n-1), k = (n - 1) (1 + a) / (1 - rho).

    The base is Riley and Samuelson; with constant relative risk aversion rho the power of the law of the top rival
    is 1 / (1 - rho) (Cox, Smith and Walker), with spite a it is 1 + a (Morgan, Steiglitz and Reis).

    Attributes
    ----------
    risk, spite
        rho in [0, 1), and a >= 0.
    least
        The least type that enters.
    """

    least: float
    risk: float = 0.0
    spite: float = 0.0

    @property
    def _rivals(self) -> int:
        return len(self.laws) - 1

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        law, power = self.laws[0], self._rivals * (1 + self.spite) / (1 - self.risk)
        made = np.full(len(v), stays_out(self.reserve))
        enters = v >= self.least
        x = np.minimum(v[enters], law.high)
        top = law.cdf(x)
        safe = np.where(top > 0, top, 1.0)
        ratio = lambda s, rows: (law.cdf(s) / safe[rows, None]) ** power
        shade = partial_integral(ratio, np.minimum(self.least, x), x, law.kinks)
        fee = self.fee / safe**self._rivals if self.fee else 0.0
        made[enters] = np.where(top > 0, x - shade - fee, x)
        return made

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        return np.where(v >= self.least, self.laws[0].cdf(v) ** self._rivals, 0.0)

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments."""
        return np.where(v >= self.least, self.bid(i, v) * self.win(i, v) + self.fee, 0.0)

    def cuts(self, i: int) -> tuple[float, ...]:
        """Where entry begins."""
        return (self.least, *self.laws[0].kinks)

    def loss(self, i: int) -> float:
        """The most that is gained by another bid."""
        mine = lambda v: self.bid(0, v)
        if self.spite:
            return top_rival_loss("first", self.laws[0], mine, len(self.laws), reserve=self.reserve, spite=self.spite)
        bids = [mine] * len(self.laws)
        return private_loss("first", self.laws, bids, 0, reserve=self.reserve, fee=self.fee, risk=self.risk)


@dataclass(frozen=True, eq=False)
class SymmetricAllPay(Play):
    """b(v) = v F(v)^(n-1) - integral from x to v of F^(n-1) - fee, where x is the least type that enters.

    Attributes
    ----------
    least
        That type.
    """

    least: float

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        law, rivals = self.laws[0], len(self.laws) - 1
        made = np.full(len(v), stays_out(self.reserve))
        enters = v >= self.least
        x = np.minimum(v[enters], law.high)
        beaten = lambda s, rows: law.cdf(s) ** rivals
        made[enters] = x * law.cdf(x) ** rivals - partial_integral(beaten, self.least, x, law.kinks) - self.fee
        return made

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        return np.where(v >= self.least, self.laws[0].cdf(v) ** (len(self.laws) - 1), 0.0)

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) payments, which are certain."""
        return np.where(v >= self.least, self.bid(i, v) + self.fee, 0.0)

    def cuts(self, i: int) -> tuple[float, ...]:
        """Where entry begins."""
        return (self.least, *self.laws[0].kinks)

    def loss(self, i: int) -> float:
        """The most that is gained by another bid."""
        bids = [lambda v: self.bid(0, v)] * len(self.laws)
        return private_loss("all", self.laws, bids, 0, reserve=self.reserve, fee=self.fee)
