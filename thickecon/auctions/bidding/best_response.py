"""What could be gained by another bid: a search that uses bids and laws only, not the equations bids came from.

Rivals' bids are tabulated at 16,001 quantiles of their types, crowded towards the ends, and sorted; the law of what
has to be beaten is read off the table by linear interpolation. Utility is then a formula of the auction's rules.
Types are quantiles of no other grid; bids run over everything from staying out to above all rivals, in two passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray
from .law import Law

__all__ = ["Kind", "RivalBids", "best_gain", "private_loss", "top_rival_loss", "trial_types"]

Kind = Literal["first", "second", "all"]
Bid = Callable[[FloatArray], FloatArray]
NODES, TYPES, COARSE, FINE = 16_000, 193, 1_001, 65


def quantiles(law: Law) -> FloatArray:
    """(nodes,) u, crowded towards 0 and 1; without the end at 1 where the support has none."""
    u = np.sin(np.linspace(0, np.pi / 2, NODES + 1)) ** 2
    return u if np.isfinite(law.high) else u[:-1]


def trial_types(law: Law) -> FloatArray:
    """(types,) at quantiles that are nodes of nothing else."""
    inner = (np.arange(TYPES) + 0.37) / TYPES
    ends = np.array([1e-7, 1e-4, 1 - 1e-4, 1 - 1e-7 if np.isfinite(law.high) else 1 - 2e-4])
    return np.sort(law.ppf(np.concatenate((inner, ends))))


@dataclass(frozen=True, eq=False)
class RivalBids:
    """The law of the largest of several independent bids, from tables."""

    tables: tuple[tuple[FloatArray, FloatArray], ...]

    @classmethod
    def of(cls, laws: Sequence[Law], bids: Sequence[Bid], reserve: float) -> RivalBids:
        """Tabulated; a bid below the reserve is none."""
        made: dict[object, tuple[FloatArray, FloatArray]] = {}
        out = []
        for law, bid in zip(laws, bids, strict=True):
            key = (law.key, bid)
            if key not in made:
                made[key] = cls._sorted(law, bid, reserve)
            out.append(made[key])
        return cls(tuple(out))

    @staticmethod
    def _sorted(law: Law, bid: Bid, reserve: float) -> tuple[FloatArray, FloatArray]:
        def offer(u: FloatArray) -> FloatArray:
            return bid(law.ppf(u))

        u = quantiles(law)
        offered = offer(u)
        first = int(np.argmax(offered >= reserve))
        if first:  # where bids begin to count, by halving: the law of what has to be beaten jumps there
            out, in_ = u[first - 1], u[first]
            for _ in range(50):
                middle = (out + in_) / 2
                out, in_ = (out, middle) if offer(np.array([middle]))[0] >= reserve else (middle, in_)
            u = np.insert(u, first, in_)
            offered = np.insert(offered, first, offer(np.array([in_]))[0])
        weight = np.gradient(u)
        weight[[0, -1]] = (u[1] - u[0]) / 2, (u[-1] - u[-2]) / 2 + 1 - u[-1]
        if (np.diff(offered) >= 0).all():
            chance = u
        else:
            order = np.argsort(offered, kind="stable")
            offered, weight = offered[order], weight[order]
            chance = np.cumsum(weight) - weight / 2
        counts = offered >= reserve
        return offered[counts], chance[counts]

    @property
    def most(self) -> float:
        """The largest bid of any."""
        return max((float(bids[-1]) for bids, _ in self.tables if len(bids)), default=0.0)

    def below(self, b: FloatArray) -> FloatArray:
        """P(all bids are less than b)."""
        made = np.ones(np.shape(b))
        for bids, chance in self.tables:
            if len(bids):
                made = made * np.interp(b, bids, chance, left=chance[0], right=1.0)
        return made


def best_gain(
    utility: Callable[[FloatArray, FloatArray], FloatArray], types: FloatArray, own: FloatArray, low: float, high: float
) -> float:
    """The largest gain over types of the best bid in [low, high] (or staying out, worth 0) against one's own.

    Parameters
    ----------
    utility
        Of types (k, 1) and bids (k, j), with bids below the reserve worth 0.
    types, own
        (k,) types and their bids.
    low, high
        Range of bids.
    """
    t, grid = types[:, None], np.linspace(low, high, COARSE)
    got = utility(t, own[:, None])[:, 0]
    tried = utility(t, np.broadcast_to(grid, (len(types), COARSE)))
    step = (high - low) / (COARSE - 1)
    near = grid[np.argmax(tried, axis=1)][:, None] + step * np.linspace(-1, 1, FINE)
    finer = utility(t, np.clip(near, low, high))
    most = np.maximum(np.maximum(tried.max(axis=1), finer.max(axis=1)), 0.0)
    return float(np.max(most - got, initial=0.0))


def private_loss(
    kind: Kind,
    laws: Sequence[Law],
    bids: Sequence[Bid],
    i: int,
    *,
    reserve: float = 0.0,
    fee: float = 0.0,
    risk: float = 0.0,
    kept: Callable[[FloatArray, FloatArray], FloatArray] | None = None,
) -> float:
    """The most bidder ``i``, of private values, gains by another bid, over types; in utility.

    Parameters
    ----------
    kind
        What is paid: "first" the winner its bid, "second" the winner the next bid or the reserve, "all" everybody its
        bid.
    laws, bids
        (n,) laws of types and bid functions.
    i
        Position.
    reserve, fee
        Of the auction.
    risk
        rho of the utility x**(1 - rho) of what is gained.
    kept
        In kind "first", what a winner of a type makes of a bid, if not the difference.
    """
    rest = [j for j in range(len(laws)) if j != i]
    rivals = RivalBids.of([laws[j] for j in rest], [bids[j] for j in rest], reserve)
    types = trial_types(laws[i])
    own = bids[i](types)
    high = 1.05 * max(rivals.most, float(own.max()), reserve) + 1e-9
    line = np.linspace(reserve, high, NODES + 1)
    h = rivals.below(line)
    area = np.concatenate(([0.0], np.cumsum((h[1:] + h[:-1]) / 2 * np.diff(line))))

    def utility(t: FloatArray, b: FloatArray) -> FloatArray:
        if kind == "second":
            made = (t - b) * rivals.below(b) + np.interp(b, line, area)
        elif kind == "all":
            made = t * rivals.below(b) - b
        else:
            gain = kept(t, b) if kept else t - b
            gain = np.sign(gain) * np.abs(gain) ** (1 - risk) if risk else gain
            made = gain * rivals.below(b)
        return np.where(b >= reserve, made - fee, 0.0)

    return best_gain(utility, types, own, reserve, high)


def top_rival_loss(
    kind: Kind,
    law: Law,
    bid: Bid,
    n: int,
    *,
    reserve: float = 0.0,
    spite: float = 0.0,
    known: Bid | None = None,
) -> float:
    """As :func:`private_loss`, for bidders alike to whom the top rival's type matters too; kinds "first" and "second".

    Parameters
    ----------
    kind, law, bid, n, reserve
        As there.
    spite
        Weight a of what a rival who wins keeps.
    known
        What winning against a top rival of type y is worth beyond one's own type, as a function of y.
    """
    w = quantiles(law)  # chance that the top rival's type is below
    y = law.ppf(w ** (1 / (n - 1)))
    beaten, types = bid(y), trial_types(law)
    own, high = bid(types), 1.05 * float(beaten.max()) + 1e-9

    def summed(of: FloatArray) -> FloatArray:
        return np.concatenate(([0.0], np.cumsum((of[1:] + of[:-1]) / 2 * np.diff(w))))

    news = summed(known(y)) if known else np.zeros(len(w))
    kept, prices = summed(y), summed(np.maximum(beaten, reserve))
    share = w ** (1 / (n - 1))  # second-highest rival below y_k: share**(n - 1) + (n - 1) share**(n - 2) (1 - share)
    over = 1 - (share ** (n - 1) + (n - 1) * share ** (n - 2) * (1 - share))
    above = np.concatenate((np.cumsum(((over[1:] + over[:-1]) / 2 * np.diff(beaten))[::-1])[::-1], [0.0]))

    def utility(t: FloatArray, b: FloatArray) -> FloatArray:
        h = np.interp(b, beaten, w, left=w[0], right=1.0)

        def at(table: FloatArray) -> FloatArray:
            return np.interp(b, beaten, table)

        won = t * h + at(news) - (b * h if kind == "first" else at(prices))
        if not spite:
            return np.where(b >= reserve, won, 0.0)
        paid = prices[-1] - at(prices) if kind == "first" else b * (1 - h) + at(above)
        made: FloatArray = won - spite * (kept[-1] - at(kept) - paid)
        return made

    if not spite:
        return best_gain(utility, types, own, reserve, high)
    # staying out is not worth 0, since a rival then wins: it is a bid of 0
    lift = 1 + float(np.abs(utility(types[:, None], np.zeros((len(types), 1)))).max())
    return best_gain(lambda t, b: utility(t, b) + lift, types, own, 0.0, high)
