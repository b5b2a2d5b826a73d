"""L2c. School choice where some schools advertise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..._core.arrays import BoolArray, FloatArray, IntArray
from ...problems.market import Market
from ...profiles.motive import Motive
from ..arms import cautious, estimated_moments, fission, significant_wedge
from ..pushed_choice import PushedChoice
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..school_places import SchoolPlaces, worth_of
from ..seeds import Draws

__all__ = ["SchoolMarketing"]

MOTIVES = (Motive("worth"), Motive("marketing", "influence", owner="schools", channel="advertising"))
LAUNDER = ("thick", "shrunk", "oracle")


@dataclass(frozen=True, eq=False)
class _World:
    """Pupils by schools: values, wedges, two lots of noise; which schools advertise; the truth as a market."""

    v: FloatArray
    delta: FloatArray
    noise: FloatArray
    spare: FloatArray
    advertises: BoolArray
    truth: Market


@scenario("school_marketing")
@dataclass(frozen=True)
class SchoolMarketing(Scenario):
    """Pupils endorse v = quality q_j + N(0, 1), q_j standard normal a school, and report d = v + delta.

    Schools chosen at random advertise. What a pupil hears from such a school is worth ``strength`` times a standard
    exponential number to the report ("exponential": anew for every pupil and school) or ``strength`` ("common").
    Evidence on each pupil and school is v + s N(0, 1). Seats go by deferred acceptance, pupils proposing. Schools rank
    pupils by lottery: an independent one a school ("each"), or the same for all ("one"). That choice moves welfare at
    least as much as thick values do, so both are in the comparison. Every school admits everybody and nobody may
    decline. Blocking pairs are counted against the priorities that the lottery gave.

    At the default knobs welfare breaks even near s = 1.17 and stability, in pairs that block by v, near .58: with a
    lottery for each school, noise unsettles a placement long before it makes it worse. With one lottery for all they
    break even together, near 1.

    Arms: ``sidt`` places by d; ``informed`` is a filter with the same evidence, which moves schools whose report is
    significantly above the estimate (one-sided ``level``) to the end of the pupil's list, in order of d; ``thick``
    places by the estimate; ``shrunk`` by the posterior mean of v given both, from the moments among each school's own
    applicants; ``cautious`` by one half of the evidence where the other half shows the placement to be better than
    SIDT's (T9), else by d; ``oracle`` by v. A planner takes s for ``misjudged`` times s.
    """

    pupils: int = knob(300, "pupils", low=2, high=100_000)
    schools: int = knob(12, "schools", low=2, high=1000)
    places: int = knob(25, "places a school", low=1, high=100_000)
    quality: float = knob(0.7, "standard deviation of what pupils agree on about schools", low=0.0)
    advertisers: int = knob(4, "schools that advertise", low=0)
    strength: float = knob(1.5, "mean of what advertising adds to a report", low=0.0, high=1000.0)
    law: str = knob("exponential", "law of what advertising adds", one_of=("exponential", "common"))
    lottery: str = knob("each", "a lottery for each school, or one for all", one_of=("each", "one"))
    s: float = knob(0.5, "standard error of the evidence on each pupil and school", low=0.0)
    misjudged: float = knob(1.0, "what the planner takes s for, as a multiple of it", low=0.0)
    level: float = knob(0.05, "level of the filter and of cautious", low=1e-6, high=0.5)

    section: ClassVar[str] = "L2c"
    title: ClassVar[str] = "School choice with marketing"
    question: ClassVar[str] = "How good must evidence be to place pupils better than their own lists do?"
    premise: ClassVar[str] = "What advertising adds to a list does not count."
    loses: ClassVar[str] = (
        "Where marketing is absent or mild the noise of the evidence costs more than the marketing; if each school has"
        " its own lottery, stability is lost at smaller errors than welfare."
    )
    source: ClassVar[str] = "simulation; where no school fills up, order statistics and quadrature"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "cautious", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed value of the place a pupil gets, mean over pupils"),
        Measure("revealed", None, "revealed value of it"),
        Measure("blocking_endorsed", "less", "pupils and schools that block, by v and the lottery's priorities"),
        Measure("blocking_decision", "less", "the same by d: those who would complain"),
        Measure("endorsed_pushed", "more", "endorsed value of pupils on whom more than the median is spent"),
        Measure("endorsed_spared", "more", "endorsed value of the other pupils"),
        Measure("endorsed_worst", "more", "endorsed value of the worst-off tenth of pupils"),
        Measure("mean_rank", "less", "endorsed rank of the school a pupil gets, 1 is best"),
        Measure("participation_endorsed", "more", "share of pupils whose place is worth at least 0, by v"),
        Measure("participation_decision", "more", "the same by d"),
        Measure("placed", "more", "share of pupils with a place"),
        Measure("advertisers", None, "share of pupils placed who go to a school that advertises"),
        Measure("unrationed", "more", "endorsed value of the head of a pupil's list: what places for all would give"),
        Measure("influence_gain", "less", "share of lists headed by an advertiser, less that without advertising"),
        Measure("laundered", None, "are pupils placed by their estimates?"),
    )

    # ---- the world ----------------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> _World:
        """Values, who advertises how much to whom, noise of the evidence, and noise that splits it in halves."""
        shape = (self.pupils, self.schools)
        population, behaviour = draws.generator("population"), draws.generator("behaviour")
        v = self.quality * population.standard_normal(self.schools) + population.standard_normal(shape)
        advertises = behaviour.permutation(self.schools) < self.advertisers
        heard = behaviour.standard_exponential(shape)
        delta = self.strength * (heard if self.law == "exponential" else np.ones(shape)) * advertises
        noise, spare = draws.generator("evidence").standard_normal((2, *shape))
        return _World(v, delta, noise, spare, advertises, self._places.market(v + delta, v, draws))

    @cached_property
    def _places(self) -> SchoolPlaces:
        return SchoolPlaces(self.pupils, self.schools, self.places, self.lottery, MOTIVES)  # type: ignore[arg-type]

    @property
    def believed(self) -> float:
        """What the planner takes s for."""
        return self.misjudged * self.s

    # ---- the arms -----------------------------------------------------------------------------------------

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """Place everybody, and judge it by the truth."""
        partner, listed, laundered = self._place(arm, world, world.v + world.delta, draws)
        if arm == "cautious":
            bare = self._place(arm, world, world.v, draws)[1]
        else:
            bare = self._list(arm, world, world.v)
        v, d = world.v, world.v + world.delta
        found = self._places.judged(v, d, world.truth, partner)
        worth, heard = worth_of(v, partner), world.delta.sum(axis=1)
        pushed, placed = heard > np.median(heard), partner >= 0
        if pushed.any():
            found |= {"endorsed_pushed": float(worth[pushed].mean()), "endorsed_spared": float(worth[~pushed].mean())}
        if placed.any():
            found["advertisers"] = float(world.advertises[partner[placed]].mean())
        headed, without = (float(world.advertises[one.argmax(axis=1)].mean()) for one in (listed, bare))
        found["unrationed"] = float(worth_of(v, listed.argmax(axis=1)).mean())
        return found | {"influence_gain": headed - without, "laundered": float(laundered)}

    def _place(self, arm: str, world: _World, d: FloatArray, draws: Draws) -> tuple[IntArray, FloatArray, bool]:
        """((pupils,) schools, the (pupils, schools) values that lists follow, do they follow the estimates?)."""
        if arm != "cautious":
            listed = self._list(arm, world, d)
            launders = arm in LAUNDER
            return self._places.place(self.mechanism, listed, draws, d if launders else None), listed, launders
        halves = fission(world.v + self.s * world.noise, self.believed, world.spare)
        plain = self._places.place(self.mechanism, d, draws, None)
        careful = self._places.place(self.mechanism, halves.choose, draws, d)
        taken, baseline = ((one[:, None] == np.arange(self.schools)).ravel() for one in (careful, plain))
        passed = cautious(taken, baseline, halves.test.ravel(), halves.s_test, self.level)
        return (careful, halves.choose, True) if passed else (plain, d, False)

    def _list(self, arm: str, world: _World, d: FloatArray) -> FloatArray:
        """(pupils, schools) the values that decide: with a filter or an estimate, or as reported."""
        seen = world.v + self.s * world.noise
        if arm == "informed":
            exposed = significant_wedge(d, seen, self.believed, self.level)
            return np.asarray(d - exposed * (np.ptp(d) + 1.0))
        if arm == "shrunk":
            columns = zip(d.T, seen.T, strict=True)
            return np.stack(
                [estimated_moments(*one, self.believed).posterior(*one, self.believed) for one in columns], axis=1
            )
        return {"sidt": d, "thick": seen, "oracle": world.v}[arm]

    # ---- what is known ------------------------------------------------------------------------------------

    @property
    def _head_of_list(self) -> PushedChoice:
        """One pupil's choice among all schools."""
        spread = float(np.hypot(self.quality, 1.0))
        pushed = min(self.advertisers, self.schools)
        return PushedChoice(self.schools, pushed, self.strength, self.law, spread)  # type: ignore[arg-type]

    def known(self) -> tuple[Known, ...]:
        """The head of each list: order statistics, and quadrature for d. All of it where no school can fill up."""
        choice = self._head_of_list
        law = "mean of the largest of m normals, times the correlation of the score"
        found = {
            "oracle": (choice.best, law),
            "thick": (choice.best * choice.spread / float(np.hypot(choice.spread, self.s)), law),
            "sidt": (choice.chosen, "quadrature over the largest report"),
        }
        roomy = self.places >= self.pupils and self.mechanism is None
        measures = ("unrationed", "endorsed") if roomy else ("unrationed",)
        return tuple(Known(arm, name, *each) for name in measures for arm, each in found.items())

    def break_even(self) -> float | None:
        """The error at which estimates pick a pupil's school as well as reports do; where no school can fill up."""
        if self.places < self.pupils or self.mechanism is not None:
            return None
        choice = self._head_of_list
        if choice.chosen <= 0:
            return float("inf")
        return float(choice.spread * np.sqrt(max((choice.best / choice.chosen) ** 2 - 1, 0.0)))
