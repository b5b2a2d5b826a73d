"""L2b. A seller who can lift one losing bid (T6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import log_ndtr, softmax

from ..._core.arrays import FloatArray
from ...auctions.second_price import SecondPrice
from ...profiles.profile import ThickProfile
from ..arms import significant_wedge
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["SellerInfluence"]

TIED = 1e-12
"""Bids this near are the same: one was lifted up to the other."""


@scenario("seller_influence")
@dataclass(frozen=True)
class SellerInfluence(Scenario):
    """n bidders, values U[0, 1], a second-price auction; the seller can lift the best loser's bid by at most ``a``.

    The seller lifts the runner-up as far as pays: up to the winner's bid and not past it ("paid"), or by all of ``a``
    even if the wrong bidder then wins ("past"). What bidders endorse is not moved. Evidence is v + s N(0, 1) for each
    bidder.

    Arms: ``sidt`` sells by bids, ``thick`` by the evidence. ``informed`` sells by bids, but shuts out bidders whose bid
    is above the evidence by more than chance would have it (one-sided, ``level``). ``shrunk`` sells by the posterior
    mean of v given bids and evidence, for a planner who knows ``a`` and how far the bid is carried
    (:meth:`posterior`). ``oracle`` sells by v.
    """

    n: int = knob(8, "bidders", low=2, high=1000)
    a: float = knob(0.2, "largest lift", low=0.0)
    s: float = knob(0.0, "standard error of the evidence on each value", low=0.0)
    level: float = knob(0.05, "level of the filter", low=1e-6, high=0.5)
    lift: str = knob("paid", "how far the bid is carried", one_of=("paid", "past"))

    section: ClassVar[str] = "L2b"
    title: ClassVar[str] = "Seller's influence"
    question: ClassVar[str] = "What does a seller gain who can lift a losing bid?"
    premise: ClassVar[str] = "What the seller adds to a bid does not count."
    loses: ClassVar[str] = "Noise in the evidence costs allocation even where nobody manipulates."
    source: ClassVar[str] = "order statistics of the uniform law"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed value of the winner"),
        Measure("influence_gain", "less", "what the seller gains by lifting a bid"),
        Measure("revenue", None, "what the winner pays"),
        Measure("participation_endorsed", "more", "does the winner end no worse than without the auction, by v?"),
    )

    def draw(self, draws: Draws) -> Any:
        """Values, and standard normal noise of the evidence."""
        v = draws.generator("population").random(self.n)
        noise = draws.generator("evidence").standard_normal(self.n)
        second, first = np.argsort(v)[-2:]
        most = min(self.a, v[first] - v[second]) if self.lift == "paid" else self.a
        delta = np.zeros(self.n)
        delta[second] = most
        return v, delta, noise

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """Run with and without the lift."""
        v, delta, noise = world
        estimate = v + (0.0 if arm == "oracle" else self.s) * noise
        (_, bare), (winner, revenue) = (
            self._sold(arm, v + push, estimate, draws) for push in (np.zeros_like(delta), delta)
        )
        worth = float(v[winner]) if winner >= 0 else 0.0
        return {
            "endorsed": worth,
            "influence_gain": revenue - bare,
            "revenue": revenue,
            "participation_endorsed": float(worth >= revenue - 1e-9),
        }

    def _sold(self, arm: str, reports: FloatArray, estimate: FloatArray, draws: Draws) -> tuple[int, float]:
        """(the winner, -1 if nobody, what is paid)."""
        read = reports if arm in ("sidt", "informed") else estimate
        there = np.arange(self.n)
        if arm == "informed":
            there = np.flatnonzero(~significant_wedge(reports, estimate, self.s, self.level))
        elif arm == "shrunk":
            read = self.posterior(reports, estimate)
        if not len(there):
            return -1, 0.0
        auction = self.mechanism or SecondPrice(reporting="observed")
        profile = ThickProfile.from_values(read[there, None], unit="money")
        outcome = auction.run(profile, rng=draws.generator("mechanism"))
        winner = int(outcome.winners[0])
        return (int(there[winner]) if winner >= 0 else -1), outcome.revenue

    def posterior(self, reports: FloatArray, estimate: FloatArray) -> FloatArray:
        """(n,) E[v | reports, estimate] under the uniform law, given that the seller lifts the best loser's bid.

        All bids but one are values. "past": it is bidder j's, lifted by a, if just one bidder is then above j; which,
        the evidence tells. "paid": it is the second bid, lifted by a, or, where the two best bids are the same, one of
        these, by at most a and from no lower than the third: v is a normal number cut off at both ends.

        Parameters
        ----------
        reports, estimate
            (n,) bids, and values with errors.
        """
        if self.s == 0 or self.a == 0:
            return estimate if self.s == 0 else reports
        guesses = self._past(reports, estimate) if self.lift == "past" else self._paid(reports, estimate)
        if not guesses:  # nobody was lifted
            return reports
        chance = softmax([log for _, _, log in guesses])
        made = reports.copy()
        for weight, (j, v, _) in zip(chance, guesses, strict=True):
            made[j] += weight * (v - reports[j])
        return made

    def _past(self, reports: FloatArray, estimate: FloatArray) -> list[tuple[int, float, float]]:
        """Who may have been lifted, E v then, and the log of the chance up to a constant."""
        found = []
        for j, v in enumerate(reports - self.a):
            if v >= 0 and (np.delete(reports, j) > v).sum() == 1:
                off = (estimate[j] - np.array([v, reports[j]])) / self.s
                found.append((j, float(v), float(off[1] ** 2 - off[0] ** 2) / 2))
        return found

    def _paid(self, reports: FloatArray, estimate: FloatArray) -> list[tuple[int, float, float]]:
        order = np.argsort(reports)[::-1]
        first, second = reports[order[:2]]
        third = float(reports[order[2]]) if self.n > 2 else 0.0
        if first - second > TIED:
            v = float(second - self.a)
            return [(int(order[1]), v, 0.0)] if v >= third else []
        found, low = [], max(third, float(first) - self.a, 0.0)
        for j in order[:2]:
            a, b = float(low - estimate[j]) / self.s, float(first - estimate[j]) / self.s
            if b <= a:
                return []
            mass = _log_mass(a, b)
            off = (np.exp(-(a**2) / 2 - mass) - np.exp(-(b**2) / 2 - mass)) / np.sqrt(2 * np.pi)
            found.append((int(j), float(estimate[j] + self.s * off), mass + b**2 / 2))
        return found

    def known(self) -> tuple[Known, ...]:
        """Gain of the seller; loss of endorsed value where the bid is carried past the top."""
        n, a = self.n, min(self.a, 1.0)
        best = n / (n + 1)
        made = [Known("oracle", "endorsed", best, "mean of the largest of n uniforms")]
        if self.lift == "paid":
            gain = (1 - (1 - a) ** (n + 1)) / (n + 1)
            made += [
                Known("sidt", "influence_gain", gain, "E min(a, gap of the two largest of n uniforms)"),
                Known("thick", "influence_gain", 0.0, "payments do not depend on reports (T6)"),
            ]
        else:
            loss = (1 - (1 - a) ** n * (1 + n * a)) / (n + 1)
            made.append(Known("sidt", "endorsed", best - loss, "E gap 1{gap < a} of the two largest of n uniforms"))
        return tuple(made)


def _log_mass(a: float, b: float) -> float:
    """Log of the chance that a standard normal number lies in [a, b], on whichever side it is exact."""
    low, high = (a, b) if a + b < 0 else (-b, -a)
    return float(log_ndtr(high) + np.log1p(-np.exp(log_ndtr(low) - log_ndtr(high))))
