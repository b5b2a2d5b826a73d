"""Orders to buy and to sell one good: who trades, and around which prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import BoolArray, FloatArray, IntArray, frozen

__all__ = ["Orders", "rank_orders"]


@dataclass(frozen=True, eq=False)
class Orders:
    """Bids from the highest, asks from the lowest, and how many pairs gain.

    Attributes
    ----------
    buyers, sellers
        (b,), (s,) rows in the order of their bids and asks.
    bids, asks
        (b,), (s,) what they say, in that order.
    trades
        q, the most pairs with the q-th bid at least the q-th ask.
    """

    buyers: IntArray
    sellers: IntArray
    bids: FloatArray
    asks: FloatArray
    trades: int

    @property
    def marginal(self) -> tuple[float, float]:
        """The q-th bid and the q-th ask, of the last pair that gains."""
        return float(self.bids[self.trades - 1]), float(self.asks[self.trades - 1])

    @property
    def first_out(self) -> tuple[float, float]:
        """The best bid and the best ask that do not trade; -inf and inf where all do."""
        q = self.trades
        bid = float(self.bids[q]) if q < len(self.bids) else -np.inf
        return bid, float(self.asks[q]) if q < len(self.asks) else np.inf


def rank_orders(selling: BoolArray, agent: IntArray, scores: FloatArray, lottery: FloatArray) -> Orders:
    """Sort orders.

    Parameters
    ----------
    selling
        (rows,) which orders are to sell; the others are to buy.
    agent
        (rows,) whose they are.
    scores
        (rows,) what trade is worth: the bid, or minus the ask.
    lottery
        (n,) tickets; among equal scores the lowest comes first.
    """
    order = np.lexsort((agent, lottery[agent], -scores))
    sell = selling[order]
    buyers, sellers = order[~sell], order[sell]
    bids, asks = scores[buyers], -scores[sellers]
    pairs = min(len(bids), len(asks))
    trades = int(np.count_nonzero(bids[:pairs] >= asks[:pairs]))
    return Orders(frozen(buyers.astype(np.intp)), frozen(sellers.astype(np.intp)), frozen(bids), frozen(asks), trades)
