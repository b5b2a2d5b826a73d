"""First-price auctions among bidders with different laws of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from scipy.optimize import brentq

from ..._core.arrays import FloatArray
from ...errors import InputError, NotApplicableError, SolverError
from .backward_shooting import first_guess, straight_guess
from .best_response import private_loss
from .collocation import collocate
from .inverse_bids import Contest, InverseBids
from .law import Law
from .play import Play, stays_out

__all__ = ["AsymmetricFirstPrice", "asymmetric_first_price"]

GOOD, USABLE, CLOSE = 1e-6, 3e-2, 1e-5
ROUNDS = 40


@dataclass(frozen=True, eq=False)
class AsymmetricFirstPrice(Play):
    """Bids are the inverse of inverse bids; all groups share the same way from the place in a table to the bid.

    Attributes
    ----------
    inverse
        Inverse bids of groups.
    group
        (n,) the group of each bidder.
    """

    inverse: InverseBids
    group: tuple[int, ...]

    @property
    def means(self) -> str:
        """Collocation, and how well the equations are met."""
        degree, error = self.inverse.coefficients.shape[2] - 1, self.inverse.residual
        return f"Chebyshev collocation on inverse bids, degree {degree}, equations met to {error:.0e}"

    @cached_property
    def _table(self) -> tuple[FloatArray, list[FloatArray]]:
        """(places,) places s + y, and (places,) values of each group there."""
        y = (1 - np.cos(np.linspace(0, np.pi, 129))) / 2
        places = np.concatenate([s + y[(s > 0) :] for s in range(self.inverse.segments)])
        return places, [self._values(places, g) for g in range(len(self.inverse.contest.laws))]

    def _values(self, place: FloatArray, g: int) -> FloatArray:
        """(k,) phi of a group at places; its largest value beyond its top bid."""
        inverse = self.inverse
        segment = np.minimum(place.astype(int), inverse.segments - 1)
        made = np.full(len(place), inverse.contest.laws[g].high)
        for s in range(inverse.segments):
            here = segment == s
            if inverse.active[s, g] and here.any():
                made[here] = inverse.value(s, place[here] - s, g)
        return made

    def _place(self, g: int, v: FloatArray) -> FloatArray:
        """(k,) places at which a group's value is v: false position with halving, in the cells of the table."""
        places, values = self._table[0], np.maximum.accumulate(self._table[1][g])
        cell = np.clip(np.searchsorted(values, v) - 1, 0, len(places) - 2)
        low, high = places[cell], places[cell + 1]
        under, over = values[cell] - v, values[cell + 1] - v
        made = np.where(over <= 0, high, low)
        rest = np.flatnonzero((under < 0) & (over > 0))
        low, high, under, over, v = low[rest], high[rest], under[rest], over[rest], v[rest]
        side = np.zeros(len(rest))
        for _ in range(ROUNDS):
            at = high - over * (high - low) / (over - under)
            made[rest] = at
            gap = self._values(at, g) - v
            if not (np.abs(gap) > 4e-16 * (1 + np.abs(v))).any():
                break
            up = gap > 0
            under, over = np.where(up & (side > 0), under / 2, under), np.where(~up & (side < 0), over / 2, over)
            low, under = np.where(up, low, at), np.where(up, under, gap)
            high, over = np.where(up, at, high), np.where(up, gap, over)
            side = np.where(up, 1.0, -1.0)
            if not (high - low > 1e-15).any():
                break
        return made

    def _bids(self, place: FloatArray) -> FloatArray:
        """(k,) bids at places."""
        segment = np.minimum(place.astype(int), self.inverse.segments - 1)
        made = np.zeros(len(place))
        for s in range(self.inverse.segments):
            here = segment == s
            made[here] = self.inverse.bids(s, place[here] - s)
        return made

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        enters = v >= self.inverse.contest.starts[self.group[i]]
        made = np.where(v >= self.reserve, v, stays_out(self.reserve))  # who cannot win bids its value
        made[enters] = self._bids(self._place(self.group[i], v[enters]))
        return made

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        enters = v >= self.inverse.contest.starts[self.group[i]]
        place, made = self._place(self.group[i], v[enters]), np.zeros(len(v))
        chance = np.ones(len(place))
        for g, law in enumerate(self.inverse.contest.laws):
            others = self.group.count(g) - (g == self.group[i])
            chance = chance * law.cdf(self._values(place, g)) ** others
        made[enters] = chance
        return made

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments."""
        return self.bid(i, v) * self.win(i, v)

    def cuts(self, i: int) -> tuple[float, ...]:
        """Where bids begin, and where somebody stops."""
        edges = np.arange(1.0, self.inverse.segments)
        return (float(self.inverse.contest.starts[self.group[i]]), *self._values(edges, self.group[i]).tolist())

    def loss(self, i: int) -> float:
        """The most that is gained by another bid."""
        bids = [partial(self.bid, self.group.index(g)) for g in range(max(self.group) + 1)]
        return private_loss("first", self.laws, [bids[g] for g in self.group], i, reserve=self.reserve)


def _contest(laws: Sequence[Law], reserve: float) -> tuple[Contest, tuple[int, ...]]:
    """Bidders in groups, and where bids begin."""
    keys = list(dict.fromkeys(law.key for law in laws))
    group = tuple(keys.index(law.key) for law in laws)
    made = tuple(laws[group.index(g)] for g in range(len(keys)))
    count = np.bincount(group).astype(float)
    lows, highs = np.array([law.low for law in made]), np.array([law.high for law in made])
    if not np.isfinite(highs).all():
        raise InputError(
            "different bidders need bounded values",
            where="distribution",
            remedy="truncate the laws, for example scipy.stats.truncnorm or the 0.9999 quantile",
        )
    power, start = 1 + (reserve > lows.max()), max(reserve, float(lows.max()))
    starts = np.full(len(made), start)
    if reserve <= lows.max() and np.ptp(lows) > 0:
        if len(laws) > 2 or reserve == lows.max():
            raise NotApplicableError(
                f"supports of {len(laws)} bidders begin apart, from {lows.min():g} to {lows.max():g}",
                where="distribution",
                remedy=f"set a reserve of more than {lows.max():g}, or give the laws one lower end",
            )
        weak = int(np.argmin(lows))
        start, power = _least_serious_bid(made[weak], float(lows.max()), reserve), 2
        starts[weak], starts[1 - weak] = start, lows.max()
    idle = [i for i, g in enumerate(group) if highs[g] <= start]
    if idle:
        raise InputError(f"bidders {idle} would never win", where="distribution", remedy="leave them out")
    return Contest(made, count, start, starts, power), group


def _least_serious_bid(weak: Law, low: float, reserve: float) -> float:
    """Where bids begin if the strong bidder's values begin at ``low``, above the weak one's: what that value would bid
    against a truthful weak bidder, argmax (low - b) F(b) (Maskin and Riley 2000).
    """
    b = np.linspace(max(reserve, weak.low), low, 2_001)
    k = int(np.argmax((low - b) * weak.cdf(b)))
    left, right = float(b[max(0, k - 1)]), float(b[min(len(b) - 1, k + 1)])

    def slope(x: float) -> float:
        return (low - x) * weak.density(x) - weak.chance(x)

    return float(brentq(slope, left, right, xtol=1e-16)) if slope(left) > 0 > slope(right) else float(b[k])


def _top_bidders_stop_together(found: InverseBids) -> bool:
    """Does nobody want to stop below the top bid?"""
    contest, one = found.contest, np.ones(1)
    if contest.pair:
        return True
    phi = found.values(found.segments - 1, one)[0]
    rates = contest.rates(phi, found.edges[-1:], found.active[-1])
    return bool((rates[found.active[-1] > 0] >= -1e-9).all())


def asymmetric_first_price(laws: Sequence[Law], reserve: float) -> AsymmetricFirstPrice:
    """The equilibrium, by collocation from a straight guess or, where bidders stop apart, from a backward run.

    Raises
    ------
    InputError
        Unbounded values, or a bidder that would never bid.
    NotApplicableError
        Supports that begin apart, without a reserve above.
    SolverError
        Bids were not found, or another bid gains more than 1e-5 of the range of values.
    """
    contest, group = _contest(laws, reserve)
    found = collocate(straight_guess(contest), patient=contest.pair)
    if not (found.residual < GOOD and _top_bidders_stop_together(found)):
        other = collocate(first_guess(contest))
        if other.residual < found.residual or not _top_bidders_stop_together(found):
            found = other
    play = AsymmetricFirstPrice(tuple(laws), reserve, 0.0, found, group)
    loss = 0.0
    if found.residual < USABLE and not found.residual < GOOD:
        loss = max(play.loss(group.index(g)) for g in set(group))
    if not found.residual < USABLE or loss > CLOSE * contest.scale:
        raise SolverError(
            f"inverse bids were not found: the equations are met to {found.residual:.1e}, another bid gains {loss:.1e}",
            where="equilibrium",
            remedy="use laws with smooth densities that do not vanish at the upper end: truncate them below it",
        )
    return play
