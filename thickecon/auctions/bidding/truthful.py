"""Second price and English auctions with private values: truth, whatever the laws; what it leads to by integrals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..._core.arrays import FloatArray
from .best_response import private_loss, top_rival_loss
from .play import Play, stays_out
from .quadrature import partial_integral

__all__ = ["SpitefulSecondPrice", "TruthfulBids"]


@dataclass(frozen=True, eq=False)
class TruthfulBids(Play):
    """Everybody bids its value if it enters.

    Attributes
    ----------
    least
        The least type that enters: the reserve, or with a fee the type indifferent to entering.
    """

    least: float

    @property
    def means(self) -> str:
        """Truth."""
        return "dominant strategy"

    def _below(self, i: int, x: FloatArray) -> FloatArray:
        """(...,) chances that all rivals' values are below."""
        made = np.ones(np.shape(x))
        for j, law in enumerate(self.laws):
            if j != i:
                made = made * law.cdf(x)
        return made

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        return np.where(v >= self.least, v, np.minimum(v, stays_out(self.reserve)))

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        return np.where(v >= self.least, self._below(i, v), 0.0)

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) the fee, the reserve against nobody, else the mean of the top rival's value below one's own."""
        beaten, ends = np.zeros(len(v)), (*self.cuts(i), np.inf)
        for low, high in pairwise(ends):  # the integral of H, from kink to kink
            to = np.clip(v, low, max(low, high))
            beaten += partial_integral(lambda s, rows: self._below(i, s), np.full(len(v), low), to)
        h, start = self._below(i, v), float(self._below(i, np.array([self.least]))[0])
        price = v * h - beaten - (self.least - self.reserve) * start
        return np.where(v >= self.least, price + self.fee, 0.0)

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """(k,) chances to win at a price above ``limit`` (k,)."""
        return self.win(i, v) - self.win(i, np.minimum(v, limit))

    def cuts(self, i: int) -> tuple[float, ...]:
        """Where entry begins and where rivals' supports begin and end."""
        ends = {end for j, law in enumerate(self.laws) if j != i for end in (law.low, law.high, *law.kinks)}
        return (self.least, *sorted(end for end in ends if self.least < end < np.inf))

    def loss(self, i: int) -> float:
        """The most that is gained by another bid."""
        bids = [lambda v, j=j: self.bid(j, v) for j in range(len(self.laws))]
        return private_loss("second", self.laws, bids, i, reserve=self.reserve, fee=self.fee)


@dataclass(frozen=True, eq=False)
class SpitefulSecondPrice(TruthfulBids):
    """b(v) = v + integral from v upwards of ((1 - F(s)) / (1 - F(v)))^((1 + a) / a) ds, for bidders alike.

    Who loses to a rival that gains g counts -a g; the price a winner pays is the bid of the best loser.

    Attributes
    ----------
    spite
        a > 0.

    References
    ----------
    Morgan, Steiglitz and Reis (2003), Contributions in Economic Analysis and Policy 2(1)
    """

    spite: float = 1.0

    @property
    def means(self) -> str:
        """A formula."""
        return "closed form by quadrature"

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        law, power = self.laws[0], (1 + self.spite) / self.spite
        over = 1 - law.cdf(v)
        safe = np.where(over > 0, over, 1.0)
        if np.isfinite(law.high):
            ratio = lambda s, rows: ((1 - law.cdf(s)) / safe[rows, None]) ** power
            more = partial_integral(ratio, np.minimum(v, law.high), np.full(len(v), law.high), law.kinks)
        else:  # s = v + x / (1 - x)
            tail = lambda x, rows: (
                ((1 - law.cdf(v[rows, None] + x / (1 - x))) / safe[rows, None]) ** power / (1 - x) ** 2
            )
            more = partial_integral(tail, np.zeros(len(v)), np.ones(len(v)))
        return v + np.where(over > 0, more, 0.0)

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) means of the top rival's bid where one wins."""
        law, rivals = self.laws[0], len(self.laws) - 1

        def density(s: FloatArray, rows: slice) -> FloatArray:
            bids = self.bid(i, s.ravel()).reshape(s.shape)
            return bids * rivals * law.cdf(s) ** (rivals - 1) * law.pdf(s)

        return partial_integral(density, np.full(len(v), law.low), v, law.kinks)

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """(k,) chances to win at a price above ``limit`` (k,): against rivals with a bid between it and one's own."""
        law = self.laws[0]
        types = np.linspace(law.low, law.top, 4_001)
        reach = np.interp(limit, self.bid(0, types), types)
        return np.maximum(0.0, self.win(i, v) - law.cdf(np.minimum(v, reach)) ** (len(self.laws) - 1))

    def loss(self, i: int) -> float:
        """The most that is gained by another bid."""
        mine = lambda v: self.bid(0, v)
        return top_rival_loss("second", self.laws[0], mine, len(self.laws), spite=self.spite)
