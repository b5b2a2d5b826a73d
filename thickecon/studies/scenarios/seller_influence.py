"""L2b. A seller who can lift one losing bid (T6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...auctions.second_price import SecondPrice
from ...profiles.profile import ThickProfile
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["SellerInfluence"]


@scenario("seller_influence")
@dataclass(frozen=True)
class SellerInfluence(Scenario):
    """n bidders, values U[0, 1], a second-price auction; the seller can lift the best loser's bid by at most ``a``.

    The seller lifts the runner-up as far as pays: up to the winner's bid and not past it ("paid"), or by all of ``a``
    even if the wrong bidder then wins ("past"). What bidders endorse is not moved. Evidence is v + s N(0, 1) for each
    bidder.
    """

    n: int = knob(8, "bidders", low=2, high=1000)
    a: float = knob(0.2, "largest lift", low=0.0)
    s: float = knob(0.0, "standard error of the evidence on each value", low=0.0)
    lift: str = knob("paid", "how far the bid is carried", one_of=("paid", "past"))

    section: ClassVar[str] = "L2b"
    title: ClassVar[str] = "Seller's influence"
    question: ClassVar[str] = "What does a seller gain who can lift a losing bid?"
    premise: ClassVar[str] = "What the seller adds to a bid does not count."
    loses: ClassVar[str] = "Noise in the evidence costs allocation even where nobody manipulates."
    source: ClassVar[str] = "order statistics of the uniform law"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "thick", "oracle")
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
        auction = self.mechanism or SecondPrice(reporting="observed")
        estimate = v + (0.0 if arm == "oracle" else self.s) * noise
        found = []
        for push in (np.zeros_like(delta), delta):
            reports = v + push
            read = reports if arm == "sidt" else estimate
            profile = ThickProfile.from_values(read[:, None], unit="money")
            found.append(auction.run(profile, rng=draws.generator("mechanism")))
        bare, lifted = found
        winner = int(lifted.winners[0])
        worth = float(v[winner]) if winner >= 0 else 0.0
        return {
            "endorsed": worth,
            "influence_gain": lifted.revenue - bare.revenue,
            "revenue": lifted.revenue,
            "participation_endorsed": float(worth >= lifted.revenue - 1e-9),
        }

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
