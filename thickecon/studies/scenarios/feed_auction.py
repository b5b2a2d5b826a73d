"""L2a. Slots of a feed, and items that draw more clicks than they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import bdtr, ndtr

from ..._core.arrays import FloatArray
from ...auctions.position_vcg import PositionVCG
from ...mechanism.outcome import Outcome
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ..arms import Moments, cautious, estimated_moments, fission, law_moments, significant_wedge, upper_bound_switch
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws
from ..selection_law import SelectionLaw
from ..sparse_law import SparseLaw

__all__ = ["FeedAuction"]

MOTIVES = (Motive("worth"), Motive("clickbait", "influence", owner="publishers", channel="headlines"))
SURE = 1e-4
"""Closed forms take every slot to be filled; they are given where the chance that one is not is below this."""


@dataclass(frozen=True, eq=False)
class _Feed:
    """Items of the auctions of a replicate, all (rounds, m): values, wedges, two lots of noise."""

    v: FloatArray
    delta: FloatArray
    noise: FloatArray
    spare: FloatArray


@scenario("feed_auction")
@dataclass(frozen=True)
class FeedAuction(Scenario):
    """Items bid for slots by the value of a click, d = v + delta, of which delta is clickbait; v is what users endorse.

    Evidence on each item is v + s N(0, 1). The slots are sold by :class:`~thickecon.auctions.PositionVCG`; items
    worth less than 0 a click to what decides are not shown; ties, which have chance 0, would go by lottery. Worlds:

    ``gaussian``
        delta is normal with standard deviation ``tau`` and correlation ``rho`` with v: the selection law holds, and
        what a ranking attains is its correlation with v.
    ``sparse``
        A ``share`` of items is pushed upwards, by a lognormal amount whose logarithm has standard deviation ``tail``;
        the others report v; ``rho`` plays no part. With ``tail`` .65 and tau .97 SIDT attains .530 of the oracle,
        where the law of the Gaussian world would say .718, and evidence breaks even at an error of 1.60 instead of .97:
        the Gaussian world understates what evidence is worth.

    Arms: ``sidt`` ranks by d; ``informed`` is a fraud filter with the same evidence, which removes items whose report
    is significantly above the estimate (one-sided ``level``) and ranks the rest by d; ``thick`` ranks by the
    estimate; ``shrunk`` by the posterior mean of v given report and estimate, with the law known or moments estimated
    from the auction's own items; ``cautious`` lays the slots by one half of the evidence if the other half shows them
    better than SIDT's (T9), else by d; ``switch`` compares upper bounds and is there as the counterexample of T9;
    ``oracle`` ranks by v. A planner takes s for ``misjudged`` times s. A replicate is ``rounds`` auctions.
    """

    m: int = knob(40, "items", low=2, high=100_000)
    clicks: tuple[float, ...] = knob((1.0, 0.6, 0.4, 0.25, 0.15), "click rates of the slots, best first")
    world: str = knob("gaussian", "law of the wedge", one_of=("gaussian", "sparse"))
    tau: float = knob(1.0, "standard deviation of the wedge", low=0.0)
    rho: float = knob(0.0, "correlation of value and wedge (gaussian)", low=-1.0, high=1.0)
    share: float = knob(0.1, "share of items that are pushed (sparse)", low=0.001, high=0.999)
    tail: float = knob(0.65, "standard deviation of the logarithm of a push (sparse)", low=0.2, high=3.0)
    mean: float = knob(0.0, "mean of v")
    s: float = knob(0.6, "standard error of the evidence on each item", low=0.0)
    misjudged: float = knob(1.0, "what the planner takes s for, as a multiple of it", low=0.0)
    moments: str = knob("known", "does shrunk know the law or estimate moments?", one_of=("known", "estimated"))
    level: float = knob(0.05, "level of the filter, of cautious and of switch", low=1e-6, high=0.5)
    rounds: int = knob(2, "auctions a replicate", low=1, high=1000)

    section: ClassVar[str] = "L2a"
    title: ClassVar[str] = "Feed and ad slots"
    question: ClassVar[str] = "How good must evidence be to rank a feed better than clicks do?"
    premise: ClassVar[str] = "The wedge between clicks and values does not count, be it bait or information."
    loses: ClassVar[str] = (
        "Where the error of the evidence exceeds sqrt(1/c^2 - 1), c the correlation of clicks with values; the more"
        " informative the advertising, the earlier."
    )
    failures: ClassVar[tuple[str, ...]] = ("value collapse",)
    source: ClassVar[str] = "selection law: means of order statistics; quadrature in the sparse world"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "cautious", "switch", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed value of the clicks of an auction"),
        Measure("revealed", None, "revealed value of the clicks"),
        Measure("endorsed_pushed", None, "endorsed value of clicks on items with a positive wedge"),
        Measure("endorsed_honest", None, "endorsed value of clicks on the other items"),
        Measure("pushed", "less", "share of clicks on items with a positive wedge"),
        Measure("clicks", None, "clicks sold: fewer where items are worth less than 0 or are removed"),
        Measure("revenue", None, "payments"),
        Measure("surplus_decision", None, "revealed value of the clicks less payments"),
        Measure("surplus_endorsed", "more", "endorsed value of the clicks less payments"),
        Measure("participation_decision", "more", "share of items shown that do not lose by it, by d"),
        Measure("participation_endorsed", "more", "share of items shown that do not lose by it, by v"),
        Measure("influence_gain", "less", "revenue less that of the same auction without wedges"),
        Measure("laundered", None, "share of auctions in which the slots are laid by the estimates"),
    )

    # ---- the world ----------------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> _Feed:
        """Values, wedges, noise of the evidence, and further noise that splits it in halves."""
        shape = (self.rounds, self.m)
        population, behaviour = draws.generator("population"), draws.generator("behaviour")
        standard = population.standard_normal(shape)
        if self.world == "gaussian":
            other = behaviour.standard_normal(shape)
            delta = self.tau * (self.rho * standard + np.sqrt(1 - self.rho**2) * other)
        else:
            uniform = behaviour.random(shape)
            delta = self._sparse.wedge(uniform, behaviour.standard_normal(shape))
        noise, spare = draws.generator("evidence").standard_normal((2, *shape))
        return _Feed(self.mean + standard, delta, noise, spare)

    @cached_property
    def _law(self) -> SelectionLaw:
        return SelectionLaw(self.tau, self.rho, self.s, self.mean)

    @cached_property
    def _sparse(self) -> SparseLaw:
        return SparseLaw(self.tau, self.share, self.tail, self.mean)

    @property
    def believed(self) -> float:
        """What the planner takes s for."""
        return self.misjudged * self.s

    @property
    def maximises(self) -> bool:
        """The auction lays slots by the largest sum of clicks times worth; no other mechanism is known to."""
        return self.mechanism is None

    # ---- the arms -----------------------------------------------------------------------------------------

    def play(self, world: _Feed, arm: str, draws: Draws) -> Mapping[str, float]:
        """Each auction with the wedges and, for what influence gains, without them."""
        seed = draws.generator("mechanism").integers(0, 2**63)
        found = [self._auction(world, t, arm, int(seed)) for t in range(self.rounds)]
        return {
            name: float(np.mean([one[name] for one in found if name in one]))
            for name in found[0]
            if any(name in one for one in found)
        }

    def _auction(self, world: _Feed, t: int, arm: str, seed: int) -> dict[str, float]:
        v, delta = world.v[t], world.delta[t]
        d, seen = v + delta, v + self.s * world.noise[t]
        taken, payments, laundered = self._decide(arm, d, v, seen, world.spare[t], seed)
        bare = payments
        if arm != "oracle":
            _, bare, _ = self._decide(arm, v, v, seen, world.spare[t], seed)
        shown, total = taken > 0, float(taken.sum())
        pushed = delta > 0
        made = {
            "endorsed": float(taken @ v),
            "revealed": float(taken @ d),
            "endorsed_pushed": float(taken @ (v * pushed)),
            "endorsed_honest": float(taken @ (v * ~pushed)),
            "clicks": total,
            "revenue": float(payments.sum()),
            "surplus_decision": float(taken @ d - payments.sum()),
            "surplus_endorsed": float(taken @ v - payments.sum()),
            "influence_gain": float(payments.sum() - bare.sum()),
            "laundered": float(laundered),
        }
        if total > 0:
            made["pushed"] = float(taken @ pushed) / total
            for self_, worth in (("decision", d), ("endorsed", v)):
                made[f"participation_{self_}"] = float((taken * worth >= payments - 1e-9)[shown].mean())
        return made

    def _decide(
        self, arm: str, d: FloatArray, v: FloatArray, seen: FloatArray, spare: FloatArray, seed: int
    ) -> tuple[FloatArray, FloatArray, bool]:
        """((m,) clicks, (m,) payments, were the slots laid by the estimates?)."""
        if arm == "sidt":
            return *self._sell(d, d, seed, thick=False), False
        if arm == "informed":
            kept = np.flatnonzero(~significant_wedge(d, seen, self.believed, self.level))
            taken, payments = np.zeros((2, self.m))
            if len(kept):
                taken[kept], payments[kept] = self._sell(d[kept], d[kept], seed, thick=False)
            return taken, payments, False
        if arm == "cautious":
            halves = fission(seen, self.believed, spare)
            plain, careful = (
                self._sell(d, d, seed, thick=False),
                self._sell(d, halves.choose, seed, thick=True),
            )
            passed = cautious(careful[0], plain[0], halves.test, halves.s_test, self.level)
            return *(careful if passed else plain), passed
        if arm == "switch" and not upper_bound_switch(d, seen, self.believed, self.level):
            return *self._sell(d, d, seed, thick=False), False
        score = {"oracle": v, "thick": seen, "switch": seen}.get(arm)
        return *self._sell(d, self._posterior(d, seen) if score is None else score, seed, thick=True), True

    def _posterior(self, d: FloatArray, seen: FloatArray) -> FloatArray:
        if self.moments == "known" and self.world == "sparse":
            return self._sparse.posterior(d, seen, self.believed)
        moments: Moments = (
            law_moments(self._law) if self.moments == "known" else estimated_moments(d, seen, self.believed)
        )
        return moments.posterior(d, seen, self.believed)

    def _sell(self, d: FloatArray, score: FloatArray, seed: int, *, thick: bool) -> tuple[FloatArray, FloatArray]:
        """(clicks, payments) of items that report d and of which the planner endorses ``score``."""
        profile = ThickProfile.from_arrays(
            np.stack([score, d - score], axis=1)[:, :, None], [1.0, 0.0], motives=MOTIVES, unit="money"
        )
        auction = self.mechanism or PositionVCG(reporting="observed")
        if isinstance(auction, PositionVCG):
            auction = replace(auction, clicks=self.clicks)
        outcome: Outcome = (auction if thick else auction.baseline()).run(profile, rng=seed)
        return outcome.taken, outcome.payments

    # ---- what is known ------------------------------------------------------------------------------------

    def known(self) -> tuple[Known, ...]:
        """Means of order statistics times correlations; in the sparse world SIDT by quadrature."""
        if len(self.clicks) > self.m or (self.mechanism is not None and not isinstance(self.mechanism, PositionVCG)):
            return ()
        law = self._law if self.world == "gaussian" else SelectionLaw(0.0, 0.0, self.s, self.mean)
        found = [
            ("oracle", law.worth("oracle", self.clicks, self.m), 1.0),
            ("thick", law.worth("thick", self.clicks, self.m), float(np.sqrt(1 + self.s**2))),
        ]
        source = "selection law"
        if self.world == "gaussian":
            spread = float(np.sqrt(law.covariance()[0, 0]))
            found.append(("sidt", law.worth("sidt", self.clicks, self.m), spread))
            if self.moments == "known":
                found.append(("shrunk", *self._shrunk(law)))
        else:
            found.append(("sidt", self._sparse.sidt(self.clicks, self.m), 0.0))
        return tuple(
            Known(arm, "endorsed", worth, source if (self.world, arm) != ("sparse", "sidt") else "quadrature")
            for arm, worth, spread in found
            if self._filled(spread)
        )

    def _shrunk(self, law: SelectionLaw) -> tuple[float, float]:
        weights = law.blend(self.believed)
        spread = float(np.sqrt(weights @ law.covariance() @ weights))
        return law.worth("shrunk", self.clicks, self.m, self.believed), spread

    def _filled(self, spread: float) -> bool:
        """Are there surely as many scores of at least 0 as slots? ``spread`` 0: the sparse world's reports."""
        chance = ndtr(self.mean / spread) if spread > 0 else 1 - self._sparse.below(0.0)
        return bool(bdtr(len(self.clicks) - 1.0, self.m, float(chance)) < SURE)

    def break_even(self) -> float | None:
        """sqrt(1/c^2 - 1), c SIDT's share of the oracle's gain, where every slot is filled."""
        if not {"sidt", "thick"} <= {entry.arm for entry in self.known()}:
            return None
        if self.world == "gaussian":
            return self._law.break_even()
        return self._sparse.break_even(self.clicks, self.m)
