"""A3. Bilateral trade: what evidence that nobody can move adds to haggling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

from ..._core.arrays import FloatArray
from ...auctions.bilateral_trade import BilateralTrade as Trade
from ...mechanism.mechanism import Mechanism
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["BilateralTrade"]

MOTIVES = (Motive("as the evidence has it"), Motive("what else is said", "influence"))
NODES = 160
"""Points a side of the product rule for means over the unit square."""


@scenario("bilateral_trade")
@dataclass(frozen=True)
class BilateralTrade(Scenario):
    """A buyer's value b and a seller's cost c, both U[0, 1]; they trade, at a price, or they do not.

    ``sidt`` haggles: the price is k times the bid plus 1 - k times the ask, and both are shaded as in the linear
    equilibrium. That is where replies to each other's shading settle, at 9/64 of gains that could be 1/6, and no rule
    without evidence does better (Myerson and Satterthwaite). ``posted`` is a price that was there before.
    ``thick`` sets the price halfway between v_hat = v + s N(0, 1) of the two, which neither can move, and either may
    refuse. ``shrunk`` takes the best linear guess instead, 1/2 + (v_hat - 1/2) / (1 + 12 s^2). ``informed`` makes the
    best of evidence as good on what is revealed; without ``pressure`` it is ``shrunk``: the gain is evidence, not
    thickness. For mere talk there is none (T7). ``oracle`` trades whenever b >= c.

    ``pressure`` moves what the two want, not what they endorse: d = v + pressure N(0, 1), for trade or against it.
    ``refuses`` says by which self they may refuse under ``thick`` and ``shrunk``; elsewhere it is d. A replicate is
    ``rounds`` goods; numbers are means a good.
    """

    s: float = knob(0.1, "standard error of the evidence on each side's worth", low=0.0)
    pressure: float = knob(0.0, "standard deviation of an unendorsed pull for trade or against it", low=0.0)
    k: float = knob(0.5, "weight of the bid when they haggle", low=0.0, high=1.0)
    price: float = knob(0.5, "posted price")
    refuses: str = knob("decision", "the self that may refuse a price from evidence", one_of=("decision", "endorsed"))
    rounds: int = knob(50, "goods a replicate", low=1, high=100_000)

    section: ClassVar[str] = "A3"
    title: ClassVar[str] = "Win-win negotiation: bilateral trade"
    question: ClassVar[str] = "How good must evidence of what a deal is worth be to beat haggling?"
    premise: ClassVar[str] = "Worth counts as hard evidence shows it; what traders merely say of it does not."
    loses: ClassVar[str] = (
        "Evidence worse than about .19 (against haggling) or .26 (against a posted price) sets prices at which deals"
        " that were worth while are refused. Where nobody is under pressure all of the gain is evidence; where people"
        " are and refuse by what they want, a price of what they endorse is refused more often than haggling fails."
    )
    failures: ClassVar[tuple[str, ...]] = ("negotiation spiral",)
    source: ClassVar[str] = "Myerson and Satterthwaite (1983); Chatterjee and Samuelson (1983)"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "posted", "informed", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "gains from trade by v, of both"),
        Measure("revealed", None, "gains from trade by d, of both"),
        Measure("trades", None, "share of goods that are traded"),
        Measure("missed", "less", "endorsed gains that are not traded"),
        Measure("mistaken", "less", "endorsed losses from goods that are"),
        Measure("buyer_endorsed", "more", "what the buyer gains by v, after the price"),
        Measure("seller_endorsed", "more", "what the seller gains by v, after the price"),
        Measure("buyer_decision", "more", "what the buyer gains by d, after the price"),
        Measure("seller_decision", "more", "what the seller gains by d, after the price"),
        Measure("participation_endorsed", "more", "share of goods by which neither ends below no trade, by v"),
        Measure("participation_decision", "more", "share of goods by which neither ends below no trade, by d"),
        Measure("revenue", None, "what the two pay a third"),
    )

    def draw(self, draws: Draws) -> Any:
        """(2, rounds) what trade is worth to buyer and seller, what they want of it, and noise of the evidence."""
        v = draws.generator("population").random((2, self.rounds)) * np.array([[1.0], [-1.0]])
        pull = draws.generator("behaviour").standard_normal((2, self.rounds))
        return v, v + self.pressure * pull, draws.generator("evidence").standard_normal((2, self.rounds))

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """All goods at once, each a trade of its own."""
        v, d, noise = world
        mechanism, evidence, said = self._setting(arm, v, d, noise)
        profile = ThickProfile.from_arrays(
            np.stack([evidence, said - evidence], axis=1), endorsement=[1.0, 0.0], motives=MOTIVES, unit="money"
        )
        outcome = mechanism.run(profile, rng=draws.generator("mechanism"))
        taken = outcome.shares
        moved = taken * np.array([[1.0], [-1.0]]) * outcome.prices
        gains, total = {"endorsed": taken * v - moved, "decision": taken * d - moved}, v.sum(axis=0)
        found = {
            "endorsed": float((taken * v).sum()) / self.rounds,
            "revealed": float((taken * d).sum()) / self.rounds,
            "trades": float(taken[0].mean()),
            "missed": float((np.maximum(total, 0.0) * (1 - taken[0])).mean()),
            "mistaken": float((np.maximum(-total, 0.0) * taken[0]).mean()),
            "revenue": outcome.revenue / self.rounds,
        }
        for self_, each in gains.items():
            found |= {f"buyer_{self_}": float(each[0].mean()), f"seller_{self_}": float(each[1].mean())}
            found[f"participation_{self_}"] = float((each.min(axis=0) >= -1e-9).mean())
        return found

    def _setting(
        self, arm: str, v: FloatArray, d: FloatArray, noise: FloatArray
    ) -> tuple[Mechanism, FloatArray, FloatArray]:
        """What decides, what it knows, and what the two say."""
        if arm in ("sidt", "posted"):
            made = Trade("split", k=self.k) if arm == "sidt" else Trade("posted", self.price)
            return made.baseline(), d, d
        mechanism = self.mechanism or Trade("evidence", reporting="decision")
        if arm == "oracle":
            return mechanism, v, v
        seen = d if arm == "informed" else v
        evidence = seen + self.s * noise
        if arm != "thick":
            middle = np.array([[0.5], [-0.5]])
            evidence = middle + (evidence - middle) * self.trust(self.pressure if arm == "informed" else 0.0)
        return mechanism, evidence, v if self.refuses == "endorsed" and arm != "informed" else d

    # ---- what is known --------------------------------------------------------------------------------------

    def trust(self, pressure: float = 0.0) -> float:
        """How far the best linear guess follows the evidence: var / (var + s^2), var = 1/12 + pressure^2.

        Parameters
        ----------
        pressure
            Standard deviation of a pull on what the evidence is of.
        """
        variance = 1 / 12 + pressure**2
        return variance / (variance + self.s**2)

    def gains(self, arm: str, s: float | None = None) -> float:
        """Mean gains from trade in an arm, where nobody is under pressure.

        Parameters
        ----------
        arm
            One of ``arms``.
        s
            Error of the evidence; None: the knob's.
        """
        error = self.s if s is None else s
        if arm == "posted":
            p = min(max(self.price, 0.0), 1.0)
            return p * (1 - p) / 2
        if arm == "sidt":
            return self._haggled()
        if arm == "oracle" or error == 0:
            return 1 / 6
        if arm in ("shrunk", "informed"):
            return self._guessed(error)
        # |price - (b + c) / 2| <= (b - c) / 2, and b - c = g has density 1 - g on g > 0
        spread = error * np.sqrt(2)
        inner = min(1.0, 8 * spread)
        parts = [(0.0, inner), (inner, 1.0)]
        return float(sum(quad(lambda g: g * (1 - g) * (2 * ndtr(g / spread) - 1), *part)[0] for part in parts))

    def _haggled(self) -> float:
        """Over the costs c <= c*(v) at which the ask meets the bid: integral of v c* - c*^2 / 2."""
        k = self.k

        def over_costs(v: float) -> float:
            bid = v / (1 + k) + k * (1 - k) / (2 * (1 + k))
            most = min(max((2 - k) * (bid - (1 - k) / 2), 0.0), 1.0)
            return v * most - most**2 / 2

        return float(quad(over_costs, (1 - k) / 2, 1.0)[0])

    def _guessed(self, error: float) -> float:
        """Over g = b - c and m = (b + c) / 2: the price misses m by (w - 1)(m - 1/2) + w error N / sqrt 2."""
        w = 1 / (1 + 12 * error**2)
        at, weight = np.polynomial.legendre.leggauss(NODES)
        at, weight = (at + 1) / 2, weight / 2
        g, u = at[:, None], at[None, :] - 0.5
        miss, spread = (w - 1) * u * (1 - g), w * error / np.sqrt(2)
        met = ndtr((g / 2 - miss) / spread) - ndtr((-g / 2 - miss) / spread)
        return float(weight @ (g * (1 - g) * met) @ weight)

    def known(self) -> tuple[Known, ...]:
        """Means over the unit square; with pressure, those of the oracle only."""
        sources = {
            "oracle": "integral of b - c over b >= c",
            "sidt": "integral of b - c where the bid of the linear equilibrium meets the ask",
            "posted": "p (1 - p) / 2",
            "thick": "quadrature of g (1 - g)(2 Phi(g / (s sqrt 2)) - 1)",
            "informed": "as shrunk: nobody is under pressure",
            "shrunk": "quadrature over b - c and (b + c) / 2",
        }
        if self.pressure > 0 or self.mechanism is not None:
            sources = {} if self.mechanism is not None else {"oracle": sources["oracle"]}
        return tuple(Known(arm, "endorsed", self.gains(arm), source) for arm, source in sources.items())

    def break_even(self, versus: str = "sidt") -> float | None:
        """The error at which a price from evidence is worth what haggling is, or a posted price.

        Parameters
        ----------
        versus
            ``"sidt"`` or ``"posted"``.
        """
        if self.pressure > 0 or self.mechanism is not None:
            return None
        target = self.gains(versus)
        if target <= 0:
            return None
        return float(brentq(lambda s: self.gains("thick", s) - target, 1e-9, 1e6))
