"""Two selves behind a bid: what a bidder with a wedge in its wants does under a mechanism that knows of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import FloatArray
from .play import Play

__all__ = ["ThickPlay"]


@dataclass(frozen=True, eq=False)
class ThickPlay(Play):
    """The equilibrium of an ordinary auction in *effective values*, read back in endorsed values.

    A rule that ranks scores S = r - k (a report less what is taken off) and charges a price in scores plus an offset o
    is, to a bidder whose acting self has worth x, an ordinary auction of an item worth e = x - o.
    Types here are endorsed values v; x is v + the part of the wedge the bidder acts on.

    Attributes
    ----------
    base
        The equilibrium in effective values.
    moved
        (n,) e - v.
    taken_off
        (n,) k: reports are scores plus k.
    offset
        (n,) o.
    """

    base: Play
    moved: FloatArray
    taken_off: FloatArray
    offset: FloatArray

    @property
    def alike(self) -> bool:
        """Do all bidders do the same?"""
        apart = [np.ptp(part) > 0 for part in (self.moved, self.taken_off, self.offset)]
        return super().alike and not any(apart)

    @property
    def means(self) -> str:
        """Where the bids come from."""
        return self.base.means

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) reports; who stays out reports what no auction takes, on top of what is taken off."""
        return self.base.bid(i, v + self.moved[i]) + float(self.taken_off[i])

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        return self.base.win(i, v + self.moved[i])

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments, offset included."""
        e = v + self.moved[i]
        return self.base.paid(i, e) + float(self.offset[i]) * self.base.win(i, e)

    def at_stake(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) the bid in scores, and the offset."""
        return self.base.at_stake(i, v + self.moved[i]) + float(self.offset[i])

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """(k,) chances to win at a price above ``limit``."""
        return self.base.above(i, v + self.moved[i], limit - self.offset[i])

    def cuts(self, i: int) -> tuple[float, ...]:
        """Kinks of the base, met by the effective value or by an endorsed value compared with the price."""
        found = self.base.cuts(i)
        return tuple(sorted({c - self.moved[i] for c in found} | {c + self.offset[i] for c in found}))

    def loss(self, i: int) -> float:
        """The most that the acting self gains by another report."""
        return self.base.loss(i)
