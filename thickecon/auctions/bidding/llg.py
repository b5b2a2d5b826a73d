"""Two locals against one global bidder: what core-selecting payment rules make of bids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from ..._core.arrays import FloatArray, as_floats
from ...errors import InputError
from .best_response import best_gain, trial_types
from .play import Play
from .quadrature import average, partial_integral

__all__ = ["LLG", "LLGPlay", "local_price"]

Rule = Literal["nearest_vcg", "proxy", "nearest_bid", "proportional", "vcg"]
RULES = ("nearest_vcg", "proxy", "nearest_bid", "proportional", "vcg")


@dataclass(frozen=True)
class LLG:
    """Two items; locals want one each, the global bidder both. An auction for :func:`thickecon.auctions.equilibrium`.

    Bidders 0 and 1 are the locals, bidder 2 the global one, whose value is uniform from 0 to twice the locals' largest.
    The higher of the two sums of bids wins. By all rules but ``"vcg"`` what winning locals pay adds up to the global
    bid, which is the least that the core allows.

    Parameters
    ----------
    rule
        Which core payments: nearest to those of VCG, nearest to 0 (``"proxy"``: what ascending proxy bids lead to),
        nearest to the bids, in proportion to the bids; or VCG itself, which may leave the core.
    correlation
        gamma in [0, 1]: with this chance both locals have the same value, else independent ones.

    Raises
    ------
    InputError
        Another rule, or a correlation outside [0, 1].

    References
    ----------
    Ausubel and Baranov (2020), doi:10.1007/s00182-019-00691-3; Day and Cramton (2012), Operations Research 60, 588-603

    Examples
    --------
    >>> import thickecon as te
    >>> found = te.auctions.equilibrium(te.auctions.LLG(rule="nearest_vcg"))
    >>> found.bid([0.1, 0.5, 1.0]).round(6).tolist()
    [0.0, 0.328427, 0.828427]
    """

    rule: Rule = "nearest_vcg"
    correlation: float = 0.0

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"must be one of {', '.join(RULES)}, found {self.rule!r}", where="rule")
        gamma = as_floats(self.correlation, "correlation")
        if gamma.ndim or not 0 <= gamma <= 1:
            raise InputError(f"must be a number in [0, 1], found {self.correlation!r}", where="correlation")
        object.__setattr__(self, "correlation", float(gamma))


def local_price(rule: Rule, own: FloatArray, other: FloatArray, rival: FloatArray) -> FloatArray:
    """What a local pays if both win: the point of the core with the least revenue that is nearest to the reference.

    Parameters
    ----------
    rule
        Of :class:`LLG`.
    own, other, rival
        Bids of the local, of the other local and of the global bidder, at most the sum of the two.

    Examples
    --------
    VCG payments are 12 and 4, short of 32 by 16: 8 more for each; half of 32 for each is in the core as well.

    >>> float(local_price("nearest_vcg", 28.0, 20.0, 32.0)), float(local_price("proxy", 28.0, 20.0, 32.0))
    (20.0, 16.0)
    """
    vcg, vcg_other = np.maximum(rival - other, 0.0), np.maximum(rival - own, 0.0)
    if rule == "vcg":
        return vcg
    if rule == "proportional":
        both = own + other
        shared: FloatArray = rival * np.divide(own, both, out=np.full(np.shape(both), 0.5), where=both > 0)
        return shared
    nothing: FloatArray = np.zeros(())
    mine, theirs = {"nearest_vcg": (vcg, vcg_other), "proxy": (nothing, nothing), "nearest_bid": (own, other)}[rule]
    made: FloatArray = np.clip(mine + (rival - mine - theirs) / 2, vcg, np.minimum(own, rival))
    return made


@dataclass(frozen=True, eq=False)
class LLGPlay(Play):
    """The global bidder is truthful; of a local (v - b) g = E[d(what it pays) / db], g the density of the global value.

    With F the law of a local and gamma the correlation, m the mean bid, and never less than 0,

    - nearest to VCG, and in proportion: b = (2 v - (1 - gamma) m) / (2 + gamma);
    - proxy: b = top - integral from v upwards of ds / (gamma + (1 - gamma) F(s));
    - nearest to bids: b = integral from the bottom to v of ds / (2 - (1 - gamma) F(s)), from half the bottom.
    """

    rule: Rule
    correlation: float

    @property
    def means(self) -> str:
        """A formula."""
        return "dominant strategy" if self.rule == "vcg" else "closed form by quadrature"

    @property
    def alike(self) -> bool:
        """Locals and a global bidder are not."""
        return False

    @cached_property
    def _mean_bid(self) -> float:
        """M of the first formula."""
        law, gamma = self.laws[0], self.correlation

        def over(m: float) -> float:
            cut = (1 - gamma) * m / 2
            bids = lambda v: np.maximum(2 * v - (1 - gamma) * m, 0.0) / (2 + gamma)
            return average(bids, law.ppf, law.cdf(np.array([cut])).tolist()) - m

        return float(brentq(over, 0.0, law.high, xtol=1e-15))

    @cached_property
    def _least(self) -> float:
        """The value up to which locals bid 0."""
        law = self.laws[0]

        def raw(v: float) -> float:
            return float(self._formula(np.array([v]))[0])

        bottom = law.low + 1e-12 * (law.high - law.low)
        return law.low if raw(bottom) >= 0 else float(brentq(raw, bottom, law.high, xtol=1e-15))

    def _formula(self, v: FloatArray) -> FloatArray:
        law, gamma = self.laws[0], self.correlation
        if self.rule == "vcg":
            return v
        if self.rule in ("nearest_vcg", "proportional"):
            return (2 * v - (1 - gamma) * self._mean_bid) / (2 + gamma)
        if self.rule == "proxy":
            slope = lambda s, rows: 1 / np.maximum(gamma + (1 - gamma) * law.cdf(s), 1e-300)
            return law.high - partial_integral(slope, v, np.full(len(v), law.high), law.kinks)
        slope = lambda s, rows: 1 / (2 - (1 - gamma) * law.cdf(s))
        return law.low / 2 + partial_integral(slope, np.full(len(v), law.low), v, law.kinks)

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        return np.array(v) if i == 2 else np.maximum(self._formula(v), 0.0)

    # ---- what it leads to ---------------------------------------------------------------------------------

    @property
    def _top(self) -> float:
        return self.laws[2].high

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Mean and mean square of the sum of the locals' bids."""
        cut = self.laws[0].cdf(np.array([self._least])).tolist()
        once = average(lambda v: self.bid(0, v), self.laws[0].ppf, cut)
        square = average(lambda v: self.bid(0, v) ** 2, self.laws[0].ppf, cut)
        gamma = self.correlation
        return 2 * once, 2 * square + 2 * (gamma * square + (1 - gamma) * once**2)

    def _over_other(self, of: Callable[[FloatArray, FloatArray], FloatArray], v: FloatArray) -> FloatArray:
        """(k,) E[of(own bid, other's bid) | v] of a local, with pieces where it has kinks."""
        law, own, gamma = self.laws[0], self.bid(0, v), self.correlation
        made = gamma * of(own, own)
        if gamma < 1:

            def density(s: FloatArray, rows: slice) -> FloatArray:
                made: FloatArray = of(own[rows, None], self.bid(0, s.ravel()).reshape(s.shape)) * law.pdf(s)
                return made

            ends = [np.full(len(v), law.low), np.full(len(v), self._least)]
            ends += [np.clip(v, self._least, law.high), np.full(len(v), law.high)]
            for low, high in pairwise(ends):
                made = made + (1 - gamma) * partial_integral(density, low, high, law.kinks)
        return made

    def _charged(self, own: FloatArray, other: FloatArray) -> FloatArray:
        """Integral of a local's price over global bids up to the sum of both."""
        both, apart = own + other, own - other
        if self.rule == "vcg":
            return own**2 / 2 + 0 * other
        if self.rule in ("nearest_vcg", "proportional"):
            return own * both / 2
        if self.rule == "proxy":
            return np.where(apart <= 0, own * other, (own**2 + other**2) / 2)
        return apart * both / 2 + (both**2 - apart**2) / 4 + np.where(apart < 0, apart**2 / 2, 0.0)

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        if i < 2:
            return self._over_other(lambda own, other: own + other, v) / self._top
        return self._sums(v)[0]

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments."""
        if i < 2:
            return self._over_other(self._charged, v) / self._top
        return self._sums(v)[1]

    def _sums(self, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k,) P(sum of the locals' bids < v), and its mean over that event; by quantiles, to about 1e-4."""
        law, u = self.laws[0], (np.arange(801) + 0.5) / 801
        bids, gamma = self.bid(0, law.ppf(u)), self.correlation
        sums = np.sort((bids[:, None] + bids).ravel())
        totals = np.concatenate(([0.0], np.cumsum(sums))) / len(sums)
        apart, same = np.searchsorted(sums, v), np.searchsorted(2 * bids, v)
        doubled = np.concatenate(([0.0], np.cumsum(2 * bids))) / len(bids)
        win = (1 - gamma) * apart / len(sums) + gamma * same / len(bids)
        return win, (1 - gamma) * totals[apart] + gamma * doubled[same]

    def expected(self, i: int, of: Literal["win", "paid", "worth"]) -> float:
        """Expectations over types; of the global bidder by moments of the locals' bids."""
        if i < 2:
            return super().expected(i, of)
        (once, square), top = self._moments, self._top
        return {"win": 1 - once / top, "paid": once - square / top, "worth": (top**2 - square) / (2 * top)}[of]

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """Nobody pays more than its bid, nor bids more than its value."""
        return np.zeros(len(v))

    def cuts(self, i: int) -> tuple[float, ...]:
        """Where locals begin to bid."""
        return (self._least,) if i < 2 else ()

    def best_sum(self) -> float:
        """The mean of the larger of the global value and the sum of the locals'."""
        law, gamma, top = self.laws[0], self.correlation, self._top
        square = average(lambda v: v**2, law.ppf)
        return (top**2 + 2 * square + 2 * (gamma * square + (1 - gamma) * law.mean**2)) / (2 * top)

    # ---- how good it is -----------------------------------------------------------------------------------

    def loss(self, i: int) -> float:
        """The most a local gains by another bid: its price is found anew by projection, and integrated exactly.

        Prices are linear in the global bid between the kinks at which a bound begins to bind. The global bidder pays
        the sum of the locals' bids: nothing is better than truth, whatever they bid.
        """
        if i == 2:
            return 0.0
        law, gamma, top = self.laws[0], self.correlation, self._top
        x, w = np.polynomial.legendre.leggauss(6)
        u = ((np.arange(32)[:, None] + (x + 1) / 2) / 32).ravel()
        others, weight = self.bid(0, law.ppf(u)), np.tile(w / 64, 32)
        types = trial_types(law)[::2]
        own, high = self.bid(0, types), law.high  # beyond, a bid is above all values
        line = np.linspace(0.0, high, 2_001)
        table = np.concatenate([self._priced(part[:, None], others) @ weight for part in np.array_split(line, 16)])
        mean = float(others @ weight)

        def utility(t: FloatArray, b: FloatArray) -> FloatArray:
            same = self.bid(0, t.ravel())[:, None]
            alike = t * (b + same) / top - self._priced(b, same) if gamma else 0.0
            apart: FloatArray = t * (b + mean) / top - np.interp(b, line, table)
            return gamma * alike + (1 - gamma) * apart

        return best_gain(utility, types, own, 0.0, high)

    def _priced(self, own: FloatArray, other: FloatArray) -> FloatArray:
        """Expected payment over global values, by the trapezoid rule from kink to kink."""
        own, other = np.broadcast_arrays(own, other)
        both = own + other
        kinks = (0 * both, own, other, 2 * own, 2 * other, np.abs(own - other), both)
        ends = np.sort(np.minimum(kinks, both), axis=0)
        price = local_price(self.rule, own, other, ends)
        made: FloatArray = np.sum((price[1:] + price[:-1]) / 2 * np.diff(ends, axis=0), axis=0) / self._top
        return made
