"""Real course valuations, some of them bent by a campaign that is planted openly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..._core.arrays import FloatArray
from ...datasets import load
from ...lenses.lens import Endorsed, Revealed
from ...mechanism.mechanism import Mechanism
from ...mechanism.outcome import Outcome
from ...problems.assignment import Assignment
from ...profiles.profile import ThickProfile
from ..course_demo.plant import MANY_LABS_LOG_ODDS, Plant, Scale, draw_plant, fit_scale
from ..course_demo.runs import CASES, Case, one_seat
from ..course_demo.surface import picture
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["CourseSeats"]

DECIDES = ("utilitarian", "vcg", "deferred acceptance")


@dataclass(frozen=True, eq=False)
class _World:
    """A campaign, (courses,) standard normal noise of the evidence on its promotions, and, by seed of the lottery, the
    promoted seats that each student holds where nothing is misjudged: every arm is held against them.
    """

    plant: Plant
    noise: FloatArray
    best: dict[int, FloatArray] = field(default_factory=dict)


@cache
def _market() -> tuple[Assignment, Scale]:
    market: Assignment = load("course", capacities="scarce")
    return market, fit_scale(market.profile)


@scenario("course_seats")
@dataclass(frozen=True)
class CourseSeats(Scenario):
    """Seats in courses of Ariel University, 26 students and their own points; a campaign promotes some courses.

    The points are real and count as endorsed. Planted are the promotions: courses with an audience and half of the
    students are drawn at random, and those students report more points for these courses. The size of a promotion is
    that of a published framing effect (1.18 log odds; Klein et al. 2014), in points by a logit fitted to the students'
    own points; ``strength`` and ``s`` are multiples of it. Evidence is one estimate for each promotion, with a normal
    error of standard deviation s.

    Arms: ``sidt`` decides on the reports; ``thick`` takes the estimate of each promotion out, at face value;
    ``shrunk`` takes out the posterior mean, a promotion being N(0, prior^2) before the evidence; ``oracle`` takes out
    what was planted.

    What decides: ``utilitarian`` gives whole seats where the sum of points is greatest, two to six courses a student;
    ``vcg`` sells one scarce seat a student for points; ``deferred acceptance`` places every student once, courses
    ranking students by an own lottery each. The first two use the lottery only for ties. A replicate is one campaign;
    with deferred acceptance numbers are means over ``lotteries``.
    """

    strength: float = knob(1.0, "size of a promotion, in multiples of the published effect", low=0.0, high=100.0)
    s: float = knob(0.5, "standard error of the evidence on each promotion, in the same multiples", low=0.0)
    decides: str = knob("utilitarian", "what allocates", one_of=DECIDES)
    courses: int = knob(3, "courses promoted", low=1, high=23)
    prior: float = knob(1.0, "standard deviation of a promotion before the evidence, for shrunk", low=0.0)
    lotteries: int = knob(5, "lotteries a replicate (deferred acceptance)", low=1, high=10_000)

    section: ClassVar[str] = "data"
    title: ClassVar[str] = "Course seats, real points"
    question: ClassVar[str] = "What does a campaign cost students, and how well must it be measured to make up for it?"
    premise: ClassVar[str] = "Points that a promotion adds do not count; all other points do."
    loses: ClassVar[str] = (
        "Where the campaign is weak against the error of its measurement, and most of all where there is none; under"
        " VCG thick raises what students are worth together and may raise what they pay."
    )
    source: ClassVar[str] = "points of the fairpyx course data (MIT); effect size of Klein et al. (2014)"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "endorsed points of all students"),
        Measure("endorsed_reached", "more", "endorsed points a student whom the campaign reached"),
        Measure("endorsed_others", "more", "endorsed points a student whom it did not reach"),
        Measure("worst", "more", "endorsed points of the student who has the fewest"),
        Measure("revealed", None, "reported points of all students"),
        Measure("promoted", None, "seats taken in promoted courses"),
        Measure("influence_gain", "less", "promoted seats that students whom the campaign reached hold, less the"
                " oracle's"),
        Measure("revenue", None, "points paid"),
        Measure("surplus_endorsed", "more", "endorsed points less payments, all students"),
        Measure("participation_decision", "more", "share of students who do not lose by it, by what they report"),
        Measure("participation_endorsed", "more", "share of students who do not lose by it, by what they endorse"),
    )  # fmt: skip

    @property
    def maximises(self) -> bool:
        """The sum of points, but for deferred acceptance."""
        return self.mechanism is None and self.decides != "deferred acceptance"

    @property
    def case(self) -> Case:
        """What is allocated how, as in the demonstration."""
        return next(case for case in CASES if case.key == self.decides)

    def draw(self, draws: Draws) -> _World:
        """Courses, students and size of the campaign; noise of the evidence."""
        market, scale = _market()
        plant = draw_plant(
            market,
            scale,
            draws.generator("population"),
            log_odds=self.strength * MANY_LABS_LOG_ODDS,
            courses=self.courses,
        )
        return _World(plant, draws.generator("evidence").standard_normal(self.courses))

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """Allocate, and judge by the points that are endorsed and by those that were reported."""
        seeds = draws.generator("mechanism").integers(0, 2**62, size=self.lotteries if self.case.lottery else 1)
        found = [self._once(world, arm, int(seed)) for seed in seeds]
        return {name: float(np.mean([each[name] for each in found])) for name in found[0]}

    def _once(self, world: _World, arm: str, seed: int) -> dict[str, float]:
        plant, case = world.plant, self.case
        mechanism: Mechanism = self.mechanism or case.mechanism
        problem = case.problem(plant.market)
        judge = problem.with_profile(plant.truth)
        outcome = (mechanism.baseline() if arm == "sidt" else mechanism).run(
            problem.with_profile(self.seen(world, arm)), rng=seed
        )
        promoted = _promoted(outcome, plant)
        if seed not in world.best:
            world.best[seed] = promoted if arm == "oracle" else _promoted(mechanism.run(judge, rng=seed), plant)
        endorsed, reached = outcome.utilities(Endorsed(), judge), plant.reached
        kept = {name: outcome.surplus(lens, judge) for name, lens in (("d", Revealed()), ("v", Endorsed()))}
        return {
            "endorsed": float(endorsed.sum()),
            "endorsed_reached": float(endorsed[reached].mean()),
            "endorsed_others": float(endorsed[~reached].mean()),
            "worst": float(endorsed.min()),
            "revealed": float(outcome.utilities(Revealed(), judge).sum()),
            "promoted": float(promoted.sum()),
            "influence_gain": float((promoted - world.best[seed])[reached].sum()),
            "revenue": outcome.revenue,
            "surplus_endorsed": float(kept["v"].sum()),
            "participation_decision": float((kept["d"] >= -1e-9).mean()),
            "participation_endorsed": float((kept["v"] >= -1e-9).mean()),
        }

    def seen(self, world: _World, arm: str) -> ThickProfile:
        """What decides in an arm: reports, with the promotion that the arm believes in as an influence.

        Parameters
        ----------
        world
            From :meth:`draw`.
        arm
            One of ``arms``.
        """
        plant = world.plant
        if arm in ("sidt", "oracle"):
            return plant.truth
        unit = MANY_LABS_LOG_ODDS * _market()[1].points
        believed = plant.shift + self.s * unit * world.noise
        if arm == "shrunk":
            believed = self.trust * believed
        return picture(plant, believed - plant.shift)

    @property
    def trust(self) -> float:
        """How far the posterior mean follows the estimate: prior^2 / (prior^2 + s^2)."""
        total = self.prior**2 + self.s**2
        return self.prior**2 / total if total > 0 else 1.0

    def known(self) -> tuple[Known, ...]:
        """With one seat a student, the greatest sum of real points, which no promotion changes."""
        if self.decides != "vcg" or self.mechanism is not None:
            return ()
        market, _ = _market()
        supply = one_seat(market).supply.astype(np.intp)
        seats = np.repeat(np.nan_to_num(market.profile.revealed), supply, axis=1)
        best = float(seats[linear_sum_assignment(seats, maximize=True)].sum())
        return (Known("oracle", "endorsed", best, "greatest sum of points, one seat a student (Hungarian method)"),)


def _promoted(outcome: Outcome, plant: Plant) -> FloatArray:
    """(n,) seats in promoted courses."""
    made: FloatArray = outcome.shares[:, plant.truth.index.option_positions(plant.courses)].sum(axis=1)
    return made
