"""The wallet game: an item worth the sum of all signals, and bidders who may forget what winning tells them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import FloatArray
from .best_response import Kind, top_rival_loss
from .play import Play
from .quadrature import partial_integral

__all__ = ["WalletPlay"]


@dataclass(frozen=True, eq=False)
class WalletPlay(Play):
    """Item worth V = s_1 + ... + s_n, signals independent and alike; symmetric equilibrium with cursed bidders.

    1. Against a top rival of signal y, V is w(s, y) = s + y + (n - 2) E[s' | s' <= y] on average. A chi-cursed bidder
       takes it for (1 - chi) w(s, y) + chi (s + (n - 1) E[s']): with weight chi it thinks that bids tell nothing.
    2. Second price: the bid is that worth at y = s; with two bidders (2 - chi) s + chi E[s'].
    3. First price: the mean of the second-price bid at the top rival's signal, given that it is below one's own.

    Attributes
    ----------
    kind
        "first" or "second".
    cursed
        chi in [0, 1].

    References
    ----------
    Klemperer (1998), European Economic Review 42, 757-769; Milgrom and Weber (1982), doi:10.2307/1911865; Eyster and
    Rabin (2005), doi:10.1111/j.1468-0262.2005.00631.x
    """

    kind: Kind
    cursed: float

    @property
    def means(self) -> str:
        """A formula."""
        return "closed form" if self.kind == "second" else "closed form by quadrature"

    def _below(self, y: FloatArray) -> FloatArray:
        """(...,) E[s | s <= y]."""
        law, flat = self.laws[0], np.ravel(y)
        share = law.cdf(flat)
        safe = np.where(share > 0, share, 1.0)
        short = partial_integral(
            lambda s, rows: law.cdf(s) / safe[rows, None], np.full(len(flat), law.low), flat, law.kinks
        )
        return np.where(share > 0, flat - short, law.low).reshape(np.shape(y))

    def _others(self, y: FloatArray) -> FloatArray:
        """(...,) mean of the others' signals if the top one is y."""
        more = len(self.laws) - 2
        return y + (more * self._below(y) if more else 0.0)

    def _news(self, y: FloatArray) -> FloatArray:
        """(...,) what a cursed bidder takes that mean for."""
        return (1 - self.cursed) * self._others(y) + self.cursed * (len(self.laws) - 1) * self.laws[0].mean

    def _top(self, of: FloatArray, y: FloatArray) -> FloatArray:
        """``of`` times the density of the top rival's signal."""
        law, rivals = self.laws[0], len(self.laws) - 1
        return of * rivals * law.cdf(y) ** (rivals - 1) * law.pdf(y)

    def _beaten(self, v: FloatArray) -> FloatArray:
        """(k,) integral over top rivals below v of the second-price bid."""
        low = np.full(len(v), self.laws[0].low)
        return partial_integral(lambda y, rows: self._top(y + self._news(y), y), low, v, self.laws[0].kinks)

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        if self.kind == "second":
            return v + self._news(v)
        h = self.win(i, v)
        return np.where(h > 0, self._beaten(v) / np.where(h > 0, h, 1.0), v + self._news(v))

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        return self.laws[0].cdf(v) ** (len(self.laws) - 1)

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments, the same by either rule."""
        return self._beaten(v)

    def worth(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) what is won, in truth."""
        low = np.full(len(v), self.laws[0].low)
        others = partial_integral(lambda y, rows: self._top(self._others(y), y), low, v, self.laws[0].kinks)
        return v * self.win(i, v) + others

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """(k,) chances to win at a price above what the item is worth on average, given the top rival's signal.

        ``limit`` is not asked for: the worth is not the bidder's own signal. By quantiles, to about 1e-4.
        """
        u, law = (np.arange(4_001) + 0.5) / 4_001, self.laws[0]
        top = law.ppf(u ** (1 / (len(self.laws) - 1)))
        price = self.bid(i, v)[:, None] if self.kind == "first" else self.bid(i, top)
        lost = (price > v[:, None] + self._others(top) + 1e-12) & (top <= v[:, None])
        made: FloatArray = np.mean(lost, axis=1)
        return made

    def regretted(self, i: int) -> float:
        """The mean of these, by quantiles."""
        v = self.laws[0].ppf((np.arange(401) + 0.5) / 401)
        return float(np.mean(self.above(i, v, v)))

    def best_sum(self) -> float:
        """The item is worth the same to all."""
        return len(self.laws) * self.laws[0].mean

    def loss(self, i: int) -> float:
        """The most that is gained by another bid, in the bidder's own (cursed) belief."""
        return top_rival_loss(self.kind, self.laws[0], lambda v: self.bid(0, v), len(self.laws), known=self._news)
