"""First price among bidders who want more than they endorse, and foresee what they will regret."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from ..._core.arrays import FloatArray
from ...errors import NotApplicableError
from .best_response import private_loss
from .law import Law
from .play import Play, stays_out
from .quadrature import partial_integral

__all__ = ["ForeseenRegret", "require_falling_hazard"]


@dataclass(frozen=True, eq=False)
class ForeseenRegret(Play):
    """Bidders alike; who wins at b with value v keeps v + w - b - kappa (b - v)^+ by its own lights, w > 0.

    Above its value a bidder shades from v + w / (1 + kappa), below it from v + w. Let H = F^(n-1), h / H its reverse
    hazard, which must not rise, a = w / (1 + kappa), and D(v) the integral of H(s) / H(v) ds from the least type to v.

    1. Low types bid v + a - D(v), above v, until D = a.
    2. Then types bid exactly v, as long as w h / H >= 1: to bid less is to lose what is wanted, to bid more to regret.
    3. High types shade from v + w, below v.

    With kappa = 0 step 2 is empty and bids are those of values v + w; with kappa infinite nobody bids more than v.

    Attributes
    ----------
    wanted
        w.
    kappa
        Weight of the regret.
    """

    wanted: float
    kappa: float

    @property
    def _above(self) -> float:
        return self.wanted / (1 + self.kappa)

    @property
    def _rivals(self) -> int:
        return len(self.laws) - 1

    @cached_property
    def least(self) -> float:
        """The least type that enters."""
        return max(self.laws[0].low, self.reserve - self._above)

    def _shade(self, v: FloatArray, start: float) -> FloatArray:
        """(k,) integrals of H(s) / H(v) from ``start``."""
        law = self.laws[0]
        top = law.cdf(v)
        safe = np.where(top > 0, top, 1.0)
        ratio = lambda s, rows: (law.cdf(s) / safe[rows, None]) ** self._rivals
        return partial_integral(ratio, np.minimum(start, v), v, law.kinks)

    @cached_property
    def switches(self) -> tuple[float, float]:
        """Types at which step 2 begins and ends."""
        law, start = self.laws[0], self.least
        top = law.top

        def short(x: float) -> float:
            return float(self._shade(np.array([x]), start)[0]) - self._above

        def pull(x: float) -> float:
            return self.wanted * self._rivals * law.density(x) - law.chance(x)

        first = start if self._above == 0 else top if short(top) <= 0 else float(brentq(short, start, top, xtol=1e-15))
        second = first if pull(first) < 0 else top if pull(top) >= 0 else float(brentq(pull, first, top, xtol=1e-15))
        return first, second

    def bid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) bids."""
        law, (first, second) = self.laws[0], self.switches
        made = np.full(len(v), stays_out(self.reserve))
        low, high = (v >= self.least) & (v < first), v > second
        made[low] = v[low] + self._above - self._shade(v[low], self.least)
        middle = (v >= self.least) & ~low & ~high
        made[middle] = v[middle]
        x = v[high]
        left = (law.cdf(np.full(len(x), second)) / law.cdf(x)) ** self._rivals * self.wanted
        made[high] = x + self.wanted - left - self._shade(x, second)
        return made

    def win(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) chances to win."""
        return np.where(v >= self.least, self.laws[0].cdf(v) ** self._rivals, 0.0)

    def paid(self, i: int, v: FloatArray) -> FloatArray:
        """(k,) expected payments."""
        return self.bid(i, v) * self.win(i, v)

    def above(self, i: int, v: FloatArray, limit: FloatArray) -> FloatArray:
        """(k,) chances to win at a price above ``limit``; one of exactly the value is not regretted."""
        return np.where(self.bid(i, v) > limit + 1e-12 * (1 + np.abs(limit)), self.win(i, v), 0.0)

    def cuts(self, i: int) -> tuple[float, ...]:
        """Entry and switches."""
        return (self.least, *self.switches, *self.laws[0].kinks)

    def loss(self, i: int) -> float:
        """The most the acting self gains by another bid, regret counted."""
        weight = min(self.kappa, 1e9)

        def kept(v: FloatArray, b: FloatArray) -> FloatArray:
            return v + self.wanted - b - weight * np.maximum(0.0, b - v - 1e-13)

        bids = [lambda v: self.bid(0, v)] * len(self.laws)
        return private_loss("first", self.laws, bids, 0, reserve=self.reserve, kept=kept)


def require_falling_hazard(law: Law) -> None:
    """Check that f / F does not rise.

    Raises
    ------
    NotApplicableError
        It does.
    """
    v = law.ppf(np.linspace(0.001, 0.999, 999))
    hazard = law.pdf(v) / law.cdf(v)
    if (np.diff(hazard) > 1e-9 * hazard[:-1]).any():
        raise NotApplicableError(
            f"foreseen regret needs f / F that does not rise, which {law.label} has not",
            where="regret",
            remedy="use a law with a log-concave distribution function, or SecondPrice",
        )
